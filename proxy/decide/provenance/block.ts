/**
 * One stretch of what a caller was shown and has used: a table from hashes to sightings, and the order of the tokens in
 * longer text, so that words are only said to have stood together if they did. Blocks follow one another in time and are
 * forgotten whole, the oldest first. They hold hashes, numbers and names of fields, and no text.
 */
import { BRIEF_TOKENS, CELL, CLOSE, type Tokens } from './read-tokens.ts';

/** How a value stood there. */
export const PART = 0;
/** Inside text, but alone in its line or cell. */
export const ALONE = 1;
/** A field of its own. */
export const WHOLE = 2;
/** In the caller's own arguments. */
export const USED = 3;
/** Those above, without what may stand beside them. */
export const HOW = 3;
/** Beside one of the above: the call that was answered had the value in its own arguments. */
export const ECHO = 4;
/** Beside PART: the line, cell or field has a few words and no more. */
export const BRIEF = 8;

/** Who said something. A resource or a prompt has no tool. */
export interface Source {
  readonly server: string;
  readonly tool: string | undefined;
  readonly method: string;
}

/** One message: who said it, when, and what the caller carried then. */
export interface Exposure {
  /** Undefined for the caller's own arguments. */
  readonly source: Source | undefined;
  readonly atMs: number;
  /** Names of labels. */
  readonly labels: readonly string[];
  /** Messages are numbered as they come. */
  readonly order: number;
}

/** One way in which one message showed values: a field of it, and how they stood there. */
export interface Origin {
  readonly exposure: Exposure;
  /** A pointer, e.g. `/messages/*\/body`. */
  readonly field: string;
  readonly how: number;
  /** Two origins with the same number say the same of a value. */
  readonly sameness: number;
  /** Where the block has it; -1 until a value needs it. */
  place: number;
}

/** Ways in which values stand in one text. */
export interface Origins {
  readonly part: Origin;
  readonly alone: Origin;
  readonly brief: Origin;
}

/** Where a text begins in the order, and its origins. */
interface Text {
  readonly from: number;
  readonly part: number;
  readonly alone: number;
  readonly brief: number;
  readonly entire: boolean;
}

/** Sightings kept of one value in one block. */
const MAX_SIGHTINGS = 64;
/** Fields told apart in one block; names of members are the server's to make up. */
const MAX_FIELDS = 2_000;
const MORE_FIELDS = '/…';
const NONE = 0;
const SMALLEST = 64;
const FULLNESS = 0.85;
const GROWTH = 1.4;
const HASHES = 2 ** 32;
const HALF = 0xffff;

export class Block {
  lastAtMs: number;
  readonly origins: Origin[] = [];
  size = 0;
  closed = false;
  #capacity = SMALLEST;
  /** What turns a hash into a slot. */
  #scale = SMALLEST / HASHES;
  #a = new Uint32Array(SMALLEST);
  /** Half of the second lane: 48 bits tell the values of a block apart. */
  #b = new Uint16Array(SMALLEST);
  /** Of the first sighting, one more than its index; 0 where nothing is. */
  #origin = new Uint16Array(SMALLEST);
  /** Of the sighting after it. */
  #next = new Uint16Array(SMALLEST);
  readonly #samenesses = new Map<string, number>();
  #fields = 0;
  #more = 1;
  #moreOrigin = new Uint16Array(SMALLEST);
  #moreNext = new Uint16Array(SMALLEST);
  #words = 0;
  /** 16 bits of each token, in order, and beside them {@link marksOf}. */
  #order = new Uint16Array(SMALLEST);
  #marks = new Uint8Array(SMALLEST);
  readonly #texts: Text[] = [];

  constructor(atMs: number) {
    this.lastAtMs = atMs;
  }

  /** Bytes it takes, near enough. */
  get bytes(): number {
    const table = this.#capacity * 10 + this.#moreOrigin.length * 4 + this.#order.length * 3;
    return table + this.origins.length * 56 + this.#texts.length * 48 + 1024;
  }

  /** Places are numbered with 16 bits. */
  get isFull(): boolean {
    return this.#more > 60_000 || this.origins.length > 60_000;
  }

  originOf(exposure: Exposure, pointer: string, how: number): Origin {
    const used = exposure.source === undefined;
    const field = this.#fields < MAX_FIELDS ? pointer : MORE_FIELDS;
    const sameness = this.#samenessOf(exposure.source, field, used ? USED : how);
    return { exposure, field: interned(field), how: used ? USED : how, sameness, place: -1 };
  }

