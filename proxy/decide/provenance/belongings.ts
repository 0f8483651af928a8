/** What a value belongs to: its host, the site of that, the mailbox under a tag, one that is spelled alike, and for paths what of it was met. */
import type { ProvenancePiece } from '../contract.ts';
import type { CallerIndex } from './caller-index.ts';
import { type Hash, type HashKey, hashOf } from './hash.ts';
import { siteOf } from './host-names.ts';
import type { Origin } from './origin.ts';
import { summaryOf } from './telling.ts';
import type { Value } from './values.ts';

const MAX_SEGMENTS = 32;

/** Those that were met. */
export function belongingsOf(
  index: CallerIndex,
  key: HashKey,
  { kind, text, host, base, like }: Value,
  nowMs: number,
): ProvenancePiece[] {
  const pieces: ProvenancePiece[] = [];
  const add = (of: ProvenancePiece['of'], piece: string, hashes: readonly Hash[]) => {
    const origins: Origin[] = [];
    for (const hash of hashes) index.find(hash, origins);
    pieces.push({ of, text: piece, ...summaryOf(origins, nowMs) });
  };
  if (kind === 'path') {
    const isMet = (part: string) => index.has(hashOf(part, key));
    const folder = foldersOf(text).find(isMet);
    if (folder !== undefined) add('folder', folder, [hashOf(folder, key)]);
    const tail = tailsOf(text).find(isMet);
    if (tail !== undefined) add('tail', tail, [hashOf(tail, key)]);
  }
  if (kind === 'address') {
    const mailbox = base ?? text;
    add('base', mailbox, [hashOf(mailbox, key, 'base'), ...(base ? [hashOf(base, key)] : [])]);
  }
  const whose = kind === 'address' ? text : host;
  if (whose !== undefined) {
    const likeness = like ?? whose;
    add('like', likeness, [hashOf(likeness, key, 'like'), ...(like ? [hashOf(like, key)] : [])]);
  }
  if (host === undefined) return pieces;
  if (kind !== 'host') add('host', host, [hashOf(host, key, 'site')]);
  const site = siteOf(host);
  if (site !== host) add('site', site, [hashOf(site, key, 'site')]);
  return pieces.filter(({ first }) => first !== undefined);
}

/** Of a path, what is left without the folders above it, the longest first; not a name alone, unless it is hidden. */
function tailsOf(path: string): readonly string[] {
  const segments = path.split('/', MAX_SEGMENTS);
  const name = segments.at(-1) ?? '';
  // Marks before a token are not of it.
  const tails = segments.slice(2).map((_, at) =>
    segments
      .slice(at + 1)
      .join('/')
      .replace(/^[.~]+/, ''),
  );
  return name.startsWith('.') ? [...tails, name] : tails;
}

/** Of a path, those that have a name of more than one segment, the nearest first. */
function foldersOf(path: string): readonly string[] {
  const segments = path.split('/', MAX_SEGMENTS);
  return segments.flatMap((_, at) => (at < 2 ? [] : [segments.slice(0, at).join('/')])).toReversed();
}
