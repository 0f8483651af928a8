import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readCalls } from '../../support/readings.ts';

const call = (name: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":{}}}`;
const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding);

test.each([
  { name: 'plain', body: bytes(call('echo')), want: ['echo'] },
  {
    name: 'duplicates, both ways',
    body: bytes('{"method":"tools/call","params":{"name":"echo","name":"delete_file"}}'),
    want: ['delete_file', 'echo'],
  },
  {
    name: 'names that fold',
    body: bytes('{"method":"tools/call","param\u017f":{"NAME":"delete_file"}}'),
    want: ['delete_file'],
  },
  {
    name: 'positional params',
    body: bytes('{"method":"tools/call","params":["delete_file",{}]}'),
    want: ['delete_file'],
  },
  {
    name: 'positional envelope',
    body: bytes('["2.0",1,"tools/call",{"name":"delete_file"}]'),
    want: ['delete_file'],
  },
  { name: 'batch in a batch', body: bytes(`[[${call('a')}],${call('b')}]`), want: ['a', 'b'] },
  { name: 'two documents', body: bytes(`${call('a')}\n${call('b')}`), want: ['a', 'b'] },
  { name: 'comments and trailing commas', body: bytes(`/* x */${call('a').slice(0, -1)},}`), want: ['a'] },
  { name: 'UTF-16 with mark', body: bytes(`\ufeff${call('a')}`, 'utf16le'), want: ['a'] },
  { name: 'UTF-16BE', body: bytes(call('a'), 'utf16le').swap16(), want: ['a'] },
  { name: 'compressed', body: gzipSync(call('a')), want: ['a'] },
  { name: 'a frame in a string', body: bytes(JSON.stringify(call('a'))), want: ['a'] },
  { name: 'escaped letters', body: bytes(call('d\\u0065lete_file')), want: ['delete_file'] },
  { name: 'invisible characters and case', body: bytes(call('Delete_\u200bFile ')), want: ['delete_file'] },
  { name: 'not finished', body: bytes(call('a').slice(0, -2)), want: ['a'] },
  { name: 'nothing', body: bytes('not json'), want: [] },
])('a server could read $want from: $name', ({ body, want }) => {
  const tools = readCalls(body).flatMap((one) => one.tool ?? []);
  expect([...new Set(tools)].sort()).toEqual(want);
});

test('overlong slashes are read as slashes by one of the readings', () => {
  const body = Buffer.concat([
    bytes('{"method":"x","params":{"uri":"a'),
    Buffer.of(0xc0, 0xaf),
    bytes('b"}}'),
  ]);
  expect(readCalls(body).map((one) => one.uri)).toContain('a/b');
});

test('headers that name another tool are a call of their own', () => {
  const headers = { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?ZGVsZXRlX2ZpbGU=?=' };
  expect(readCalls(bytes(call('echo')), headers).map((one) => one.tool)).toEqual(['echo', 'delete_file']);
});

test('two hundred thousand open brackets are read without recursion', () => {
  expect(readCalls(bytes('['.repeat(200_000)))).toEqual([]);
});
