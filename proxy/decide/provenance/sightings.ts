/**
 * From hashes to where they were seen: a table with open addressing, ten bytes a slot, in which a value has its first
 * sighting in place and the others in a list. Forty-seven bits of a hash tell the values of one table apart.
 */
import { NO_HASH } from './hash.ts';
import { fromBase64, GROWTH, grown, toBase64 } from './numbers.ts';
import type { Origin, Origins } from './origin.ts';
import type { OriginList } from './origin-list.ts';
import { CELL, type Tokens } from './read-tokens.ts';

/** Sightings kept of one value. */
const MAX_SIGHTINGS = 64;
const NONE = 0;
const SMALLEST = 64;
const FULLNESS = 0.85;
const HASHES = 2 ** 31;
/** Where nothing is. */
const EMPTY = NO_HASH;
const HALF = 0xffff;
/** Places are numbered with 16 bits. */
const MOST = 65_000;

export interface SavedSightings {
  readonly size: number;
  readonly a: string;
  readonly b: string;
  readonly first: string;
  readonly next: string;
  readonly moreOrigin: string;
  readonly moreNext: string;
}

export class Sightings {
  readonly #origins: OriginList;
  #size = 0;
  #capacity = SMALLEST;
  /** What turns a hash into a slot. */
  #scale = SMALLEST / HASHES;
  #a = new Int32Array(SMALLEST).fill(EMPTY);
  #b = new Uint16Array(SMALLEST);
  /** Place of the first origin. */
  #first = new Uint16Array(SMALLEST);
  /** Of the sighting after it. */
  #next = new Uint16Array(SMALLEST);
  #more = 1;
  #moreOrigin = new Uint16Array(SMALLEST);
  #moreNext = new Uint16Array(SMALLEST);

  constructor(origins: OriginList) {
    this.#origins = origins;
  }

  get bytes(): number {
    return this.#capacity * 10 + this.#moreOrigin.length * 4;
  }

  /** How many sightings are in lists; at most 65,000. */
  get listed(): number {
    return this.#more;
  }

