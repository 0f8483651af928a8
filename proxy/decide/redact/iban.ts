/**
 * International bank account numbers (ISO 13616): country, its length, and the check digits modulo 97.
 */
import { type Finder, patternPlaces } from './match.ts';

const CANDIDATE = /[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}/g;
// biome-ignore format: a table reads better in rows
const LENGTHS: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29, BY: 28, CH: 21,
  CR: 22, CY: 28, CZ: 24, DE: 22, DJ: 27, DK: 18, DO: 28, EE: 20, EG: 29, ES: 24, FI: 18, FK: 18, FO: 18,
  FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28, HN: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23,
  IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LC: 32, LI: 21, LT: 20, LU: 20, LV: 21, LY: 25, MC: 27,
  MD: 24, ME: 22, MK: 19, MN: 20, MR: 27, MT: 31, MU: 30, NI: 28, NL: 18, NO: 15, OM: 23, PK: 24, PL: 28,
  PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24, SC: 31, SD: 18, SE: 24, SI: 19, SK: 24, SM: 27,
  SO: 23, ST: 25, SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20, YE: 30,
};

export const ibanFinder: Finder = {
  places: (text) => patternPlaces(text, CANDIDATE),
  find(text, out) {
    CANDIDATE.lastIndex = 0;
    for (let hit = CANDIDATE.exec(text); hit !== null; hit = CANDIDATE.exec(text)) {
      const end = ibanEnd(text, hit.index);
      if (end > 0) out.push({ start: hit.index, end, class: 'iban' });
      // A candidate that is none may hide one that begins inside it.
      CANDIDATE.lastIndex = end > 0 ? end : hit.index + 1;
    }
  },
};

/** @returns the index after the IBAN that begins at `start`, or -1. */
function ibanEnd(text: string, start: number): number {
  if (/[\p{L}\p{N}]/u.test(text.charAt(start - 1))) return -1;
  const length = LENGTHS[text.slice(start, start + 2).toUpperCase()];
  if (length === undefined) return -1;
  let compact = '';
  let at = start;
  for (; compact.length < length; at++) {
    const character = text.charAt(at);
    if (/[A-Za-z0-9]/.test(character)) compact += character;
    else if (!/[ -]/.test(character)) return -1;
  }
  if (/[\p{L}\p{N}]/u.test(text.charAt(at))) return -1;
  return mod97(compact.toUpperCase()) === 1 ? at : -1;
}

function mod97(iban: string): number {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}
