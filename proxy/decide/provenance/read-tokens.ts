/**
 * Reads plain text into tokens: each is hashed while its end is looked for, so text is walked once and nothing is cut out
 * of it. A token is what stands between spaces and hard marks, without the marks at its ends; the words inside it count
 * as well (`user=bob`, `a/b.txt`). What may hold an address, a URL, a number of groups or a path is remembered as a spot,
 * for `values.ts` to look at.
 *
 * The result is reused by the next call: whoever wants to keep it copies it.
 */
import { classOf, HARD, SINGLE, SOFT, SPACE, wordUnit } from './characters.ts';
import { finish, type HashKey, stepA, stepB } from './hash.ts';

/** Nothing but space before it: `John Smith`, not `John, Smith`. */
export const CLOSE = 1;
/** A line, a table cell or what follows `label: ` begins with it. */
export const CELL = 2;
/** It holds digits. */
export const DIGITS = 4;
/** It holds, or is followed by, the mark. */
export const AT_SIGN = 8;
export const SLASH = 16;
export const DOT = 32;
/** `://` */
export const SCHEME = 64;
/** Any of these makes a token a spot. */
const SPOT = DIGITS | AT_SIGN | SLASH | DOT | SCHEME;

/** What has no more tokens than these is an entry, not a sentence. */
export const BRIEF_TOKENS = 8;

/** Tokens of one text, side by side. */
export class Tokens {
  count = 0;
  a = new Int32Array(1024);
  b = new Int32Array(1024);
  start = new Int32Array(1024);
  end = new Int32Array(1024);
  flags = new Uint8Array(1024);
  /** Tokens that are spots, in order. */
  spots = 0;
  spotAt = new Int32Array(1024);
  /** Words inside tokens of several. */
  words = 0;
  wordA = new Int32Array(1024);
  wordB = new Int32Array(1024);
  /** The token it is in. */
  wordOf = new Int32Array(1024);

  /** Empty, with room for a text of this length. */
  begin(length: number): void {
    this.count = 0;
    this.spots = 0;
    this.words = 0;
    if (length <= this.a.length) return;
    const size = length * 2;
    this.a = new Int32Array(size);
    this.b = new Int32Array(size);
    this.start = new Int32Array(size);
    this.end = new Int32Array(size);
    this.flags = new Uint8Array(size);
    this.spotAt = new Int32Array(size);
  }

  addWord(a: number, b: number, of: number): void {
    if (this.words === this.wordA.length) {
      this.wordA = doubled(this.wordA);
      this.wordB = doubled(this.wordB);
      this.wordOf = doubled(this.wordOf);
    }
    this.wordA[this.words] = a;
    this.wordB[this.words] = b;
    this.wordOf[this.words] = of;
    this.words++;
  }

  /** Whether the token at this place is all of a line or of a cell. */
  isAlone(at: number): boolean {
    return this.standsAlone(at, at);
  }

  standsAlone(first: number, last: number): boolean {
    const begins = ((this.flags[first] as number) & CELL) !== 0;
    return begins && (last + 1 >= this.count || ((this.flags[last + 1] as number) & CELL) !== 0);
  }

  /** Where the cell that begins here ends, if it is brief; otherwise where it begins. */
  briefUntil(from: number): number {
    const last = Math.min(this.count, from + BRIEF_TOKENS);
    for (let at = from + 1; at < last; at++) if (((this.flags[at] as number) & CELL) !== 0) return at;
    const ends = last === this.count || ((this.flags[last] as number) & CELL) !== 0;
    return ends ? last : from;
  }

  /** Whether the line or cell around these tokens has a few and no more. */
  isBrief(first: number, last: number): boolean {
    let from = first;
    while (from > 0 && first - from < BRIEF_TOKENS && ((this.flags[from] as number) & CELL) === 0) from--;
    return this.briefUntil(from) > last;
  }

  isToken(start: number, end: number): boolean {
    const at = this.from(start);
    return this.start[at] === start && this.end[at] === end;
  }

  /** The first token that ends after this offset. */
  from(offset: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.end[middle] as number) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

const NEWLINE = 10;
const TAB = 9;
const BLANK = 32;
const COMMA = 44;
const COLON = 58;
const BAR = 124;

/** The text's units in memory of their own: a string would be asked what kind of string it is for every one. */
let units = new Uint16Array(8_192);
let bytes = Buffer.from(units.buffer);

/** Up to here a call costs more than a loop. */
const SHORT = 64;

function unitsOf(text: string): Uint16Array {
  if (text.length >= units.length) {
    units = new Uint16Array(text.length * 2);
    bytes = Buffer.from(units.buffer);
  }
  if (text.length > SHORT) bytes.write(text, 'utf16le');
  else for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at);
  // What stands behind the end ends a token, so that ends need not be looked for.
  units[text.length] = NEWLINE;
  return units;
}

