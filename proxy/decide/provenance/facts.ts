/**
 * `input.provenance`: for every string and number of a call's arguments, and for the addresses, URLs, hosts and account
 * numbers inside longer ones, where this caller met the value before. Observation only: what a source is worth is policy
 * data, and what follows from it is Rego.
 */
import type { Json } from '../../frame/json.ts';
import type { ProvenanceFact, ProvenancePiece, ProvenanceSighting } from '../contract.ts';
import { CallerIndex } from './caller-index.ts';
import { toPlain } from './characters.ts';
import { commandsIn, fetchedIn } from './commands.ts';
import { type Leaf, leavesOf } from './fields.ts';
import { type Hash, type HashKey, hashOf, wholeHash } from './hash.ts';
import { type Making, madeFrom, wordMadeFrom } from './made-from.ts';
import {
  ALONE,
  BRIEF,
  ECHO,
  HOW,
  isSameSource,
  MAILBOX,
  type Origin,
  ownsField,
  USED,
  WHOLE,
} from './origin.ts';
import { readTokens, Tokens } from './read-tokens.ts';
import { siteOf, type Value, valuesIn } from './values.ts';

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
const MAX_SEGMENTS = 32;
/** Sightings that are told of one value. */
const MAX_SEEN = 24;

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
  findText(lookup.index, lookup.key, origins);
  if (only) lookup.index.find(hashOf(only.text, lookup.key), origins);
  const intended = lookup.intent && isIntended(lookup, lookup.intent, only);
  facts.push({
    at,
    kind,
    ...(kind === 'word' ? tellWord(lookup, origins, plain) : tell(lookup, origins, only, plain)),
    ...(intended === undefined ? {} : { intent: intended }),
  });
  if (only) return;
  for (const inner of values.slice(0, MAX_INSIDE)) facts.push(tellInner(lookup, at, inner, plain));
  if (kind !== 'text') return;
  for (const { start, end } of commandsIn(plain))
    facts.push(tellPart(lookup, at, 'text', plain.slice(start, end)));
  for (const { start, end } of fetchedIn(plain))
    facts.push(tellPart(lookup, at, 'word', plain.slice(start, end)));
}

/** A command of several in a line, or a name in one. */
function tellPart(lookup: Lookup, at: string, kind: 'text' | 'word', part: string): ProvenanceFact {
  readTokens(part, lookup.key, tokens);
  const origins: Origin[] = [];
  if (tokens.count > 0) findText(lookup.index, lookup.key, origins);
  const intended = lookup.intent && isIntended(lookup, lookup.intent, undefined);
  return {
    at,
    kind,
    inside: part,
    ...summary(lookup, origins),
    ...(intended === undefined ? {} : { intent: intended }),
  };
}

/** Shorter words are easily met the other way round. */
const LEAST_ENCODED = 6;

function tellWord(lookup: Lookup, origins: readonly Origin[], plain: string): Told {
  const told = summary(lookup, origins);
  const word = plain.slice(tokens.start[0], tokens.end[0]);
  if (word.length < LEAST_ENCODED || told.seen.some((each) => !each.echo)) return told;
  return withMakings(lookup, told, origins, wordMadeFrom(lookup.index, lookup.key, word));
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

function findText(index: CallerIndex, key: HashKey, origins: Origin[]): void {
  if (tokens.count === 1) {
    index.find({ a: tokens.a[0] as number, b: tokens.b[0] as number }, origins);
    return;
  }
  index.find(wholeHash(tokens, key), origins);
  index.findPhrase(tokens, origins);
}

function isIntended({ key }: Lookup, intent: CallerIndex, only: Value | undefined): boolean {
  const origins: Origin[] = [];
  findText(intent, key, origins);
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
    ...(intended === undefined ? {} : { intent: intended }),
  };
}

type Told = Pick<ProvenanceFact, 'seen' | 'more' | 'first' | 'used' | 'pieces' | 'made_from'>;

