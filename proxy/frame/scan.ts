/**
 * A first look at JSON text that has not been parsed yet: bounds its depth and size, counts its members, and
 * remembers where the members of the envelope and of `params`, `result` and `error` lie.
 *
 * It knows only brackets, commas, colons and strings, so it is linear and cannot be made to recurse; whether the
 * text is JSON at all is for `JSON.parse` to say afterwards. The member count lets the reader find duplicate
 * members without a set per object: a duplicate is in the text but not in the parsed tree.
 */
import { type Refusal, refuse } from '../errors.ts';

/** Where one member's value stands in the text, white space included. */
export interface Member {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface Scan {
  readonly kind: 'scan';
  /** Colons outside strings: the members of all objects in the text. */
  readonly members: number;
  /** Members of the outermost object. */
  readonly top: readonly Member[];
  /** Members of the object that is the value of `params`, `result` or `error`. */
  readonly inner: readonly Member[];
}

export interface ScanLimits {
  readonly maxDepth: number;
  readonly maxElements: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** A string with more escaped quotes than this, fewer than so many characters apart, is read unit by unit. */
const MANY_QUOTES = 64;
const CLOSE = 8;

/** @returns the scan, or a refusal: GW_FRAME_DEPTH, GW_FRAME_COUNT, GW_FRAME_SYNTAX. */
export function scan(text: string, limits: ScanLimits): Scan | Refusal {
  const top: Member[] = [];
  const inner: Member[] = [];
  let depth = 0;
  let members = 0;
  let elements = 0;
  let stringStart = 0;
  let stringEnd = 0;
  let topName = '';
  let topStart = -1;
  let innerName = '';
  let innerStart = -1;
  let inEnvelopeMember = false;

  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at + 1);
        if (end < 0) return refuse('GW_FRAME_SYNTAX', 'a string is not closed');
        stringStart = at;
        stringEnd = end + 1;
        at = end;
        break;
      }
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (++depth > limits.maxDepth) return refuse('GW_FRAME_DEPTH', `more than ${limits.maxDepth} levels`);
        if (++elements > limits.maxElements) return tooMany(limits);
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (depth === 2 && innerStart >= 0) {
          inner.push({ name: innerName, start: innerStart, end: at });
          innerStart = -1;
        } else if (depth === 1 && topStart >= 0) {
          top.push({ name: topName, start: topStart, end: at });
          topStart = -1;
        }
        depth--;
        break;
      case COMMA:
        if (++elements > limits.maxElements) return tooMany(limits);
        if (depth === 1 && topStart >= 0) {
          top.push({ name: topName, start: topStart, end: at });
          topStart = -1;
        } else if (depth === 2 && innerStart >= 0) {
          inner.push({ name: innerName, start: innerStart, end: at });
          innerStart = -1;
        }
        break;
      case COLON:
        members++;
        if (depth === 1) {
          topName = nameAt(text, stringStart, stringEnd);
          topStart = at + 1;
          inEnvelopeMember = topName === 'params' || topName === 'result' || topName === 'error';
        } else if (depth === 2 && inEnvelopeMember) {
          innerName = nameAt(text, stringStart, stringEnd);
          innerStart = at + 1;
        }
        break;
    }
  }
  return { kind: 'scan', members, top, inner };
}

/** The value's text of a member, e.g. `memberText(frame.text, frame.inner, 'arguments')`. */
export function memberText(text: string, members: readonly Member[], name: string): string | undefined {
  const found = members.find((member) => member.name === name);
  return found && text.slice(found.start, found.end);
}

/** Index of the closing quote of a string whose content begins at `from`, or −1. */
export function endOfString(text: string, from: number): number {
  let quotes = 0;
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    // Where quotes stand close, searching for each of them costs more than looking at every character.
    if (++quotes > MANY_QUOTES && end - from < quotes * CLOSE) return endOfDense(text, from);
    let before = end - 1;
    while (before >= from && text.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return -1;
}

function endOfDense(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at;
    if (unit === BACKSLASH) at++;
  }
  return -1;
}

/** A member name as JSON reads it: an escaped spelling must not hide which member it is. */
function nameAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return raw; // JSON.parse refuses the whole text for the same reason
  }
}

function tooMany(limits: ScanLimits): Refusal {
  return refuse('GW_FRAME_COUNT', `more than ${limits.maxElements} elements`);
}
