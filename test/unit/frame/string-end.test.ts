/** Where a string of JSON text ends, however many escaped quotes stand in it and however close. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endOfString } from '../../../proxy/frame/scan.ts';
import { stringEnd } from '../../../proxy/frame/spans.ts';

const many = (piece: string, times = 500) => piece.repeat(times);

describe('the closing quote', () => {
  test.each<[string, string]>([
    ['of an empty string', ''],
    ['after an escaped backslash', 'a\\'],
    ['after an escaped quote', 'a"'],
    ['after both', 'a\\"'],
    ['after many quotes side by side', many('"')],
    ['after many backslashes', many('\\')],
    ['after many of both', many('\\"')],
    ['after many quotes, then a backslash', `${many('"')}\\`],
    ['after many quotes far apart', many(`${'x'.repeat(50)}"`)],
    ['after many far apart, then close ones', many(`${'x'.repeat(20)}"`) + many('"', 5_000)],
    ['after many close ones, then far ones', many('"') + many(`${'x'.repeat(50)}"`)],
    ['after other escapes', many('"\n\t\u0001☺')],
  ])('%s', (_, value) => {
    const text = JSON.stringify(value);
    for (const after of ['', '"', ':"x"', '\\"']) {
      expect(endOfString(text + after, 1)).toBe(text.length - 1);
      expect(stringEnd(`[${text}${after}`, 1)).toBe(text.length);
    }
  });

  test.each([
    ['nothing', ''],
    ['an escaped quote', '\\"'],
    ['many escaped quotes', many('\\"')],
    ['many escaped quotes and a backslash', `${many('\\"')}\\`],
    ['many escaped quotes and text', `${many('\\"')}text`],
  ])('is not found after %s', (_, content) => {
    expect(endOfString(`"${content}`, 1)).toBe(-1);
    expect(() => stringEnd(`"${content}`, 0)).toThrow(SyntaxError);
  });

  test('of any string is where its JSON ends', () => {
    const unit = fc.constantFrom('"', '"', '"', '\\', 'a', '\n', '☺', 'xxxx');
    const value = fc.array(unit, { maxLength: 1_000, size: 'max' }).map((units) => units.join(''));
    fc.assert(
      fc.property(value, fc.string(), (string, after) => {
        const text = JSON.stringify(string);
        expect(endOfString(text + after, 1)).toBe(text.length - 1);
      }),
    );
  });
});
