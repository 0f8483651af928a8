/** Hashes of a value in other letters, against the runtime's own encoders. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Encoding, encodingsOf } from '../../../proxy/decide/provenance/encodings.ts';
import { hashOf, toHashKey } from '../../../proxy/decide/provenance/hash.ts';

const KEY = toHashKey(new Uint8Array(16).fill(7));
const TEXT = fc.string({ unit: fc.constantFrom(...'abcxyz0189@./-é東😀'), minLength: 1, maxLength: 40 });

function hashes(as: Encoding, text: string, written = text): readonly number[] {
  const all = encodingsOf({ kind: 'word', text }, written, KEY);
  return all.filter((encoded) => encoded.as === as).map(({ a }) => a);
}

describe('a text', () => {
  test.each([
    ['base64', (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '')],
    ['hex', (text: string) => Buffer.from(text).toString('hex')],
    ['reversed', (text: string) => [...text].toReversed().join('')],
    [
      'rot13',
      (text: string) =>
        text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 84) % 26) + 97)),
    ],
  ] as const)('in %s', (as, encode) => {
    fc.assert(
      fc.property(TEXT, (text) => {
        expect(hashes(as, text)).toEqual([hashOf(encode(text), KEY).a]);
      }),
    );
  });

  test('in the spelling of the argument as well', () => {
    const expected = ['bob', 'Bob'].map((text) => hashOf(Buffer.from(text).toString('hex'), KEY).a);
    expect(hashes('hex', 'bob', 'Bob')).toEqual(expected);
  });

  test('that is long, not at all', () => {
    expect(encodingsOf({ kind: 'word', text: 'a'.repeat(3_000) }, 'a', KEY)).toEqual([]);
  });
});
