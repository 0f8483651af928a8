/**
 * How a value looks in other letters: backwards, in base64, in hexadecimal, turned by thirteen, an address of the network
 * as one number. Only hashes of that are needed, so none of it is written out as a string.
 */
import { lowered } from './characters.ts';
import { type Hash, type HashKey, hashOf, hashOfUnits } from './hash.ts';
import type { ValueKind } from './values.ts';

export type Encoding = 'reversed' | 'base64' | 'hex' | 'rot13' | 'decimal';

export interface Encoded extends Hash {
  readonly as: Encoding;
}

/** A value, or a word that is none. */
export interface Spelt {
  readonly kind: ValueKind | 'word';
  readonly text: string;
  readonly host?: string | undefined;
}

/** Characters: nobody dictates more than that in code. */
const MAX_TEXT = 2_048;
const BYTES_A_UNIT = 3;
const DIGITS_A_BYTE = 2;
const SCHEMES = 16;

const bytes = Buffer.alloc((MAX_TEXT + SCHEMES) * BYTES_A_UNIT);
const units = new Uint16Array(bytes.length * DIGITS_A_BYTE);
/** As they are hashed, in lower case. */
const BASE64 = Buffer.from('abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789+/');
const HEX = Buffer.from('0123456789abcdef');

/** @param written as it stands in the argument, in its own case. */
export function encodingsOf(value: Spelt, written: string, key: HashKey): readonly Encoded[] {
  const { text } = value;
  if (text.length > MAX_TEXT || written.length > MAX_TEXT) return [];
  const found: Encoded[] = [toEncoded('reversed', reverse(text), key), toEncoded('rot13', turn(text), key)];
  const decimal = decimalOf(value);
  if (decimal !== undefined) found.push({ as: 'decimal', ...hashOf(decimal, key) });
  for (const spelling of spellingsOf(value, written)) {
    const length = toBytes(spelling);
    found.push(toEncoded('base64', toBase64(length), key), toEncoded('hex', toHex(length), key));
  }
  return found;
}

function toEncoded(as: Encoding, count: number, key: HashKey): Encoded {
  const { a, b } = hashOfUnits(units, count, key);
  return { as, a, b };
}

/** What somebody would encode: as it is written, and as values of its kind are. */
export function spellingsOf({ kind, text }: Spelt, written: string): readonly string[] {
  const spellings = [text];
  const also = (spelling: string) => spellings.includes(spelling) || spellings.push(spelling);
  also(written);
  if (kind === 'url') {
    also(`https://${text}`);
    also(`http://${text}`);
    also(`https://${written}`);
  }
  if (kind === 'account') {
    also(text.toUpperCase());
    also(written.toUpperCase());
  }
  return spellings;
}

/** Character by character: halves of a pair stay in order. */
function reverse(text: string): number {
  let to = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    const code = text.charCodeAt(at);
    if (isLow(code) && at > 0 && isHigh(text.charCodeAt(at - 1))) units[to++] = text.charCodeAt(--at);
    units[to++] = code;
  }
  return to;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

function turn(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = lowered(text.charCodeAt(at));
    const isLetter = code >= 97 && code <= 122;
    units[at] = isLetter ? ((code - 84) % 26) + 97 : code;
  }
  return text.length;
}

/** UTF-8. @returns how many. */
function toBytes(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) return bytes.write(text);
    bytes[at] = code;
  }
  return text.length;
}

/** Without padding, which is of no token. @see RFC 4648 section 4 */
function toBase64(length: number): number {
  let to = 0;
  for (let at = 0; at < length; at += 3) {
    const first = bytes[at] as number;
    const second = at + 1 < length ? (bytes[at + 1] as number) : 0;
    const third = at + 2 < length ? (bytes[at + 2] as number) : 0;
    units[to++] = BASE64[first >> 2] as number;
    units[to++] = BASE64[((first & 3) << 4) | (second >> 4)] as number;
    if (at + 1 < length) units[to++] = BASE64[((second & 15) << 2) | (third >> 6)] as number;
    if (at + 2 < length) units[to++] = BASE64[third & 63] as number;
  }
  return to;
}

function toHex(length: number): number {
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] as number;
    units[at * DIGITS_A_BYTE] = HEX[byte >> 4] as number;
    units[at * DIGITS_A_BYTE + 1] = HEX[byte & 15] as number;
  }
  return length * DIGITS_A_BYTE;
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** The address of a host as one number. */
function decimalOf({ host }: Spelt): string | undefined {
  if (host === undefined || !IPV4.test(host)) return undefined;
  return String(host.split('.').reduce((number, byte) => number * 256 + Number(byte), 0));
}
