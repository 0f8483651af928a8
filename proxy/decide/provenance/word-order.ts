/**
 * In which order texts have their tokens, so that words are only said to have stood together if they did: 21 bits of each
 * token, and what stood before it. That a token was there at all is for the table to say.
 */
import type { Joined, Next } from './joined.ts';
import { bytesOf, fromBase64, grown, toBase64 } from './numbers.ts';
import type { Origin, Origins } from './origin.ts';
import type { OriginList } from './origin-list.ts';
import { BRIEF_TOKENS, CELL, CLOSE, type Tokens } from './read-tokens.ts';

const SMALLEST = 64;
/** Texts come many words at a time: what is kept ready need not be as much again. */
const SPARE = 1.5;
const HALF = 0xffff;
const BYTES_A_WORD = 2;
/** Of a token, beside those 16. */
const BITS = 0b111_1100;
/** How far apart pieces of a dictated number stand, those of one or two digits nearer. */
const MAX_BETWEEN = 12;
const MAX_BETWEEN_SHORT = 6;
const SHORT_PIECE = 2;
/** Places looked at where such a number might begin. */
const MAX_STARTS = 64;
/** Bytes. */
const STRETCH = 72;
/** Stands between two texts. */
const BREAK = 128;

/** Where a text begins in the order, and places of its origins. */
interface Text {
  readonly from: number;
  readonly part: number;
  readonly alone: number;
  readonly brief: number;
  /** It is all of its field, which has a hash of its own. */
  readonly entire: boolean;
  /** Stretches of words that have one, too: from one to before another, in order. */
  readonly own?: readonly Stretch[];
}

/** Tokens of one text, from one to before another. */
export type Stretch = readonly [from: number, until: number];

export interface SavedOrder {
  readonly texts: readonly Text[];
  readonly order: string;
  readonly marks: string;
}

export class WordOrder {
  readonly #origins: OriginList;
  readonly #texts: Text[] = [];
  #words = 0;
  #stretches = 0;
  /** 16 bits of each token, and beside them {@link marksOf}. */
  #order = new Uint16Array(SMALLEST);
  #marks = new Uint8Array(SMALLEST);

  constructor(origins: OriginList) {
    this.#origins = origins;
  }

  get bytes(): number {
    return this.#order.length * 3 + this.#texts.length * 48 + this.#stretches * STRETCH;
  }

