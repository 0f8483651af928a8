/**
 * A value nobody showed may still have been dictated: spelt backwards, in base64, or in pieces that only have to be put
 * together. This finds answers that held all it takes. It says that the pieces were there, not that they were used.
 */

import type { CallerIndex } from './caller-index.ts';
import { fromCodes } from './codes.ts';
import { Cuts } from './cuts.ts';
import { type Encoding, encodingsOf, type Spelt, spellingsOf } from './encodings.ts';
import type { HashKey } from './hash.ts';
import { siteOf } from './host-names.ts';
import { Joined } from './joined.ts';
import type { Origin } from './origin.ts';
import { both, bySource, isShown, shown } from './sources.ts';
import type { Value } from './values.ts';

export type As = 'words' | Encoding;

export interface Making {
  readonly origin: Origin;
  readonly as: As;
}

/** A domain, and where it stood in other letters or word by word. */
export interface HiddenDomain {
  readonly name: string;
  readonly origins: readonly Origin[];
}

export interface Made {
  /** Of a value of which nothing was shown. */
  readonly domain?: HiddenDomain | undefined;
  /** One for each source that held it all. */
  readonly makings: readonly Making[];
}
const NOT_MADE: Made = { makings: [] };

/**
 * @param written as it stands in the argument, in its own case.
 * @param isHidden nothing it belongs to was shown either.
 */
export function madeFrom(
  index: CallerIndex,
  key: HashKey,
  value: Value,
  written: string,
  isHidden: boolean,
): Made {
  if (index.blocks.length === 0 || value.kind === 'path') return NOT_MADE;
  const cuts = new Cuts(index, key, value.text);
  const domain = isHidden ? hiddenDomainOf(index, key, value, cuts) : undefined;
  // Hosts of mailboxes are known to everybody; that of a URL would be hidden with the rest of it.
  const encoded = isHidden || value.kind !== 'url' ? fromEncoded(index, key, value, written) : [];
  if (encoded.length > 0) return { domain, makings: encoded };
  const words = fromWords(cuts, tellingWords(value.text), isHidden);
  if (words.length > 0) return { domain, makings: words };
  const pieces = toMakings(cuts.piecing(0, value.text.length));
  const isDictated = pieces.length === 0 && value.kind === 'account';
  return { domain, makings: isDictated ? fromDictation(index, key, value) : pieces };
}

/**
 * Of a name, an id or a short text: an answer that held it in other letters.
 *
 * @param written all of the argument, with marks that are not of the word.
 */
export function wordMadeFrom(
  index: CallerIndex,
  key: HashKey,
  word: string,
  written: string,
): readonly Making[] {
  if (index.blocks.length === 0) return [];
  return fromEncoded(index, key, { kind: 'word', text: word }, written);
}

function fromEncoded(index: CallerIndex, key: HashKey, value: Spelt, written: string): readonly Making[] {
  const makings = encodingsOf(value, written, key)
    .filter((encoded) => index.has(encoded))
    .flatMap((encoded) => shown(index, encoded).map((origin) => ({ origin, as: encoded.as })));
  return makings.length > 0 ? makings : fromCodes(index, key, spellingsOf(value, written));
}

/** Of a host: itself, or the nearest domain above it, that an answer held in other letters. */
function hiddenDomainOf(
  index: CallerIndex,
  key: HashKey,
  value: Value,
  cuts: Cuts,
): HiddenDomain | undefined {
  for (const domain of domainsOf(value)) {
    const origins = fromEncoded(index, key, domain, domain.text).map(({ origin }) => origin);
    if (origins.length > 0) return { name: domain.text, origins };
  }
  return dictatedHostOf(cuts, value);
}

