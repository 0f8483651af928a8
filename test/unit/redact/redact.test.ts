import { describe, expect, test } from 'vitest';
import type { Redaction } from '../../../proxy/decide/contract.ts';
import { redactText } from '../../../proxy/decide/redact/redact.ts';
import { AWS_ID, GITHUB, JWT, PEM } from './_samples.ts';

const KEY = 'test key';
const SECRET: Redaction = { detector: 'secret' };
const EMAIL: Redaction = { detector: 'email' };
const AKIA: Redaction = { pattern: 'AKIA[0-9A-Z]{16}' };

function edited(text: string, edits: readonly Redaction[]): string {
  const answer = redactText(text, edits, { hashKey: KEY });
  if (answer.kind !== 'edited')
    throw new Error(answer.kind === 'failed' ? answer.cause.message : 'unchanged');
  return answer.text;
}

function failure(text: string, edits: readonly Redaction[], hashKey: string | undefined = KEY): string {
  const answer = redactText(text, edits, { hashKey });
  return answer.kind === 'failed' ? answer.cause.message : answer.kind;
}

const reply = (result: unknown): string => JSON.stringify({ jsonrpc: '2.0', id: 1, result });
const text = (value: string): string => reply({ content: [{ type: 'text', text: value }] });

describe('nothing to rewrite', () => {
  test.each([
    ['no edits', text('bob@example.com'), []],
    ['a look-alike', text('AKIA is a prefix; mail us @support'), [AKIA, EMAIL]],
    ['a place that is not there', reply({ a: 1 }), [{ at: '/result/b' }]],
    ['masked before', reply({ a: '[REDACTED]' }), [{ at: '/result/a' }]],
    ['a pattern that hits protocol words only', text('x'), [{ pattern: 'content|text' }]],
    [
      'a kind',
      reply({ content: [{ type: 'resource_link', uri: 'x:y', name: 'n' }] }),
      [{ pattern: 'resource_link' }],
    ],
  ] as [string, string, Redaction[]][])('%s', (_name, frame, edits) => {
    expect(redactText(frame, edits, { hashKey: KEY })).toEqual({ kind: 'unchanged' });
  });
});

describe('every surface of an answer', () => {
  test.each([
    [
      'text',
      { content: [{ type: 'text', text: 'to bob@example.com.' }] },
      { content: [{ type: 'text', text: 'to [REDACTED:email].' }] },
    ],
    [
      'structured content',
      { structuredContent: { a: [['bob@example.com']] } },
      { structuredContent: { a: [['[REDACTED:email]']] } },
    ],
    [
      'structured content that is no object',
      { structuredContent: 'bob@example.com' },
      { structuredContent: '[REDACTED:email]' },
    ],
    [
      'a key',
      { structuredContent: { 'bob@example.com': 1 } },
      { structuredContent: { '[REDACTED:email]': 1 } },
    ],
    ['a key where the protocol has words of its own', { 'bob@example.com': 1 }, { '[REDACTED:email]': 1 }],
    ['metadata', { _meta: { 'x/y': 'bob@example.com' } }, { _meta: { 'x/y': '[REDACTED:email]' } }],
    [
      'a resource',
      { contents: [{ uri: 'mailto:bob@example.com', text: 'x' }] },
      { contents: [{ uri: 'mailto:[REDACTED:email]', text: 'x' }] },
    ],
    [
      'a type that is none',
      { content: [{ type: 'bob@example.com' }] },
      { content: [{ type: '[REDACTED:email]' }] },
    ],
    [
      'a mime type',
      { contents: [{ mimeType: 'text/bob@example.com' }] },
      { contents: [{ mimeType: '[REDACTED:email]' }] },
    ],
    [
      'serialised JSON in text',
      { content: [{ type: 'text', text: '{"m":"bob@example.com","n":1.0}' }] },
      { content: [{ type: 'text', text: '{"m":"[REDACTED:email]","n":1.0}' }] },
    ],
    [
      'escapes inside serialised JSON',
      { content: [{ type: 'text', text: '{"m":"bob\\u0040example.com"}' }] },
      { content: [{ type: 'text', text: '{"m":"[REDACTED:email]"}' }] },
    ],
    [
      'completion values',
      { completion: { values: ['bob@example.com'] } },
      { completion: { values: ['[REDACTED:email]'] } },
    ],
    [
      'prompt messages',
      { messages: [{ role: 'user', content: { type: 'text', text: 'bob@example.com' } }] },
      { messages: [{ role: 'user', content: { type: 'text', text: '[REDACTED:email]' } }] },
    ],
  ])('%s', (_name, before, after) => {
    expect(edited(reply(before), [EMAIL])).toBe(reply(after));
  });

  test.each([
    ['error message', '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"bob@example.com"}}'],
    [
      'error data',
      '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m","data":{"type":"bob@example.com"}}}',
    ],
    [
      'progress',
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"message":"bob@example.com"}}',
    ],
    [
      'log',
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":["bob@example.com"]}}',
    ],
    [
      'arguments',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"to":"bob@example.com"}}}',
    ],
  ])('%s', (_name, frame) => {
    expect(edited(frame, [EMAIL])).toBe(frame.replace('bob@example.com', '[REDACTED:email]'));
  });
});

