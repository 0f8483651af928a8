/**
 * What `JSON.parse` lets through but another reader would take differently: lone surrogates, NUL, numbers that
 * overflow, `__proto__`, sibling members that fold to the same name. One walk over the parsed tree, which also
 * counts members (for the duplicate check) and measures what the policy input is bounded by.
 */
import { type Refusal, refuse } from '../errors.ts';
import type { Json } from './json.ts';

export interface TreeSize {
  /** Members of all objects. */
  members: number;
  /** All values, scalars included. */
  nodes: number;
  /** Members of the largest object. */
  widest: number;
  /** UTF-16 units of the longest string, names of members included. */
  longest: number;
}

/** How strict to be; both are settled by a glance at the text before the walk. */
export interface TreeChecks {
  /** The text has a backslash: only a `\u` escape can put into a string what valid UTF-8 cannot hold. */
  readonly escapes: boolean;
  /** Refuse siblings that differ only in case: Go servers would take one for the other (CVE-2026-27896). */
  readonly siblings: boolean;
}

/** Recursion is bounded by the depth the scan has already checked. */
export function checkTree(value: Json, checks: TreeChecks, size: TreeSize): Refusal | undefined {
  size.nodes++;
  if (typeof value === 'string') return checkString(value, checks, size);
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : refuse('GW_FRAME_NUMBER');
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    for (const element of value as readonly Json[]) {
      const refusal = checkTree(element, checks, size);
      if (refusal) return refusal;
    }
    return undefined;
  }
  const names = Object.keys(value);
  size.members += names.length;
  if (names.length > size.widest) size.widest = names.length;
  for (const name of names) {
    if (name === '__proto__') return refuse('GW_FRAME_MEMBER', '__proto__');
    const refusal =
      checkString(name, checks, size) ||
      checkTree((value as Record<string, Json>)[name] as Json, checks, size);
    if (refusal) return refusal;
  }
  if (checks.siblings && names.length > 1 && foldingSiblings(names)) return refuse('GW_FRAME_FOLD');
  return undefined;
}

/**
 * A name as a case-insensitive reader takes it: names that Go's `strings.EqualFold` calls equal come out the same.
 * Upper-casing maps U+017F to S, which lower-casing alone does not; U+212A folds to k either way; and only lower-casing
 * before that brings U+1E9E together with U+00DF.
 */
export function foldName(name: string): string {
  return name.toLowerCase().toUpperCase().toLowerCase();
}

function checkString(value: string, checks: TreeChecks, size: TreeSize): Refusal | undefined {
  if (value.length > size.longest) size.longest = value.length;
  if (checks.escapes && (!value.isWellFormed() || value.includes('\0'))) return refuse('GW_FRAME_STRING');
  return undefined;
}

function foldingSiblings(names: readonly string[]): boolean {
  if (names.every(isPlain)) return false;
  return new Set(names.map(foldName)).size !== names.length;
}

/** Only characters that fold to themselves: distinct plain names cannot collide. */
function isPlain(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at);
    if (unit > 0x7f || (unit >= 0x41 && unit <= 0x5a)) return false;
  }
  return true;
}
