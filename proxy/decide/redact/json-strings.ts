/**
 * Visits every string of a JSON text, keys included, and rewrites those a callback changes.
 *
 * Takes text a strict reader has accepted (well-formed, no duplicate members, no lone surrogates). Gives
 * back a new text made of the old one's pieces, so numbers, spacing, order and untouched strings keep every
 * byte. It never parses the document: it jumps from quote to quote and decodes only what the callback asks for.
 */
import { decodeToken, type Splice, splice, stringEnd } from '../../frame/spans.ts';

/** The string the walk stands on. One object serves the whole walk: read it inside the callback only. */
export interface StringToken {
  /** Index of the opening quote. */
  readonly start: number;
  /** Index of the closing quote. */
  readonly end: number;
  readonly isKey: boolean;
  /** True when the token holds a backslash, so that its text differs from its bytes. */
  readonly escaped: boolean;
  /** Index of the opening quote of the nearest member name above this value; -1 outside any object. */
  readonly keyStart: number;
  /** Start of the innermost object or array around the token. */
  readonly containerStart: number;
  /** The string itself. */
  decoded(): string;
  /** Decoded name of the nearest member above this value; of the member itself for a key. */
  key(): string | undefined;
  /** Decoded segments of the token's RFC 6901 pointer; a key has the pointer of its member. */
  path(): readonly string[];
}

/** What becomes of a string: a new one, or replacements by offset into the decoded old one (sorted, disjoint). */
export type StringEdit = string | readonly Splice[] | undefined;

/**
 * @param fixed replacements decided before (sorted, disjoint, whole values or members); strings inside them
 * are not visited.
 * @returns the edited text, or undefined when nothing changed.
 */
export function editStrings(
  text: string,
  edit: (token: StringToken) => StringEdit,
  fixed: readonly Splice[] = [],
): string | undefined {
  const splices: Splice[] = [];
  let nextFixed = 0;
  const walk = new Walk(text);
  while (walk.next()) {
    while (nextFixed < fixed.length && fixed[nextFixed]!.end <= walk.start) splices.push(fixed[nextFixed++]!);
    if (nextFixed < fixed.length && fixed[nextFixed]!.start <= walk.start) continue;
    const change = edit(walk);
    if (change === undefined) continue;
    if (typeof change === 'string') {
      splices.push({ start: walk.start, end: walk.end + 1, insert: JSON.stringify(change) });
    } else pushInner(text, walk, change, splices);
  }
  while (nextFixed < fixed.length) splices.push(fixed[nextFixed++]!);
  return splices.length === 0 ? undefined : splice(text, splices);
}

/** @returns true when an object of `text` names a member twice, which an edited key can cause. */
export function hasDuplicateKeys(text: string): boolean {
  const seen = new Map<number, Set<string>>();
  const walk = new Walk(text);
  while (walk.next()) {
    if (!walk.isKey) continue;
    const keys = seen.get(walk.containerStart) ?? new Set();
    if (keys.size === 0) seen.set(walk.containerStart, keys);
    const key = walk.decoded();
    if (keys.has(key)) return true;
    keys.add(key);
  }
  return false;
}

/** Moves offsets of the decoded string to offsets of its token, so that other escapes of it stay as they are. */
function pushInner(text: string, token: StringToken, changes: readonly Splice[], out: Splice[]): void {
  let decodedAt = 0;
  let rawAt = token.start + 1;
  let slash = token.escaped ? text.indexOf('\\', rawAt) : -1;
  const toRaw = (target: number): number => {
    while (slash >= 0 && slash < token.end && decodedAt + (slash - rawAt) < target) {
      decodedAt += slash - rawAt + 1;
      rawAt = slash + (text.charCodeAt(slash + 1) === 0x75 ? 6 : 2);
      slash = text.indexOf('\\', rawAt);
    }
    rawAt += target - decodedAt;
    decodedAt = target;
    return rawAt;
  };
  for (const { start, end, insert } of changes) {
    const from = toRaw(start);
    out.push({ start: from, end: toRaw(end), insert: inner(insert) });
  }
}

/** The text of a token without its quotes; marks, the usual case, need no escapes. */
function inner(text: string): string {
  return /^[\w[\]:]*$/.test(text) ? text : JSON.stringify(text).slice(1, -1);
}

class Walk implements StringToken {
  start = 0;
  end = 0;
  isKey = false;
  escaped = false;
  keyStart = -1;
  containerStart = -1;
  readonly #text: string;
  #at = 0;
  #expectKey = false;
  #nextSlash: number;
  #depth = -1;
  // Per level: -1 for an object, else the index of the element; where it starts; its latest member name.
  readonly #index: number[] = [];
  readonly #opened: number[] = [];
  readonly #keys: number[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#nextSlash = text.indexOf('\\');
  }

  /** Steps to the next string; false at the end of the text. */
  next(): boolean {
    const text = this.#text;
    for (let at = this.#at; at < text.length; at++) {
      switch (text.charCodeAt(at)) {
        case 0x22:
          this.#take(at);
          return true;
        case 0x7b:
          this.#open(at, -1);
          break;
        case 0x5b:
          this.#open(at, 0);
          break;
        case 0x7d:
        case 0x5d:
          this.#depth--;
          // An empty object leaves without a name.
          this.#expectKey = false;
          break;
        case 0x2c:
          if (this.#index[this.#depth] === -1) this.#expectKey = true;
          else this.#index[this.#depth]!++;
      }
    }
    return false;
  }

  decoded(): string {
    return this.escaped
      ? decodeToken(this.#text, this.start, this.end)
      : this.#text.slice(this.start + 1, this.end);
  }

  key(): string | undefined {
    return this.keyStart < 0 ? undefined : this.#name(this.keyStart);
  }

  path(): readonly string[] {
    return this.#index
      .slice(0, this.#depth + 1)
      .map((index, level) => (index < 0 ? this.#name(this.#keys[level]!) : String(index)));
  }

  #name(keyStart: number): string {
    return decodeToken(this.#text, keyStart, stringEnd(this.#text, keyStart));
  }

  #take(at: number): void {
    this.start = at;
    this.end = stringEnd(this.#text, at);
    this.#at = this.end + 1;
    if (this.#nextSlash >= 0 && this.#nextSlash < at) this.#nextSlash = this.#text.indexOf('\\', at);
    this.escaped = this.#nextSlash >= 0 && this.#nextSlash < this.end;
    this.isKey = this.#expectKey;
    if (this.isKey) this.#keys[this.#depth] = at;
    this.#expectKey = false;
    this.keyStart = this.#depth < 0 ? -1 : this.#keys[this.#depth]!;
    this.containerStart = this.#depth < 0 ? -1 : this.#opened[this.#depth]!;
  }

  #open(at: number, index: number): void {
    const outer = this.#depth < 0 ? -1 : this.#keys[this.#depth]!;
    this.#depth++;
    this.#index[this.#depth] = index;
    this.#opened[this.#depth] = at;
    // An array hands the name above it down to its elements.
    this.#keys[this.#depth] = index < 0 ? -1 : outer;
    this.#expectKey = index < 0;
  }
}
