/**
 * What a character is when values are told apart in text, and how text is made plain before it is read: compatibility
 * forms, case and characters nobody sees are spellings of the same value. ASCII text is left as it is; its case is
 * folded where it is hashed.
 */

/** Ends a token and stands in none. */
export const SPACE = 0;
/** Ends a token as well; values do not run across it. */
export const HARD = 1;
/** May stand inside a token, not at its ends: `bob@mail.example`, `2026-01-02`, `/a/b`. */
export const SOFT = 2;
export const WORD = 3;
/** A token by itself: scripts that are written without spaces. */
export const SINGLE = 4;

const HARD_MARKS = '"`,;<>()[]{}|=';
const WITHOUT_SPACES =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmr}\p{scx=Hang}]/u;
const OF_WORDS = /[\p{L}\p{N}\p{M}\p{Cs}\p{Co}\p{Cn}]/u;
const OF_SPACE = /[\p{Z}\p{Cc}]/u;

/** By UTF-16 unit. What is beyond ASCII is filled in when the first such text comes. */
const CLASSES = new Uint8Array(65_536);
/** The unit in lower case if it is of a word; otherwise 0. */
const WORDS = new Uint16Array(65_536);
fill(0, 128);
let filled = false;

function fill(from: number, to: number): void {
  for (let code = from; code < to; code++) {
    const found = code < 128 ? asciiClass(code) : widerClass(String.fromCharCode(code));
    CLASSES[code] = found;
    WORDS[code] = found === WORD ? lowered(code) : 0;
  }
}

function asciiClass(code: number): number {
  if (code <= 32 || code === 127) return SPACE;
  const character = String.fromCharCode(code);
  if (/[A-Za-z0-9]/.test(character)) return WORD;
  return HARD_MARKS.includes(character) ? HARD : SOFT;
}

function widerClass(character: string): number {
  if (OF_WORDS.test(character)) return WITHOUT_SPACES.test(character) ? SINGLE : WORD;
  return OF_SPACE.test(character) ? SPACE : HARD;
}

/** @param code a UTF-16 unit of plain text. */
export function classOf(code: number): number {
  return CLASSES[code] as number;
}

/** The unit in lower case if it is of a word; otherwise 0. */
export function wordUnit(code: number): number {
  return WORDS[code] as number;
}

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Those inside words; dashes between words are none. */
const HYPHENS = /[\u2010\u2011\u2212\ufe63]/g;
const BEYOND_ASCII = /[^\x00-\x7f]/;

/** The text as values in it are compared. @see UAX #15 (NFKC), UAX #44 (Default_Ignorable_Code_Point) */
export function toPlain(text: string): string {
  if (isAscii(text)) return text;
  if (!filled) {
    fill(128, CLASSES.length);
    filled = true;
  }
  const seen = text.normalize('NFKC').replaceAll(INVISIBLE, '').replaceAll(HYPHENS, '-');
  return seen.toUpperCase().toLowerCase().normalize('NFKC');
}

/** Up to here a pattern costs less than a call. */
const SHORT = 64;

function isAscii(text: string): boolean {
  if (text.length > SHORT) return Buffer.byteLength(text) === text.length;
  return !BEYOND_ASCII.test(text);
}

const TAGGED = /[\u{E0020}-\u{E007E}]+/gu;
const TAGS = 0xe0000;

/** What stands in tag characters, which nobody sees and language models read. @see Unicode 16.0 section 23.9 */
export function hiddenIn(text: string): string {
  if (!text.includes('\udb40')) return '';
  const runs = text.match(TAGGED) ?? [];
  return runs.map((run) => Array.from(run, toUntagged).join('')).join('\n');
}

function toUntagged(character: string): string {
  return String.fromCodePoint((character.codePointAt(0) as number) - TAGS);
}

/** Lower case for ASCII letters, others as they are: plain text has no others in upper case. */
export function lowered(code: number): number {
  return code >= 65 && code <= 90 ? code | 32 : code;
}
