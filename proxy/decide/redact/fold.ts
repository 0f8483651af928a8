/**
 * Undoes spellings that hide text from a pattern: characters nobody sees, compatibility forms (fullwidth,
 * mathematical, small), typographic hyphens, and `\uXXXX` escapes left over from JSON inside a string.
 *
 * Takes a string and gives a folded copy with a way back to offsets of the original, or undefined when there
 * is nothing to undo. Folding is code point by code point: no composition, so a base letter followed by a
 * combining mark stays two. It never decides anything: detectors match on the copy, edits hit the original.
 */

import { literalPlaces, type Places } from './match.ts';

export interface Folded {
  readonly text: string;
  /** Original index of the character that `index` of the folded text came from. */
  startOf(index: number): number;
  /** Original index after the character that `end - 1` of the folded text came from. */
  endOf(end: number): number;
}

// Changed by NFKC or invisible. CWKCF also holds letters that only change case, which are taken out again
// where whole alphabets would be caught: this class is looked up for every non-ASCII character.
const FOLDS =
  /[[\p{CWKCF}--[\p{Lu}\p{Lt}ßς]]\uff21-\uff3a\u2100-\u214f\u{1d400}-\u{1d7ff}\u2010-\u2013\u2212]/v;
const INVISIBLE = /\p{DI}/gu;
const HYPHENS = /^[\u2010-\u2013\u2212]$/;

/** 1 for every UTF-16 unit that may begin a character to fold. */
const FOLD_UNITS = foldUnits();

/** Places {@link fold} would change, in a string or in JSON text; one too many is possible, one too few is not. */
export function foldPlaces(text: string): Places {
  const escapes = literalPlaces(text, ['\\u']);
  if (isAscii(text)) return escapes;
  let unit = nextUnit(text, 0);
  return (from) => {
    if (unit >= 0 && unit < from) unit = nextUnit(text, from);
    const escaped = escapes(from);
    return escaped < 0 || (unit >= 0 && unit < escaped) ? unit : escaped;
  };
}

/** True when every character is ASCII. */
function isAscii(text: string): boolean {
  if (text.length > 64) return Buffer.byteLength(text) === text.length;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

export function fold(text: string): Folded | undefined {
  if (isAscii(text) && !text.includes('\\u')) return undefined;
  const first = foldPlaces(text)(0);
  if (first < 0) return undefined;
  const folding = new Folding(text);
  for (let at = first; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH && text.charCodeAt(at + 1) === LETTER_U) at = folding.escape(at);
    else if (code >= 0x80 && FOLD_UNITS[code] !== 0) at = folding.character(at);
    else at++;
  }
  return folding.finish();
}

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const CHUNK = 4096;
/** A shorter piece is cheaper to copy by character than to cut out and join. */
const SHORT = 32;

class Folding implements Folded {
  text = '';
  readonly #source: string;
  // Characters that took the place of others and are not in `text` yet.
  readonly #pending: number[] = [];
  // One row per run: where it begins in the folded text, where in the source, and for a character that does
  // not give one unit for one, where that ends in the source (-1: unit by unit).
  readonly #at: number[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  #done = 0;
  #changed = false;

  constructor(source: string) {
    this.#source = source;
  }

  /** @returns the index to go on from. */
  character(at: number): number {
    const code = this.#source.codePointAt(at)!;
    const end = code > 0xffff ? at + 2 : at + 1;
    const folded = foldCharacter(code);
    if (folded.length === 1 && end === at + 1) {
      if (folded.charCodeAt(0) !== code) this.#substitute(at, folded.charCodeAt(0));
    } else if (folded.length !== end - at || folded.codePointAt(0) !== code) this.#change(at, end, folded);
    return end;
  }

