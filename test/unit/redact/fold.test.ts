import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold } from '../../../proxy/decide/redact/fold.ts';

describe('folding', () => {
  test.each([
    ['A\u200bB', 'AB', 'zero-width space'],
    ['ＡＢ', 'AB', 'fullwidth'],
    ['x\u{1d400}y', 'xAy', 'mathematical letter, two units'],
    ['a\u2011b', 'a-b', 'no-break hyphen'],
    ['1\u00a02', '1 2', 'no-break space'],
    ['ﬁ', 'fi', 'one character to two'],
    ['\\u0041b', 'Ab', 'escape of an inner JSON'],
    ['\\\\\\u0041b', 'Ab', 'escape of deeper JSON'],
    ['\\ud835\\udc00', 'A', 'escaped pair'],
    ['\\u200b', '', 'escaped zero-width space'],
  ])('%j becomes %j (%s)', (text, want) => {
    expect(fold(text)?.text).toBe(want);
  });

  test.each(['plain', 'é ü ß Ünder', '日本語', '😀 👍', 'C:\\users', '\\uZZZZ', ''])('%j stays', (text) => {
    expect(fold(text)?.text ?? text).toBe(text);
  });

  test('offsets lead back to whole characters of the original', () => {
    const text = 'x\u200bＡ\\u0042C\u200d!';
    const folded = fold(text)!;
    expect(folded.text).toBe('xABC!');
    expect(text.slice(folded.startOf(1), folded.endOf(4))).toBe('Ａ\\u0042C');
    expect(text.slice(folded.startOf(0), folded.endOf(1))).toBe('x');
    expect(text.slice(folded.startOf(4), folded.endOf(5))).toBe('!');
  });

  test('finds every spelling whose compatibility form is a single ASCII character', () => {
    const missed: string[] = [];
    for (let code = 0x80; code < 0x20000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      const form = character.normalize('NFKC');
      if (/^[!-~]$/.test(form) && fold(character)?.text !== form) missed.push(code.toString(16));
    }
    expect(missed).toEqual([]);
  });

  test('removes every character that is ignorable by default', () => {
    const missed: string[] = [];
    for (let code = 0x80; code < 0x110000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      if (/\p{DI}/u.test(character) && fold(`a${character}b`)?.text !== 'ab') missed.push(code.toString(16));
    }
    expect(missed).toEqual([]);
  });

  test('offsets grow, and folding twice changes nothing', () => {
    const piece = fc.constantFrom(
      'a',
      'Ａ',
      '\u200b',
      '\u{1d400}',
      '\\u0041',
      'ﬁ',
      '日',
      '\\',
      '😀',
      '\u0301',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => {
          const folded = fold(text);
          if (folded === undefined) return;
          for (let at = 1; at < folded.text.length; at++) {
            expect(folded.startOf(at)).toBeGreaterThanOrEqual(folded.startOf(at - 1));
            expect(folded.endOf(at)).toBeGreaterThan(folded.startOf(at - 1));
          }
          if (!folded.text.includes('\\')) expect(fold(folded.text)?.text ?? folded.text).toBe(folded.text);
        },
      ),
    );
  });
});