  #placeOf(origin: Origin): number {
    if (origin.place < 0) origin.place = this.origins.push(origin) - 1;
    return origin.place;
  }

  /** Text that showed a value once more says nothing new, be it another field; a field of its own does. */
  #samenessOf(source: Source | undefined, field: string, how: number): number {
    const where = (how & HOW) === PART ? '' : field;
    const key =
      source === undefined ? '' : `${how}\n${source.server}\n${source.tool}\n${source.method}\n${where}`;
    let number = this.#samenesses.get(key);
    if (number === undefined) {
      number = this.#samenesses.size;
      this.#fields++;
      this.#samenesses.set(key, number);
    }
    return number;
  }

  /** Nothing more will be added. */
  close(): void {
    this.closed = true;
    this.#samenesses.clear();
  }

  #placesOf({ part, alone, brief }: Origins) {
    return { part: this.#placeOf(part), alone: this.#placeOf(alone), brief: this.#placeOf(brief) };
  }

  /** @returns true when that was not known. */
  add(a: number, b: number, origin: Origin): boolean {
    if (this.size >= this.#capacity * FULLNESS) this.#resize(Math.ceil(this.#capacity * GROWTH));
    const capacity = this.#capacity;
    const half = b & HALF;
    let slot = (a * this.#scale) | 0;
    let first = this.#origin[slot] as number;
    while (first !== NONE) {
      if (this.#a[slot] === a && this.#b[slot] === half) {
        return first - 1 === origin.place ? false : this.#addAnother(slot, origin);
      }
      slot = slot + 1 === capacity ? 0 : slot + 1;
      first = this.#origin[slot] as number;
    }
    if (this.isFull) return false;
    this.#a[slot] = a;
    this.#b[slot] = half;
    this.#origin[slot] = this.#placeOf(origin) + 1;
    this.#next[slot] = NONE;
    this.size++;
    return true;
  }

  /**
   * All tokens of a text, as `add` would one by one. Most have been met in the same text before, and those are what this
   * is quick for.
   */
  addTokens(tokens: Tokens, { part, alone, brief }: Origins): void {
    const { count, a, b, flags } = tokens;
    let [lanes, halves, origins, scale] = [this.#a, this.#b, this.#origin, this.#scale];
    let first = part.place + 1;
    let briefUntil = 0;
    for (let at = 0; at < count; at++) {
      const hash = a[at] as number;
      const slot = (hash * scale) | 0;
      const isCell = ((flags[at] as number) & CELL) !== 0;
      if (isCell) briefUntil = tokens.briefUntil(at);
      const isShort = at < briefUntil;
      const isKnown =
        lanes[slot] === hash && origins[slot] === first && halves[slot] === ((b[at] as number) & HALF);
      if (isKnown && !isShort) continue;
      this.add(hash, b[at] as number, !isShort ? part : isCell && tokens.isAlone(at) ? alone : brief);
      [lanes, halves, origins, scale] = [this.#a, this.#b, this.#origin, this.#scale];
      first = part.place + 1;
    }
  }

  #addAnother(slot: number, origin: Origin): boolean {
    const { sameness } = origin;
    if ((this.origins[(this.#origin[slot] as number) - 1] as Origin).sameness === sameness) return false;
    let next = this.#next[slot] as number;
    let last = NONE;
    for (let count = 1; next !== NONE; count++) {
      const known = this.origins[this.#moreOrigin[next] as number] as Origin;
      if (known.sameness === sameness || count === MAX_SIGHTINGS) return false;
      last = next;
      next = this.#moreNext[next] as number;
    }
    if (this.isFull) return false;
    if (this.#more === this.#moreOrigin.length) {
      this.#moreOrigin = grown(this.#moreOrigin);
      this.#moreNext = grown(this.#moreNext);
    }
    const added = this.#more++;
    this.#moreOrigin[added] = this.#placeOf(origin);
    this.#moreNext[added] = NONE;
    if (last === NONE) this.#next[slot] = added;
    else this.#moreNext[last] = added;
    return true;
  }

  #resize(capacity: number): void {
    const [a, b, origins, nexts] = [this.#a, this.#b, this.#origin, this.#next];
    this.#capacity = capacity;
    this.#scale = capacity / HASHES;
    this.#a = new Uint32Array(capacity);
    this.#b = new Uint16Array(capacity);
    this.#origin = new Uint16Array(capacity);
    this.#next = new Uint16Array(capacity);
    for (let old = 0; old < origins.length; old++) {
      if (origins[old] === NONE) continue;
      const hash = a[old] as number;
      let slot = (hash * this.#scale) | 0;
      while (this.#origin[slot] !== NONE) slot = slot + 1 === capacity ? 0 : slot + 1;
      this.#a[slot] = hash;
      this.#b[slot] = b[old] as number;
      this.#origin[slot] = origins[old] as number;
      this.#next[slot] = nexts[old] as number;
    }
  }

  #slotOf(a: number, b: number): number {
    const capacity = this.#capacity;
    const half = b & HALF;
    let slot = (a * this.#scale) | 0;
    while (this.#origin[slot] !== NONE) {
      if (this.#a[slot] === a && this.#b[slot] === half) return slot;
      slot = slot + 1 === capacity ? 0 : slot + 1;
    }
    return -1;
  }

  has(a: number, b: number): boolean {
    return this.#slotOf(a, b) >= 0;
  }

  /** The origins of a value, oldest first. */
  sightings(a: number, b: number, into: Origin[]): void {
    const slot = this.#slotOf(a, b);
    if (slot < 0) return;
    into.push(this.origins[(this.#origin[slot] as number) - 1] as Origin);
    for (let next = this.#next[slot] as number; next !== NONE; next = this.#moreNext[next] as number) {
      into.push(this.origins[this.#moreOrigin[next] as number] as Origin);
    }
  }

  /**
   * Remembers in which order a text has its tokens.
   * @param entire it is all of its field, which has a hash of its own.
   */
  addOrder(tokens: Tokens, { part, alone, brief }: Origins, entire: boolean): void {
    const end = this.#words + tokens.count;
    if (this.isFull) return;
    if (end + 1 > this.#order.length) {
      this.#order = grown(this.#order, end + 1);
      this.#marks = grown(this.#marks, end + 1);
    }
    this.#texts.push({ from: this.#words, ...this.#placesOf({ part, alone, brief }), entire });
    for (let at = 0, word = this.#words; at < tokens.count; at++, word++) {
      const hash = tokens.a[at] as number;
      this.#order[word] = hash;
      this.#marks[word] = marksOf(hash, tokens.flags[at] as number);
    }
    // Between two texts stands what is in neither.
    this.#order[end] = 0;
    this.#marks[end] = BREAK;
    this.#words = end + 1;
  }

  /** Where these tokens stood one after another, in text of at most so many places. */
  phrases(tokens: Tokens, into: Origin[]): void {
    for (let at = 0; at < tokens.count; at++) {
      if (!this.has(tokens.a[at] as number, tokens.b[at] as number)) return;
    }
    const anchor = rarest(tokens);
    const word = (tokens.a[anchor] as number) & HALF;
    let tries = 0;
    for (
      let at = this.#order.indexOf(word);
      at >= 0 && at < this.#words;
      at = this.#order.indexOf(word, at + 1)
    ) {
      if (++tries > MAX_TRIES) return;
      if (!this.#continues(tokens, at - anchor)) continue;
      const text = this.#textAt(at);
      const from = at - anchor;
      if (text.entire && from === text.from && this.#marks[from + tokens.count] === BREAK) continue;
      const alone = this.#isCell(from) && this.#isCell(from + tokens.count);
      const place = alone ? text.alone : this.#isBrief(from, tokens.count) ? text.brief : text.part;
      into.push(this.origins[place] as Origin);
    }
  }

  #continues(tokens: Tokens, from: number): boolean {
    if (from < 0) return false;
    for (let at = 0; at < tokens.count; at++) {
      const hash = tokens.a[at] as number;
      if (this.#order[from + at] !== (hash & HALF)) return false;
      // Whether a cell begins says nothing of the words, nor what stood before the first of them.
      const differ = (this.#marks[from + at] as number) ^ marksOf(hash, tokens.flags[at] as number);
      if ((differ & (at === 0 ? ~(CELL | CLOSE) : ~CELL)) !== 0) return false;
    }
    return true;
  }

  toSaved(): SavedBlock {
    const exposures = [...new Set(this.origins.map(({ exposure }) => exposure))];
    const places = new Map(exposures.map((exposure, index) => [exposure, index]));
    return {
      lastAtMs: this.lastAtMs,
      size: this.size,
      exposures,
      origins: this.origins.map(({ exposure, field, how, sameness }) => {
        return [places.get(exposure) as number, field, how, sameness];
      }),
      texts: this.#texts.map(({ from, part, alone, brief, entire }) => [from, part, alone, brief, entire]),
      a: toBase64(this.#a),
      b: toBase64(this.#b),
      origin: toBase64(this.#origin),
      next: toBase64(this.#next),
      moreOrigin: toBase64(this.#moreOrigin.subarray(0, this.#more)),
      moreNext: toBase64(this.#moreNext.subarray(0, this.#more)),
      order: toBase64(this.#order.subarray(0, this.#words)),
      marks: toBase64(this.#marks.subarray(0, this.#words)),
    };
  }

  restore(saved: SavedBlock): void {
    this.size = saved.size;
    const exposures = saved.exposures;
    for (const [exposure, field, how, sameness] of saved.origins) {
      this.origins.push({
        exposure: exposures[exposure] as Exposure,
        field,
        how,
        sameness,
        place: this.origins.length,
      });
    }
    for (const [from, part, alone, brief, entire] of saved.texts) {
      this.#texts.push({ from, part, alone, brief, entire });
    }
    this.#a = new Uint32Array(fromBase64(saved.a));
    this.#b = new Uint16Array(fromBase64(saved.b));
    this.#origin = new Uint16Array(fromBase64(saved.origin));
    this.#next = new Uint16Array(fromBase64(saved.next));
    this.#capacity = this.#a.length;
    this.#scale = this.#capacity / HASHES;
    this.#moreOrigin = new Uint16Array(fromBase64(saved.moreOrigin));
    this.#moreNext = new Uint16Array(fromBase64(saved.moreNext));
    this.#more = this.#moreOrigin.length;
    this.#order = new Uint16Array(fromBase64(saved.order));
    this.#words = this.#order.length;
    this.#marks = new Uint8Array(fromBase64(saved.marks));
    const lengths = new Set([this.#a, this.#b, this.#origin, this.#next].map(({ length }) => length));
    if (lengths.size !== 1 || this.#capacity === 0 || this.size >= this.#capacity) {
      throw new Error('it is not a block');
    }
  }

  #isCell(at: number): boolean {
    return ((this.#marks[at] as number) & (BREAK | CELL)) !== 0;
  }

  /** Whether the cell around these words has a few and no more. */
  #isBrief(from: number, count: number): boolean {
    let begin = from;
    while (begin > 0 && from - begin < BRIEF_TOKENS && !this.#isCell(begin)) begin--;
    let end = from + count;
    while (end - begin <= BRIEF_TOKENS && !this.#isCell(end)) end++;
    return this.#isCell(begin) && end - begin <= BRIEF_TOKENS;
  }

  #textAt(word: number): Text {
    let low = 0;
    let high = this.#texts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#texts[middle] as Text).from <= word) low = middle;
      else high = middle - 1;
    }
    return this.#texts[low] as Text;
  }
}

/** A block as JSON; numbers in bulk as base64. */
export interface SavedBlock {
  readonly lastAtMs: number;
  readonly size: number;
  readonly exposures: readonly Exposure[];
  readonly origins: readonly (readonly [exposure: number, field: string, how: number, sameness: number])[];
  readonly texts: readonly (readonly [
    from: number,
    part: number,
    alone: number,
    brief: number,
    entire: boolean,
  ])[];
  readonly a: string;
  readonly b: string;
  readonly origin: string;
  readonly next: string;
  readonly moreOrigin: string;
  readonly moreNext: string;
  readonly order: string;
  readonly marks: string;
}

/** What comes after goes into blocks of its own. @throws Error for what is no saved block. */
export function restoreBlock(saved: SavedBlock): Block {
  const block = new Block(saved.lastAtMs);
  block.restore(saved);
  block.close();
  return block;
}

function toBase64(numbers: Uint32Array | Uint16Array | Uint8Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}

/** A copy that begins where numbers may begin. */
function fromBase64(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

const names = new Map<string, string>();
const MAX_NAMES = 10_000;

/** One string for all pointers that read the same. */
function interned(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MAX_NAMES) names.clear();
  names.set(name, name);
  return name;
}

/** Stands between two texts. */
const BREAK = 128;

/** Beside 16 bits of a token: what stood before it, and five bits more. */
function marksOf(hash: number, flags: number): number {
  return (flags & (CLOSE | CELL)) | ((hash >>> 14) & 0b111_1100);
}

function grown<T extends Uint16Array | Uint8Array>(array: T, least = 0): T {
  const larger = new (array.constructor as new (length: number) => T)(
    Math.max(least, Math.ceil(array.length * GROWTH)),
  );
  larger.set(array);
  return larger;
}

/** Places of one word that are looked at: enough for any text that is not made to be slow. */
const MAX_TRIES = 10_000;

/** The longest token: long words are seldom. */
function rarest(tokens: Tokens): number {
  let longest = 0;
  let found = 0;
  for (let at = 0; at < tokens.count; at++) {
    const length = (tokens.end[at] as number) - (tokens.start[at] as number);
    if (length > longest) {
      longest = length;
      found = at;
    }
  }
  return found;
}
