/** Text of Rego values, as `opa_value_dump` writes it, to values and back to topdown's print. */
import { describe, expect, test } from 'vitest';
import { compare, print } from '../../../proxy/decide/builtins/compare.ts';
import { parseValue } from '../../../proxy/decide/builtins/value.ts';

describe('what is read is printed as topdown prints it', () => {
  test.each([
    { text: 'null', want: 'null' },
    { text: 'true', want: 'true' },
    { text: '-1.50e+3', want: '-1.50e+3' },
    { text: '9007199254740993', want: '9007199254740993' },
    { text: '"a\\"b\\\\"', want: '"a\\"b\\\\"' },
    { text: '"\\\\"', want: '"\\\\"' },
    { text: '[]', want: '[]' },
    { text: '{}', want: '{}' },
    { text: 'set()', want: 'set()' },
    { text: '{2, 1}', want: '{1, 2}' },
    { text: '{{2, 1}, set(), []}', want: '{[], set(), {1, 2}}' },
    { text: '{"b": 1, "a": [true, {3}]}', want: '{"a": [true, {3}], "b": 1}' },
    { text: '{[1]: 2, 1: {"x": set()}}', want: '{1: {"x": set()}, [1]: 2}' },
  ])('$text', ({ text, want }) => {
    expect(print(parseValue(text))).toBe(want);
  });
});

describe('anything else throws', () => {
  test.each([
    '',
    ' 1',
    '1 ',
    '[1,2]',
    '[1, 2',
    '{1, 2',
    '{"a": 1, 2}',
    '{1, "a": 2}',
    '"a',
    'nul',
    'undefined',
    '{"a": }',
  ])('%j', (text) => {
    expect(() => parseValue(text)).toThrow();
  });
});

test('the order is topdown’s, across types and by code point', () => {
  const ordered = [
    'null',
    'false',
    'true',
    '-1',
    '1',
    '9007199254740992',
    '9007199254740993',
    '""',
    '"a"',
    '"\uffee"',
    '"😀"',
    '[]',
    '[1]',
    '{}',
    '{"a": 1}',
    'set()',
    '{1}',
  ];
  const values = ordered.map(parseValue);
  const shuffled = [...values].reverse().sort(compare);
  expect(shuffled.map(print)).toEqual(values.map(print));
  expect(compare(parseValue('1.0'), parseValue('1'))).toBe(0);
});
