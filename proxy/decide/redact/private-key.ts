/**
 * Private keys in PEM (RFC 7468 and its relatives: OpenSSH, PGP, encrypted) and in PuTTY's format.
 *
 * A block counts when its line breaks are written as `\n` too, and when its end is missing: then everything
 * that can still be key material is taken.
 */
import { type Finder, literalPlaces, type Match } from './match.ts';

export const PEM_LABEL = 'PRIVATE KEY';
export const PUTTY_LABEL = 'Private-Lines';

const BEGIN = /-{3,8} ?BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?(?: ?-{3,5})?/y;
const END = /-{3,5} ?END (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?(?: ?-{3,5})?/;
const MAX_LABEL = 60;
const MAX_BLOCK = 128 * 1024;
const BASE64 = /(?:[A-Za-z0-9+=]|\\{0,4}\/)*/y;
const BREAK = /(?:\s|\\{1,4}[nrt]|\\{0,4}["'`]|[,+])*/y;
const HEADER =
  /(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|Private-MAC|Private-Hash): ?[^\n\\]{0,200}/y;
const LINE = 16;

export const privateKeyFinder: Finder = {
  places: (text) => literalPlaces(text, [PEM_LABEL, PUTTY_LABEL]),
  find(text, out) {
    for (let at = text.indexOf(PEM_LABEL); at >= 0; ) at = text.indexOf(PEM_LABEL, matchPem(text, at, out));
    for (let at = text.indexOf(PUTTY_LABEL); at >= 0; ) {
      at = text.indexOf(PUTTY_LABEL, matchPutty(text, at, out));
    }
  },
};

/** @param at index of {@link PEM_LABEL}. @returns where to go on. */
export function matchPem(text: string, at: number, out: Match[]): number {
  const word = text.slice(Math.max(0, at - MAX_LABEL), at).lastIndexOf('BEGIN ');
  if (word < 0) return at + PEM_LABEL.length;
  let start = Math.max(0, at - MAX_LABEL) + word;
  const limit = Math.max(0, start - 6);
  while (start > limit && /[- ]/.test(text.charAt(start - 1))) start--;
  while (text.charAt(start) === ' ') start++;
  BEGIN.lastIndex = start;
  if (!BEGIN.test(text)) return at + PEM_LABEL.length;
  const end = blockEnd(text, BEGIN.lastIndex);
  out.push({ start, end, class: 'private_key' });
  return end;
}

/** @param at index of {@link PUTTY_LABEL}. @returns where to go on. */
export function matchPutty(text: string, at: number, out: Match[]): number {
  const colon = at + PUTTY_LABEL.length;
  if (text.charAt(colon) !== ':') return colon;
  const count = /^: ?\d{1,4}/.exec(text.slice(colon, colon + 6));
  const from = colon + (count?.[0].length ?? 1);
  const end = materialEnd(text, from);
  if (end > from) out.push({ start: from, end, class: 'private_key' });
  return end;
}

/** A block ends at its END line, which comes before the next BEGIN; without one, with the key material. */
function blockEnd(text: string, from: number): number {
  const nextBegin = text.indexOf('BEGIN ', from);
  const limit = Math.min(nextBegin < 0 ? text.length : nextBegin, from + MAX_BLOCK);
  const end = END.exec(text.slice(from, limit));
  return end === null ? materialEnd(text, from) : from + end.index + end[0].length;
}

function materialEnd(text: string, from: number): number {
  let end = from;
  for (let previous = 0; ; ) {
    const line = run(BREAK, text, end);
    const header = run(HEADER, text, line);
    if (header > line) {
      end = header;
      continue;
    }
    const length = run(BASE64, text, line) - line;
    // The last line of a block may be short; prose after a block is short words from the start.
    if (length < LINE && (previous < LINE || length === 0)) return end;
    previous = length;
    end = line + length;
  }
}

function run(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.test(text);
  return Math.max(pattern.lastIndex, from);
}
