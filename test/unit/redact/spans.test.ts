import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locate, locateAll, removeElements, splice } from '../../../proxy/frame/spans.ts';

const TEXT = ' {"a" : [1.0, {"b/c":"x\\"]}", "~":null} , "s"],"\\u0064":{"e":true}, "":-1e3 } ';

describe('a pointer leads to the text of its value', () => {
  test.each([
    ['', TEXT.trim()],
    ['/a', '[1.0, {"b/c":"x\\"]}", "~":null} , "s"]'],
    ['/a/0', '1.0'],
    ['/a/1/b~1c', '"x\\"]}"'],
    ['/a/1/~0', 'null'],
    ['/a/2', '"s"'],
    ['/d/e', 'true'],
    ['/', '-1e3'],
    ['/a/3', undefined],
    ['/a/-', undefined],
    ['/a/00', undefined],
    ['/b', undefined],
    ['/a/0/x', undefined],
    ['/__proto__', undefined],
  ])('%j', (pointer, want) => {
    const span = locate(TEXT, pointer);
    expect(span && TEXT.slice(span.start, span.end)).toBe(want);
  });

  test('many at once, nested ones too', () => {
    const places = locateAll(TEXT, ['/a', '/a/1/b~1c', '/nowhere', '/d']);
    expect([...places.keys()].sort()).toEqual(['/a', '/a/1/b~1c', '/d']);
    expect(places.get('/d')?.index).toBe(1);
    expect(places.get('/d')?.siblings).toHaveLength(3);
  });

  test('agrees with a parser on every value of any document', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        for (const [pointer, value] of pointersOf(JSON.parse(text), '')) {
          const span = locate(text, pointer);
          expect(span && JSON.parse(text.slice(span.start, span.end))).toEqual(value);
        }
      }),
    );
  });
});

describe('elements leave an array', () => {
  const list = '{"tools":[ {"n":1} , {"n":"]"},{"n":3} ],"nextCursor":"c"}';
  test.each([
    ['all stay', [0, 1, 2], list],
    ['the first goes', [1, 2], '{"tools":[ {"n":"]"},{"n":3} ],"nextCursor":"c"}'],
    ['one in the middle goes', [0, 2], '{"tools":[ {"n":1} , {"n":3} ],"nextCursor":"c"}'],
    ['the last goes', [0, 1], '{"tools":[ {"n":1} , {"n":"]"} ],"nextCursor":"c"}'],
    ['the last two go', [0], '{"tools":[ {"n":1} ],"nextCursor":"c"}'],
    ['both ends go', [1], '{"tools":[ {"n":"]"} ],"nextCursor":"c"}'],
    ['all go', [], '{"tools":[],"nextCursor":"c"}'],
  ])('%s', (_name, kept, want) => {
    expect(removeElements(list, '/tools', (index) => kept.includes(index))).toBe(want);
  });

  test('there is no array', () => {
    expect(removeElements('{"tools":{}}', '/tools', () => true)).toBeUndefined();
    expect(removeElements('{}', '/tools', () => true)).toBeUndefined();
  });

  test('keeps exactly what a parser would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.func(fc.boolean()),
        fc.constantFrom(0, 1, 2),
        (items, keep, indent) => {
          const text = JSON.stringify({ a: items }, null, indent);
          const values = JSON.parse(text).a as unknown[];
          const out = removeElements(text, '/a', (index) => keep(index));
          expect(JSON.parse(out!).a).toEqual(values.filter((_, index) => keep(index)));
        },
      ),
    );
  });
});

test('splices replace, insert and remove', () => {
  expect(
    splice('abcdef', [
      { start: 0, end: 1, insert: 'X' },
      { start: 2, end: 2, insert: '-' },
      { start: 4, end: 6, insert: '' },
    ]),
  ).toBe('Xb-cd');
});

test.each(['{"a":', '["x', '[1', '{"a":[{"b":1'])(
  'text that ends early is an error, not a loop: %s',
  (text) => {
    expect(() => locate(text, '/a/b')).toThrow(SyntaxError);
  },
);

function* pointersOf(value: unknown, at: string): Generator<readonly [string, unknown]> {
  yield [at, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield* pointersOf(inner, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}
