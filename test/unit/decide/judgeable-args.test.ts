/** The arguments as the policy gets them: their own text or a refusal, never a part of them. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { INPUT_LIMITS, judgeableArgs } from '../../../proxy/decide/judgeable-args.ts';
import { isObject, type JsonObject } from '../../../proxy/frame/json.ts';
import { FRAME_LIMITS, readFrameText } from '../../../proxy/frame/read-frame.ts';
import { memberText } from '../../../proxy/frame/scan.ts';

const REFUSED = { kind: 'refusal', code: 'GW_POLICY_ARGS', detail: 'policy.args_too_large' };
const NONE: ReadonlySet<string> = new Set();

/** Runs the text through the reader first, as on the path of a frame. */
function judgeable(argsText: string, opaque: ReadonlySet<string> = NONE, beside = '', limits = INPUT_LIMITS) {
  const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":${argsText}${beside}}}`;
  const frame = readFrameText(text, { ...FRAME_LIMITS, direction: 'to_server' });
  if (frame.kind !== 'request') throw new Error(JSON.stringify(frame).slice(0, 200));
  const args = frame.params?.['arguments'];
  if (!isObject(args)) throw new Error('no arguments');
  return judgeableArgs(
    memberText(text, frame.inner, 'arguments') ?? '',
    args as JsonObject,
    frame.size,
    opaque,
    limits,
  );
}

const stands = (content: string) =>
  `{"$opaque":{"bytes":${Buffer.byteLength(content)},"sha256":"${createHash('sha256').update(content).digest('hex')}"}}`;
const wide = (count: number) => `{${Array.from({ length: count }, (_, at) => `"k${at}":0`).join(',')}}`;
const list = (count: number) => `{"a":[${'0,'.repeat(count - 1)}0]}`;

describe('within the limits the text is passed on as it is', () => {
  test.each([
    ['nothing', '{}'],
    ['digits, spacing and escapes', ' {"a" : 1.0, "b":[9007199254740993, 1E+2, -0],\n"c":"\\u0041\\/" }'],
    ['a string of 16,384', `{"a":"${'x'.repeat(16_384)}"}`],
    ['a name of 16,384', `{"${'x'.repeat(16_384)}":1}`],
    ['256 members', wide(256)],
    ['2,000 values', list(1_999)],
    ['an emoji counts two', `{"a":"${'😀'.repeat(8_192)}"}`],
  ])('%s', (_, text) => {
    expect(judgeable(text)).toBe(text);
  });
});

describe('over a limit they are refused whole', () => {
  test.each([
    ['a string of 16,385', `{"a":"${'x'.repeat(16_385)}"}`],
    ['a string deep inside', `{"a":[{"b":["${'x'.repeat(16_385)}"]}]}`],
    ['a name of 16,385', `{"${'x'.repeat(16_385)}":1}`],
    ['a name deep inside, escaped', `{"a":[{"\\u0078${'x'.repeat(16_384)}":1}]}`],
    ['257 members', wide(257)],
    ['257 members deep inside', `{"a":[${wide(257)}]}`],
    ['2,001 values', list(2_000)],
    ['an escaped string is as long as it reads', `{"a":"${'\\u0041'.repeat(16_385)}"}`],
  ])('%s', (_, text) => {
    expect(judgeable(text)).toEqual(REFUSED);
  });

  test('each limit is the one given', () => {
    const text = '{"a":"12345","b":[1,2]}';
    expect(judgeable(text, NONE, '', INPUT_LIMITS)).toBe(text);
    expect(judgeable(text, NONE, '', { ...INPUT_LIMITS, maxString: 5 })).toBe(text);
    expect(judgeable(text, NONE, '', { ...INPUT_LIMITS, maxString: 4 })).toEqual(REFUSED);
    expect(judgeable(text, NONE, '', { ...INPUT_LIMITS, maxWidth: 2 })).toBe(text);
    expect(judgeable(text, NONE, '', { ...INPUT_LIMITS, maxWidth: 1 })).toEqual(REFUSED);
    expect(judgeable(text, NONE, '', { ...INPUT_LIMITS, maxNodes: 4 })).toBe(text);
    expect(judgeable(text, NONE, '', { ...INPUT_LIMITS, maxNodes: 3 })).toEqual(REFUSED);
  });

  test('what stands beside the arguments does not count against them', () => {
    expect(judgeable('{"a":1}', NONE, `,"_meta":{"x":"${'x'.repeat(20_000)}"}`)).toBe('{"a":1}');
    expect(judgeable('{"a":1}', NONE, `,"_meta":{"x":[${'0,'.repeat(3_000)}0]}`)).toBe('{"a":1}');
  });
});

describe('what is declared opaque', () => {
  const content = new Set(['content']);
  const long = 'x'.repeat(100_000);
  test.each<[string, string, ReadonlySet<string>, string]>([
    ['a long text', `{"path":"/a","content":"${long}"}`, content, `{"path":"/a","content":${stands(long)}}`],
    ['a short text too', '{"content":"a"}', content, `{"content":${stands('a')}}`],
    ['escapes are read first', '{"content":"\\u00e9\\n"}', content, `{"content":${stands('é\n')}}`],
    ['a name spelled with escapes', '{"c\\u006fntent":"a"}', content, `{"c\\u006fntent":${stands('a')}}`],
    ['an object, by its text', '{"content":{"a": 1.0}}', content, `{"content":${stands('{"a": 1.0}')}}`],
    [
      'white space around a value is not part of it',
      '{ "content" :\n [1] , "b":2 }',
      content,
      `{ "content" :${stands('[1]')}, "b":2 }`,
    ],
    ['null', '{"content":null}', content, `{"content":${stands('null')}}`],
    ['only at the top', '{"a":{"content":"b"}}', content, '{"a":{"content":"b"}}'],
    ['a name in another case is another name', '{"Content":"b"}', content, '{"Content":"b"}'],
    [
      'two of them',
      '{"content":"a","b":1,"data":"c"}',
      new Set(['content', 'data']),
      `{"content":${stands('a')},"b":1,"data":${stands('c')}}`,
    ],
    ['one that is not there', '{"b": 1.0}', content, '{"b": 1.0}'],
    ['names of the prototype are no arguments', '{"b":1}', new Set(['constructor', '__proto__']), '{"b":1}'],
  ])('%s', (_, text, opaque, want) => {
    expect(judgeable(text, opaque)).toBe(want);
  });

  test.each([
    ['a long string', `{"content":"a","b":"${'x'.repeat(16_385)}"}`],
    ['many values', `{"content":"a","b":[${'0,'.repeat(2_000)}0]}`],
    ['many members', `{"content":"a","b":${wide(257)}}`],
  ])('does not excuse %s beside it', (_, text) => {
    expect(judgeable(text, content)).toEqual(REFUSED);
  });
});