describe('spellings in the JSON text itself', () => {
  const frame = (token: string): string =>
    `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x ${token} y"}]}}`;
  test.each([
    ['an escaped at sign', 'bob\\u0040example.com', EMAIL, 'email'],
    [
      'every letter escaped',
      [...AWS_ID].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
      AKIA,
      'pattern',
    ],
    ['an escaped zero-width space', `AK\\u200bIA${AWS_ID.slice(4)}`, AKIA, 'pattern'],
    ['a raw zero-width space', `AK\u200bIA${AWS_ID.slice(4)}`, SECRET, 'aws_access_key'],
    ['escaped slashes', 'postgres:\\/\\/bob:s3cr3tpw@db\\/x', SECRET, 'connection_string'],
  ])('%s', (_name, token, edit, name) => {
    expect(edited(frame(token), [edit])).toContain(`[REDACTED:${name}]`);
  });

  test('a member name spelled with escapes tells of a secret too', () => {
    expect(edited('{"jsonrpc":"2.0","id":1,"result":{"p\\u0061ssword":"hunter2"}}', [SECRET])).toBe(
      '{"jsonrpc":"2.0","id":1,"result":{"p\\u0061ssword":"[REDACTED:generic_password]"}}',
    );
  });
});

describe('members named like secrets', () => {
  test.each([
    ['a password', { password: 'hunter2' }, { password: '[REDACTED:generic_password]' }],
    [
      'several',
      { passwords: 'x', password: ['hunter2', 'hunter3'] },
      { passwords: 'x', password: ['[REDACTED:generic_password]', '[REDACTED:generic_password]'] },
    ],
    ['an API key', { apiKey: 'abcdef12' }, { apiKey: '[REDACTED:generic_secret]' }],
    [
      'an AWS key',
      { SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      { SecretAccessKey: '[REDACTED:aws_secret_key]' },
    ],
    [
      'a header',
      { headers: { Authorization: 'Bearer abc123' } },
      { headers: { Authorization: 'Bearer [REDACTED:generic_secret]' } },
    ],
  ])('%s', (_name, before, after) => {
    expect(edited(reply({ structuredContent: before }), [SECRET])).toBe(reply({ structuredContent: after }));
  });
});

describe('replacements', () => {
  test('mask names the class, drop leaves nothing', () => {
    expect(edited(text(`k=${GITHUB}; x`), [{ detector: 'secret', with: 'drop' }])).toBe(text('k=; x'));
    expect(edited(text(`k=${GITHUB}; x`), [SECRET])).toBe(text('k=[REDACTED:github_token]; x'));
    expect(edited(text(`k=${AWS_ID}; x`), [AKIA])).toBe(text('k=[REDACTED:pattern]; x'));
  });

  test('hash gives the same value the same token, under every spelling and only with the same key', () => {
    const hash: Redaction = { detector: 'email', with: 'hash' };
    const out = edited(text('bob@example.com bob\uff20example.com eve@example.com'), [hash]);
    const [first, second, third] = out.match(/\[sha256:[0-9a-f]{12}\]/g)!;
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    const other = redactText(text('bob@example.com'), [hash], { hashKey: new Uint8Array([1]) });
    expect(other.kind === 'edited' && other.text.includes(first!)).toBe(false);
  });

  test('overlapping hits become one, with the stricter replacement', () => {
    const edits: Redaction[] = [
      { pattern: 'bob@ex', with: 'hash' },
      { detector: 'email', with: 'mask' },
    ];
    expect(edited(text('x bob@example.com y'), edits)).toBe(text('x [REDACTED:email] y'));
  });

  test('counts by class', () => {
    const answer = redactText(text(`a@b.co c@d.co ${AWS_ID}`), [EMAIL, SECRET]);
    expect(answer.kind === 'edited' && answer.hits).toEqual([
      { class: 'email', count: 2 },
      { class: 'aws_access_key', count: 1 },
    ]);
  });

  test('a hit that cuts a mark takes the whole of it', () => {
    expect(edited(text('x [REDACTED:email]yz'), [{ pattern: 'l]y' }])).toBe(text('x [REDACTED:pattern]z'));
  });

  test('what one edit leaves behind another one finds', () => {
    const edits: Redaction[] = [{ pattern: '[0-9]{4}' }, { pattern: '[A-Z]+', with: 'drop' }];
    expect(edited(text('x 1A2B3C4 y'), edits)).toBe(text('x [REDACTED:pattern] y'));
  });

  test('what dropping brings together is dropped too', () => {
    const nested = `ghp_${GITHUB}${GITHUB.slice(4)}`;
    expect(edited(text(`x AK${AWS_ID}IA${AWS_ID.slice(4)} y`), [{ ...AKIA, with: 'drop' }])).toBe(
      text('x  y'),
    );
    expect(edited(text(nested), [{ detector: 'secret', with: 'drop' }])).not.toContain(GITHUB.slice(4));
  });
});

describe('places', () => {
  const call =
    '{"jsonrpc":"2.0", "id":1,"method":"tools/call","params":{"name":"t","arguments":{ "a":1.0, "b" : "x","c":[1, 2 ,3], "d/e":{"f":null}}}}';
  const args = (value: string): string => call.replace(/\{ "a".*\}\}(?=\}\})/, value);
  test.each([
    ['mask a string', [{ at: '/args/b' }], '{ "a":1.0, "b" : "[REDACTED]","c":[1, 2 ,3], "d/e":{"f":null}}'],
    [
      'mask a number',
      [{ at: '/args/a', with: 'mask' }],
      '{ "a":"[REDACTED]", "b" : "x","c":[1, 2 ,3], "d/e":{"f":null}}',
    ],
    ['mask an object', [{ at: '/args/d~1e' }], '{ "a":1.0, "b" : "x","c":[1, 2 ,3], "d/e":"[REDACTED]"}'],
    [
      'mask inside',
      [{ at: '/args/d~1e/f' }],
      '{ "a":1.0, "b" : "x","c":[1, 2 ,3], "d/e":{"f":"[REDACTED]"}}',
    ],
    [
      'drop the first member',
      [{ at: '/args/a', with: 'drop' }],
      '{ "b" : "x","c":[1, 2 ,3], "d/e":{"f":null}}',
    ],
    ['drop the last member', [{ at: '/args/d~1e', with: 'drop' }], '{ "a":1.0, "b" : "x","c":[1, 2 ,3]}'],
    [
      'drop elements',
      [
        { at: '/args/c/0', with: 'drop' },
        { at: '/args/c/2', with: 'drop' },
      ],
      '{ "a":1.0, "b" : "x","c":[2], "d/e":{"f":null}}',
    ],
    [
      'drop all elements',
      [0, 1, 2].map((i) => ({ at: `/args/c/${i}`, with: 'drop' })),
      '{ "a":1.0, "b" : "x","c":[], "d/e":{"f":null}}',
    ],
    [
      'an edit inside a dropped value',
      [{ at: '/args/c/1' }, { at: '/args/c', with: 'drop' }],
      '{ "a":1.0, "b" : "x","d/e":{"f":null}}',
    ],
    [
      'drop wins over mask',
      [{ at: '/args/b', with: 'drop' }, { at: '/args/b' }],
      '{ "a":1.0, "c":[1, 2 ,3], "d/e":{"f":null}}',
    ],
  ] as [string, Redaction[], string][])('%s', (_name, edits, want) => {
    expect(edited(call, edits)).toBe(args(want));
  });

  test('in an answer, a URI, and a client answer that the policy sees as params', () => {
    expect(edited(reply({ a: { b: 1 } }), [{ at: '/result/a/b' }])).toBe(reply({ a: { b: '[REDACTED]' } }));
    expect(edited('{"method":"resources/read","params":{"uri":"a:b"}}', [{ at: '/uri' }])).toContain(
      '"uri":"[REDACTED]"',
    );
    expect(edited(reply({ content: { name: 'x' } }), [{ at: '/params/content/name' }])).toBe(
      reply({ content: { name: '[REDACTED]' } }),
    );
  });

  test('together with a detector', () => {
    expect(
      edited(reply({ a: 'bob@example.com', b: 'eve@example.com' }), [
        { at: '/result/a', with: 'drop' },
        EMAIL,
      ]),
    ).toBe(reply({ b: '[REDACTED:email]' }));
  });
});

