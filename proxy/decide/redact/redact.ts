/**
 * Rewrites what a decision wants rewritten in one JSON-RPC message, and nothing else.
 *
 * Takes the message's text as `readFrame` accepted it and the decision's redactions. Gives back a text in
 * which only the strings that held something differ: other bytes, digits of numbers and spacing among them,
 * stay. Whatever it cannot do as asked is `failed`, and the caller refuses the frame; it never throws and
 * never gives out a half-redacted text.
 */
import { locateAll, type Place, removals, type Splice } from '../../frame/spans.ts';
import type { Redaction, Replacement } from '../contract.ts';
import { planOf } from './plan.ts';
import { type HashKey, isMark, replacement } from './replacement.ts';
import { placeOf } from './scope.ts';
import { redactSeams } from './seams.ts';
import { StringPass } from './string-pass.ts';

export type Redacted =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'edited'; readonly text: string; readonly hits: readonly ClassCount[] }
  | { readonly kind: 'failed'; readonly cause: Error };

/** How often something of a class was rewritten; `at` counts values the policy named by place. */
export interface ClassCount {
  readonly class: string;
  readonly count: number;
}

export interface RedactOptions {
  /** Key of the HMAC for `with: hash`; without one such an edit fails. */
  readonly hashKey?: HashKey | undefined;
}

/** @param text one JSON-RPC message, accepted by the strict reader. */
export function redactText(text: string, edits: readonly Redaction[], options: RedactOptions = {}): Redacted {
  try {
    return redact(text, edits, options.hashKey);
  } catch (cause) {
    return { kind: 'failed', cause: cause instanceof Error ? cause : new Error(String(cause)) };
  }
}

function redact(whole: string, edits: readonly Redaction[], hashKey: HashKey | undefined): Redacted {
  const plan = planOf(edits);
  if (plan instanceof Error) return { kind: 'failed', cause: plan };
  const counts = new Map<string, number>();
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  const seamed = redactSeams(whole, plan.searches, { hashKey, count });
  const text = seamed ?? whole;
  const fixed = plan.values.size === 0 ? [] : valueSplices(text, plan.values, { hashKey, count });
  const pass = new StringPass(text, plan.searches, { hashKey, placeOf, onHit: count });
  const edited = pass.run(fixed) ?? seamed;
  if (edited === undefined) return { kind: 'unchanged' };
  return {
    kind: 'edited',
    text: edited,
    hits: [...counts].map(([name, times]) => ({ class: name, count: times })),
  };
}

/** The edits that name a place, as cuts and replacements of whole values. */
function valueSplices(
  text: string,
  values: ReadonlyMap<string, Replacement>,
  options: { readonly hashKey: HashKey | undefined; count(name: string): void },
): readonly Splice[] {
  const splices: Splice[] = [];
  const dropped = new Map<number, { readonly place: Place; readonly indexes: Set<number> }>();
  for (const [pointer, place] of locateAll(text, [...values.keys()])) {
    const how = values.get(pointer)!;
    if (how === 'drop') {
      const group = dropped.get(place.container.start) ?? { place, indexes: new Set() };
      dropped.set(place.container.start, group);
      group.indexes.add(place.index);
    } else {
      const value = text.slice(place.start, place.end);
      const plain: string = value.startsWith('"') ? JSON.parse(value) : value;
      if (isMark(plain)) continue;
      const insert = JSON.stringify(replacement(how, undefined, plain, options.hashKey));
      splices.push({ start: place.start, end: place.end, insert });
    }
    options.count('at');
  }
  for (const { place, indexes } of dropped.values()) {
    splices.push(...removals(place.container, place.siblings, (index) => !indexes.has(index)));
  }
  return outermost(splices);
}

/** Sorted, without those that lie inside another. */
function outermost(splices: readonly Splice[]): readonly Splice[] {
  const sorted = splices.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const kept: Splice[] = [];
  for (const piece of sorted) if (kept.length === 0 || piece.start >= kept.at(-1)!.end) kept.push(piece);
  return kept;
}
