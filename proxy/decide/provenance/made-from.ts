/**
 * A value nobody showed may still have been dictated: spelt backwards, in base64, or in pieces that only have to be put
 * together. This finds answers that held all it takes. It says that the pieces were there, not that they were used.
 */

import type { CallerIndex } from './caller-index.ts';
import { lowered } from './characters.ts';
import { finish, type Hash, type HashKey, hashOf, stepA, stepB } from './hash.ts';
import { Joined } from './joined.ts';
import { ECHO, HOW, isSameSource, type Origin, USED } from './origin.ts';
import type { Value } from './values.ts';

export type As = 'words' | 'reversed' | 'base64' | 'hex' | 'rot13' | 'decimal';

export interface Making {
  readonly origin: Origin;
  readonly as: As;
}

/**
 * @param written as it stands in the argument, in its own case.
 * @param isHidden nothing it belongs to was shown either.
 * @returns one entry for each source that held it all.
 */
export function madeFrom(
  index: CallerIndex,
  key: HashKey,
  value: Value,
  written: string,
  isHidden: boolean,
): readonly Making[] {
  if (index.blocks.length === 0 || value.kind === 'path') return [];
  // Hosts of mailboxes are known to everybody; that of a URL would be hidden with the rest of it.
  const encoded = isHidden || value.kind !== 'url' ? fromEncoded(index, key, value, written) : [];
  if (encoded.length > 0) return encoded;
  const words = fromWords(index, key, value);
  if (words.length > 0) return words;
  const pieces = fromPieces(index, key, value);
  return pieces.length > 0 || value.kind !== 'account' ? pieces : fromDictation(index, key, value);
}

/** Of a name or an id: an answer that held it in other letters. */
export function wordMadeFrom(index: CallerIndex, key: HashKey, word: string): readonly Making[] {
  if (index.blocks.length === 0) return [];
  return fromEncoded(index, key, { kind: 'word', text: word }, word);
}

/** A value, or a word that is none. */
interface Spelt {
  readonly kind: Value['kind'] | 'word';
  readonly text: string;
  readonly host?: string | undefined;
}

function fromEncoded(index: CallerIndex, key: HashKey, value: Spelt, written: string): readonly Making[] {
  const find = (as: As, text: string) => shown(index, hashOf(text, key)).map((origin) => ({ origin, as }));
  const { text } = value;
  return [
    ...find('reversed', [...text].reverse().join('')),
    ...find('rot13', rot13(text)),
    ...decimalsOf(value).flatMap((number) => find('decimal', number)),
    ...spellingsOf(value, written).flatMap((spelling) => {
      const bytes = Buffer.from(spelling);
      return [
        ...find('base64', bytes.toString('base64').replace(/=+$/, '')),
        ...find('hex', bytes.toString('hex')),
      ];
    }),
  ];
}

/** What somebody would encode: as it is written, and as values of its kind are. */
function spellingsOf({ kind, text }: Spelt, written: string): readonly string[] {
  const usual =
    kind === 'url'
      ? [`https://${text}`, `http://${text}`, `https://${written}`]
      : kind === 'account'
        ? [text.toUpperCase(), written.toUpperCase()]
        : [];
  return [...new Set([text, written, ...usual])];
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** The address of a host as one number. */
function decimalsOf({ host = '' }: Spelt): readonly string[] {
  if (!IPV4.test(host)) return [];
  const bytes = host.split('.').map(Number);
  return [String(bytes.reduce((number, byte) => number * 256 + byte, 0))];
}

function rot13(text: string): string {
  let turned = '';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isLetter = code >= 97 && code <= 122;
    turned += isLetter ? String.fromCharCode(((code - 84) % 26) + 97) : text[at];
  }
  return turned;
}

function shown(index: CallerIndex, hash: Hash): readonly Origin[] {
  const origins: Origin[] = [];
  index.find(hash, origins);
  return origins.filter(isShown);
}

function isShown({ how }: Origin): boolean {
  return (how & HOW) !== USED && (how & ECHO) === 0;
}

/** Words that say nothing of whose a value is. */
const COMMON: ReadonlySet<string> = new Set(
  'com net org edu gov io co uk de fr eu us app dev www http https mail email gmail googlemail outlook hotmail live yahoo icloud proton protonmail aol gmx html htm php index'.split(
    ' ',
  ),
);

