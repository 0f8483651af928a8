/** What is called readable is what the engine reads, and nothing else is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isReadableGlob, isReadableRegex } from '../../../proxy/config/readable-patterns.ts';
import { openEngine, policy } from '../../support/engine.ts';

const engine = openEngine(
  policy(`default decision := false
decision if { input.glob; is_boolean(glob.match(input.glob, null, "a")) }
decision if { input.regex; is_boolean(regex.match(input.regex, "a")) }`),
);

function reads(input: object): unknown {
  const evaluation = engine.evaluate(JSON.stringify(input));
  if (evaluation.kind !== 'value') throw new Error(JSON.stringify(evaluation));
  return evaluation.value;
}

describe('a glob', () => {
  test.each(['a[', '[!a', '[]', '[!]', '[]a]', '[a-', '[a-]', '[z-a]', '[a-bc]', '{[}', 'a[b\\]', '[ab-a]'])(
    '%s is not read',
    (glob) => {
      expect(isReadableGlob(glob)).toBe(false);
      expect(reads({ glob })).toBe(false);
    },
  );

  test.each([
    'a',
    'fs__*',
    '**/*.pem',
    '[a-z]*',
    '[!ab]',
    '{a,b}',
    '{a',
    'a}',
    'a]',
    '\\[',
    '[-]',
    '[{]',
    '[ba-z]',
    '[\\b]',
    '[ab-]',
  ])('%s is read', (glob) => {
    expect(isReadableGlob(glob)).toBe(true);
    expect(reads({ glob })).toBe(true);
  });

  test('of any marks at all is only called readable when the engine reads it', () => {
    const unit = fc.constantFrom(...'ab-![]{}\\*?,');
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 8 }), (glob) => {
        fc.pre(isReadableGlob(glob));
        expect(reads({ glob })).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});

test.each([
  { regex: '^prod-[0-9]+$', readable: true },
  { regex: '(?i)drop\\s+table', readable: true },
  { regex: 'a(?=b)', readable: false },
  { regex: '(a)\\1', readable: false },
  { regex: 'a(', readable: false },
  { regex: '[a', readable: false },
])('the regular expression $regex: $readable', ({ regex, readable }) => {
  expect(isReadableRegex(regex)).toBe(readable);
  expect(reads({ regex })).toBe(readable);
});
