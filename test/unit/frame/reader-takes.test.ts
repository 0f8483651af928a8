/** What the reader takes, and that it keeps it as it came. */
import { expect, test } from 'vitest';
import { FRAME_LIMITS, readFrame, readFrameText } from '../../../proxy/frame/read-frame.ts';

const TO_SERVER = { ...FRAME_LIMITS, direction: 'to_server' } as const;

const bytes = (text: string) => new TextEncoder().encode(text);
const call = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
const args = (text: string) => call(`{"name":"echo","arguments":${text}}`);
const withId = (id: string) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;
const nested = (levels: number) => args(`{"a":${'['.repeat(levels - 3)}${']'.repeat(levels - 3)}}`);
const said = (read: ReturnType<typeof readFrame>) =>
  read.kind === 'refusal' ? [read.code, read.detail].join(' ') : read.kind;

interface Accepted {
  readonly name: string;
  readonly input: string;
  readonly direction?: 'to_server' | 'to_client';
  readonly want: object;
}

test.each<Accepted>([
  {
    name: 'a request',
    input: call('{"name":"echo","arguments":{"a":[1]}}'),
    want: { kind: 'request', id: 1, method: 'tools/call', params: { name: 'echo', arguments: { a: [1] } } },
  },
  {
    name: 'a request without params',
    input: withId('"a"'),
    want: { kind: 'request', id: 'a', method: 'ping', params: undefined },
  },
  {
    name: 'a notification',
    input: '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    want: { kind: 'notification', method: 'notifications/initialized', params: undefined },
  },
  {
    name: 'a method nobody knows',
    input: '{"jsonrpc":"2.0","id":1,"method":"Tools/Call"}',
    want: { kind: 'request', method: 'Tools/Call' },
  },
  {
    name: 'a method of 256 characters',
    input: `{"jsonrpc":"2.0","id":1,"method":"${'m'.repeat(256)}"}`,
    want: { kind: 'request', method: 'm'.repeat(256) },
  },
  {
    name: 'a result',
    input: '{"jsonrpc":"2.0","id":1,"result":{"x":1}}',
    want: { kind: 'response', id: 1, result: { x: 1 }, error: undefined },
  },
  {
    name: 'an error',
    input: '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","data":[1]}}',
    want: { kind: 'response', id: 1, result: undefined, error: { code: -32601, message: 'no', data: [1] } },
  },
  {
    name: 'an error with id null',
    input: '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}',
    want: { kind: 'response', id: null },
  },
  {
    name: 'an error without an id',
    input: '{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}',
    want: { kind: 'response', id: null },
  },
  { name: 'id 0', input: withId('0'), want: { id: 0 } },
  { name: 'id -1', input: withId('-1'), want: { id: -1 } },
  { name: 'id 2^53-1', input: withId('9007199254740991'), want: { id: 9007199254740991 } },
  { name: 'id "1" stays text', input: withId('"1"'), want: { id: '1' } },
  { name: 'id "null" stays text', input: withId('"null"'), want: { id: 'null' } },
  { name: 'an empty id', input: withId('""'), want: { id: '' } },
  { name: 'an id of 256 characters', input: withId(`"${'i'.repeat(256)}"`), want: { id: 'i'.repeat(256) } },
  { name: 'an escaped id', input: '{"jsonrpc":"2.0","\\u0069d":7,"method":"ping"}', want: { id: 7 } },
  { name: 'an id between spaces', input: '{"jsonrpc":"2.0","id" :\t7\r\n,"method":"ping"}', want: { id: 7 } },
  { name: 'an id that is last', input: '{"jsonrpc":"2.0","method":"ping","id": 7 }', want: { id: 7 } },
  { name: 'white space around it all', input: `\r\n\t ${withId('1')} \n`, want: { id: 1 } },
  { name: '64 levels', input: nested(64), want: { kind: 'request' } },
  { name: '100,000 elements', input: args(`{"a":[${'0,'.repeat(99_992)}0]}`), want: { kind: 'request' } },
  {
    name: 'siblings that fold, from a server',
    direction: 'to_client',
    input: '{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":1,"A":2}}}',
    want: { kind: 'response' },
  },
  {
    name: 'the names of the envelope further in',
    direction: 'to_client',
    input: '{"jsonrpc":"2.0","id":1,"result":{"taskId":"t","status":"completed","result":{"content":[]}}}',
    want: { kind: 'response', result: { taskId: 't', status: 'completed', result: { content: [] } } },
  },
  {
    name: 'a task that failed',
    direction: 'to_client',
    input: '{"jsonrpc":"2.0","id":1,"result":{"taskId":"t","error":{"code":1,"message":""}}}',
    want: { kind: 'response' },
  },
  {
    name: 'a colon, a brace and a quote in a string',
    input: args('{"a":"}{:,\\"][\\\\"}'),
    want: { params: { name: 'echo', arguments: { a: '}{:,"][\\' } } },
  },
  {
    name: 'a pair of surrogates, escaped',
    input: args('{"a":"\\ud83d\\ude00"}'),
    want: { params: { name: 'echo', arguments: { a: '😀' } } },
  },
  {
    name: 'names of the prototype',
    input: args('{"constructor":1,"toString":2,"hasOwnProperty":3}'),
    want: { params: { name: 'echo', arguments: { constructor: 1, toString: 2, hasOwnProperty: 3 } } },
  },
  {
    name: 'a byte order mark in a string',
    input: args('{"a":"\ufeff"}'),
    want: { params: { name: 'echo', arguments: { a: '\ufeff' } } },
  },
  {
    name: 'line separators in a string',
    input: args('{"a":"\u2028\u2029"}'),
    want: { params: { name: 'echo', arguments: { a: '\u2028\u2029' } } },
  },
  { name: '1e308', input: args('{"a":1e308}'), want: { params: { name: 'echo', arguments: { a: 1e308 } } } },
])('taken: $name', ({ input, direction = 'to_server', want }) => {
  const options = { ...FRAME_LIMITS, direction };
  expect(readFrame(bytes(input), options)).toMatchObject({ ...want, text: input });
  expect(readFrameText(input, options)).toMatchObject({ ...want, text: input, bytes: undefined });
});

