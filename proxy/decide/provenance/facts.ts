/**
 * `input.provenance`: for every string and number of a call's arguments, and for the addresses, URLs, hosts and account
 * numbers inside longer ones, where this caller met the value before. Observation only: what a source is worth is policy
 * data, and what follows from it is Rego.
 */
import type { Json } from '../../frame/json.ts';
import type { ProvenanceFact } from '../contract.ts';
import { belongingsOf } from './belongings.ts';
import { CallerIndex } from './caller-index.ts';
import { carriedBy } from './carried.ts';
import { toPlain } from './characters.ts';
import { commandsIn, fetchedIn } from './commands.ts';
import { type Leaf, leavesOf } from './fields.ts';
import { findText } from './find-text.ts';
import { type HashKey, hashOf } from './hash.ts';
import { type Making, madeFrom, wordMadeFrom } from './made-from.ts';
import type { Origin } from './origin.ts';
import { readTokens, Tokens } from './read-tokens.ts';
import { earliest, MAX_SEEN, sighting, summaryOf, usesIn } from './telling.ts';
import { type Value, valuesIn } from './values.ts';

export interface Asked {
  readonly args: Json;
  /** Pointer of the arguments in the policy's input. */
  readonly at: string;
  readonly nowMs: number;
  /** The user's words, where a trusted host passes them. */
  readonly intent?: string | undefined;
}

/** Leaves of one call that are looked up; a call with more is not known whole. */
export const MAX_LEAVES = 512;
const MAX_INSIDE = 64;

const tokens = new Tokens();

/** @param index undefined for a caller of whom nothing is known. */
export function provenanceOf(index: CallerIndex | undefined, key: HashKey, asked: Asked): ProvenanceFact[] {
  const known = index ?? new CallerIndex(key, { maxBytes: 0 });
  const lookup: Lookup = { index: known, key, nowMs: asked.nowMs, intent: intentIndex(asked, key) };
  const facts: ProvenanceFact[] = [];
  for (const leaf of leavesOf(asked.args, asked.at, MAX_LEAVES)) addLeaf(lookup, leaf, facts);
  return facts;
}

interface Lookup {
  readonly index: CallerIndex;
  readonly key: HashKey;
  readonly nowMs: number;
  readonly intent: CallerIndex | undefined;
}

function intentIndex({ intent, nowMs }: Asked, key: HashKey): CallerIndex | undefined {
  if (intent === undefined) return undefined;
  const index = new CallerIndex(key, { maxBytes: Number.POSITIVE_INFINITY });
  index.used({ atMs: nowMs, labels: [], args: intent });
  return index;
}

function addLeaf(lookup: Lookup, { at, value }: Leaf, facts: ProvenanceFact[]): void {
  const plain = toPlain(String(value));
  readTokens(plain, lookup.key, tokens);
  if (tokens.count === 0) {
    facts.push({ at, kind: 'text', seen: [] });
    return;
  }
  const values = longest(valuesIn(plain, tokens));
  const only = values.length === 1 && coversAll(values[0] as Value) ? values[0] : undefined;
  const kind = typeof value === 'number' ? 'number' : (only?.kind ?? (tokens.count > 1 ? 'text' : 'word'));
  const origins: Origin[] = [];
  findText(lookup.index, tokens, lookup.key, origins);
  if (only) lookup.index.find(hashOf(only.text, lookup.key), origins);
  const intended = lookup.intent && isIntended(lookup, lookup.intent, only);
  facts.push({ at, kind, ...tellWhole(lookup, origins, only, plain), ...toIntent(intended) });
  if (only) return;
  for (const inner of values.slice(0, MAX_INSIDE)) facts.push(tellInner(lookup, at, inner, plain));
  if (kind !== 'text') return;
  const commands = commandsIn(plain);
  const fetched = fetchedIn(plain, commands);
  for (const { start, end } of commands) facts.push(tellPart(lookup, at, 'text', plain.slice(start, end)));
  for (const { start, end } of fetched) facts.push(tellPart(lookup, at, 'word', plain.slice(start, end)));
}

function tellWhole(lookup: Lookup, origins: readonly Origin[], only: Value | undefined, plain: string): Told {
  if (only !== undefined) return tell(lookup, origins, only, plain);
  return tokens.count === 1 ? tellWord(lookup, origins, plain) : tellText(lookup, origins, plain);
}

