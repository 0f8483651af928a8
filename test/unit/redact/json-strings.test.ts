import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editStrings, hasDuplicateKeys } from '../../../proxy/decide/redact/json-strings.ts';

test('visits keys and values in order, with where they stand', () => {
  const seen: unknown[] = [];
  editStrings('{"a\\u0041":[1.0,"x",{"k":"v"},["y"]],"b~/":"\\n"}', (token) => {
    seen.push([token.decoded(), token.isKey, token.key(), token.path().join('|'), token.escaped]);
    return undefined;
  });
  expect(seen).toEqual([
    ['aA', true, 'aA', 'aA', true],
    ['x', false, 'aA', 'aA|1', false],
    ['k', true, 'k', 'aA|2|k', false],
    ['v', false, 'k', 'aA|2|k', false],
    ['y', false, 'aA', 'aA|3|0', false],
    ['b~/', true, 'b~/', 'b~/', false],
    ['\n', false, 'b~/', 'b~/', true],
  ]);
});

describe('edits touch their string only', () => {
  const text = '{ "a" : "one\\ttwo\\u0020three\\/", "n":1.0 ,"b":"\\\\" , "c": "two"}';
  test.each([
    ['a new string', () => 'x"y', '{ "a" : "x\\"y", "n":1.0 ,"b":"\\\\" , "c": "two"}'],
    [
      'a piece between escapes',
      () => [{ start: 4, end: 7, insert: '2' }],
      '{ "a" : "one\\t2\\u0020three\\/", "n":1.0 ,"b":"\\\\" , "c": "two"}',
    ],
    [
      'a piece with an escape',
      () => [{ start: 3, end: 8, insert: '"' }],
      '{ "a" : "one\\"three\\/", "n":1.0 ,"b":"\\\\" , "c": "two"}',
    ],
    [
      'the end',
      () => [{ start: 13, end: 14, insert: '' }],
      '{ "a" : "one\\ttwo\\u0020three", "n":1.0 ,"b":"\\\\" , "c": "two"}',
    ],
    [
      'several pieces',
      () => [
        { start: 0, end: 3, insert: '1' },
        { start: 8, end: 13, insert: '3' },
      ],
      '{ "a" : "1\\ttwo\\u00203\\/", "n":1.0 ,"b":"\\\\" , "c": "two"}',
    ],
  ])('%s', (_name, edit, want) => {
    expect(editStrings(text, (token) => (token.start === 8 ? edit() : undefined))).toBe(want);
  });

  test('strings inside what is already decided are not visited', () => {
    const seen: string[] = [];
    const out = editStrings(
      '{"a":{"x":"1"},"b":"2"}',
      (token) => {
        seen.push(token.decoded());
        return undefined;
      },
      [{ start: 5, end: 14, insert: '"gone"' }],
    );
    expect(out).toBe('{"a":"gone","b":"2"}');
    expect(seen).toEqual(['a', 'b', '2']);
  });

  test('nothing changed is undefined', () => {
    expect(editStrings('{"a":"b"}', () => undefined)).toBeUndefined();
  });
});

test('a string behind an empty object is no key', () => {
  const keys: boolean[] = [];
  editStrings('[{},"a",{"b":{}},"c"]', (token) => {
    keys.push(token.isKey);
    return undefined;
  });
  expect(keys).toEqual([false, true, false]);
});

test('visits the same strings a parser finds', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const seen: string[] = [];
      editStrings(text, (token) => {
        seen.push(`${token.isKey} ${token.decoded()}`);
        return undefined;
      });
      const want: string[] = [];
      // Own keys in document order: integer-like ones would be moved by a parser, so compare sorted.
      collect(JSON.parse(text), want);
      expect(seen.filter((entry) => !entry.includes('__proto__')).sort()).toEqual(
        want.filter((entry) => !entry.includes('__proto__')).sort(),
      );
    }),
  );
});

test.each([
  ['{"a":1,"b":{"a":1}}', false],
  ['{"a":1,"\\u0061":2}', true],
  ['[{"a":1},{"a":1}]', false],
  ['[{"x":{"a":1,"b":2,"a":3}}]', true],
])('duplicate members of %s: %s', (text, want) => {
  expect(hasDuplicateKeys(text)).toBe(want);
});

function collect(value: unknown, out: string[]): void {
  if (typeof value === 'string') out.push(`false ${value}`);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) out.push(`true ${key}`);
      collect(inner, out);
    }
  }
}
