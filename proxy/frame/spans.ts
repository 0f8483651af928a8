/**
 * Finds values in JSON text without parsing it, and cuts or replaces pieces of that text.
 *
 * Takes JSON text a strict reader has accepted (well-formed, no duplicate members, depth bounded) and gives
 * back offsets into it or a new text made of the old one's pieces. Everything not replaced stays byte for
 * byte: digits of numbers, spacing, order of members, escapes. It checks nothing: on text the reader would
 * have refused the answer is meaningless.
 */
import { endOfString } from './scan.ts';

/** Replaces `text[start..end)` by `insert`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

/** A value, or a member with its key: `text[start..end)`, without surrounding white space or commas. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a pointer leads: its value, and all members or elements of the container it stands in. */
export interface Place extends Span {
  readonly container: Span;
  readonly siblings: readonly Span[];
  readonly index: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** @returns `text` with the splices applied; they are sorted by `start` and do not overlap. */
export function splice(text: string, splices: readonly Splice[]): string {
  let out = '';
  let from = 0;
  for (const { start, end, insert } of splices) {
    out += text.slice(from, start) + insert;
    from = end;
  }
  return out + text.slice(from);
}

/** @returns the index of the quote that closes the string opened at `open`. */
export function stringEnd(text: string, open: number): number {
  const close = endOfString(text, open + 1);
  if (close < 0) throw new SyntaxError('JSON text ends inside a string');
  return close;
}

/** @returns the value `pointer` (RFC 6901) leads to, or undefined when it leads nowhere. */
export function locate(text: string, pointer: string): Span | undefined {
  const found = pointer === '' ? rootSpan(text) : locateAll(text, [pointer]).get(pointer);
  return found && { start: found.start, end: found.end };
}

/** {@link locate} for many pointers in one pass; those that lead nowhere are missing, the root ('') too. */
export function locateAll(text: string, pointers: readonly string[]): Map<string, Place> {
  const found = new Map<string, Place>();
  descend(text, skipSpace(text, 0), trie(pointers), found);
  return found;
}

/**
 * Keeps the elements of an array that `keep` wants; used to filter lists.
 * @returns the shorter text, the same text when all stay, undefined when `pointer` is not at an array.
 */
export function removeElements(
  text: string,
  pointer: string,
  keep: (index: number) => boolean,
): string | undefined {
  const array = locate(text, pointer);
  if (array === undefined || text.charCodeAt(array.start) !== OPEN_BRACKET) return undefined;
  return splice(text, removals(array, elements(text, array.start), keep));
}

/** @returns the cuts, commas included, that leave of `items` (members or elements of `container`) what `keep` wants. */
export function removals(
  container: Span,
  items: readonly Span[],
  keep: (index: number) => boolean,
): readonly Splice[] {
  const cuts: Splice[] = [];
  let keptEnd = -1;
  for (let at = 0; at < items.length; at++) {
    if (keep(at)) {
      keptEnd = items[at]!.end;
      continue;
    }
    const first = at;
    while (at + 1 < items.length && !keep(at + 1)) at++;
    const last = at === items.length - 1;
    if (keptEnd < 0 && last) return [{ start: container.start + 1, end: container.end - 1, insert: '' }];
    // A tail takes the comma before it, anything else the comma after it.
    cuts.push(
      last
        ? { start: keptEnd, end: items[at]!.end, insert: '' }
        : { start: items[first]!.start, end: items[at + 1]!.start, insert: '' },
    );
  }
  return cuts;
}

/** @returns the elements of the array that `text` is; undefined when it is something else. */
export function topElements(text: string): readonly Span[] | undefined {
  const start = skipSpace(text, 0);
  return text.charCodeAt(start) === OPEN_BRACKET ? elements(text, start) : undefined;
}

interface Branch {
  pointer?: string;
  readonly next: Map<string, Branch>;
}

function trie(pointers: readonly string[]): Branch {
  const root: Branch = { next: new Map() };
  for (const pointer of pointers) {
    let branch = root;
    for (const segment of segmentsOf(pointer)) {
      const next: Branch = branch.next.get(segment) ?? { next: new Map() };
      branch.next.set(segment, next);
      branch = next;
    }
    if (branch !== root) branch.pointer = pointer;
  }
  return root;
}

/** @returns the decoded segments of an RFC 6901 pointer. */
export function segmentsOf(pointer: string): readonly string[] {
  return pointer.split('/').slice(1).map(unescapeSegment);
}

function unescapeSegment(segment: string): string {
  return segment.includes('~') ? segment.replaceAll('~1', '/').replaceAll('~0', '~') : segment;
}

interface Found {
  readonly pointer: string;
  readonly value: Span;
  readonly index: number;
}

/** Walks one value as far as `branch` asks; @returns the index after it. */
function descend(text: string, start: number, branch: Branch, found: Map<string, Place>): number {
  const open = text.charCodeAt(start);
  if (open !== OPEN_BRACE && open !== OPEN_BRACKET) return skipValue(text, start);
  const siblings: Span[] = [];
  const hits: Found[] = [];
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== open + 2) {
    const itemStart = at;
    let segment = String(siblings.length);
    if (open === OPEN_BRACE) {
      const close = stringEnd(text, at);
      segment = decodeToken(text, at, close);
      at = skipSpace(text, skipSpace(text, close + 1) + 1);
    }
    const next = branch.next.get(segment);
    const end = next === undefined ? skipValue(text, at) : descend(text, at, next, found);
    if (next?.pointer !== undefined) {
      hits.push({ pointer: next.pointer, value: { start: at, end }, index: siblings.length });
    }
    siblings.push({ start: itemStart, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  const container = { start, end: at + 1 };
  for (const { pointer, value, index } of hits) found.set(pointer, { ...value, container, siblings, index });
  return at + 1;
}

function elements(text: string, open: number): readonly Span[] {
  const items: Span[] = [];
  let at = skipSpace(text, open + 1);
  while (text.charCodeAt(at) !== OPEN_BRACKET + 2) {
    const end = skipValue(text, at);
    items.push({ start: at, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  return items;
}

/** @returns the string a token stands for; `open` and `close` are its quotes. */
export function decodeToken(text: string, open: number, close: number): string {
  const inner = text.slice(open + 1, close);
  return inner.includes('\\') ? (JSON.parse(text.slice(open, close + 1)) as string) : inner;
}

function rootSpan(text: string): Span {
  const start = skipSpace(text, 0);
  return { start, end: skipValue(text, start) };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

/** @returns the index after the value that starts at `start`. */
function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (start >= text.length) throw new SyntaxError('JSON text ends where a value is due');
  if (first === QUOTE) return stringEnd(text, start) + 1;
  let at = start;
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    while (!endsScalar(text.charCodeAt(at))) at++;
    return at;
  }
  let depth = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === OPEN_BRACE + 2 || code === OPEN_BRACKET + 2) && --depth === 0) return at + 1;
  }
  throw new SyntaxError('JSON text ends inside an object or array');
}

function endsScalar(code: number): boolean {
  return code === COMMA || code === 0x7d || code === 0x5d || code <= 0x20 || Number.isNaN(code);
}
