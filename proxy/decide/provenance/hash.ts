/**
 * Keyed hashes of text, 64 bits in two lanes, taken one character at a time so that a token has its hash when its end is
 * found. Without the key nobody can tell which values a table of them holds, or make two values meet in one.
 */
import { lowered } from './characters.ts';
import type { Tokens } from './read-tokens.ts';

export interface HashKey {
  readonly startA: number;
  readonly startB: number;
  /** Odd. */
  readonly timesA: number;
  readonly timesB: number;
}

/** @param random 16 bytes nobody else knows. */
export function toHashKey(random: Uint8Array): HashKey {
  const view = new DataView(random.buffer, random.byteOffset, 16);
  return {
    startA: view.getUint32(0) | 0,
    startB: view.getUint32(4) | 0,
    timesA: Math.imul(view.getUint32(8) | 1, 1) | 0,
    timesB: Math.imul(view.getUint32(12) | 1, 1) | 0,
  };
}

/** One step of either lane. */
export function step(lane: number, code: number, times: number): number {
  const mixed = Math.imul(lane ^ code, times);
  return mixed ^ (mixed >>> 15);
}

/** The last step: a lane as it is kept, unsigned, with all its bits depending on all that went in. */
export function finish(lane: number): number {
  const mixed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** What kind of thing a hash stands for, so that a value is never taken for a thing of another kind. */
export type Kind = 'value' | 'base' | 'site' | 'whole';
const MARKS: Readonly<Record<Kind, number>> = { value: 0, base: 0x10001, site: 0x10002, whole: 0x10003 };

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
    a = step(a, code, key.timesA);
    b = step(b, code, key.timesB);
  }
  return marked(a, b, key, kind);
}

/** @param a lane before its last step. */
export function marked(a: number, b: number, key: HashKey, kind: Kind): Hash {
  const mark = MARKS[kind];
  if (mark === 0) return { a: finish(a), b: finish(b) };
  return { a: finish(step(a, mark, key.timesA)), b: finish(step(b, mark, key.timesB)) };
}

/** The hash of all tokens of a field of several. */
export function wholeHash(tokens: Tokens, key: HashKey): Hash {
  let a = key.startA;
  let b = key.startB;
  for (let at = 0; at < tokens.count; at++) {
    a = step(a, tokens.a[at] as number, key.timesA);
    b = step(b, tokens.b[at] as number, key.timesB);
  }
  return marked(a, b, key, 'whole');
}