/** A command of several in a line, or a name in one. */
function tellPart(lookup: Lookup, at: string, kind: 'text' | 'word', part: string): ProvenanceFact {
  readTokens(part, lookup.key, tokens);
  const origins: Origin[] = [];
  if (tokens.count > 0) findText(lookup.index, tokens, lookup.key, origins);
  const intended = lookup.intent && isIntended(lookup, lookup.intent, undefined);
  return {
    at,
    kind,
    inside: part,
    ...(kind === 'word' ? tellWord(lookup, origins, part) : tellText(lookup, origins, part)),
    ...toIntent(intended),
  };
}

/** Shorter ones are easily met the other way round; longer ones nobody dictates in code. */
const LEAST_ENCODED = 6;
const MOST_ENCODED = 256;

function tellWord(lookup: Lookup, origins: readonly Origin[], plain: string): Told {
  return tellSpelt(lookup, origins, plain.slice(tokens.start[0], tokens.end[0]), plain.trim());
}

function tellText(lookup: Lookup, origins: readonly Origin[], plain: string): Told {
  return tellSpelt(lookup, origins, plain, plain);
}

/** What is no value of a kind, and may have been dictated in other letters. */
function tellSpelt(lookup: Lookup, origins: readonly Origin[], text: string, written: string): Told {
  const told = summaryOf(origins, lookup.nowMs);
  const isEncodable = text.length >= LEAST_ENCODED && text.length <= MOST_ENCODED;
  if (!isEncodable || isShownIn(told)) return told;
  return withMakings(lookup, told, origins, wordMadeFrom(lookup.index, lookup.key, text, written));
}

function isShownIn({ seen }: Told): boolean {
  return seen.some((each) => !each.echo);
}

function coversAll({ start, end }: Value): boolean {
  return start <= (tokens.start[0] as number) && end >= (tokens.end[tokens.count - 1] as number);
}

/** Of values that begin in the same place, the longest. */
function longest(values: readonly Value[]): readonly Value[] {
  return values.filter((value, index) => {
    if (value.kind === 'path') return value.start === tokens.start[0] && coversAll(value);
    const next = values[index + 1];
    return next === undefined || next.start !== value.start;
  });
}

/** Left out where no words were passed. */
function toIntent(intended: boolean | undefined): Pick<ProvenanceFact, 'intent'> {
  return intended === undefined ? {} : { intent: intended };
}

function isIntended({ key }: Lookup, intent: CallerIndex, only: Value | undefined): boolean {
  const origins: Origin[] = [];
  findText(intent, tokens, key, origins);
  return origins.length > 0 || (only !== undefined && intent.has(hashOf(only.text, key)));
}

function tellInner(lookup: Lookup, at: string, value: Value, plain: string): ProvenanceFact {
  const origins: Origin[] = [];
  const hash = hashOf(value.text, lookup.key);
  lookup.index.find(hash, origins);
  const intended = lookup.intent?.has(hash);
  return {
    at,
    kind: value.kind,
    inside: value.text,
    ...tell(lookup, origins, value, plain),
    ...toIntent(intended),
  };
}

type Told = Pick<ProvenanceFact, 'seen' | 'more' | 'first' | 'used' | 'pieces' | 'made_from'>;

function tell(lookup: Lookup, origins: readonly Origin[], value: Value, plain: string): Told {
  const told = summaryOf(origins, lookup.nowMs);
  // What the caller used first may have been dictated in another spelling before it was shown.
  const isAnswered = isShownIn(told) && told.first?.in !== 'args';
  if (isAnswered && value.kind !== 'url') return told;
  const pieces = belongingsOf(lookup.index, lookup.key, value, lookup.nowMs);
  if (isAnswered) return pieces.length > 0 ? { ...told, pieces } : told;
  const isHidden = pieces.length === 0;
  pieces.push(...carriedBy(lookup.index, lookup.key, value, lookup.nowMs));
  const written = plain.slice(value.start, value.end);
  const { domain, makings } = madeFrom(lookup.index, lookup.key, value, written, isHidden);
  if (domain !== undefined) {
    pieces.push({ of: 'like', text: domain.name, ...summaryOf(domain.origins, lookup.nowMs) });
  }
  return withMakings(lookup, pieces.length > 0 ? { ...told, pieces } : told, origins, makings);
}

function withMakings(
  { nowMs }: Lookup,
  told: Told,
  origins: readonly Origin[],
  makings: readonly Making[],
): Told {
  const usedSince = earliest(usesIn(origins))?.exposure.order ?? Number.POSITIVE_INFINITY;
  // What the caller had by then nobody dictated.
  const made = makings.filter(({ origin }) => origin.exposure.order < usedSince).slice(0, MAX_SEEN);
  if (made.length === 0) return told;
  return { ...told, made_from: made.map(({ origin, as }) => ({ ...sighting(origin, nowMs), as })) };
}
