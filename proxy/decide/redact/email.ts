/**
 * E-mail addresses (RFC 5321 dot-atoms, RFC 6531 letters), also with the at sign written as `%40` or `&#64;`.
 *
 * Works outward from each at sign over at most 64 and 255 characters. A domain needs a dot and a last label
 * of letters, so `user@localhost`, `pkg@1.2.3` and `@support` are not addresses.
 */
import { type Finder, literalPlaces, type Match } from './match.ts';

const LOCAL_ASCII = new Set(
  [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~.-"].map((c) =>
    c.charCodeAt(0),
  ),
);
const LETTER = /[\p{L}\p{N}\p{M}]/u;
const EDGE = "./'=?&|{}`*~!#^";
const DOMAIN =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_-]{0,62})\.){1,8}(?:xn--[a-z0-9-]{2,59}|[\p{L}\p{M}]{2,24})(?![\p{L}\p{N}_])/uy;
const MAX_LOCAL = 64;
const AT_SIGNS = ['@', '%40', '&#64;', '&#x40;'] as const;
/** `logo@2x.png` is a picture for dense screens. */
const DENSITY = /^[1-4](?:\.\d)?x\.(?:png|jpe?g|gif|webp|svg|avif)$/i;

export const emailFinder: Finder = {
  places: (text) => literalPlaces(text, AT_SIGNS),
  find(text, out) {
    for (const sign of AT_SIGNS) {
      for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
        matchEmail(text, at, at + sign.length, out);
      }
    }
  },
};

function matchEmail(text: string, at: number, from: number, out: Match[]): void {
  const start = localStart(text, at);
  if (start === at) return;
  DOMAIN.lastIndex = from;
  if (!DOMAIN.test(text)) return;
  const domain = text.slice(from, DOMAIN.lastIndex);
  if (DENSITY.test(domain)) return;
  // `git@host:path` names a repository, not a person.
  if (text.slice(start, at) === 'git' && text.charAt(DOMAIN.lastIndex) === ':') return;
  out.push({ start, end: DOMAIN.lastIndex, class: 'email' });
}

function localStart(text: string, at: number): number {
  const limit = Math.max(0, at - MAX_LOCAL);
  let start = at;
  while (start > limit) {
    const code = text.charCodeAt(start - 1);
    if (code < 0x80 ? !LOCAL_ASCII.has(code) : !isLetter(text, start - 1)) break;
    start--;
  }
  // Dots and quotes around an address are the sentence's; so is a path before it.
  while (start < at && EDGE.includes(text.charAt(start))) start++;
  return start;
}

function isLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  // Half of a pair stands for its whole; nearly all of them are letters of some script or emoji.
  return (code >= 0xd800 && code < 0xe000) || LETTER.test(text.charAt(at));
}
