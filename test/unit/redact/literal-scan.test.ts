import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineScanner } from '../../../proxy/decide/redact/literal-scan.ts';

const LITERALS = [
  { text: 'AKIA', exact: true },
  { text: 'pass', exact: false },
  { text: 'sk-', follow: 'ab', exact: true },
  { text: 'abcd', exact: true },
  { text: 'bcda', exact: true },
] as const;
const scanner = defineScanner(LITERALS);

/** What a plain search finds: the first place of any literal. */
function naive(text: string, from: number): number {
  const places = LITERALS.map((literal) => {
    if ('follow' in literal) {
      const at = text.slice(from).search(/sk-[ab]/);
      return at < 0 ? at : at + from;
    }
    return literal.exact ? text.indexOf(literal.text, from) : text.toLowerCase().indexOf(literal.text, from);
  }).filter((at) => at >= 0);
  return places.length === 0 ? -1 : Math.min(...places);
}

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'x', ' ', 'é', '日') },
  fc.constantFrom('AKIA', 'akia', 'PaSs', 'sk-a', 'sk-z', 'abcda', 'abcd'),
  fc.string({ minLength: 100, maxLength: 700 }),
);

test('finds what a plain search finds, wherever it starts and however long the text is', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }).map((all) => all.join('')),
      fc.nat(40),
      (text, from) => {
        const got = scanner.next(text, from);
        const want = naive(text, from);
        // `sk-` announces itself whatever follows it; the rule looks closer.
        if (got >= 0 && text.startsWith('sk-', got) && got !== want)
          expect(want < 0 || got < want).toBe(true);
        else expect(got).toBe(want);
      },
    ),
  );
});

test.each([0, 1, 2, 3, 126, 127, 128, 129, 511, 639, 640, 641, 2687, 2688, 10_879, 43_647, 43_648, 100_001])(
  'a literal at %i, and one that ends the text',
  (at) => {
    const text = `${'.'.repeat(at)}AKIA`;
    expect(scanner.next(text, 0)).toBe(at);
    expect(scanner.next(`${text}.....`, 0)).toBe(at);
    expect(scanner.next(`日${text}`, 0)).toBe(at + 1);
  },
);

test('overlapping literals are both reported', () => {
  const hits: string[] = [];
  scanner.scan('abcda', (literal, at) => {
    hits.push(`${literal.text}@${at}`);
    return at + 1;
  });
  expect(hits).toEqual(['abcd@0', 'bcda@1']);
});

test('a literal that begins another is refused, because one would hide the other', () => {
  expect(() =>
    defineScanner([
      { text: 'pass', exact: false },
      { text: 'PASSWORD', exact: true },
    ]),
  ).toThrow('begins another');
  expect(() => defineScanner([{ text: 'ab', exact: true }])).toThrow('too short');
});
