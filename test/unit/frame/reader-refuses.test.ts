/** The reader's sheet: what it takes, what it refuses with which code, and which reader elsewhere would differ. */
import { expect, test } from 'vitest';
import { FRAME_LIMITS, readFrame, readFrameText } from '../../../proxy/frame/read-frame.ts';

const TO_SERVER = { ...FRAME_LIMITS, direction: 'to_server' } as const;
const TO_CLIENT = { ...FRAME_LIMITS, direction: 'to_client' } as const;

const bytes = (input: string | Uint8Array) =>
  typeof input === 'string' ? new TextEncoder().encode(input) : input;
/** Text with `%` where some bytes belong that no text can hold. */
const around = (text: string, ...some: number[]) => {
  const [before = '', after = ''] = text.split('%');
  return new Uint8Array([...bytes(before), ...some, ...bytes(after)]);
};
const call = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
const args = (text: string) => call(`{"name":"echo","arguments":${text}}`);
const withId = (id: string) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;
const nested = (levels: number) => args(`{"a":${'['.repeat(levels - 3)}${']'.repeat(levels - 3)}}`);

interface Row {
  readonly name: string;
  readonly input: string | Uint8Array;
  /** The code, and for some the detail. */
  readonly want: string;
  readonly why?: string;
}

const REFUSED_TO_SERVER: readonly Row[] = [
  // Duplicates: first and last win in different readers.
  {
    name: 'a duplicate in the envelope',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}',
    want: 'GW_FRAME_DUPLICATE',
  },
  {
    name: 'a duplicate in params',
    input: call('{"name":"read_file","name":"delete_file"}'),
    want: 'GW_FRAME_DUPLICATE',
  },
  {
    name: 'a duplicate in params, escaped',
    input: call('{"name":"read_file","n\\u0061me":"delete_file"}'),
    want: 'GW_FRAME_DUPLICATE',
  },
  {
    name: 'a duplicate with the same value',
    input: call('{"name":"a","name":"a"}'),
    want: 'GW_FRAME_DUPLICATE',
  },
  { name: 'a duplicate in arguments', input: args('{"path":"/a","path":"/b"}'), want: 'GW_FRAME_DUPLICATE' },
  {
    name: 'a duplicate ten levels down',
    input: args(`{"a":${'[{"b":'.repeat(5)}{"c":1,"c":2}${'}]'.repeat(5)}}`),
    want: 'GW_FRAME_DUPLICATE',
  },
  {
    name: 'a duplicate whose first value holds objects',
    input: args('{"a":{"b":{"c":1}},"a":1}'),
    want: 'GW_FRAME_DUPLICATE',
  },
  { name: 'a duplicate empty name', input: args('{"":1,"":2}'), want: 'GW_FRAME_DUPLICATE' },
  {
    name: 'a duplicate spelled with an escaped slash',
    input: args('{"a/b":1,"a\\/b":2}'),
    want: 'GW_FRAME_DUPLICATE',
  },
  {
    name: 'a duplicate that looks like an array index',
    input: args('{"0":1,"0":2}'),
    want: 'GW_FRAME_DUPLICATE',
  },
  {
    name: 'colons in strings do not hide one',
    input: args('{"a":":::","b":1,"b":"::"}'),
    want: 'GW_FRAME_DUPLICATE',
  },
  { name: 'ids twice', input: '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', want: 'GW_FRAME_DUPLICATE' },

  // Case folding: Go's encoding/json matches names whatever their case.
  {
    name: 'Name beside name',
    input: call('{"name":"read_file","Name":"delete_file"}'),
    want: 'GW_FRAME_FOLD',
  },
  {
    name: 'METHOD beside method',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call"}',
    want: 'GW_FRAME_FOLD',
  },
  {
    name: 'params with U+017F beside params',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"param\u017f":{}}',
    want: 'GW_FRAME_FOLD',
  },
  {
    name: 'params with U+017F, escaped',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","param\\u017f":{}}',
    want: 'GW_FRAME_FOLD',
  },
  { name: 'siblings in arguments', input: args('{"path":"/a","Path":"/b"}'), want: 'GW_FRAME_FOLD' },
  {
    name: 'siblings deep in arguments',
    input: args('{"a":[{"b":{"k":1,"\u212a":2}}]}'),
    want: 'GW_FRAME_FOLD',
    why: 'the Kelvin sign folds to k',
  },
  {
    name: 'siblings in arguments by U+017F',
    input: args('{"paths":"/a","path\u017f":"/b"}'),
    want: 'GW_FRAME_FOLD',
  },
  {
    name: 'siblings outside ASCII',
    input: args('{"stra\u00dfe":1,"STRA\u1e9eE":2}'),
    want: 'GW_FRAME_FOLD',
    why: 'U+1E9E folds to U+00DF',
  },
  { name: 'final sigma beside sigma', input: args('{"\u03c3":1,"\u03c2":2}'), want: 'GW_FRAME_FOLD' },
  { name: 'NAME with no name beside it', input: call('{"NAME":"delete_file"}'), want: 'GW_FRAME_FOLD' },
  {
    name: 'METHOD with no method beside it',
    input: '{"jsonrpc":"2.0","id":1,"METHOD":"tools/call"}',
    want: 'GW_FRAME_FOLD',
  },
  { name: 'Jsonrpc', input: '{"Jsonrpc":"2.0","id":1,"method":"ping"}', want: 'GW_FRAME_FOLD' },
  { name: 'ID', input: '{"jsonrpc":"2.0","ID":1,"method":"ping"}', want: 'GW_FRAME_FOLD' },
  { name: 'Arguments', input: call('{"name":"a","Arguments":{}}'), want: 'GW_FRAME_FOLD' },
  { name: 'argument\u017f', input: call('{"name":"a","argument\u017f":{}}'), want: 'GW_FRAME_FOLD' },
  {
    name: 'ta\u017f\u212aid',
    input: '{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"ta\u017f\u212aid":"t"}}',
    want: 'GW_FRAME_FOLD',
  },
  { name: '_META', input: call('{"name":"a","_META":{}}'), want: 'GW_FRAME_FOLD' },
  { name: 'METHOD in params', input: call('{"name":"a","METHOD":"x"}'), want: 'GW_FRAME_FOLD' },

  // Members and envelopes.
  {
    name: 'an unknown member of the envelope',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","extra":1}',
    want: 'GW_FRAME_MEMBER',
  },
  {
    name: '__proto__ in the envelope',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{"params":{}}}',
    want: 'GW_FRAME_MEMBER __proto__',
  },
  {
    name: '__proto__ in params',
    input: call('{"name":"a","__proto__":{"arguments":{}}}'),
    want: 'GW_FRAME_MEMBER __proto__',
  },
  {
    name: '__proto__ in arguments, escaped',
    input: args('{"\\u005f_proto__":{"admin":true}}'),
    want: 'GW_FRAME_MEMBER __proto__',
  },
  {
    name: '__proto__ in an array',
    input: args('{"a":[[{"__proto__":null}]]}'),
    want: 'GW_FRAME_MEMBER __proto__',
  },
  { name: 'no jsonrpc', input: '{"id":1,"method":"ping"}', want: 'GW_FRAME_ENVELOPE jsonrpc is not "2.0"' },
  {
    name: 'jsonrpc 1.0',
    input: '{"jsonrpc":"1.0","id":1,"method":"ping"}',
    want: 'GW_FRAME_ENVELOPE jsonrpc is not "2.0"',
  },
  {
    name: 'jsonrpc as a number',
    input: '{"jsonrpc":2.0,"id":1,"method":"ping"}',
    want: 'GW_FRAME_ENVELOPE jsonrpc is not "2.0"',
  },
  {
    name: 'jsonrpc 2',
    input: '{"jsonrpc":"2","id":1,"method":"ping"}',
    want: 'GW_FRAME_ENVELOPE jsonrpc is not "2.0"',
  },
  {
    name: 'jsonrpc with a space',
    input: '{"jsonrpc":"2.0 ","id":1,"method":"ping"}',
    want: 'GW_FRAME_ENVELOPE jsonrpc is not "2.0"',
  },
  {
    name: 'jsonrpc null',
    input: '{"jsonrpc":null,"id":1,"method":"ping"}',
    want: 'GW_FRAME_ENVELOPE jsonrpc is not "2.0"',
  },
  {
    name: 'jsonrpc in a list',
    input: '{"jsonrpc":["2.0"],"id":1,"method":"ping"}',
    want: 'GW_FRAME_ENVELOPE jsonrpc is not "2.0"',
  },
  {
    name: 'method and result',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}',
    want: 'GW_FRAME_ENVELOPE both a call and an answer',
  },
  {
    name: 'method and error',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","error":{"code":1,"message":""}}',
    want: 'GW_FRAME_ENVELOPE both a call and an answer',
  },
  {
    name: 'method and result null',
    input: '{"jsonrpc":"2.0","id":1,"method":"ping","result":null}',
    want: 'GW_FRAME_ENVELOPE both a call and an answer',
  },
  {
    name: 'method null with a result',
    input: '{"jsonrpc":"2.0","id":1,"method":null,"result":{}}',
    want: 'GW_FRAME_ENVELOPE both a call and an answer',
  },
  {
    name: 'method null',
    input: '{"jsonrpc":"2.0","id":1,"method":null}',
    want: 'GW_FRAME_ENVELOPE method is not a name',
  },
  {
    name: 'method empty',
    input: '{"jsonrpc":"2.0","id":1,"method":""}',
    want: 'GW_FRAME_ENVELOPE method is not a name',
  },
  {
    name: 'method as a list',
    input: '{"jsonrpc":"2.0","id":1,"method":["tools/call"]}',
    want: 'GW_FRAME_ENVELOPE method is not a name',
  },
  {
    name: 'method of 257 characters',
    input: `{"jsonrpc":"2.0","id":1,"method":"${'m'.repeat(257)}"}`,
    want: 'GW_FRAME_ENVELOPE method is not a name',
  },
  {
    name: 'neither method nor answer',
    input: '{"jsonrpc":"2.0","id":1}',
    want: 'GW_FRAME_ENVELOPE neither or both of result and error',
  },
  { name: 'an empty object', input: '{}', want: 'GW_FRAME_ENVELOPE jsonrpc is not "2.0"' },
  { name: 'a string', input: '"tools/call"', want: 'GW_FRAME_ENVELOPE not an object' },
  { name: 'a number', input: '1', want: 'GW_FRAME_ENVELOPE not an object' },
  { name: 'null', input: 'null', want: 'GW_FRAME_ENVELOPE not an object' },
  {
    name: 'positional params',
    input: call('["delete_file",{"path":"/x"}]'),
    want: 'GW_FRAME_PARAMS params is not an object',
    why: 'serde reads them by position',
  },
  { name: 'params null', input: call('null'), want: 'GW_FRAME_PARAMS params is not an object' },
  {
    name: 'params as text',
    input: call('"{\\"name\\":\\"delete_file\\"}"'),
    want: 'GW_FRAME_PARAMS params is not an object',
  },
  { name: 'params true', input: call('true'), want: 'GW_FRAME_PARAMS params is not an object' },
  { name: 'a batch', input: `[${call('{"name":"a"}')}]`, want: 'GW_FRAME_BATCH' },
  { name: 'a batch of two', input: `[${withId('1')},${withId('2')}]`, want: 'GW_FRAME_BATCH' },
  { name: 'an empty batch', input: '[]', want: 'GW_FRAME_BATCH' },
  { name: 'a batch in a batch', input: `[[${withId('1')}]]`, want: 'GW_FRAME_BATCH' },
  { name: 'an envelope by position', input: '["2.0",1,"tools/call",{"name":"a"}]', want: 'GW_FRAME_BATCH' },

  // Ids: what two readers could take for different ones, or one for another's.
  { name: 'id null', input: withId('null'), want: 'GW_FRAME_ID' },
  { name: 'id true', input: withId('true'), want: 'GW_FRAME_ID' },
  { name: 'id 1.0', input: withId('1.0'), want: 'GW_FRAME_ID' },
  { name: 'id 1.5', input: withId('1.5'), want: 'GW_FRAME_ID' },
  { name: 'id 1e2', input: withId('1e2'), want: 'GW_FRAME_ID' },
  { name: 'id 1E2', input: withId('1E2'), want: 'GW_FRAME_ID' },
  { name: 'id -0', input: withId('-0'), want: 'GW_FRAME_ID' },
  { name: 'id -0.0', input: withId('-0.0'), want: 'GW_FRAME_ID' },
  { name: 'id 2^53', input: withId('9007199254740992'), want: 'GW_FRAME_ID' },
  {
    name: 'id 2^53+1',
    input: withId('9007199254740993'),
    want: 'GW_FRAME_ID',
    why: 'Node rounds it to ..992',
  },
  { name: 'id -2^53', input: withId('-9007199254740992'), want: 'GW_FRAME_ID' },
  { name: 'id as an object', input: withId('{"$oid":1}'), want: 'GW_FRAME_ID' },
  { name: 'id as a list', input: withId('[1]'), want: 'GW_FRAME_ID' },
  { name: 'id of 257 characters', input: withId(`"${'i'.repeat(257)}"`), want: 'GW_FRAME_ID' },
  { name: 'an answer with id null', input: '{"jsonrpc":"2.0","id":null,"result":{}}', want: 'GW_FRAME_ID' },
  { name: 'an answer without an id', input: '{"jsonrpc":"2.0","result":{}}', want: 'GW_FRAME_ID' },
  {
    name: 'an error with id 1.0',
    input: '{"jsonrpc":"2.0","id":1.0,"error":{"code":1,"message":""}}',
    want: 'GW_FRAME_ID',
  },

  // Answers.
  {
    name: 'result and error',
    input: '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}',
    want: 'GW_FRAME_ENVELOPE neither or both of result and error',
  },
  {
    name: 'result null and error',
    input: '{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1,"message":""}}',
    want: 'GW_FRAME_ENVELOPE neither or both of result and error',
  },
  {
    name: 'result null',
    input: '{"jsonrpc":"2.0","id":1,"result":null}',
    want: 'GW_FRAME_ENVELOPE result or error is not an object',
  },
  {
    name: 'result as a list',
    input: '{"jsonrpc":"2.0","id":1,"result":[]}',
    want: 'GW_FRAME_ENVELOPE result or error is not an object',
  },
  {
    name: 'result as text',
    input: '{"jsonrpc":"2.0","id":1,"result":"ok"}',
    want: 'GW_FRAME_ENVELOPE result or error is not an object',
  },
  {
    name: 'error as text',
    input: '{"jsonrpc":"2.0","id":1,"error":"no"}',
    want: 'GW_FRAME_ENVELOPE result or error is not an object',
  },
  {
    name: 'error without code',
    input: '{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}',
    want: 'GW_FRAME_ENVELOPE error without code or message',
  },
  {
    name: 'error without message',
    input: '{"jsonrpc":"2.0","id":1,"error":{"code":1}}',
    want: 'GW_FRAME_ENVELOPE error without code or message',
  },
  {
    name: 'error with a code as text',
    input: '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}',
    want: 'GW_FRAME_ENVELOPE error without code or message',
  },
  {
    name: 'error with a fractional code',
    input: '{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}',
    want: 'GW_FRAME_ENVELOPE error without code or message',
  },
  {
    name: 'result with params',
    input: '{"jsonrpc":"2.0","id":1,"result":{},"params":{}}',
    want: 'GW_FRAME_ENVELOPE params without method',
  },

  // Numbers, strings, encodings.
  { name: '1e400', input: args('{"a":1e400}'), want: 'GW_FRAME_NUMBER', why: 'the policy would see null' },
  { name: '-1e400', input: args('{"a":[-1e400]}'), want: 'GW_FRAME_NUMBER' },
  { name: 'a number of 400 digits', input: args(`{"a":${'9'.repeat(400)}}`), want: 'GW_FRAME_NUMBER' },
  { name: 'NaN', input: args('{"a":NaN}'), want: 'GW_FRAME_SYNTAX', why: 'Python reads it' },
  { name: 'Infinity', input: args('{"a":Infinity}'), want: 'GW_FRAME_SYNTAX' },
  { name: '-Infinity', input: args('{"a":-Infinity}'), want: 'GW_FRAME_SYNTAX' },
  { name: 'a leading zero', input: args('{"a":01}'), want: 'GW_FRAME_SYNTAX' },
  { name: 'a hexadecimal number', input: args('{"a":0x10}'), want: 'GW_FRAME_SYNTAX' },
  { name: 'a plus sign', input: args('{"a":+1}'), want: 'GW_FRAME_SYNTAX' },
  {
    name: 'a lone high surrogate',
    input: args('{"a":"\\ud800"}'),
    want: 'GW_FRAME_STRING',
    why: 'the engine would throw',
  },
  { name: 'a lone low surrogate', input: args('{"a":"x\\uDC00x"}'), want: 'GW_FRAME_STRING' },
  { name: 'surrogates in the wrong order', input: args('{"a":"\\udc00\\ud800"}'), want: 'GW_FRAME_STRING' },
  { name: 'a lone surrogate in a name', input: args('{"\\ud800":1}'), want: 'GW_FRAME_STRING' },
  { name: 'an escaped NUL', input: args('{"path":"/a\\u0000.txt"}'), want: 'GW_FRAME_STRING' },
  { name: 'an escaped NUL in a name', input: args('{"a\\u0000":1}'), want: 'GW_FRAME_STRING' },
  {
    name: 'an escaped NUL in the method',
    input: '{"jsonrpc":"2.0","id":1,"method":"tools/call\\u0000"}',
    want: 'GW_FRAME_STRING',
  },
  { name: 'a raw NUL in a string', input: args('{"a":"\0"}'), want: 'GW_FRAME_SYNTAX' },
  { name: 'a raw line break in a string', input: args('{"a":"\n"}'), want: 'GW_FRAME_SYNTAX' },
  {
    name: 'a NUL at the end',
    input: `${withId('1')}\0`,
    want: 'GW_FRAME_SYNTAX',
    why: 'Jackson stops before it',
  },
  {
    name: 'an overlong slash',
    input: around(args('{"path":"..%etc"}'), 0xc0, 0xaf),
    want: 'GW_FRAME_UTF8',
    why: 'Jackson reads a slash',
  },
  { name: 'an overlong NUL', input: around(args('{"path":"%"}'), 0xc0, 0x80), want: 'GW_FRAME_UTF8' },
  {
    name: 'an overlong slash of three bytes',
    input: around(args('{"path":"%"}'), 0xe0, 0x80, 0xaf),
    want: 'GW_FRAME_UTF8',
  },
  {
    name: 'CESU-8',
    input: around(args('{"a":"%"}'), 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80),
    want: 'GW_FRAME_UTF8',
  },
  { name: 'an encoded surrogate', input: around(args('{"a":"%"}'), 0xed, 0xa0, 0x80), want: 'GW_FRAME_UTF8' },
  { name: 'a truncated sequence', input: around(args('{"a":"%"}'), 0xe2, 0x82), want: 'GW_FRAME_UTF8' },
  { name: 'a sequence cut off by the end', input: around(`${withId('1')}%`, 0xe2), want: 'GW_FRAME_UTF8' },
  {
    name: 'a lone continuation byte in a name',
    input: around(call('{"name":"read_file%"}'), 0xbf),
    want: 'GW_FRAME_UTF8',
  },
  { name: 'above U+10FFFF', input: around(args('{"a":"%"}'), 0xf4, 0x90, 0x80, 0x80), want: 'GW_FRAME_UTF8' },
  { name: 'Latin-1', input: around(args('{"a":"%"}'), 0xe9), want: 'GW_FRAME_UTF8' },
  {
    name: 'a byte order mark',
    input: around(`%${withId('1')}`, 0xef, 0xbb, 0xbf),
    want: 'GW_FRAME_BOM',
    why: 'Python and Jackson skip it',
  },
  {
    name: 'two byte order marks',
    input: around(`%${withId('1')}`, 0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf),
    want: 'GW_FRAME_BOM',
  },
  { name: 'a byte order mark after a space', input: ` \ufeff${withId('1')}`, want: 'GW_FRAME_SYNTAX' },
  { name: 'a byte order mark at the end', input: `${withId('1')}\ufeff`, want: 'GW_FRAME_SYNTAX' },
  {
    name: 'UTF-16 with a mark',
    input: Buffer.from(`\ufeff${withId('1')}`, 'utf16le'),
    want: 'GW_FRAME_UTF8',
  },
  { name: 'UTF-16 little-endian', input: Buffer.from(withId('1'), 'utf16le'), want: 'GW_FRAME_SYNTAX' },
  { name: 'UTF-16 big-endian', input: Buffer.from(withId('1'), 'utf16le').swap16(), want: 'GW_FRAME_SYNTAX' },
  { name: 'a no-break space between tokens', input: withId('\u00a01'), want: 'GW_FRAME_SYNTAX' },

  // One document, all of it.
  { name: 'nothing', input: '', want: 'GW_FRAME_SYNTAX' },
  { name: 'white space only', input: ' \r\n\t', want: 'GW_FRAME_SYNTAX' },
  {
    name: 'two documents',
    input: withId('1') + call('{"name":"delete_file"}'),
    want: 'GW_FRAME_SYNTAX',
    why: 'Jackson reads the first',
  },
  { name: 'two documents on two lines', input: `${withId('1')}\n${withId('2')}`, want: 'GW_FRAME_SYNTAX' },
  {
    name: 'two documents around a record separator',
    input: `${withId('1')}\x1e${withId('2')}`,
    want: 'GW_FRAME_SYNTAX',
  },
  { name: 'a brace too many', input: `${withId('1')}}`, want: 'GW_FRAME_SYNTAX' },
  { name: 'a brace too few', input: withId('1').slice(0, -1), want: 'GW_FRAME_SYNTAX' },
  { name: 'brackets that do not match', input: args('{"a":[1}]'), want: 'GW_FRAME_SYNTAX' },
  { name: 'only closing brackets', input: ']]}}', want: 'GW_FRAME_SYNTAX' },
  { name: 'a block comment', input: args('{/* "path":"/b", */"path":"/a"}'), want: 'GW_FRAME_SYNTAX' },
  { name: 'a line comment', input: `${withId('1')} // end`, want: 'GW_FRAME_SYNTAX' },
  { name: 'a comma at the end', input: args('{"a":1,}'), want: 'GW_FRAME_SYNTAX' },
  { name: 'single quotes', input: "{'jsonrpc':'2.0','id':1,'method':'ping'}", want: 'GW_FRAME_SYNTAX' },
  { name: 'a name without quotes', input: args('{a:1}'), want: 'GW_FRAME_SYNTAX' },
  {
    name: 'a string that is not closed',
    input: args('{"a":"'),
    want: 'GW_FRAME_SYNTAX a string is not closed',
  },
  { name: 'a string that ends in a backslash', input: '"\\', want: 'GW_FRAME_SYNTAX a string is not closed' },
  { name: 'an escape that does not exist', input: args('{"a":"\\x41"}'), want: 'GW_FRAME_SYNTAX' },
  {
    name: 'a name with an escape that does not exist',
    input: '{"jsonrpc":"2.0","id":1,"m\\x65thod":"ping"}',
    want: 'GW_FRAME_SYNTAX',
  },

  // Bounds.
  { name: '65 levels', input: nested(65), want: 'GW_FRAME_DEPTH more than 64 levels' },
  {
    name: '50,000 levels',
    input: nested(50_000),
    want: 'GW_FRAME_DEPTH more than 64 levels',
    why: 'the engine cannot write them',
  },
  {
    name: '200,000 opening brackets',
    input: '['.repeat(200_000),
    want: 'GW_FRAME_DEPTH more than 64 levels',
  },
  { name: '65 levels of objects', input: '{"a":'.repeat(65), want: 'GW_FRAME_DEPTH more than 64 levels' },
  {
    name: '100,001 elements',
    input: args(`{"a":[${'0,'.repeat(99_993)}0]}`),
    want: 'GW_FRAME_COUNT more than 100000 elements',
  },
  {
    name: '700,000 elements',
    input: `[${'0,'.repeat(700_000)}0]`,
    want: 'GW_FRAME_COUNT more than 100000 elements',
  },
];

