/**
 * Redacts one decoded string: finds, joins overlapping finds, and says what to put in their place.
 *
 * Finds on the folded spelling, edits the original one, and leaves what an earlier redaction wrote alone.
 */
import { type Splice, splice } from '../../frame/spans.ts';
import type { Replacement } from '../contract.ts';
import { type Folded, fold } from './fold.ts';
import { type Match, merge } from './match.ts';
import { type Search, stricter } from './plan.ts';
import { type HashKey, type Mark, marksIn, replacement } from './replacement.ts';

/** A match in the original string that has to go. */
export interface Hit extends Match {
  readonly with: Replacement;
}

/** Removing text can bring together what was apart; a string that keeps yielding is refused. */
const MAX_ROUNDS = 8;

/** @returns the hits in `text`, sorted and disjoint. */
export function hitsIn(text: string, searches: readonly Search[], key: string | undefined): readonly Hit[] {
  const folded = fold(text);
  const hits: Hit[] = [];
  const matches: Match[] = [];
  for (const search of searches) {
    search.finder.find(folded === undefined ? text : folded.text, matches, key);
    for (const match of matches) hits.push(unfold(match, folded, search.with));
    matches.length = 0;
    if (folded === undefined || !search.literal) continue;
    search.finder.find(text, matches, key);
    for (const match of matches) hits.push({ ...match, with: search.with });
    matches.length = 0;
  }
  return hits.length === 0 ? hits : withoutMarks(merge(hits, join), marksIn(text));
}

/**
 * @param hits what {@link hitsIn} found, at least one.
 * @param searches all of them, because what an edit leaves behind may be to another one's taste.
 * @returns replacements for the hits, or the whole new string where one pass was not enough.
 */
export function redactString(
  text: string,
  hits: readonly Hit[],
  searches: readonly Search[],
  options: { key: string | undefined; hashKey: HashKey | undefined; onHit: (hit: Hit) => void },
): readonly Splice[] | string {
  const edits = hits.map((hit) => toSplice(text, hit, options.hashKey));
  hits.forEach(options.onHit);
  // An author's pattern can match what it left behind, a gap brings together what was apart, and a mark beside
  // other text is a boundary that was none before.
  const settled = (hit: Hit): boolean => hit.with !== 'drop' && standsApart(text, hit);
  if (!searches.some((search) => search.literal) && hits.every(settled)) return edits;
  let current = splice(text, edits);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const more = hitsIn(current, searches, options.key);
    if (more.length === 0) return round === 0 ? edits : current;
    more.forEach(options.onHit);
    current = splice(
      current,
      more.map((hit) => toSplice(current, hit, options.hashKey)),
    );
  }
  throw new Error('redaction does not settle: its own replacements keep matching');
}

/** True when what stands around a hit keeps detectors from reading across its edges, before and after. */
function standsApart(text: string, hit: Hit): boolean {
  return APART_BEFORE.test(text.charAt(hit.start - 1)) && APART_BEHIND.test(text.slice(hit.end, hit.end + 2));
}

const APART_BEFORE = /^[\s"'<>(){},;=]?$/;
const APART_BEHIND = /^(?:[\s"'<>(){},;]|\.?$|\.\s)/;

function unfold(match: Match, folded: Folded | undefined, how: Replacement): Hit {
  const start = folded === undefined ? match.start : folded.startOf(match.start);
  const end = folded === undefined ? match.end : folded.endOf(match.end);
  return { start, end, class: match.class, with: how };
}

function join(a: Hit, b: Hit): Hit {
  return {
    start: a.start,
    end: Math.max(a.end, b.end),
    class: b.end - b.start > a.end - a.start ? b.class : a.class,
    with: stricter(a.with, b.with),
  };
}

/** Drops hits inside a mark, and widens those that cut one to take the whole of it. */
function withoutMarks(hits: readonly Hit[], marks: readonly Mark[]): readonly Hit[] {
  if (marks.length === 0) return hits;
  const kept: Hit[] = [];
  let next = 0;
  for (const hit of hits) {
    while (next < marks.length && marks[next]!.end <= hit.start) next++;
    let { start, end } = hit;
    for (let at = next; at < marks.length && marks[at]!.start < end; at++) {
      start = Math.min(start, marks[at]!.start);
      end = Math.max(end, marks[at]!.end);
    }
    const inside = next < marks.length && marks[next]!.start <= hit.start && marks[next]!.end >= hit.end;
    if (!inside) kept.push({ ...hit, start, end });
  }
  return merge(kept, join);
}

function toSplice(text: string, hit: Hit, hashKey: HashKey | undefined): Splice {
  const value = hit.with === 'hash' ? text.slice(hit.start, hit.end) : '';
  const spelled = value === '' ? value : (fold(value)?.text ?? value);
  return { start: hit.start, end: hit.end, insert: replacement(hit.with, hit.class, spelled, hashKey) };
}