/** Its host, or a domain that is of, if an answer held all words of that: what stands before it may come from a riddle. */
function dictatedHostOf(cuts: Cuts, { kind, text, host }: Value): HiddenDomain | undefined {
  if (host === undefined || !host.includes('.')) return undefined;
  const start = kind === 'address' ? text.length - host.length : 0;
  const end = start + host.length;
  const words = tellingWords(text).filter((word) => word.start >= start && word.end <= end);
  const { length } = siteOf(host);
  for (let from = start; end - from >= length; from = text.indexOf('.', from) + 1) {
    const inside = words.filter((word) => word.start >= from);
    // `a dot, and the word for a sample`: the last says of nobody whose it is.
    const all = fromWords(cuts, inside, false);
    const isLastTold = all.length === 0 && inside.at(-1)?.end === end;
    const makings = isLastTold ? fromWords(cuts, inside.slice(0, -1), false) : all;
    const name = text.slice(from, end);
    if (makings.length > 0) return { name, origins: makings.map(({ origin }) => origin) };
  }
  return undefined;
}

const MAX_DOMAINS = 4;
/** Characters: shorter words are easily met the other way round. */
const LEAST_LABEL = 6;

/** Its host, and those that is of, down to what one owner has: what stands before them may be anything. */
function domainsOf({ kind, host }: Value): readonly Spelt[] {
  if (host === undefined) return [];
  const site = siteOf(host);
  const domains: Spelt[] = kind === 'host' ? [] : [{ kind: 'word', text: host }];
  for (let name = host; name.length > site.length && domains.length < MAX_DOMAINS; ) {
    name = name.slice(name.indexOf('.') + 1);
    domains.push({ kind: 'word', text: name });
  }
  // `kcip-trohcs backwards, and then dot example`
  const label = site.slice(0, site.indexOf('.'));
  if (label.length >= LEAST_LABEL) domains.push({ kind: 'word', text: label });
  return domains;
}

/** Words that say nothing of whose a value is. */
const COMMON: ReadonlySet<string> = new Set(
  'com net org edu gov io co uk de fr eu us app dev www http https mail email gmail googlemail outlook hotmail live yahoo icloud proton protonmail aol gmx html htm php index'.split(
    ' ',
  ),
);

const LEAST_WORDS = 2;

/** All its telling words, or the pieces of them, in the texts of one source. */
function fromWords(cuts: Cuts, words: readonly Stretch[], isHidden: boolean): readonly Making[] {
  if (words.length < LEAST_WORDS) return [];
  let sources: readonly Origin[] | undefined;
  let own = 0;
  for (const { start, end } of words) {
    const whole = cuts.showing(start, end);
    // What the caller said itself is no sign of anything; of a place that was never met, no sign against it either.
    const isOwn = isHidden && whole.length === 0 && cuts.isMet(start, end);
    if (isOwn && ++own <= words.length - LEAST_WORDS) continue;
    const having = whole.length > 0 ? whole : cuts.piecing(start, end);
    sources = sources === undefined ? having : both(sources, having);
    if (sources.length === 0) return [];
  }
  return toMakings(sources ?? []);
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Of letters and digits, those that say whose it is. */
function tellingWords(text: string): readonly Stretch[] {
  const words: Stretch[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && isOfWord(text.charCodeAt(at))) continue;
    if (at > start && !COMMON.has(text.slice(start, at))) words.push({ start, end: at });
    start = at + 1;
  }
  return words;
}

function isOfWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code >= 128;
}

const LAST_DIGITS = /\d{8,}$/;

/** In order, each piece however short. */
function fromDictation(index: CallerIndex, key: HashKey, { text }: Value): readonly Making[] {
  const origins: Origin[] = [];
  index.findJoined(new Joined(text, key), origins);
  // `Belgium, zero nine …`, or the bank by its name.
  const digits = LAST_DIGITS.exec(text)?.[0] ?? text;
  if (origins.length === 0 && digits !== text) index.findJoined(new Joined(digits, key), origins);
  return toMakings(bySource(origins.filter(isShown)));
}

function toMakings(origins: readonly Origin[]): readonly Making[] {
  return origins.map((origin) => ({ origin, as: 'words' }));
}