describe('base64', () => {
  const b64 = (value: string, encoding: BufferEncoding = 'utf8'): string =>
    Buffer.from(value, encoding).toString('base64');
  const blob = (value: string, mimeType = 'application/octet-stream'): string =>
    reply({ contents: [{ uri: 'x:y', mimeType, blob: value }] });
  test.each([
    ['UTF-8', b64('ü bob@example.com'), b64('ü [REDACTED:email]')],
    [
      'UTF-16 with its mark',
      b64('\ufeffbob@example.com', 'utf16le'),
      b64('\ufeff[REDACTED:email]', 'utf16le'),
    ],
    ['Latin-1', b64('\xfc bob@example.com', 'latin1'), b64('\xfc [REDACTED:email]', 'latin1')],
    ['without padding', b64('a bob@example.com').replaceAll('=', ''), b64('a [REDACTED:email]')],
    ['in lines', b64('a bob@example.com').replace(/(.{8})/g, '$1\n'), b64('a [REDACTED:email]')],
  ])('%s text', (_name, before, after) => {
    expect(edited(blob(before), [EMAIL])).toBe(blob(after));
  });

  test('bytes that are not text are left, unless called text', () => {
    const bytes = b64('\x01\x02\xff bob@example.com', 'latin1');
    expect(redactText(blob(bytes), [EMAIL]).kind).toBe('unchanged');
    expect(edited(blob(bytes, 'text/plain'), [EMAIL])).toBe(
      blob(b64('\x01\x02\xff [REDACTED:email]', 'latin1'), 'text/plain'),
    );
  });

  test('what is not base64 is a string like any other', () => {
    expect(edited(blob('bob@example.com'), [EMAIL])).toBe(blob('[REDACTED:email]'));
  });

  test('a name spelled with escapes', () => {
    const frame = blob(b64(PEM)).replace('"blob"', '"bl\\u006fb"');
    expect(edited(frame, [SECRET])).toBe(
      blob(b64('[REDACTED:private_key]')).replace('"blob"', '"bl\\u006fb"'),
    );
  });
});