test.each([
  ['9007199254740993', '123456789012345678901234567890', '1.0', '1.50', '-0', '1E+2', '0.1e-7', '1e-400'],
])('the digits of a number stay in the text as they came', (...numbers) => {
  const text = args(`{"a":[${numbers.join(',')}]}`);
  const frame = readFrame(bytes(text), TO_SERVER);
  expect(frame).toMatchObject({ kind: 'request', text });
});

test('the bytes are kept as they came, and a view into a larger buffer is read as just that', () => {
  const text = withId('1');
  const large = bytes(`xxxx${text}yyyy`);
  const view = large.subarray(4, 4 + text.length);
  const frame = readFrame(view, TO_SERVER);
  expect(frame).toMatchObject({ kind: 'request', id: 1, text });
  if (frame.kind !== 'refusal') expect(frame.bytes).toBe(view);
});

test('the limits are the ones given', () => {
  const limits = { maxDepth: 3, maxElements: 8, direction: 'to_server' } as const;
  expect(said(readFrame(bytes(args('{}')), limits))).toBe('request');
  expect(said(readFrame(bytes(args('{"a":[]}')), limits))).toBe('GW_FRAME_DEPTH more than 3 levels');
  expect(said(readFrame(bytes(args('{"a":1,"b":2}')), limits))).toBe('request');
  expect(said(readFrame(bytes(args('{"a":1,"b":2,"c":3}')), limits))).toBe(
    'GW_FRAME_COUNT more than 8 elements',
  );
});

test.each([
  { name: 'scalars', text: args('{"a":1,"b":null}'), want: { members: 8, nodes: 9, widest: 4, longest: 10 } },
  {
    name: 'a long string',
    text: args(`{"a":"${'x'.repeat(50)}"}`),
    want: { members: 7, nodes: 8, widest: 4, longest: 50 },
  },
  {
    name: 'a long name',
    text: args(`{"${'n'.repeat(50)}":1}`),
    want: { members: 7, nodes: 8, widest: 4, longest: 50 },
  },
  {
    name: 'a wide object',
    text: args('{"a":1,"b":1,"c":1,"d":1,"e":1}'),
    want: { members: 11, nodes: 12, widest: 5, longest: 10 },
  },
  { name: 'a list', text: args('{"a":[1,[2],{}]}'), want: { members: 7, nodes: 12, widest: 4, longest: 10 } },
])('measured: $name', ({ text, want }) => {
  const frame = readFrame(bytes(text), TO_SERVER);
  expect(frame).toMatchObject({ kind: 'request', size: want });
});
