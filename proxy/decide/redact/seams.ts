/**
 * Secrets cut over neighbouring texts of one list: content items of a result, which a model reads one after the other.
 * Only the seams are looked at, only by detectors, and only unbroken words count: what stands in two items is rarely one
 * sentence, and an author's pattern may take any two letters for a match.
 *
 * The first part of what is found gives way to the mark, the others to nothing; all else keeps its bytes.
 */
import type { Splice } from '../../frame/spans.ts';
import { fold } from './fold.ts';
import { editStrings, type StringToken } from './json-strings.ts';
import type { Search } from './plan.ts';
import { hitsIn } from './redact-string.ts';
import { type HashKey, replacement } from './replacement.ts';

interface Item {
  /** Where its token starts in the text. */
  readonly start: number;
  readonly value: string;
}

/** A piece of an item within the text of the seams. */
interface Piece {
  readonly item: Item;
  /** Offset in the item's value. */
  readonly from: number;
  /** Offset among the seams. */
  readonly at: number;
  readonly length: number;
}

/** Longer than a token that is found by its letters alone. */
const REACH = 256;
const TEXT_KEY = '"text"';
const WORD = /^[\w.+/=~-]+$/;

/** @returns the text without what was cut over items; undefined when nothing was. */
export function redactSeams(
  text: string,
  wanted: readonly Search[],
  options: { readonly hashKey: HashKey | undefined; count(name: string): void },
): string | undefined {
  const searches = wanted.filter(({ literal }) => !literal);
  const first = searches.length === 0 ? -1 : text.indexOf(TEXT_KEY);
  if (first < 0 || text.indexOf(TEXT_KEY, first + 1) < 0) return undefined;
  const edits = new Map<number, Splice[]>();
  for (const run of runsOf(text)) {
    const { joined, pieces } = join(run);
    let next = 0;
    // Both in order: an answer of very many items must not cost the square of them.
    for (const hit of hitsIn(joined, searches, undefined)) {
      while (next < pieces.length && endOf(pieces[next] as Piece) <= hit.start) next++;
      const touched: Piece[] = [];
      for (let at = next; at < pieces.length && (pieces[at] as Piece).at < hit.end; at++)
        touched.push(pieces[at] as Piece);
      const value = joined.slice(hit.start, hit.end);
      const items = new Set(touched.map(({ item }) => item));
      if (items.size < 2 || !WORD.test(fold(value)?.text ?? value) || !isWhole(value, searches)) continue;
      options.count(hit.class);
      for (const [index, { item, from, at, length }] of touched.entries()) {
        const start = from + Math.max(0, hit.start - at);
        const end = from + Math.min(length, hit.end - at);
        const insert = index === 0 ? replacement(hit.with, hit.class, value, options.hashKey) : '';
        edits.set(item.start, [...(edits.get(item.start) ?? []), { start, end, insert }]);
      }
    }
  }
  if (edits.size === 0) return undefined;
  return editStrings(text, ({ start }) => edits.get(start));
}

function endOf({ at, length }: Piece): number {
  return at + length;
}

/** Whether it is found by its letters alone, without a word before it that calls it a secret. */
function isWhole(value: string, searches: readonly Search[]): boolean {
  return hitsIn(value, searches, undefined).some(({ start, end }) => start === 0 && end === value.length);
}

/** Texts of neighbouring items, each `…/N/text` with the next N. */
function runsOf(text: string): readonly (readonly Item[])[] {
  const runs: Item[][] = [];
  let list = '';
  let index = -1;
  editStrings(text, (token) => {
    const place = placeOf(token);
    if (place === undefined) return undefined;
    const item = { start: token.start, value: token.decoded() };
    if (place.list === list && place.index === index + 1) (runs.at(-1) as Item[]).push(item);
    else runs.push([item]);
    ({ list, index } = place);
    return undefined;
  });
  return runs.filter(({ length }) => length > 1);
}

function placeOf(token: StringToken): { readonly list: string; readonly index: number } | undefined {
  if (token.isKey || token.key() !== 'text') return undefined;
  const path = token.path();
  const at = path.at(-2) ?? '';
  return /^\d+$/.test(at) ? { list: path.slice(0, -2).join('\n'), index: Number(at) } : undefined;
}

/** Heads and tails of the items, those of one item apart where it is long. */
function join(run: readonly Item[]): { readonly joined: string; readonly pieces: readonly Piece[] } {
  const pieces: Piece[] = [];
  let joined = '';
  const add = (item: Item, from: number, to: number): void => {
    pieces.push({ item, from, at: joined.length, length: to - from });
    joined += item.value.slice(from, to);
  };
  for (const item of run) {
    const { length } = item.value;
    if (length <= 2 * REACH) add(item, 0, length);
    else {
      add(item, 0, REACH);
      joined += '\n';
      add(item, length - REACH, length);
    }
  }
  return { joined, pieces };
}
