/** From a file to a configuration, or to all that is wrong with it in words that say what to write. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, parseConfig } from '../../../proxy/config/load.ts';

const SECRET = 'hunter2-topsecret';
const sources = {
  env: { TOKEN: SECRET },
  cwd: '/srv/gate',
  readFile: () => {
    throw Object.assign(new Error('no'), { code: 'ENOENT' });
  },
};
const load = (text: string) => parseConfig(text, sources);
const SERVERS = 'servers: { a: { command: x } }';

function configOf(text: string) {
  const loaded = load(text);
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

test('everything left out has its default', () => {
  expect(configOf(SERVERS).config).toEqual({
    listen: '127.0.0.1:8080',
    hosts: [],
    origins: [],
    servers: {
      a: { command: 'x', args: [], env: {}, max_processes: 64, idle_seconds: 900, instance: 'per_session' },
    },
    policy: { isolation: 'inline', deadlineMs: 250, maxPages: 512, timeZone: 'UTC' },
    auth: { kind: 'none' },
    audit: { file: 'var/audit.jsonl', durability: 'flush' },
    state: { kind: 'memory', labelTtlSeconds: 86_400 },
    provenance: {
      track: 'auto',
      intentFrom: [],
      keepSeconds: 86_400,
      maxBytesPerCaller: 4 * 1024 * 1024,
      maxBytes: 256 * 1024 * 1024,
    },
    limits: {
      maxBodyBytes: 4_194_304,
      maxEventBytes: 4_194_304,
      bodyTimeoutMs: 30_000,
      maxDepth: 64,
      maxElements: 100_000,
      maxInput: 65_536,
      maxString: 16_384,
      maxWidth: 256,
      maxNodes: 2_000,
      maxInFlight: 1_000,
      maxSessions: 10_000,
      maxSessionsPerCaller: 1_000,
      maxCallers: 100_000,
      maxHistory: 50,
      connectTimeoutMs: 5_000,
      requestDeadlineMs: 600_000,
      requestDeadlineMaxMs: 3_600_000,
    },
  });
});

describe('problems', () => {
  const at = (setting: string) => `${SERVERS}\n${setting}`;
  test.each<[string, string, readonly (readonly [string, string])[]]>([
    ['a misspelt key', at('lisen: 127.0.0.1:1'), [['lisen', 'is not a setting; did you mean listen?']]],
    ['a key in another case', at('Limits: {}'), [['Limits', 'is not a setting; did you mean limits?']]],
    ['a key like nothing', at('telemetry: {}'), [['telemetry', 'is not a setting']]],
    [
      'a misspelt key further in',
      at('limits: { maxBodyByte: 5000 }'),
      [['limits.maxBodyByte', 'is not a setting; did you mean maxBodyBytes?']],
    ],
    [
      'two at once',
      at('lisen: 1\npolicy: { timezone: UTC }'),
      [
        ['policy.timezone', 'is not a setting; did you mean timeZone?'],
        ['lisen', 'is not a setting; did you mean listen?'],
      ],
    ],
    [
      'shared state without a place',
      at('state: { kind: redis }'),
      [['state.url', 'is missing: kind redis needs one']],
    ],
    [
      'shared state with a file, and a password in its URL',
      at('state: { kind: redis, url: "redis://:x1@h:1", file: a }'),
      [
        ['state.file', 'is for kind memory; Redis keeps what this would'],
        ['state.url', 'holds a password: name its variable in password_env'],
      ],
    ],
    [
      'settings of shared state without it',
      at('state: { url: "redis://h:1", password_env: X }'),
      [
        ['state.url', 'is for kind redis'],
        ['state.password_env', 'is for kind redis'],
      ],
    ],
    [
      'shared state somewhere else',
      at('state: { kind: redis, url: "http://h:1" }'),
      [['state.url', 'is no redis:// or rediss:// URL']],
    ],
    [
      'a misspelt key of a server',
      'servers: { a: { command: x, arg: [] } }',
      [['servers.a.arg', 'is not a setting; did you mean args?']],
    ],
    [
      'a misspelt key of an http server',
      'servers: { a: { url: "http://x/", header: {} } }',
      [['servers.a.header', 'is not a setting; did you mean headers?']],
    ],
    [
      'the key that says which kind of server it is, misspelt',
      'servers: { files: { comand: x } }',
      [['servers.files.comand', 'is not a setting; did you mean command?']],
    ],
    [
      'the same with others beside it',
      'servers: { files: { comand: x, args: [1], idle: 5 } }',
      [
        ['servers.files.comand', 'is not a setting; did you mean command?'],
        ['servers.files.args.0', 'Invalid input: expected string, received number'],
        ['servers.files.idle', 'is not a setting'],
      ],
    ],
    [
      'the key of the other kind, misspelt',
      'servers: { a: { ur: "http://x/", headers: {} } }',
      [['servers.a.ur', 'is not a setting; did you mean url?']],
    ],
    [
      'a misspelt key beside the right one',
      'servers: { a: { command: 1, comand: x } }',
      [
        ['servers.a.comand', 'is not a setting; did you mean command?'],
        ['servers.a.command', 'Invalid input: expected string, received number'],
      ],
    ],
    [
      'a URL that is none, with settings of a command',
      'servers: { a: { url: x, args: [], env: {} } }',
      [
        ['servers.a.url', 'Invalid URL'],
        ['servers.a.args', 'does not go with the settings beside it'],
        ['servers.a.env', 'does not go with the settings beside it'],
      ],
    ],
    [
      'a server that says nothing',
      'servers: { a: {} }',
      [
        [
          'servers.a',
          'needs either url, or command; type says which transport a url speaks: http, sse or ws',
        ],
      ],
    ],
    [
      'a server that says only how it is started',
      'servers: { a: { args: [x] } }',
      [
        [
          'servers.a',
          'needs either url, or command; type says which transport a url speaks: http, sse or ws',
        ],
      ],
    ],
    [
      'a server that says only its type',
      'servers: { a: { type: http } }',
      [
        [
          'servers.a',
          'needs either url, or command; type says which transport a url speaks: http, sse or ws',
        ],
      ],
    ],
    [
      'a server that is no object',
      'servers: { a: x, b: null }',
      [
        ['servers.a', 'Invalid input: expected object, received string'],
        ['servers.b', 'Invalid input: expected object, received null'],
      ],
    ],
    [
      'servers misspelt',
      'servres: { a: { command: x } }',
      [['servres', 'is not a setting; did you mean servers?']],
    ],
    [
      'a server that is both',
      'servers: { a: { url: "http://x/", command: y } }',
      [['servers.a.command', 'does not go with the settings beside it']],
    ],
    [
      'a setting of the other kind of server',
      'servers: { a: { command: x, routes: [] } }',
      [['servers.a.routes', 'does not go with the settings beside it']],
    ],
    [
      'a type that does not go with a command',
      'servers: { a: { type: http, command: x } }',
      [['servers.a.type', 'Invalid input: expected "stdio"']],
    ],
    [
      'no servers',
      'listen: 127.0.0.1:1',
      [['servers', 'Invalid input: expected record, received undefined']],
    ],
    ['an empty file', '', [['servers', 'Invalid input: expected record, received undefined']]],
    ['servers that are none', 'servers: {}', [['servers', 'name at least one server']]],
    [
      'servers in a list',
      'servers: [{ command: x }]',
      [['servers', 'Invalid input: expected record, received array']],
    ],
    [
      'a server name with a slash',
      'servers: { "a/b": { command: x } }',
      [['servers.a/b', 'use letters, digits, - and single _, at most 64']],
    ],
    [
      'a server name with __',
      'servers: { a__b: { command: x } }',
      [['servers.a__b', 'use letters, digits, - and single _, at most 64']],
    ],
    [
      'a server name of 65',
      `servers: { ${'a'.repeat(65)}: { command: x } }`,
      [[`servers.${'a'.repeat(65)}`, 'use letters, digits, - and single _, at most 64']],
    ],
    [
      'a server named __proto__',
      'servers: { __proto__: { command: x }, a: { command: x } }',
      [['servers.__proto__', 'is not a setting']],
    ],
    [
      '__proto__ at the top',
      `${SERVERS}\n__proto__: { listen: "0.0.0.0:1" }`,
      [['__proto__', 'is not a setting']],
    ],
    [
      'a URL of another scheme',
      'servers: { a: { url: "file:///etc/passwd" } }',
      [['servers.a.url', 'Invalid URL']],
    ],
    [
      'a header name with a colon',
      'servers: { a: { url: "http://x/", headers: { "a:b": c } } }',
      [['servers.a.headers.a:b', 'is not a header name']],
    ],
    [
      'a route that climbs',
      'servers: { a: { url: "http://x/", routes: [/a/../mcp] } }',
      [['servers.a.routes.0', 'write an absolute path, perhaps ending in /*']],
    ],
    [
      'an argument that is a number',
      'servers: { a: { command: x, args: [1] } }',
      [['servers.a.args.0', 'Invalid input: expected string, received number']],
    ],
    [
      'an address without a port',
      at('listen: 127.0.0.1'),
      [['listen', 'write host:port, e.g. 127.0.0.1:8080']],
    ],
    ['a port that does not exist', at('listen: 127.0.0.1:65536'), [['listen', 'names a port above 65535']]],
    [
      'an address without a host',
      at('listen: ":8080"'),
      [['listen', 'write host:port, e.g. 127.0.0.1:8080']],
    ],
    [
      'a time zone nobody has',
      at('policy: { timeZone: Mars/Olympus }'),
      [['policy.timeZone', 'is not an IANA time zone']],
    ],
    ['an empty time zone', at('policy: { timeZone: "" }'), [['policy.timeZone', 'is not an IANA time zone']]],
    [
      'a number as text',
      at('limits: { maxNodes: "100" }'),
      [['limits.maxNodes', 'Invalid input: expected number, received string']],
    ],
    [
      'a number that is none',
      at('limits: { maxNodes: .nan }'),
      [['limits.maxNodes', 'Invalid input: expected number, received NaN']],
    ],
    [
      'a limit without end',
      at('limits: { maxNodes: .inf }'),
      [['limits.maxNodes', 'Invalid input: expected number, received Infinity']],
    ],
    [
      'a depth the engine does not stand',
      at('limits: { maxDepth: 65 }'),
      [['limits.maxDepth', 'Too big: expected number to be <=64']],
    ],
    [
      'durability nobody offers',
      at('audit: { durability: async }'),
      [['audit.durability', 'Invalid option: expected one of "flush"|"fsync"']],
    ],
    [
      'null where a section belongs',
      at('limits: null'),
      [['limits', 'Invalid input: expected object, received null']],
    ],
    ['auth of no known kind', at('auth: { kind: magic }'), [['auth.kind', 'use kind none, api_keys or jwt']]],
    [
      'an origin with a path',
      at('origins: ["https://a.example/x"]'),
      [['origins.0', 'Invalid string: must match pattern /^https?:\\/\\/[^/]+$/']],
    ],
  ])('%s', (_, text, want) => {
    const loaded = load(text);
    expect(
      loaded.kind === 'problems' ? loaded.problems.map((each) => [each.path, each.message]) : loaded,
    ).toEqual(want);
  });

  test.each<[string, string, string]>([
    ['a list', '[]', 'Invalid input: expected object, received array'],
    ['text', '"x"', 'Invalid input: expected object, received string'],
    ['a key twice', `${SERVERS}\nlisten: a:1\nlisten: b:2`, 'line 3, column 1: Map keys must be unique'],
    [
      'a key twice in JSON',
      '{"servers":{"a":{"command":"x"},"a":{"command":"y"}}}',
      'line 1, column 33: Map keys must be unique',
    ],
    [
      'two documents',
      `${SERVERS}\n---\n${SERVERS}`,
      'line 2, column 1: Source contains multiple documents; please use YAML.parseAllDocuments()',
    ],
    ['a tag nobody knows', 'servers: { a: { command: !vault x } }', 'line 1, column 26: Unresolved tag'],
    ['an alias of nothing', 'servers: *none', 'Unresolved alias (the anchor must be set before the alias)'],
  ])('%s', (_, text, message) => {
    expect(load(text)).toEqual({ kind: 'problems', problems: [{ path: '', message }] });
  });

  test.each([
    ['unclosed', `token: [1, "${SECRET}`],
    ['glued', `token: "a" ${SECRET}`],
    ['as a directive', `%${SECRET}\n---\na: 1`],
    ['where a key belongs', `a: 1\n${SECRET}\nb: 2`],
    ['with a tab', `a:\n\t${SECRET}: 1`],
    ['in a bad escape', `a: "\\U${SECRET}"`],
    ['in a version', `%YAML ${SECRET}\n---\na: 1`],
    ['as a tag', `a: !${SECRET} b`],
    ['as an alias', `a: *${SECRET}`],
    ['after a block mark', `a: |${SECRET}\n  b`],
    ['after the end', `a: 1\n...\n]${SECRET}`],
    ['of the wrong type', `servers: { a: { command: x, env: { T: ["${SECRET}"] } } }`],
    ['filled in where a number belongs', `${SERVERS}\nlimits: { maxNodes: "\${TOKEN}" }`],
    ['filled in where an address belongs', `${SERVERS}\nlisten: "\${TOKEN}"`],
    ['filled in where one of several belongs', `${SERVERS}\naudit: { durability: "\${TOKEN}" }`],
    ['filled in where a URL belongs', 'servers: { a: { url: "${TOKEN}" } }'],
    ['filled in where a time zone belongs', `${SERVERS}\npolicy: { timeZone: "\${TOKEN}" }`],
  ])('a secret %s is not in what is said', (_, text) => {
    const loaded = load(text);
    expect(loaded.kind).toBe('problems');
    expect(JSON.stringify(loaded)).not.toContain(SECRET.slice(0, 7));
  });

  test('aliases may share a section and not multiply', () => {
    expect(configOf('servers: { a: &a { command: x }, b: *a, c: *a }').config.servers).toHaveProperty(
      'c.command',
      'x',
    );
    const levels = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
    for (let level = 1; level < 9; level++) {
      levels.push(
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(',')}]`,
      );
    }
    expect(load(levels.join('\n'))).toEqual({
      kind: 'problems',
      problems: [{ path: '', message: 'Excessive alias count indicates a resource exhaustion attack' }],
    });
  });
});

describe('understood', () => {
  test.each(['127.0.0.1:0', '[::1]:8080', 'localhost:65535', '0.0.0.0:80'])('listen %s', (listen) => {
    expect(configOf(`${SERVERS}\nlisten: "${listen}"`).config.listen).toBe(listen);
  });
  test.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu'])('time zone %s', (zone) => {
    expect(configOf(`${SERVERS}\npolicy: { timeZone: ${zone} }`).config.policy.timeZone).toBe(zone);
  });
  test('JSON with tabs, and a byte order mark', () => {
    expect(
      configOf('\ufeff{\n\t"servers": {\n\t\t"a": { "command": "x" }\n\t}\n}').config.servers,
    ).toHaveProperty('a');
  });
  test('yes is a word and not true', () => {
    expect(configOf('servers: { a: { command: x, env: { A: yes } } }').config.servers['a']).toMatchObject({
      env: { A: 'yes' },
    });
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const from = (path: string) => loadConfig(path, { env: {}, cwd: folder });

  test('a file is read, and files it names', () => {
    const token = file('token', 'abc\n');
    const loaded = from(file('a.yaml', `servers: { a: { command: x, env: { T: "\${file:${token}}" } } }`));
    expect(loaded).toMatchObject({ kind: 'config', config: { servers: { a: { env: { T: 'abc' } } } } });
  });
  test.each([
    ['that is not there', 'none.yaml', 'cannot be read: ENOENT'],
    ['that is a folder', '.', 'cannot be read: EISDIR'],
  ])('one %s', (_, name, message) => {
    expect(from(join(folder, name))).toEqual({ kind: 'problems', problems: [{ path: '', message }] });
  });
  test('one above 1 MiB is not even read', () => {
    const path = file('huge.yaml', `# ${'x'.repeat(1024 * 1024)}\n${SERVERS}`);
    expect(from(path)).toEqual({
      kind: 'problems',
      problems: [{ path: '', message: 'is larger than 1 MiB' }],
    });
  });
});
