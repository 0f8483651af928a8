/**
 * Payment card numbers: known issuer prefix and length, Luhn's check digit, and the grouping cards are
 * written in (one run of digits, or groups parted by single spaces or hyphens).
 */
import type { Span } from '../../frame/spans.ts';
import { type Finder, type Match, patternPlaces } from './match.ts';

const RUN = /\d(?:[ -]?\d){12,}/g;
/** Longest first. */
const GROUPINGS: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 4, 4, 1],
  [4, 6, 5],
  [4, 6, 4],
  [6, 13],
];
/** Prefix ranges and lengths, from ISO/IEC 7812 allocations as card brands publish them. */
const ISSUERS: readonly (readonly [low: number, high: number, lengths: readonly number[]])[] = [
  [4, 4, [13, 16, 19]],
  [51, 55, [16]],
  [2221, 2720, [16]],
  [34, 34, [15]],
  [37, 37, [15]],
  [6011, 6011, [16, 17, 18, 19]],
  [644, 659, [16, 17, 18, 19]],
  [300, 305, [14, 16, 17, 18, 19]],
  [36, 36, [14, 16, 17, 18, 19]],
  [38, 39, [14, 16, 17, 18, 19]],
  [3528, 3589, [16, 17, 18, 19]],
  [62, 62, [16, 17, 18, 19]],
  [2200, 2204, [16, 17, 18, 19]],
  [60, 60, [16]],
  [81, 82, [16]],
  [5018, 5018, [13, 14, 15, 16, 17, 18, 19]],
  [5020, 5020, [13, 14, 15, 16, 17, 18, 19]],
  [5038, 5038, [13, 14, 15, 16, 17, 18, 19]],
  [5893, 5893, [13, 14, 15, 16, 17, 18, 19]],
  [6304, 6304, [13, 14, 15, 16, 17, 18, 19]],
  [6759, 6763, [13, 14, 15, 16, 17, 18, 19]],
];

export const cardFinder: Finder = {
  places: (text) => patternPlaces(text, RUN),
  find(text, out) {
    for (const { 0: digits, index } of text.matchAll(RUN)) matchGroups(text, digits, index, out);
  },
};

/** Tries each group as the first of a card: several cards, or a card and its date, may stand in one run. */
function matchGroups(text: string, run: string, offset: number, out: Match[]): void {
  const groups = groupsOf(run);
  for (let first = 0; first < groups.length; first++) {
    const count = cardGroups(text, groups, first, offset);
    if (count === 0) continue;
    const { start } = groups[first]!;
    const { end } = groups[first + count - 1]!;
    out.push({ start: offset + start, end: offset + end, class: 'card' });
    first += count - 1;
  }
}

/** @returns how many groups from `first` make a card; 0 for none. */
function cardGroups(text: string, groups: readonly Span[], first: number, offset: number): number {
  for (const grouping of GROUPINGS) {
    if (grouping.every((length, at) => lengthOf(groups[first + at]) === length)) {
      if (isCardAt(text, offset + groups[first]!.start, offset + groups[first + grouping.length - 1]!.end)) {
        return grouping.length;
      }
    }
  }
  const { start, end } = groups[first]!;
  return end - start >= 13 && end - start <= 19 && isCardAt(text, offset + start, offset + end) ? 1 : 0;
}

function isCardAt(text: string, start: number, end: number): boolean {
  return isCard(text.slice(start, end).replace(/\D/g, '')) && standsAlone(text, start, end);
}

function groupsOf(run: string): readonly Span[] {
  const groups: Span[] = [];
  for (let at = 0; at < run.length; at++) {
    const start = at;
    while (run.charCodeAt(at) >= 0x30) at++;
    groups.push({ start, end: at });
  }
  return groups;
}

function lengthOf(group: Span | undefined): number {
  return group === undefined ? 0 : group.end - group.start;
}

/** Digits inside a longer token (a hash, an identifier) or behind a decimal point are not a card. */
function standsAlone(text: string, start: number, end: number): boolean {
  if (/[\p{L}\p{N}_]/u.test(text.charAt(start - 1)) || /[\p{L}\p{N}_]/u.test(text.charAt(end))) return false;
  if (/\d[.,]$/.test(text.slice(Math.max(0, start - 2), start))) return false;
  return !/^\.\d/.test(text.slice(end, end + 2));
}

function isCard(digits: string): boolean {
  if (digits.length < 13 || digits.length > 19 || !luhn(digits)) return false;
  return ISSUERS.some(([low, high, lengths]) => {
    const prefix = Number(digits.slice(0, String(low).length));
    return prefix >= low && prefix <= high && lengths.includes(digits.length);
  });
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, double = false; at >= 0; at--, double = !double) {
    const digit = digits.charCodeAt(at) - 0x30;
    sum += !double ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
  }
  return sum % 10 === 0;
}