/** @param text plain, see `toPlain`. */
export function readTokens(text: string, key: HashKey, into: Tokens): Tokens {
  const length = text.length;
  into.begin(length);
  const { startA, startB, timesA } = key;
  const codes = unitsOf(text);
  const { a: lanesA, b: lanesB, start: starts, end: ends, flags: allFlags } = into;
  let count = 0;
  let flags = CLOSE | CELL;
  let at = 0;
  while (at < length) {
    const code = codes[at] as number;
    if (code === BLANK) {
      // Columns are set apart by more than one.
      if (codes[++at] === BLANK) flags |= CELL;
      continue;
    }
    let low = wordUnit(code);
    if (low === 0) {
      const found = classOf(code);
      if (found === SINGLE) {
        lanesA[count] = finish(stepA(startA, code, timesA));
        lanesB[count] = finish(stepB(startB, code));
        starts[count] = at;
        ends[count] = at + 1;
        allFlags[count++] = flags;
        flags = CLOSE;
      } else {
        flags = between(flags, code, found, codes[at + 1] as number);
      }
      at++;
      continue;
    }
    const start = at;
    let a = startA;
    let b = startB;
    let digits = 0;
    do {
      digits |= low - COLON;
      a = Math.imul(a ^ low, timesA);
      a ^= a >>> 15;
      b = ((b << 5) - b + low) | 0;
      low = wordUnit(codes[++at] as number);
    } while (low !== 0);
    // Digits come before the colon, letters after it: one digit makes it negative.
    if (digits < 0) {
      flags |= DIGITS;
      into.spotAt[into.spots++] = count;
    }
    starts[count] = start;
    const after = codes[at] as number;
    const isMarked = classOf(after) === SOFT;
    if (!isMarked || classOf(codes[at + 1] as number) <= HARD) {
      lanesA[count] = finish(a);
      lanesB[count] = finish(b);
      ends[count] = at;
      allFlags[count++] = flags;
      // A mark at its end belongs to what is between tokens.
      flags = !isMarked ? CLOSE : after === COLON ? CELL : 0;
      if (isMarked) at++;
    } else {
      at = readMore(codes, at, { a, b }, flags, key, into, count);
      // Marks at its end belong to what is between tokens.
      flags = (ends[count++] as number) === at ? CLOSE : codes[at - 1] === COLON ? CELL : 0;
    }
  }
  into.count = count;
  return into;
}

/** What is known of the next token, after one more unit that is of none. */
function between(flags: number, code: number, found: number, next: number): number {
  if (found === SPACE) return code === NEWLINE || code === TAB ? flags | CELL : flags;
  const begins = code === BAR || (code === COMMA && classOf(next) !== SPACE);
  return (flags & ~CLOSE) | (found === HARD && begins ? CELL : 0);
}

/** By soft mark: what it makes of its token. */
const MARKS = new Uint8Array(128);
MARKS[64] = AT_SIGN;
MARKS[47] = SLASH;
MARKS[92] = SLASH;
MARKS[46] = DOT;

/** The rest of a token that has marks in it, or only after it. */
function readMore(
  codes: Uint16Array,
  from: number,
  first: { readonly a: number; readonly b: number },
  flags: number,
  key: HashKey,
  into: Tokens,
  place: number,
): number {
  const { startA, startB, timesA } = key;
  let { a, b } = first;
  let endA = a;
  let endB = b;
  let marks = flags;
  let end = from;
  let at = from;
  for (;;) {
    let code = codes[at] as number;
    while (classOf(code) === SOFT) {
      marks |= MARKS[code] as number;
      if (code === COLON && codes[at + 1] === 47 && codes[at + 2] === 47) marks |= SCHEME;
      a = stepA(a, code, timesA);
      b = stepB(b, code);
      code = codes[++at] as number;
    }
    let low = wordUnit(code);
    if (low === 0) break;
    let wordA = startA;
    let wordB = startB;
    do {
      marks |= low < COLON ? DIGITS : 0;
      a = stepA(a, low, timesA);
      b = stepB(b, low);
      wordA = stepA(wordA, low, timesA);
      wordB = stepB(wordB, low);
      low = wordUnit(codes[++at] as number);
    } while (low !== 0);
    into.addWord(finish(wordA), finish(wordB), place);
    endA = a;
    endB = b;
    end = at;
  }
  // Marks that only follow it are not of it.
  const several = end !== from;
  if (several) into.addWord(finish(first.a), finish(first.b), place);
  into.a[place] = finish(endA);
  into.b[place] = finish(endB);
  into.end[place] = end;
  into.flags[place] = several ? marks : flags;
  // With digits at its beginning it is one already.
  if (several && (marks & SPOT) !== 0 && (flags & DIGITS) === 0) into.spotAt[into.spots++] = place;
  return at;
}