describe('what must not change fails', () => {
  test.each([
    ['an id', '{"jsonrpc":"2.0","id":"bob@example.com","result":{}}', [EMAIL], '/id'],
    [
      'a tool name',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"bob@example.com"}}',
      [EMAIL],
      '/params/name',
    ],
    ['a method', '{"jsonrpc":"2.0","id":1,"method":"bob@example.com"}', [EMAIL], '/method'],
    [
      'an unknown member beside',
      '{"jsonrpc":"2.0","id":1,"result":{},"x":{"y":"bob@example.com"}}',
      [EMAIL],
      '/x/y',
    ],
    ['its name', '{"jsonrpc":"2.0","id":1,"result":{},"bob@example.com":1}', [EMAIL], '/bob@example.com'],
    [
      'a progress token',
      '{"method":"m","params":{"_meta":{"progressToken":"bob@example.com"}}}',
      [EMAIL],
      'progressToken',
    ],
    [
      'protocol metadata',
      '{"method":"m","params":{"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"bob@example.com"}}}}',
      [EMAIL],
      'clientInfo',
    ],
    ['a cursor', reply({ nextCursor: 'bob@example.com' }), [EMAIL], '/result/nextCursor'],
    ['request state', reply({ requestState: AWS_ID }), [SECRET], '/result/requestState'],
    ['a task id', reply({ task: { taskId: 'bob@example.com' } }), [EMAIL], '/result/task/taskId'],
  ])('%s', (_name, frame, edits, where) => {
    expect(failure(frame, edits)).toContain(where);
  });

  test('an opaque token that is a web token passes as it is', () => {
    expect(failure(reply({ requestState: JWT }), [SECRET])).toBe('unchanged');
    expect(failure(reply({ requestState: `${JWT} ${AWS_ID}` }), [SECRET])).toContain('requestState');
  });

  test.each([
    ['outside', '/caller/subject', 'leads outside'],
    ['the whole result', '/result', 'needs this member'],
    ['the tool name', '/params/name', 'needs this member'],
    ['all metadata', '/params/_meta', 'needs this member'],
    ['request state', '/result/requestState', 'needs this member'],
    ['a name that only begins like one', '/argsx', 'leads outside'],
  ])('a place: %s', (_name, at, why) => {
    expect(failure(reply({}), [{ at }])).toContain(why);
  });
});

