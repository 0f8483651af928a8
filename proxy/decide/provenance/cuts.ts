/**
 * The pieces of one value that were shown: `mallory@ev` and `il.example`. Each is looked for once, whoever asks, and a
 * value is made of them when one source showed them all.
 */
import type { CallerIndex } from './caller-index.ts';
import { lowered } from './characters.ts';
import { finish, type HashKey, hashOf, stepA, stepB } from './hash.ts';
import type { Origin } from './origin.ts';
import { both, bySource, shown } from './sources.ts';

/** Characters of the first piece and of each, and how many there may be: of shorter or more nearly every number is made. */
interface Cut {
  readonly first: number;
  readonly least: number;
  readonly most: number;
}
const ANYTHING: Cut = { first: 3, least: 3, most: 4 };
/** Country and check digits stand in hardly any other text. @see ISO 13616 */
const IBAN: Cut = { first: 4, least: 2, most: 12 };
const IBAN_LEAST = 15;
const IBAN_MOST = 34;
const LIKE_IBAN = /^[a-z]{2}\d{2}[a-z\d]+$/;
const LONGEST = 64;

interface Reached {
  readonly pieces: number;
  /** Those that showed all pieces so far. */
  readonly sources: readonly Origin[];
}

export class Cuts {
  readonly #index: CallerIndex;
  readonly #key: HashKey;
  readonly #text: string;
  readonly #ends: (readonly number[] | undefined)[];

  constructor(index: CallerIndex, key: HashKey, text: string) {
    this.#index = index;
    this.#key = key;
    this.#text = text;
    this.#ends = new Array<undefined>(text.length).fill(undefined);
  }

  /** One showing of each source that had this piece. */
  showing(start: number, end: number): readonly Origin[] {
    return bySource(shown(this.#index, hashOf(this.#text.slice(start, end), this.#key)));
  }

  /** It was met, be it in what the caller has said itself. */
  isMet(start: number, end: number): boolean {
    return this.#index.has(hashOf(this.#text.slice(start, end), this.#key));
  }

  /** Sources that had all pieces of this stretch, cut anywhere, in as few pieces as can be. */
  piecing(start: number, end: number): readonly Origin[] {
    const length = end - start;
    const { first, least, most } = this.#isIban(start, end) ? IBAN : ANYTHING;
    if (length < first + least || length > LONGEST) return [];
    const reached = new Array<Reached | undefined>(length + 1).fill(undefined);
    reached[0] = { pieces: 0, sources: [] };
    for (let from = start; from <= end - least; from++) {
      const before = reached[from - start];
      if (before === undefined || before.pieces === most) continue;
      for (const to of this.#endsFrom(from)) {
        if (to > end) break;
        const size = to - from;
        const known = reached[to - start];
        if (size < (from === start ? first : least) || size === length) continue;
        if (known !== undefined && known.pieces <= before.pieces + 1) continue;
        const piece = this.showing(from, to);
        const sources = from === start ? piece : both(before.sources, piece);
        if (sources.length > 0) reached[to - start] = { pieces: before.pieces + 1, sources };
      }
    }
    return reached[length]?.sources ?? [];
  }

  #isIban(start: number, end: number): boolean {
    const length = end - start;
    return length >= IBAN_LEAST && length <= IBAN_MOST && LIKE_IBAN.test(this.#text.slice(start, end));
  }

  /** Where those pieces of two characters or more end that begin here and were met. */
  #endsFrom(from: number): readonly number[] {
    let ends = this.#ends[from];
    if (ends === undefined) {
      ends = this.#lookFrom(from);
      this.#ends[from] = ends;
    }
    return ends;
  }

  #lookFrom(from: number): readonly number[] {
    const { startA, startB, timesA } = this.#key;
    const text = this.#text;
    const last = Math.min(text.length, from + LONGEST);
    const ends: number[] = [];
    let a = startA;
    let b = startB;
    for (let at = from; at < last; at++) {
      const code = lowered(text.charCodeAt(at));
      a = stepA(a, code, timesA);
      b = stepB(b, code);
      if (at > from && this.#index.hasLanes(finish(a), finish(b))) ends.push(at + 1);
    }
    return ends;
  }
}