  /** @param own stretches that have a hash of their own, in order. */
  add(tokens: Tokens, { part, alone, brief }: Origins, entire: boolean, own: readonly Stretch[]): void {
    const end = this.#words + tokens.count;
    if (end + 1 > this.#order.length) {
      this.#order = grown(this.#order, (end + 1) * SPARE);
      this.#marks = grown(this.#marks, (end + 1) * SPARE);
    }
    this.#texts.push({
      from: this.#words,
      part: this.#origins.placeOf(part),
      alone: this.#origins.placeOf(alone),
      brief: this.#origins.placeOf(brief),
      entire,
      ...(own.length > 0 ? { own } : {}),
    });
    this.#stretches += own.length;
    for (let at = 0, word = this.#words; at < tokens.count; at++, word++) {
      const hash = tokens.a[at] as number;
      this.#order[word] = hash;
      this.#marks[word] = marksOf(hash, tokens.flags[at] as number);
    }
    this.#order[end] = 0;
    this.#marks[end] = BREAK;
    this.#words = end + 1;
  }

  /** Where these tokens stood one after another, but as a whole field. Searched as bytes, which the runtime does best. */
  find(tokens: Tokens, into: Origin[]): void {
    const sought = bytesOf(new Uint16Array(tokens.a.subarray(0, tokens.count)));
    const words = bytesOf(this.#order);
    for (let from = 0; ; ) {
      const found = words.indexOf(sought, from, 'utf16le') / BYTES_A_WORD;
      if (found < 0 || found + tokens.count > this.#words) return;
      const place = this.#placeFrom(tokens, found);
      if (place !== undefined) into.push(this.#origins.at(place));
      from = (found + 1) * BYTES_A_WORD;
    }
  }

  /** The place of the origin of these tokens, if they stand here. */
  #placeFrom(tokens: Tokens, from: number): number | undefined {
    if (!this.#continues(tokens, from)) return undefined;
    const text = this.#textAt(from);
    const end = from + tokens.count;
    if (text.entire && from === text.from && this.#marks[end] === BREAK) return undefined;
    if (text.own !== undefined && isAmong(text.own, from - text.from, end - text.from)) return undefined;
    if (this.#isCell(from) && this.#isCell(end)) return text.alone;
    return this.#isBrief(from, end) ? text.brief : text.part;
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

  /** Where all of it stands, piece after piece, with few words between them. */
  findJoined(joined: Joined, first: Next, into: Origin[]): void {
    const word = first.a & HALF;
    let left = MAX_STARTS;
    let at = this.#order.indexOf(word);
    while (at >= 0 && at < this.#words && left-- > 0) {
      if (this.#isToken(at, first) && this.#goesOn(joined, first.length, at)) {
        into.push(this.#origins.at(this.#textAt(at).part));
        return;
      }
      at = this.#order.indexOf(word, at + 1);
    }
  }

  #goesOn(joined: Joined, first: number, from: number): boolean {
    let done = first;
    let at = from;
    while (done < joined.length) {
      const next = this.#nextPiece(joined.after(done), at);
      if (next === undefined) return false;
      done += next.length;
      at = next.at;
    }
    return true;
  }

  #nextPiece(
    nexts: readonly Next[],
    from: number,
  ): { readonly at: number; readonly length: number } | undefined {
    for (let at = from + 1; at <= from + MAX_BETWEEN && at < this.#words; at++) {
      if (this.#marks[at] === BREAK) return undefined;
      for (const next of nexts) {
        const isNear = next.length > SHORT_PIECE || at - from <= MAX_BETWEEN_SHORT;
        if (isNear && this.#isToken(at, next)) return { at, length: next.length };
      }
    }
    return undefined;
  }

  #isToken(at: number, { a }: Next): boolean {
    return this.#order[at] === (a & HALF) && (((this.#marks[at] as number) ^ marksOf(a, 0)) & BITS) === 0;
  }

  #isCell(at: number): boolean {
    return ((this.#marks[at] as number) & (BREAK | CELL)) !== 0;
  }

  /** Whether the cell around these words has a few and no more. */
  #isBrief(from: number, until: number): boolean {
    let begin = from;
    while (begin > 0 && from - begin < BRIEF_TOKENS && !this.#isCell(begin)) begin--;
    let end = until;
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

  toSaved(): SavedOrder {
    return {
      texts: this.#texts,
      order: toBase64(this.#order.subarray(0, this.#words)),
      marks: toBase64(this.#marks.subarray(0, this.#words)),
    };
  }

  /** @throws Error for what is no saved order. */
  restore({ texts, order, marks }: SavedOrder): void {
    this.#order = new Uint16Array(fromBase64(order));
    this.#marks = new Uint8Array(fromBase64(marks));
    this.#words = this.#order.length;
    const fits = texts.every(({ from, part, alone, brief }) => {
      return from < this.#words && Math.max(part, alone, brief) < this.#origins.length;
    });
    if (!fits || this.#marks.length !== this.#words) throw new Error('it is not an order of words');
    this.#texts.push(...texts);
    this.#stretches = texts.reduce((sum, { own = [] }) => sum + own.length, 0);
  }
}

function isAmong(stretches: readonly Stretch[], from: number, until: number): boolean {
  let low = 0;
  let high = stretches.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle] as Stretch)[0] < from) low = middle + 1;
    else high = middle;
  }
  const found = stretches[low];
  return found !== undefined && found[0] === from && found[1] === until;
}

/** Beside 16 bits of a token: what stood before it, and five bits more. */
function marksOf(hash: number, flags: number): number {
  return (flags & (CLOSE | CELL)) | ((hash >>> 14) & BITS);
}
