/**
 * JSON Web Tokens (RFC 7519): three or five base64url parts, the first one a JSON object that names `alg`.
 */
import { type Finder, literalPlaces, type Match } from './match.ts';

const PREFIX = 'eyJ';
const RUN = /[\w-]*/y;

export const jwtFinder: Finder = {
  places: (text) => literalPlaces(text, [PREFIX]),
  find(text, out) {
    for (let at = text.indexOf(PREFIX); at >= 0; ) at = text.indexOf(PREFIX, matchJwt(text, at, out));
  },
};

/** @returns where to go on; every candidate of one run of base64url fails or matches with the first of it. */
export function matchJwt(text: string, at: number, out: Match[]): number {
  const header = runEnd(text, at);
  if (text.charAt(header) !== '.') return Math.max(header, at + 1);
  const payload = runEnd(text, header + 1);
  // An encrypted token may have an empty second part; a signed one with an empty third is `alg: none`.
  if (text.charAt(payload) !== '.' || !isHeader(text.slice(at, header))) return header;
  let end = runEnd(text, payload + 1);
  for (let part = 0; part < 2 && text.charAt(end) === '.'; part++) {
    const next = runEnd(text, end + 1);
    if (next === end + 1) break;
    end = next;
  }
  out.push({ start: at, end, class: 'jwt' });
  return end;
}

function runEnd(text: string, from: number): number {
  RUN.lastIndex = from;
  RUN.test(text);
  return RUN.lastIndex;
}

function isHeader(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('latin1').includes('"alg"');
}