function tell(lookup: Lookup, origins: readonly Origin[], value: Value | undefined, plain: string): Told {
  const told = summary(lookup, origins);
  if (value === undefined) return told;
  const isSeen = told.seen.some((each) => !each.echo);
  // What the caller used first may have been dictated in another spelling before it was shown.
  const isAnswered = isSeen && told.first?.in !== 'args';
  if (isAnswered && value.kind !== 'url') return told;
  const pieces = piecesOf(lookup, value);
  if (isAnswered) return pieces.length > 0 ? { ...told, pieces } : told;
  const isHidden = pieces.length === 0;
  const written = plain.slice(value.start, value.end);
  const makings = madeFrom(lookup.index, lookup.key, value, written, isHidden);
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

function summary(
  { nowMs }: Lookup,
  origins: readonly Origin[],
): Pick<Told, 'seen' | 'more' | 'first' | 'used'> {
  if (origins.length === 0) return NEVER;
  const first = earliest(origins);
  const uses = usesIn(origins);
  const used = earliest(uses);
  const usedSince = used?.exposure.order ?? Number.POSITIVE_INFINITY;
  const told: Origin[] = [];
  for (const origin of origins) {
    if (origin.exposure.source !== undefined && !told.some((other) => saySame(origin, other)))
      told.push(origin);
  }
  return {
    seen: told.slice(0, MAX_SEEN).map((origin) => {
      const isAfter = origin.exposure.order > usedSince;
      return isAfter ? { ...sighting(origin, nowMs), after_use: true as const } : sighting(origin, nowMs);
    }),
    ...(told.length > MAX_SEEN ? { more: true as const } : {}),
    ...(first === undefined ? {} : { first: { in: placeOf(first), ...whenOf(first, nowMs) } }),
    ...(used === undefined ? {} : { used: { how: howUsed(uses), ...whenOf(used, nowMs) } }),
  };
}

const NEVER = { seen: [] };

/** Text that showed a value once more says nothing new, be it in another field; a field of its own does. */
function saySame(one: Origin, other: Origin): boolean {
  const isPlace = !ownsField(one.how) || one.field === other.field;
  if (one.label !== other.label) return false;
  return one.how === other.how && isPlace && isSameSource(one.exposure, other.exposure);
}

function usesIn(origins: readonly Origin[]): readonly Origin[] {
  return origins.filter(({ exposure }) => exposure.source === undefined);
}

function howUsed(uses: readonly Origin[]): 'whole' | 'part' {
  return uses.some(({ how }) => how === USED) ? 'whole' : 'part';
}

function earliest(origins: readonly Origin[]): Origin | undefined {
  let found: Origin | undefined;
  for (const origin of origins) {
    if (found === undefined || origin.exposure.order < found.exposure.order) found = origin;
  }
  return found;
}

function placeOf({ exposure }: Origin): 'args' | 'result' {
  return exposure.source === undefined ? 'args' : 'result';
}

function whenOf({ exposure }: Origin, nowMs: number) {
  return { age_s: seconds(nowMs - exposure.atMs), labels: [...exposure.labels] };
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

function sighting({ exposure, field, label, how }: Origin, nowMs: number): ProvenanceSighting {
  const { server, tool, method } = exposure.source ?? NOBODY;
  const bare = how & HOW;
  return {
    server,
    ...(tool === undefined ? { method } : { tool, name: `${server}__${tool}` }),
    how: bare === WHOLE ? 'whole' : 'part',
    field,
    ...(label === undefined ? {} : { label }),
    age_s: seconds(nowMs - exposure.atMs),
    ...(bare === ALONE ? { alone: true as const } : {}),
    ...((how & BRIEF) !== 0 ? { brief: true as const } : {}),
    ...((how & MAILBOX) !== 0 ? { mailbox: true as const } : {}),
    ...((how & ECHO) !== 0 ? { echo: true as const } : {}),
  };
}

const NOBODY = { server: '', tool: undefined, method: '' };

/** What a value that was never met belongs to: its host, the site of that, the mailbox under a tag, a folder. */
function piecesOf(lookup: Lookup, { kind, text, host, base }: Value): ProvenancePiece[] {
  const pieces: ProvenancePiece[] = [];
  const add = (of: ProvenancePiece['of'], piece: string, hashes: readonly Hash[]) => {
    const origins: Origin[] = [];
    for (const hash of hashes) lookup.index.find(hash, origins);
    pieces.push({ of, text: piece, ...summary(lookup, origins) });
  };
  const { key } = lookup;
  if (kind === 'path') {
    const isMet = (part: string) => lookup.index.has(hashOf(part, key));
    const folder = foldersOf(text).find(isMet);
    if (folder !== undefined) add('folder', folder, [hashOf(folder, key)]);
    const tail = tailsOf(text).find(isMet);
    if (tail !== undefined) add('tail', tail, [hashOf(tail, key)]);
  }
  if (kind === 'address') {
    const mailbox = base ?? text;
    add('base', mailbox, [hashOf(mailbox, key, 'base'), ...(base ? [hashOf(base, key)] : [])]);
  }
  if (host === undefined) return pieces;
  if (kind !== 'host') add('host', host, [hashOf(host, key, 'site')]);
  const site = siteOf(host);
  if (site !== host) add('site', site, [hashOf(site, key, 'site')]);
  return pieces.filter(({ first }) => first !== undefined);
}

/** Of a path, what is left without the folders above it, the longest first; not a name alone. */
function tailsOf(path: string): readonly string[] {
  const segments = path.split('/', MAX_SEGMENTS);
  // Marks before a token are not of it.
  return segments.slice(2).map((_, at) =>
    segments
      .slice(at + 1)
      .join('/')
      .replace(/^[.~]+/, ''),
  );
}

/** Of a path, those that have a name of more than one segment, the nearest first. */
function foldersOf(path: string): readonly string[] {
  const segments = path.split('/', MAX_SEGMENTS);
  return segments.flatMap((_, at) => (at < 2 ? [] : [segments.slice(0, at).join('/')])).toReversed();
}
