/**
 * What the index says against a second reading of the same texts, made of string search alone: it claims nothing that was
 * not shown, and forgets nothing that was.
 */
import { domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProvenanceFact } from '../../proxy/decide/contract.ts';
import { caller } from '../support/provenance.ts';

const WORD = fc.oneof(
  fc.constantFrom('pay', 'Bob', 'ann', 'the', 'a', 'Straße', 'İzmir', 'naïve', '東京', '42', '1', 'x1', 'é'),
  fc.string({ unit: fc.constantFrom(...'abCD01'), minLength: 1, maxLength: 4 }),
);
const VALUE = fc.oneof(
  fc.tuple(WORD, WORD).map(([a, b]) => `${a}@${b}.example`),
  fc.tuple(WORD, WORD).map(([a, b]) => `https://${a}.example/${b}?q=${a}`),
  fc.constantFrom(
    'GB29 NWBK 6016 1331 9268 19',
    '/home/ann/notes.txt',
    '2026-11-27',
    '4111-1111-1111-1111',
    '1.50',
  ),
);
const TOKEN = fc.oneof({ weight: 4, arbitrary: WORD }, { weight: 1, arbitrary: VALUE });
const GAP = fc.constantFrom(' ', ' ', ' ', '  ', ', ', '. ', '\n', ' - ', '; ', ' (', ') ', '\t', ': ');
const TEXT = fc
  .array(fc.tuple(TOKEN, GAP), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.map(([token, gap]) => token + gap).join(''));
const RESULT = fc.oneof(TEXT, fc.array(fc.record({ from: TOKEN, body: TEXT }), { maxLength: 4 }));

/** The letters and digits of a text, in their plain form: what is left of every spelling. */
function essence(text: string): string {
  const plain = text.normalize('NFKC').replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '');
  return plain
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}\p{M}]/gu, '');
}

function fieldsOf(result: string | readonly { from: string; body: string }[]): readonly string[] {
  return typeof result === 'string'
    ? [result]
    : result.flatMap(({ from, body }) => [from, body, 'from', 'body']);
}

function isSeen({ seen }: ProvenanceFact): boolean {
  return seen.length > 0;
}

describe('the index', () => {
  test('claims nothing that was not shown', () => {
    fc.assert(
      fc.property(
        fc.array(RESULT, { maxLength: 4 }),
        fc.array(fc.oneof(TOKEN, TEXT), { minLength: 1 }),
        (results, asked) => {
          const index = caller();
          for (const result of results) index.shows('t', result);
          const shown = results.flatMap(fieldsOf).map(essence);
          for (const fact of index.of(asked)) {
            const value = fact.inside ?? (asked[Number(fact.at.split('/')[2])] as string);
            if (!isSeen(fact)) continue;
            // A scheme is no part of a URL's identity.
            const inLetters = value.replaceAll(/[^\s/@:?]*xn--[^\s/@:?]*/g, domainToUnicode);
            const core = essence(inLetters.replace(/^[a-z]+:\/\//i, ''));
            expect(
              shown.some((text) => text.includes(core)),
              JSON.stringify({ fact, value }),
            ).toBe(true);
            if (fact.seen.some(({ how }) => how === 'whole')) {
              expect(
                shown.some((text) => text === core || text === essence(value) || text === `https${core}`),
              ).toBe(true);
            }
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('forgets nothing that was shown: fields, tokens, and words that stood together', () => {
    fc.assert(
      fc.property(
        fc.array(RESULT, { minLength: 1, maxLength: 6 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        (results, a, b, length) => {
          const index = caller();
          for (const result of results) index.shows('t', result);
          const fields = results.flatMap(fieldsOf).filter((field) => essence(field) !== '');
          fc.pre(fields.length > 0);
          const field = fields[a % fields.length] as string;
          expect(
            index.about(field).seen.some(({ how }) => how === 'whole'),
            field,
          ).toBe(true);
          const words = field.split(/[ \n\t]+/).filter(Boolean);
          const from = b % words.length;
          const phrase = words.slice(from, from + length).join(' ');
          fc.pre(essence(phrase) !== '');
          expect(isSeen(index.about(phrase)), `${JSON.stringify(phrase)} of ${JSON.stringify(field)}`).toBe(
            true,
          );
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('does not care in which spelling of kind a value comes', () => {
    const SPELLINGS: readonly ((value: string) => string)[] = [
      (value) => value.toUpperCase(),
      (value) => value.split('').join('\u200b'),
      (value) => value.normalize('NFD'),
      (value) => value.replaceAll(/[!-~]/g, (ascii) => String.fromCharCode(ascii.charCodeAt(0) + 0xfee0)),
      (value) => ` "${value}", `,
    ];
    fc.assert(
      fc.property(TOKEN, fc.constantFrom(...SPELLINGS), fc.boolean(), (token, respell, shownSo) => {
        fc.pre(essence(token) !== '');
        const index = caller().shows('t', [{ body: `before ${shownSo ? respell(token) : token} after` }]);
        expect(isSeen(index.about(shownSo ? token : respell(token))), respell(token)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('says the same whatever else is in it, saved and restored or not', () => {
    fc.assert(
      fc.property(
        fc.array(RESULT, { minLength: 1, maxLength: 4 }),
        fc.array(TOKEN, { minLength: 1 }),
        (results, asked) => {
          const plain = caller();
          let restored = caller();
          for (const result of results) {
            plain.shows('t', result);
            const saved = restored.shows('t', result).index.toSaved();
            const next = caller();
            next.index.restore(JSON.parse(JSON.stringify(saved)));
            expect(next.of(asked)).toEqual(plain.of(asked));
            expect(next.index.blocks).toHaveLength(plain.index.blocks.length);
            restored = next;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
