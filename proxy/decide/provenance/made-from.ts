/**
 * A value nobody showed may still have been dictated: spelt backwards, in base64, or in pieces that only have to be put
 * together. This finds answers that held all it takes. It says that the pieces were there, not that they were used.
 */

import type { CallerIndex } from './caller-index.ts';
import { type Hash, type HashKey, hashOf } from './hash.ts';
import { ECHO, HOW, type Origin, USED } from './origin.ts';
import { readTokens, Tokens } from './read-tokens.ts';
import type { Value } from './values.ts';

export type As = 'words' | 'reversed' | 'base64' | 'hex' | 'rot13';

export interface Making {
  readonly origin: Origin;
  readonly as: As;
}

const tokens = new Tokens();

/**
 * @param isHidden nothing it belongs to was shown either.
 * @returns one entry for each source that held it all.
 */
export function madeFrom(
  index: CallerIndex,
  key: HashKey,
  value: Value,
  isHidden: boolean,
): readonly Making[] {
  if (index.blocks.length === 0 || value.kind === 'path') return [];
  // Hosts of mailboxes are known to everybody; that of a URL would be hidden with the rest of it.
  if (!isHidden && value.kind === 'url') return fromWords(index, key, value);
  const texts =
    value.kind === 'url' ? ['https://', 'http://', ''].map((scheme) => scheme + value.text) : [value.text];
  const encoded = texts.flatMap((text) => {
    return ENCODINGS.flatMap(({ as, encode }) => {
      const hash = tokenHash(encode(text), key);
      return hash === undefined ? [] : shown(index, hash).map((origin) => ({ origin, as }));
    });
  });
  return encoded.length > 0 ? encoded : fromWords(index, key, value);
}

const ENCODINGS: readonly { readonly as: As; readonly encode: (text: string) => string }[] = [
  { as: 'reversed', encode: (text) => [...text].reverse().join('') },
  { as: 'base64', encode: (text) => Buffer.from(text).toString('base64') },
  { as: 'hex', encode: (text) => Buffer.from(text).toString('hex') },
  { as: 'rot13', encode: rot13 },
];

function rot13(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 84) % 26) + 97));
}

/** What the index has for a text of one token. */
function tokenHash(text: string, key: HashKey): Hash | undefined {
  readTokens(text, key, tokens);
  return tokens.count === 1 ? { a: tokens.a[0] as number, b: tokens.b[0] as number } : undefined;
}

function shown(index: CallerIndex, hash: Hash): readonly Origin[] {
  const origins: Origin[] = [];
  index.find(hash, origins);
  return origins.filter(({ how }) => (how & HOW) !== USED && (how & ECHO) === 0);
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
  let sources: ReadonlyMap<string, Origin> | undefined;
  for (const word of words) {
    const having = whole(index, key, word, kind === 'account');
    sources = sources === undefined ? having : both(sources, having);
    if (sources.size === 0) return [];
  }
  return [...(sources ?? NOWHERE).values()].map((origin) => ({ origin, as: 'words' }));
}

const NOWHERE: ReadonlyMap<string, Origin> = new Map();

/** Sources that showed the word, or otherwise its pieces. */
function whole(
  index: CallerIndex,
  key: HashKey,
  word: string,
  isAccount: boolean,
): ReadonlyMap<string, Origin> {
  const found = isAccount ? NOWHERE : bySource(shown(index, hashOf(word, key)));
  return found.size > 0 ? found : inPieces(index, key, word);
}

const MAX_WORD = 64;
const LEAST_PIECE = 3;
/** Of more pieces nearly every number could be made. */
const MAX_PIECES = 4;

interface Reached {
  readonly pieces: number;
  /** Those that showed all pieces so far. */
  readonly sources: ReadonlyMap<string, Origin>;
}

/** In as few pieces as can be. */
function inPieces(index: CallerIndex, key: HashKey, word: string): ReadonlyMap<string, Origin> {
  if (word.length < 2 * LEAST_PIECE || word.length > MAX_WORD) return NOWHERE;
  const reached: (Reached | undefined)[] = [{ pieces: 0, sources: NOWHERE }];
  for (let from = 0; from <= word.length - LEAST_PIECE; from++) {
    const before = reached[from];
    if (before === undefined || before.pieces === MAX_PIECES) continue;
    for (let end = from + LEAST_PIECE; end <= word.length; end++) {
      const known = reached[end];
      if (end - from === word.length || (known !== undefined && known.pieces <= before.pieces + 1)) continue;
      const hash = hashOf(word.slice(from, end), key);
      if (!index.has(hash)) continue;
      const piece = bySource(shown(index, hash));
      const sources = from === 0 ? piece : both(before.sources, piece);
      if (sources.size > 0) reached[end] = { pieces: before.pieces + 1, sources };
    }
  }
  return reached[word.length]?.sources ?? NOWHERE;
}

function bySource(origins: readonly Origin[]): ReadonlyMap<string, Origin> {
  const sources = new Map<string, Origin>();
  for (const origin of origins) {
    const { source } = origin.exposure;
    const name = `${source?.server}\n${source?.tool}\n${source?.method}`;
    if (!sources.has(name)) sources.set(name, origin);
  }
  return sources;
}

function both(some: ReadonlyMap<string, Origin>, others: ReadonlyMap<string, Origin>) {
  return new Map([...some].filter(([name]) => others.has(name)));
}
