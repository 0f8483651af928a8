/** Files that clients already have are read as they are, and what means nothing here is said and not guessed at. */
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../proxy/config/load.ts';

const sources = { env: { API_KEY: 'k' }, cwd: '/srv/gate', readFile: () => '' };
const load = (value: unknown) =>
  parseConfig(typeof value === 'string' ? value : JSON.stringify(value), sources);

const stdio = {
  command: 'mcp-server-filesystem',
  args: ['/a'],
  env: {},
  max_processes: 64,
  idle_seconds: 900,
  instance: 'per_session',
};
const http = { url: 'https://mcp.example.com/mcp', headers: {}, routes: [], connections: 128 };

test.each<{ name: string; file: unknown; servers: object; warnings?: string[] }>([
  {
    name: '.mcp.json',
    file: {
      mcpServers: {
        files: { command: 'mcp-server-filesystem', args: ['/a'] },
        remote: {
          type: 'http',
          url: 'https://mcp.example.com/mcp',
          headers: { Authorization: 'Bearer ${API_KEY}' },
        },
      },
    },
    servers: { files: stdio, remote: { ...http, type: 'http', headers: { Authorization: 'Bearer k' } } },
  },
  {
    name: 'what a client keeps for itself',
    file: {
      mcpServers: {
        files: {
          command: 'mcp-server-filesystem',
          args: ['/a'],
          autoApprove: ['*'],
          alwaysAllow: ['x'],
          timeout: 60,
          disabled: false,
        },
      },
    },
    servers: { files: stdio },
    warnings: ['files: autoApprove, alwaysAllow, timeout, disabled mean nothing here and are ignored'],
  },
  {
    name: 'a disabled server',
    file: {
      mcpServers: {
        files: { command: 'mcp-server-filesystem', args: ['/a'] },
        off: { command: 'y', disabled: true },
      },
    },
    servers: { files: stdio },
    warnings: ['off is disabled in the file and not served'],
  },
  {
    name: 'mcp.json of VS Code',
    file: {
      inputs: [],
      servers: {
        files: { type: 'stdio', command: 'mcp-server-filesystem', args: ['/a'], dev: { watch: '*' } },
        remote: { type: 'http', url: 'https://mcp.example.com/mcp' },
      },
    },
    servers: { files: { ...stdio, type: 'stdio' }, remote: { ...http, type: 'http' } },
    warnings: ['files: dev mean nothing here and are ignored'],
  },
  {
    name: 'mcpServers in a file of its own settings',
    file: 'mcpServers: { files: { command: mcp-server-filesystem, args: [/a] } }\nservers: { b: { url: "https://mcp.example.com/mcp" } }',
    servers: { b: http, files: stdio },
  },
  {
    name: 'streamable-http as some clients say',
    file: { mcpServers: { remote: { type: 'streamable-http', url: 'https://mcp.example.com/mcp' } } },
    servers: { remote: { ...http, type: 'streamable-http' } },
  },
])('read: $name', ({ file, servers, warnings = [] }) => {
  const loaded = load(file);
  expect(loaded).toMatchObject({ kind: 'config', warnings });
  expect(loaded.kind === 'config' && loaded.config.servers).toEqual(servers);
});

describe('problems', () => {
  test.each<[string, unknown, readonly (readonly [string, string])[]]>([
    [
      'what an editor would ask its user',
      { inputs: [{ id: 'k' }], servers: { a: { command: 'x', env: { K: '${input:k}' } } } },
      [
        [
          'servers.a.env.K',
          "${input:k} asks the editor's user; name an environment variable instead, e.g. ${TOKEN}",
        ],
      ],
    ],
    [
      'a transport nobody speaks',
      { mcpServers: { a: { type: 'pigeon', url: 'https://x.example/sse' } } },
      [['servers.a.type', 'write http, sse, ws or stdio']],
    ],
    [
      'servers that are all disabled',
      { mcpServers: { a: { command: 'x', disabled: true } } },
      [['servers', 'name at least one server']],
    ],
    [
      'servers in a list',
      { mcpServers: [{ command: 'x' }] },
      [
        ['servers', 'Invalid input: expected record, received undefined'],
        ['mcpServers', 'is not a setting'],
      ],
    ],
    [
      'mcpServers null',
      { mcpServers: null },
      [
        ['servers', 'Invalid input: expected record, received undefined'],
        ['mcpServers', 'is not a setting'],
      ],
    ],
    [
      'a server that is text',
      { mcpServers: { a: 'npx x' } },
      [
        [
          'servers.a',
          'needs either url, or command; type says which transport a url speaks: http, sse or ws',
        ],
      ],
    ],
    [
      'a server named __proto__',
      '{"mcpServers":{"__proto__":{"command":"x"},"a":{"command":"x"}}}',
      [['mcpServers.__proto__', 'is not a setting']],
    ],
    [
      'a name that is no server name',
      { mcpServers: { 'my server': { command: 'x' } } },
      [['servers.my server', 'use letters, digits, - and single _, at most 64']],
    ],
    [
      'a setting misspelt beside them',
      { mcpServers: { a: { command: 'x' } }, polcy: {} },
      [['polcy', 'is not a setting; did you mean policy?']],
    ],
  ])('%s', (_, file, want) => {
    const loaded = load(file);
    expect(
      loaded.kind === 'problems' ? loaded.problems.map((each) => [each.path, each.message]) : loaded,
    ).toEqual(want);
  });
});
