/**
 * What was read can leave in a URL: the names in its path, the values in its query and the labels before its domain that
 * were met, be it as words with marks between them.
 */
import type { ProvenancePiece } from '../contract.ts';
import type { CallerIndex } from './caller-index.ts';
import { findText } from './find-text.ts';
import { type HashKey, hashOf } from './hash.ts';
import { siteOf } from './host-names.ts';
import type { Origin } from './origin.ts';
import { readTokens, Tokens } from './read-tokens.ts';
import { summaryOf } from './telling.ts';
import type { Value } from './values.ts';

const BETWEEN = /[/?&=#;]/;
/** Characters: shorter ones are names of pages. */
const LEAST = 8;
const MAX_PARTS = 8;

const scratch = new Tokens();

/** @param value one that was never shown as it is. */
export function carriedBy(
  index: CallerIndex,
  key: HashKey,
  { kind, text, host }: Value,
  nowMs: number,
): readonly ProvenancePiece[] {
  if (kind !== 'url' || host === undefined || index.blocks.length === 0) return [];
  const placed = new Set<number>();
  for (const name of new Set([host, siteOf(host)])) {
    const origins: Origin[] = [];
    index.find(hashOf(name, key, 'site'), origins);
    for (const { exposure } of origins) placed.add(exposure.order);
  }
  const labels = host.slice(0, host.length - siteOf(host).length).split('.');
  const parts = [...labels, ...text.slice(host.length).split(BETWEEN)].filter(
    ({ length }) => length >= LEAST,
  );
  return parts.slice(0, MAX_PARTS).flatMap((part) => {
    const found = [part, ...wordsOf(part)].map((words) => ({ words, origins: shownAs(index, key, words) }));
    const met = found.find(({ origins }) => origins.length > 0);
    if (met === undefined) return [];
    const { words, origins } = met;
    const isApart = origins.every(({ exposure }) => !placed.has(exposure.order));
    return {
      of: 'part' as const,
      text: words,
      ...(isApart ? { apart: true as const } : {}),
      ...summaryOf(origins, nowMs),
    };
  });
}

/** `told-nobody-yet.png`: as one would say it, if there are enough words to say something. */
function wordsOf(part: string): readonly string[] {
  const words = part
    .replace(EXTENSION, '')
    .split(MARKS)
    .filter((word) => word !== '');
  return words.length < LEAST_WORDS ? [] : [words.join(' ')];
}

const EXTENSION = /\.[a-z0-9]{1,5}$/;
const MARKS = /[-_.+~ ]/;
const LEAST_WORDS = 3;

function shownAs(index: CallerIndex, key: HashKey, words: string): readonly Origin[] {
  const tokens = readTokens(words, key, scratch);
  const origins: Origin[] = [];
  if (tokens.count > 0) findText(index, tokens, key, origins);
  return origins;
}