  /** @returns true when that was not known. @throws RangeError when there is no place left for it. */
  add(a: number, b: number, origin: Origin): boolean {
    if (this.#size >= this.#capacity * FULLNESS) this.#resize(Math.ceil(this.#capacity * GROWTH));
    const half = b & HALF;
    const slot = this.#seek(a, half);
    if (this.#a[slot] === a) {
      return this.#first[slot] === origin.place ? false : this.#addAnother(slot, origin);
    }
    this.#a[slot] = a;
    this.#b[slot] = half;
    this.#first[slot] = this.#placeOf(origin);
    this.#next[slot] = NONE;
    this.#size++;
    return true;
  }

  /**
   * All tokens of a text, as `add` would one by one. Most have been met in the same text or in others of the same source
   * before, and those are what this is quick for.
   */
  addTokens(tokens: Tokens, { part, alone, brief }: Origins): void {
    const { count, a, b, flags } = tokens;
    const origins = this.#origins;
    const { sameness } = part;
    let briefUntil = 0;
    for (let at = 0; at < count; at++) {
      const hash = a[at] as number;
      const isCell = ((flags[at] as number) & CELL) !== 0;
      if (isCell) briefUntil = tokens.briefUntil(at);
      const isBrief = at < briefUntil;
      if (!isBrief) {
        const slot = this.#seek(hash, (b[at] as number) & HALF);
        if (this.#a[slot] === hash && origins.samenessAt(this.#first[slot] as number) === sameness) continue;
      }
      this.add(hash, b[at] as number, !isBrief ? part : isCell && tokens.isAlone(at) ? alone : brief);
    }
  }

  /** Where this hash is, or would be. */
  #seek(a: number, half: number): number {
    const lanes = this.#a;
    let slot = (a * this.#scale) | 0;
    for (;;) {
      const lane = lanes[slot];
      if (lane === EMPTY || (lane === a && this.#b[slot] === half)) return slot;
      if (++slot === lanes.length) slot = 0;
    }
  }

  #addAnother(slot: number, origin: Origin): boolean {
    const { sameness } = origin;
    const origins = this.#origins;
    if (origins.samenessAt(this.#first[slot] as number) === sameness) return false;
    let next = this.#next[slot] as number;
    let last = NONE;
    for (let count = 1; next !== NONE; count++) {
      const known = origins.samenessAt(this.#moreOrigin[next] as number);
      if (known === sameness || count === MAX_SIGHTINGS) return false;
      last = next;
      next = this.#moreNext[next] as number;
    }
    if (this.#more === this.#moreOrigin.length) {
      this.#moreOrigin = grown(this.#moreOrigin);
      this.#moreNext = grown(this.#moreNext);
    }
    const added = this.#more++;
    if (added > MOST) throw new RangeError('too many sightings for one block');
    this.#moreOrigin[added] = this.#placeOf(origin);
    this.#moreNext[added] = NONE;
    if (last === NONE) this.#next[slot] = added;
    else this.#moreNext[last] = added;
    return true;
  }

  #placeOf(origin: Origin): number {
    const place = this.#origins.placeOf(origin);
    if (place > MOST) throw new RangeError('too many origins for one block');
    return place;
  }

  #resize(capacity: number): void {
    const [a, b, firsts, nexts] = [this.#a, this.#b, this.#first, this.#next];
    this.#capacity = capacity;
    this.#scale = capacity / HASHES;
    this.#a = new Int32Array(capacity).fill(EMPTY);
    this.#b = new Uint16Array(capacity);
    this.#first = new Uint16Array(capacity);
    this.#next = new Uint16Array(capacity);
    for (let old = 0; old < a.length; old++) {
      const hash = a[old] as number;
      if (hash === EMPTY) continue;
      let slot = (hash * this.#scale) | 0;
      while (this.#a[slot] !== EMPTY) if (++slot === capacity) slot = 0;
      this.#a[slot] = hash;
      this.#b[slot] = b[old] as number;
      this.#first[slot] = firsts[old] as number;
      this.#next[slot] = nexts[old] as number;
    }
  }

  has(a: number, b: number): boolean {
    return this.#a[this.#seek(a, b & HALF)] === a;
  }

  /** The origins of a value, oldest first. */
  find(a: number, b: number, into: Origin[]): void {
    const slot = this.#seek(a, b & HALF);
    if (this.#a[slot] !== a) return;
    into.push(this.#origins.at(this.#first[slot] as number));
    for (let next = this.#next[slot] as number; next !== NONE; next = this.#moreNext[next] as number) {
      into.push(this.#origins.at(this.#moreOrigin[next] as number));
    }
  }

  toSaved(): SavedSightings {
    return {
      size: this.#size,
      a: toBase64(this.#a),
      b: toBase64(this.#b),
      first: toBase64(this.#first),
      next: toBase64(this.#next),
      moreOrigin: toBase64(this.#moreOrigin.subarray(0, this.#more)),
      moreNext: toBase64(this.#moreNext.subarray(0, this.#more)),
    };
  }

  /** @throws Error for what is no saved table. */
  restore(saved: SavedSightings): void {
    this.#a = new Int32Array(fromBase64(saved.a));
    this.#b = new Uint16Array(fromBase64(saved.b));
    this.#first = new Uint16Array(fromBase64(saved.first));
    this.#next = new Uint16Array(fromBase64(saved.next));
    this.#moreOrigin = new Uint16Array(fromBase64(saved.moreOrigin));
    this.#moreNext = new Uint16Array(fromBase64(saved.moreNext));
    this.#size = saved.size;
    this.#capacity = this.#a.length;
    this.#scale = this.#capacity / HASHES;
    this.#more = this.#moreOrigin.length;
    const lengths = new Set([this.#a, this.#b, this.#first, this.#next].map(({ length }) => length));
    const taken = this.#a.reduce((count, hash) => (hash === EMPTY ? count : count + 1), 0);
    const isTable = lengths.size === 1 && taken === this.#size && taken < this.#capacity;
    const places = this.#origins.length;
    const leads =
      this.#first.every((place, slot) => place < places || this.#a[slot] === EMPTY) &&
      this.#moreOrigin.every((place, at) => at === NONE || place < places);
    const goesOn = [this.#next, this.#moreNext].every((list) => list.every((next) => next < this.#more));
    if (!isTable || !leads || !goesOn) throw new Error('it is not a table of sightings');
  }
}