const said = (read: ReturnType<typeof readFrame>) =>
  read.kind === 'refusal'
    ? [read.code, ...(read.detail === undefined ? [] : [read.detail])].join(' ')
    : read.kind;

test.each(REFUSED_TO_SERVER)('refused: $name', ({ input, want }) => {
  expect(said(readFrame(bytes(input), TO_SERVER))).toBe(want);
});

/** Spelled as above; what is only a matter of names that fold passes towards clients. */
const SIBLINGS_ONLY = new Set([
  'siblings in arguments',
  'siblings deep in arguments',
  'siblings in arguments by U+017F',
  'siblings outside ASCII',
  'final sigma beside sigma',
]);

test.each(REFUSED_TO_SERVER.filter(({ name }) => !SIBLINGS_ONLY.has(name)))(
  'refused towards a client too: $name',
  ({ input, want }) => {
    expect(said(readFrame(bytes(input), TO_CLIENT))).toBe(want);
  },
);

test.each(REFUSED_TO_SERVER.filter(({ input }) => typeof input === 'string' && input.isWellFormed()))(
  'refused as text too: $name',
  ({ input, want }) => {
    expect(said(readFrameText(input as string, TO_SERVER))).toBe(want);
  },
);

test.each<Row>([
  {
    name: 'a duplicate in content',
    input: '{"jsonrpc":"2.0","id":1,"result":{"content":[],"content":[{}]}}',
    want: 'GW_FRAME_DUPLICATE',
  },
  {
    name: 'a duplicate in an error',
    input: '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"a","message":"b"}}',
    want: 'GW_FRAME_DUPLICATE',
  },
  { name: 'Content', input: '{"jsonrpc":"2.0","id":1,"result":{"Content":[]}}', want: 'GW_FRAME_FOLD' },
  { name: 'tool\u017f', input: '{"jsonrpc":"2.0","id":1,"result":{"tool\u017f":[]}}', want: 'GW_FRAME_FOLD' },
  {
    name: 'inputrequests',
    input: '{"jsonrpc":"2.0","id":1,"result":{"inputrequests":{}}}',
    want: 'GW_FRAME_FOLD',
  },
  {
    name: 'Message in an error',
    input: '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"a","Message":"b"}}',
    want: 'GW_FRAME_FOLD',
  },
  { name: 'Result', input: '{"jsonrpc":"2.0","id":1,"Result":{}}', want: 'GW_FRAME_FOLD' },
])('refused from a server: $name', ({ input, want }) => {
  expect(said(readFrame(bytes(input), TO_CLIENT))).toBe(want);
});

test('a byte order mark in text', () => {
  expect(said(readFrameText(`\ufeff${withId('1')}`, TO_CLIENT))).toBe('GW_FRAME_BOM');
});

test('a refusal never holds text of the message', () => {
  for (const { input } of REFUSED_TO_SERVER) {
    const read = readFrame(bytes(input), TO_SERVER);
    expect(Object.keys(read).filter((name) => !['kind', 'code', 'detail'].includes(name))).toEqual([]);
    expect(said(read)).not.toMatch(/delete_file|read_file|\/a|extra/);
  }
});
