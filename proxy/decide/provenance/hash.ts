/**
 * Keyed hashes of text, 62 bits in two lanes, taken one character at a time so that a token has its hash when its end is
 * found. Without the key nobody can tell which values a table of them holds, or make two values meet in one: that is the
 * first lane's doing, and the second makes it unlikely that two meet by chance.
 */
import { lowered } from './characters.ts';
import type { Tokens } from './read-tokens.ts';

export interface HashKey {
  readonly startA: number;
  readonly startB: number;
  /** Odd. */
  readonly timesA: number;
}

/** @param random 16 bytes nobody else knows. */
export function toHashKey(random: Uint8Array): HashKey {
  const view = new DataView(random.buffer, random.byteOffset, 16);
  return {
    startA: view.getUint32(0) | 0,
    startB: view.getUint32(4) | 0,
    timesA: Math.imul(view.getUint32(8) | 1, 1) | 0,
  };
}

/** One step of the first lane. */
export function stepA(lane: number, code: number, times: number): number {
  const mixed = Math.imul(lane ^ code, times);
  return mixed ^ (mixed >>> 15);
}

/** One step of the second, which has to be cheap beside the first. */
export function stepB(lane: number, code: number): number {
  return ((lane << 5) - lane + code) | 0;
}

/** Greater than every lane as it is kept. */
export const NO_HASH = 0x7fff_ffff;

/** The last step: a lane as it is kept, 31 bits that all depend on all that went in. */
export function finish(lane: number): number {
  const mixed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  const kept = (mixed ^ (mixed >>> 13)) >>> 1;
  return kept === NO_HASH ? 0 : kept;
}

/** What kind of thing a hash stands for, so that a value is never taken for a thing of another kind. */
export type Kind = 'value' | 'base' | 'site' | 'whole' | 'like';
const MARKS: Readonly<Record<Kind, number>> = {
  value: 0,
  base: 0x10001,
  site: 0x10002,
  whole: 0x10003,
  like: 0x10004,
};

export interface Hash {
  readonly a: number;
  readonly b: number;
}

/** The hash of a plain token, the same that the reader finds for it inside text. */
export function hashOf(text: string, key: HashKey, kind: Kind = 'value'): Hash {
  let a = key.startA;
  let b = key.startB;
  for (let at = 0; at < text.length; at++) {
    const code = lowered(text.charCodeAt(at));
    a = stepA(a, code, key.timesA);
    b = stepB(b, code);
  }
  return marked(a, b, key, kind);
}

/** The same of units in lower case. */
export function hashOfUnits(units: Uint16Array, count: number, { startA, startB, timesA }: HashKey): Hash {
  let a = startA;
  let b = startB;
  for (let at = 0; at < count; at++) {
    const code = units[at] as number;
    a = stepA(a, code, timesA);
    b = stepB(b, code);
  }
  return { a: finish(a), b: finish(b) };
}

/** @param a lane before its last step. */
export function marked(a: number, b: number, key: HashKey, kind: Kind): Hash {
  const mark = MARKS[kind];
  if (mark === 0) return { a: finish(a), b: finish(b) };
  return { a: finish(stepA(a, mark, key.timesA)), b: finish(stepB(b, mark)) };
}

/** The hash of all tokens of a field of several, or of those from one to before another. */
export function wholeHash(tokens: Tokens, key: HashKey, from = 0, until = tokens.count): Hash {
  let a = key.startA;
  let b = key.startB;
  for (let at = from; at < until; at++) {
    a = stepA(a, tokens.a[at] as number, key.timesA);
    b = stepB(b, tokens.b[at] as number);
  }
  return marked(a, b, key, 'whole');
}
