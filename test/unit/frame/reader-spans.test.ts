/** Where members lie in the text: judging and editing cut pieces out by these spans. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FRAME_LIMITS, readFrameText } from '../../../proxy/frame/read-frame.ts';
import { type Member, memberText } from '../../../proxy/frame/scan.ts';

const OPTIONS = { ...FRAME_LIMITS, direction: 'to_client' } as const;

function spansOf(text: string) {
  const frame = readFrameText(text, OPTIONS);
  if (frame.kind === 'refusal') throw new Error(frame.code);
  const cut = (members: readonly Member[]) =>
    members.map(({ name, start, end }) => [name, text.slice(start, end)]);
  return { top: cut(frame.top), inner: cut(frame.inner), frame };
}

test.each([
  {
    name: 'no white space',
    text: '{"jsonrpc":"2.0","id":1,"method":"m","params":{"name":"a","arguments":{"b":[1,2]}}}',
    top: [
      ['jsonrpc', '"2.0"'],
      ['id', '1'],
      ['method', '"m"'],
      ['params', '{"name":"a","arguments":{"b":[1,2]}}'],
    ],
    inner: [
      ['name', '"a"'],
      ['arguments', '{"b":[1,2]}'],
    ],
  },
  {
    name: 'white space belongs to the value before it',
    text: ' { "jsonrpc" : "2.0" ,\n"params"\t:\t{ "name" : "a" , "x" : [ ] } , "method" : "m" } ',
    top: [
      ['jsonrpc', ' "2.0" '],
      ['params', '\t{ "name" : "a" , "x" : [ ] } '],
      ['method', ' "m" '],
    ],
    inner: [
      ['name', ' "a" '],
      ['x', ' [ ] '],
    ],
  },
  {
    name: 'names spelled with escapes',
    text: '{"jsonrpc":"2.0","m\\u0065thod":"m","p\\u0061rams":{"n\\u0061me":"\\"}","a\\"b\\\\":{}}}',
    top: [
      ['jsonrpc', '"2.0"'],
      ['method', '"m"'],
      ['params', '{"n\\u0061me":"\\"}","a\\"b\\\\":{}}'],
    ],
    inner: [
      ['name', '"\\"}"'],
      ['a"b\\', '{}'],
    ],
  },
  {
    name: 'members of members are not members of params',
    text: '{"jsonrpc":"2.0","method":"m","params":{"a":{"name":1},"b":[{"name":2},{"arguments":3}]}}',
    top: [
      ['jsonrpc', '"2.0"'],
      ['method', '"m"'],
      ['params', '{"a":{"name":1},"b":[{"name":2},{"arguments":3}]}'],
    ],
    inner: [
      ['a', '{"name":1}'],
      ['b', '[{"name":2},{"arguments":3}]'],
    ],
  },
  {
    name: 'empty params',
    text: '{"jsonrpc":"2.0","method":"m","params":{ }}',
    top: [
      ['jsonrpc', '"2.0"'],
      ['method', '"m"'],
      ['params', '{ }'],
    ],
    inner: [],
  },
  {
    name: 'a result after its id',
    text: '{"jsonrpc":"2.0","result":{"content":[{"a":"}"}],"_meta":{}},"id":"x"}',
    top: [
      ['jsonrpc', '"2.0"'],
      ['result', '{"content":[{"a":"}"}],"_meta":{}}'],
      ['id', '"x"'],
    ],
    inner: [
      ['content', '[{"a":"}"}]'],
      ['_meta', '{}'],
    ],
  },
  {
    name: 'an error',
    text: '{"jsonrpc":"2.0","error":{"code":-1,"message":"m,:{","data":null},"id":1}',
    top: [
      ['jsonrpc', '"2.0"'],
      ['error', '{"code":-1,"message":"m,:{","data":null}'],
      ['id', '1'],
    ],
    inner: [
      ['code', '-1'],
      ['message', '"m,:{"'],
      ['data', 'null'],
    ],
  },
])('spans: $name', ({ text, top, inner }) => {
  expect(spansOf(text)).toMatchObject({ top, inner });
});

test('memberText finds a member however its name is spelled, and says so when there is none', () => {
  const text = '{"jsonrpc":"2.0","method":"m","params":{"argum\\u0065nts":{"a": 1.0}}}';
  const { frame } = spansOf(text);
  expect(memberText(text, frame.inner, 'arguments')).toBe('{"a": 1.0}');
  expect(memberText(text, frame.inner, 'name')).toBeUndefined();
});

const space = fc.constantFrom('', ' ', '\n\t', '\r\n  ');

/** JSON text of a value with white space strewn in and strings partly escaped. */
const spelled = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.infiniteStream(space), fc.infiniteStream(fc.nat(5)))
  .map(([value, spaces, dice]) => {
    const gap = () => spaces.next().value;
    const text = (string: string) => {
      const plain = JSON.stringify(string);
      if (plain.includes('\\')) return plain;
      return plain.replaceAll(/[A-Za-z]/g, (letter) =>
        dice.next().value === 0 ? `\\u00${letter.charCodeAt(0).toString(16)}` : letter,
      );
    };
    const write = (one: unknown): string => {
      if (typeof one === 'string') return text(one);
      if (Array.isArray(one)) return `[${gap()}${one.map((each) => write(each) + gap()).join(`,${gap()}`)}]`;
      if (typeof one !== 'object' || one === null) return JSON.stringify(one);
      const members = Object.entries(one).map(
        ([name, each]) => `${text(name)}${gap()}:${gap()}${write(each)}`,
      );
      return `{${gap()}${members.map((each) => each + gap()).join(`,${gap()}`)}}`;
    };
    return write(value);
  });

test('every span holds the JSON text of its member and nothing else', () => {
  let taken = 0;
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 6 }), spelled, { maxKeys: 5 }),
      space,
      (members, gap) => {
        const body = Object.entries(members).map(
          ([name, text]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${text}${gap}`,
        );
        const text = `{"jsonrpc":"2.0",${gap}"id":1,"result"${gap}:${gap}{${body.join(',')}}}`;
        const frame = readFrameText(text, OPTIONS);
        if (frame.kind === 'refusal') return;
        taken++;
        if (frame.kind !== 'response') throw new Error(frame.kind);
        const values = frame.inner.map(({ name, start, end }) => [name, JSON.parse(text.slice(start, end))]);
        expect(Object.fromEntries(values)).toEqual(frame.result);
        expect(frame.inner.length).toBe(Object.keys(frame.result ?? {}).length);
      },
    ),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(2_000);
});
