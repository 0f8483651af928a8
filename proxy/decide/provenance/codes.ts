/** Values written character by character, as the numbers of their bytes: `73 79 6e 63`, `115, 121, 110, 99`. */
import type { CallerIndex } from './caller-index.ts';
import { type HashKey, hashOf } from './hash.ts';
import type { Making } from './made-from.ts';
import type { Origin } from './origin.ts';
import { readTokens, Tokens } from './read-tokens.ts';
import { isShown } from './sources.ts';

/** Of ASCII: what is beyond it is seldom dictated so. */
const RADIXES = [
  { as: 'hex', numbers: Array.from({ length: 128 }, (_, code) => code.toString(16).padStart(2, '0')) },
  { as: 'decimal', numbers: Array.from({ length: 128 }, (_, code) => String(code)) },
] as const;
const GAPS = [' ', ', '];
/** A few characters are anybody's. */
const LEAST = 6;
const MOST = 128;

const scratch = new Tokens();

/** @param spellings of one value. @returns an entry for each text that has all numbers of one of them in order. */
export function fromCodes(index: CallerIndex, key: HashKey, spellings: readonly string[]): readonly Making[] {
  for (const spelling of spellings) {
    if (spelling.length < LEAST || spelling.length > MOST) continue;
    for (const { as, numbers } of RADIXES) {
      if (!begins(index, key, spelling, numbers)) continue;
      for (const gap of GAPS) {
        const text = Array.from(spelling, (unit) => numbers[unit.charCodeAt(0)] ?? '').join(gap);
        const origins: Origin[] = [];
        index.findPhrase(readTokens(text, key, scratch), origins);
        const found = origins.filter(isShown);
        if (found.length > 0) return found.map((origin) => ({ origin, as }));
      }
    }
  }
  return [];
}

/** Whether its first numbers were met at all: nearly always they were not. */
function begins(index: CallerIndex, key: HashKey, spelling: string, numbers: readonly string[]): boolean {
  for (let at = 0; at < LEAST; at++) {
    const number = numbers[spelling.charCodeAt(at)];
    if (number === undefined || !index.has(hashOf(number, key))) return false;
  }
  return true;
}