/** All its telling words, or the pieces of them, in the texts of one source. */
function fromWords(index: CallerIndex, key: HashKey, { kind, text }: Value): readonly Making[] {
  const words = text.split(/[^a-z0-9\u0080-\uffff]+/).filter((word) => word !== '' && !COMMON.has(word));
  if (words.length === 0 || (words.length === 1 && kind !== 'account')) return [];
  let sources: readonly Origin[] | undefined;
  for (const word of words) {
    const having = whole(index, key, word, kind === 'account');
    sources = sources === undefined ? having : both(sources, having);
    if (sources.length === 0) return [];
  }
  return (sources ?? NOWHERE).map((origin) => ({ origin, as: 'words' }));
}

/** One showing of each source. */
const NOWHERE: readonly Origin[] = [];

/** Sources that showed the word, or otherwise its pieces. */
function whole(index: CallerIndex, key: HashKey, word: string, isAccount: boolean): readonly Origin[] {
  const found = isAccount ? NOWHERE : bySource(shown(index, hashOf(word, key)));
  return found.length > 0 ? found : inPieces(index, key, word);
}

const MAX_WORD = 64;

/** Characters of the first piece and of each, and how many there may be: of shorter or more nearly every number is made. */
interface Cut {
  readonly first: number;
  readonly least: number;
  readonly most: number;
}
const ANYTHING: Cut = { first: 3, least: 3, most: 4 };
/** Country and check digits stand in hardly any other text. @see ISO 13616 */
const IBAN: Cut = { first: 4, least: 2, most: 12 };

function cutOf(word: string): Cut {
  return /^[a-z]{2}\d{2}[a-z\d]{11,30}$/.test(word) ? IBAN : ANYTHING;
}

interface Reached {
  readonly pieces: number;
  /** Those that showed all pieces so far. */
  readonly sources: readonly Origin[];
}

/** Cut anywhere: `mallory@ev` and `il.example`. */
function fromPieces(index: CallerIndex, key: HashKey, { text }: Value): readonly Making[] {
  return inPieces(index, key, text).map((origin) => ({ origin, as: 'words' }));
}

/** In order, each piece however short. */
function fromDictation(index: CallerIndex, key: HashKey, { text }: Value): readonly Making[] {
  const origins: Origin[] = [];
  index.findJoined(new Joined(text, key), origins);
  return bySource(origins.filter(isShown)).map((origin) => ({ origin, as: 'words' }));
}

/** In as few pieces as can be. */
function inPieces(index: CallerIndex, key: HashKey, word: string): readonly Origin[] {
  const { first, least, most } = cutOf(word);
  if (word.length < first + least || word.length > MAX_WORD) return NOWHERE;
  const reached: (Reached | undefined)[] = [{ pieces: 0, sources: NOWHERE }];
  for (let from = 0; from <= word.length - least; from++) {
    const before = reached[from];
    if (before === undefined || before.pieces === most) continue;
    for (const end of endsOfPieces(index, key, word, from, from === 0 ? first : least)) {
      const known = reached[end];
      if (end - from === word.length || (known !== undefined && known.pieces <= before.pieces + 1)) continue;
      const piece = bySource(shown(index, hashOf(word.slice(from, end), key)));
      const sources = from === 0 ? piece : both(before.sources, piece);
      if (sources.length > 0) reached[end] = { pieces: before.pieces + 1, sources };
    }
  }
  return reached[word.length]?.sources ?? NOWHERE;
}

/** Where those pieces of the word end that begin here and were met. */
function endsOfPieces(
  index: CallerIndex,
  key: HashKey,
  word: string,
  from: number,
  least: number,
): readonly number[] {
  const ends: number[] = [];
  let a = key.startA;
  let b = key.startB;
  for (let at = from; at < word.length; at++) {
    const code = lowered(word.charCodeAt(at));
    a = stepA(a, code, key.timesA);
    b = stepB(b, code);
    if (at + 1 - from >= least && index.hasLanes(finish(a), finish(b))) ends.push(at + 1);
  }
  return ends;
}

/** The first showing of each source: there are few. */
function bySource(origins: readonly Origin[]): readonly Origin[] {
  const sources: Origin[] = [];
  for (const origin of origins) if (ofSource(sources, origin) === undefined) sources.push(origin);
  return sources;
}

function ofSource(origins: readonly Origin[], { exposure }: Origin): Origin | undefined {
  for (const origin of origins) if (isSameSource(origin.exposure, exposure)) return origin;
  return undefined;
}

/** Of each source the showing that completed it. */
function both(some: readonly Origin[], others: readonly Origin[]): readonly Origin[] {
  const sources: Origin[] = [];
  for (const origin of some) {
    const other = ofSource(others, origin);
    if (other !== undefined) sources.push(later(origin, other));
  }
  return sources;
}

function later(one: Origin, other: Origin): Origin {
  return one.exposure.order < other.exposure.order ? other : one;
}
