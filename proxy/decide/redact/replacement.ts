/**
 * What stands in the place of a redacted value, and how to recognise it: a redacted text redacted again must
 * not change.
 */
import { createHmac } from 'node:crypto';
import type { Replacement } from '../contract.ts';

export type HashKey = Uint8Array | string;

export const WHOLE_VALUE = '[REDACTED]';
const MARK = /\[(?:REDACTED(?::[a-z0-9_]{1,40})?|sha256:[0-9a-f]{12})\]/g;
const ONLY_MARK = new RegExp(`^(?:${MARK.source})$`);

/** A run of text that an earlier redaction wrote. */
export interface Mark {
  readonly start: number;
  readonly end: number;
}

export function marksIn(text: string): readonly Mark[] {
  if (!text.includes('[REDACTED') && !text.includes('[sha256:')) return [];
  return [...text.matchAll(MARK)].map(({ 0: mark, index }) => ({ start: index, end: index + mark.length }));
}

export function isMark(text: string): boolean {
  return ONLY_MARK.test(text);
}

/** @param value what is replaced, in its folded spelling: the same value gives the same hash. */
export function replacement(
  how: Replacement,
  what: string | undefined,
  value: string,
  hashKey: HashKey | undefined,
): string {
  switch (how) {
    case 'mask':
      return what === undefined ? WHOLE_VALUE : `[REDACTED:${what}]`;
    case 'drop':
      return '';
    case 'hash':
      // Without a key, short values could be guessed back from their hash.
      if (hashKey === undefined) throw new Error('redaction with "hash" needs a hash key');
      return `[sha256:${createHmac('sha256', hashKey).update(value).digest('hex').slice(0, 12)}]`;
  }
}
