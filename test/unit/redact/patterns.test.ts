import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import type { Match } from '../../../proxy/decide/redact/match.ts';
import { patternFinder } from '../../../proxy/decide/redact/patterns.ts';
import { requiredLiteral } from '../../../proxy/decide/redact/required-literal.ts';
import { toLinearPattern } from '../../../proxy/decide/redact/simple-pattern.ts';

function found(pattern: string, text: string): string[] {
  const finder = patternFinder(pattern);
  if (finder instanceof Error) throw finder;
  const matches: Match[] = [];
  finder.find(text, matches);
  return matches.map(({ start, end }) => text.slice(start, end));
}

function byRe2(pattern: string, text: string): string[] {
  const matcher = RE2JS.compile(pattern).matcher(text);
  const all: string[] = [];
  while (matcher.find())
    if (matcher.end() > matcher.start()) all.push(text.slice(matcher.start(), matcher.end()));
  return all;
}

describe('patterns that are refused', () => {
  test.each([
    ['a backreference', '(a)\\1', 'not valid RE2'],
    ['lookahead', 'a(?=b)', 'not valid RE2'],
    ['an open bracket', '[a', 'not valid RE2'],
    ['a repetition of a repetition beyond 1,000', '(a{1000}){1000}', 'not valid RE2'],
    ['over 1,000 characters', 'a'.repeat(1001), '1001 characters'],
    ['matching nothing', 'a*', 'matches the empty string'],
  ])('%s', (_name, pattern, why) => {
    const finder = patternFinder(pattern);
    expect(finder).toBeInstanceOf(Error);
    expect((finder as Error).message).toContain(why);
    expect(patternFinder(pattern)).toBe(finder);
  });
});

describe('patterns find', () => {
  test.each([
    ['AKIA[0-9A-Z]{16}', 'x AKIAIOSFODNN7EXAMPLE, AKIA', ['AKIAIOSFODNN7EXAMPLE']],
    ['\\b\\d{3}-\\d{2}-\\d{4}\\b', '123-45-6789 and 1123-45-67890', ['123-45-6789']],
    ['(?i)secret-[0-9]+', 'SECRET-12 secret-', ['SECRET-12']],
    ['foo|ba+r', 'foo baaar', ['foo', 'baaar']],
    ['^(a+)+$', 'aaaa', ['aaaa']],
    ['ü.', 'xüyz', ['üy']],
    ['😀+', 'a😀😀b', ['😀😀']],
  ])('%s', (pattern, text, want) => {
    expect(found(pattern, text)).toEqual(want);
  });

  test('a pattern that ruins backtracking engines is done at once', () => {
    expect(found('^(a+)+$', `${'a'.repeat(100_000)}!`)).toEqual([]);
    expect(found('(x+x+)+y', 'x'.repeat(100_000))).toEqual([]);
  });
});

describe('a required literal', () => {
  test.each([
    ['AKIA[0-9A-Z]{16}', 'AKIA'],
    ['[a-z]+@corp\\.example', '@corp.example'],
    ['ab?cd', 'cd'],
    ['ab{0}cd', 'cd'],
    ['ab{2}c', 'ab'],
    ['ab+c', 'ab'],
    ['(?:foo|bar)-id', '-id'],
    ['(foo)?x', 'x'],
    ['[\\]x]yz', 'yz'],
    ['[[:alpha:]]q', 'q'],
    ['a"bc', 'bc'],
    ['a/b', 'a'],
    ['foo|bar', undefined],
    ['(?i)foo', undefined],
    ['a(?i:b)', undefined],
    ['\\Qa|b\\E', undefined],
    ['\\x41bc', undefined],
    ['.*', undefined],
    ['a{,2}b', undefined],
  ])('of %s is %s', (pattern, want) => {
    expect(requiredLiteral(pattern)).toBe(want);
  });
});

const SHAPES = [
  'AKIA[0-9A-Z]{16}',
  '\\b\\d{3}-\\d{2}-\\d{4}\\b',
  '[0-9]{3}',
  '(?i)ab+',
  '(?i)ks[a-k]',
  '[ab]{2,3}c',
  'a?b{1,2}c',
  '\\bab\\b',
  '[+-]\\d+',
  '[\\w.-]+',
  'a\\sb',
  'a\\.b',
  '[.b]a',
];
const BEYOND = [
  'a+b',
  '[a-z]{1,200}[0-9]{1,200}x',
  '(ab)+c',
  'a|b',
  '[^a]b',
  'a.b',
  '\\Ba',
  '(?s)a',
  'a*b',
  'a+?b',
  '\\d{2,}x',
  '[z-a]b',
  'é',
  '[\\d-z]a',
];

describe('small shapes run on V8', () => {
  test.each(SHAPES)('%s means there what RE2 means by it', (pattern) => {
    const linear = toLinearPattern(pattern);
    expect(linear).toBeDefined();
    const character = fc.constantFrom(...'abckKsS123456-+. \t\n\u212a\u017féAI_', 'AKIA', '123-45-6789');
    fc.assert(
      fc.property(
        fc.array(character, { maxLength: 60 }).map((all) => all.join('')),
        (text) => {
          expect([...text.matchAll(linear!.exact)].map(([hit]) => hit)).toEqual(byRe2(pattern, text));
        },
      ),
    );
  });

  test.each(BEYOND)('%s does not', (pattern) => {
    expect(toLinearPattern(pattern)).toBeUndefined();
  });
});

test('places in JSON text announce every match', () => {
  const character = fc.constantFrom(...'abc123-\n"\\/\t .', 'AKIAIOSFODNN7EXAMPLE', '123-45-6789');
  fc.assert(
    fc.property(
      fc.constantFrom(...SHAPES, 'foo|ab', 'b/', '"a'),
      fc.array(character).map((all) => all.join('')),
      (pattern, text) => {
        const finder = patternFinder(pattern);
        if (finder instanceof Error || found(pattern, text).length === 0) return;
        const json = JSON.stringify(text);
        const at = finder.places(json)(0);
        expect(at >= 0 && at < json.length - 1).toBe(true);
      },
    ),
  );
});

test('the cache forgets the oldest pattern, not the one in use', () => {
  const kept = patternFinder('kept-1');
  for (let i = 0; i < 300; i++) {
    patternFinder(`filler-${i}`);
    patternFinder('kept-1');
  }
  expect(patternFinder('kept-1')).toBe(kept);
});