  /** `\uXXXX`, with as many backslashes as there are layers of JSON. @returns the index to go on from. */
  escape(at: number): number {
    const source = this.#source;
    let code = escapedUnit(source, at + 2);
    if (code < 0) return at + 2;
    let start = at;
    while (start > this.#done && source.charCodeAt(start - 1) === BACKSLASH) start--;
    let end = at + 6;
    if (code >= 0xd800 && code < 0xdc00) {
      let low = end;
      while (low < end + 8 && source.charCodeAt(low) === BACKSLASH) low++;
      const second = low > end && source.charCodeAt(low) === LETTER_U ? escapedUnit(source, low + 1) : -1;
      if (second >= 0xdc00 && second < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
        end = low + 5;
      }
    }
    this.#change(start, end, foldCharacter(code));
    return end;
  }

  finish(): Folded | undefined {
    if (!this.#changed) return undefined;
    this.#copy(this.#source.length);
    this.#flush();
    return this;
  }

  startOf(index: number): number {
    const row = this.#row(index);
    return this.#to[row]! < 0 ? this.#from[row]! + index - this.#at[row]! : this.#from[row]!;
  }

  endOf(end: number): number {
    const row = this.#row(end - 1);
    return this.#to[row]! < 0 ? this.#from[row]! + end - this.#at[row]! : this.#to[row]!;
  }

  #substitute(at: number, code: number): void {
    this.#copy(at);
    this.#linear(at);
    this.#pending.push(code);
    this.#done = at + 1;
    this.#changed = true;
  }

  #change(start: number, end: number, folded: string): void {
    this.#copy(start);
    if (folded !== '') this.#push(start, end);
    for (let at = 0; at < folded.length; at++) this.#pending.push(folded.charCodeAt(at));
    this.#done = end;
    this.#changed = true;
  }

  #copy(until: number): void {
    if (until <= this.#done) return;
    this.#linear(this.#done);
    if (until - this.#done < SHORT) {
      for (let at = this.#done; at < until; at++) this.#pending.push(this.#source.charCodeAt(at));
    } else {
      this.#flush();
      this.text += this.#source.slice(this.#done, until);
    }
    this.#done = until;
  }

  /** Begins a run of unit for unit, unless the one before is just that and goes on. */
  #linear(from: number): void {
    const last = this.#at.length - 1;
    const goesOn =
      last >= 0 && this.#to[last]! < 0 && from - this.#from[last]! === this.#length() - this.#at[last]!;
    if (!goesOn) this.#push(from, -1);
  }

  #push(from: number, to: number): void {
    this.#at.push(this.#length());
    this.#from.push(from);
    this.#to.push(to);
  }

  #length(): number {
    return this.text.length + this.#pending.length;
  }

  #flush(): void {
    for (let at = 0; at < this.#pending.length; at += CHUNK) {
      this.text += String.fromCharCode(...this.#pending.slice(at, at + CHUNK));
    }
    this.#pending.length = 0;
  }

  #row(index: number): number {
    let low = 0;
    let high = this.#at.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#at[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** What was folded before; only characters of `FOLD_UNITS` come here, a few thousand at most. */
const folds = new Map<number, string>();

function foldCharacter(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  let folded = folds.get(code);
  if (folded === undefined) {
    const character = String.fromCodePoint(code);
    folded = HYPHENS.test(character) ? '-' : character.normalize('NFKC').replace(INVISIBLE, '');
    // Escapes can name any character; those that stay as they are need no memory.
    if (folded !== character) folds.set(code, folded);
  }
  return folded;
}

/** @returns the UTF-16 unit four hexadecimal digits at `at` spell, or -1. */
function escapedUnit(text: string, at: number): number {
  const digits = text.slice(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

function nextUnit(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80 || FOLD_UNITS[code] === 0) continue;
    if (code < 0xd800 || code > 0xdbff || FOLDS.test(text.slice(at, at + 2))) return at;
  }
  return -1;
}

function foldUnits(): Uint8Array {
  const units = new Uint8Array(0x10000);
  for (let code = 0x80; code < 0x10000; code++) {
    if (FOLDS.test(String.fromCharCode(code))) units[code] = 1;
  }
  // High surrogates of the planes and blocks that hold such characters; nextUnit looks closer.
  for (const high of [0xd801, 0xd82f, 0xd833, 0xd834, 0xd835, 0xd83b, 0xd83c, 0xd83e, 0xd87e])
    units[high] = 1;
  for (let high = 0xdb40; high <= 0xdb43; high++) units[high] = 1;
  return units;
}
