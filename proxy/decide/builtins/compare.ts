/**
 * Order, equality and print of Rego values as topdown has them: null < false < true < numbers < strings <
 * arrays < objects < sets; strings by code point (Go compares UTF-8 bytes, which is the same order).
 * Built-ins that compare or print go through here, so that a set in WASM's hash order never shows.
 */
import { quote } from './go-quote.ts';
import { isArray, RegoNumber, RegoObject, RegoSet, type RegoValue } from './value.ts';

export function equals(a: RegoValue, b: RegoValue): boolean {
  return compare(a, b) === 0;
}

export function compare(a: RegoValue, b: RegoValue): number {
  const byType = rank(a) - rank(b);
  if (byType !== 0) return byType;
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (typeof a === 'string') return compareStrings(a, b as string);
  if (a instanceof RegoNumber) return compareNumbers(a.text, (b as RegoNumber).text);
  if (a === null) return 0;
  if (isArray(a)) return compareLists(a, b as readonly RegoValue[]);
  if (a instanceof RegoSet) return compareLists(sorted(a.items), sorted((b as RegoSet).items));
  return compareObjects(a as RegoObject, b as RegoObject);
}

/** The text of a value as topdown's `String()` gives it: `{"a": [1, "x"], "b": {2, 3}}`. */
export function print(value: RegoValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value);
  if (value instanceof RegoNumber) return value.text;
  if (isArray(value)) return `[${value.map(print).join(', ')}]`;
  if (value instanceof RegoSet) {
    return value.items.length === 0 ? 'set()' : `{${sorted(value.items).map(print).join(', ')}}`;
  }
  const members = sortedEntries(value).map(([key, member]) => `${print(key)}: ${print(member)}`);
  return `{${members.join(', ')}}`;
}

function rank(value: RegoValue): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return 1;
  if (value instanceof RegoNumber) return 2;
  if (typeof value === 'string') return 3;
  if (isArray(value)) return 4;
  return value instanceof RegoObject ? 5 : 6;
}

function compareStrings(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // UTF-16 puts surrogates (code points from U+10000) below U+E000; by code point they come last.
    if (isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Exact for integers; for the rest exact as far as a double is, with `1.0` equal to `1`. */
function compareNumbers(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  const integers = /^-?[0-9]+$/;
  if (!integers.test(a) || !integers.test(b)) return 0;
  const exact = BigInt(a) - BigInt(b);
  return exact === 0n ? 0 : exact < 0n ? -1 : 1;
}

function compareLists(a: readonly RegoValue[], b: readonly RegoValue[]): number {
  for (const [at, item] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    const order = compare(item, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: RegoObject, b: RegoObject): number {
  const left = sortedEntries(a);
  const right = sortedEntries(b);
  for (const [at, [key, value]] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const order = compare(key, other[0]) || compare(value, other[1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function sorted(items: readonly RegoValue[]): RegoValue[] {
  return [...items].sort(compare);
}

function sortedEntries(object: RegoObject): (readonly [RegoValue, RegoValue])[] {
  return [...object.entries].sort((a, b) => compare(a[0], b[0]));
}
