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
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (code <= 32 || code === 127) return SPACE;
  if (/[A-Za-z0-9]/.test(character)) return WORD;
  return HARD_MARKS.includes(character) ? HARD : SOFT;
});

const WITHOUT_SPACES =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmr}\p{scx=Hang}]/u;
const OF_WORDS = /[\p{L}\p{N}\p{M}\p{Cs}\p{Co}\p{Cn}]/u;
const OF_SPACE = /[\p{Z}\p{Cc}]/u;
/** One more than the class, so that 0 is one not asked for yet. */
const beyond = new Uint8Array(65_536);

/** @param code a UTF-16 unit of plain text. */
export function classOf(code: number): number {
  if (code < 128) return ASCII[code] as number;
  const known = beyond[code] as number;
  return (known === 0 ? learn(code) : known) - 1;
}

function learn(code: number): number {
  const character = String.fromCharCode(code);
  let found = HARD;
  if (WITHOUT_SPACES.test(character) && !/\p{P}/u.test(character)) found = SINGLE;
  else if (OF_WORDS.test(character)) found = WORD;
  else if (OF_SPACE.test(character)) found = SPACE;
  beyond[code] = found + 1;
  return found + 1;
}

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const BEYOND_ASCII = /[^\x00-\x7f]/;

/** The text as values in it are compared. @see UAX #15 (NFKC), UAX #44 (Default_Ignorable_Code_Point) */
export function toPlain(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text;
  const seen = text.normalize('NFKC').replaceAll(INVISIBLE, '');
  return seen.toUpperCase().toLowerCase().normalize('NFKC');
}

const WORDS = ASCII.map((found, code) => (found === WORD ? lowered(code) : 0));

/** The unit in lower case if it is of a word; otherwise 0. */
export function wordUnit(code: number): number {
  if (code < 128) return WORDS[code] as number;
  return classOf(code) === WORD ? code : 0;
}

/** Lower case for ASCII letters, others as they are: plain text has no others in upper case. */
export function lowered(code: number): number {
  return code >= 65 && code <= 90 ? code | 32 : code;
}