describe('what cannot be done fails', () => {
  test.each([
    ['an unknown detector', [{ detector: 'passport' }], 'unknown detector'],
    ['a detector of another kind', [{ detector: 'constructor' }], 'unknown detector'],
    ['an unknown replacement', [{ detector: 'email', with: 'blur' }], 'unknown replacement'],
    ['a pattern that is none', [{ pattern: '(' }], 'not valid RE2'],
    ['a long pattern', [{ pattern: 'a'.repeat(1001) }], 'at most 1000'],
    ['an empty edit', [{}], 'neither'],
  ])('%s', (_name, edits, why) => {
    expect(failure(reply({}), edits as unknown as Redaction[])).toContain(why);
  });

  test('hash without a key', () => {
    const answer = redactText(text('bob@example.com'), [{ detector: 'email', with: 'hash' }]);
    expect(answer.kind === 'failed' && answer.cause.message).toContain('hash key');
  });

  test('two names that become one', () => {
    const two = reply({ structuredContent: { 'a@b.co': 1, 'c@d.co': 2 } });
    expect(failure(two, [EMAIL])).toContain('same name');
    expect(redactText(two, [{ detector: 'email', with: 'hash' }], { hashKey: KEY }).kind).toBe('edited');
  });

  test('text that is not JSON to its end', () => {
    expect(failure('{"result":{"a":"bob@example.com', [EMAIL])).toContain('JSON text ends');
  });
});
