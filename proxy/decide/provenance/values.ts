/**
 * Values inside text that have a spelling of their own kind: addresses, URLs, hosts, numbers written in groups, paths.
 * Each comes out in the one spelling it is compared in (lower case, no scheme, no separators, percent-decoded), with the
 * wider things it belongs to: the host of a URL, the mailbox under a plus address, the site of a host.
 *
 * The text is plain (`toPlain`). Nothing here says what a value is worth.
 */
import { classOf, HARD, WORD } from './characters.ts';
import { isHost, likenessOf, likenessOfHost, toAscii, toNetworkName } from './host-names.ts';
import { AT_SIGN, DIGITS, DOT, SCHEME, SLASH, type Tokens } from './read-tokens.ts';

export type ValueKind = 'address' | 'url' | 'host' | 'account' | 'path';

export interface Value {
  readonly kind: ValueKind;
  /** As it is compared, e.g. `bob@mail.example`, `shop.example/cart?id=1`, `gb29nwbk60161331926819`. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Of an address or a URL; of a host itself. */
  readonly host?: string | undefined;
  /** Of an address that is written otherwise: without `+tag`, and without dots where the mailbox does not know them. */
  readonly base?: string | undefined;
  /** What an address or a host looks like to somebody who does not look closely, if that is not what it is. */
  readonly like?: string | undefined;
}

/** By ASCII code: what may stand in the name of a mailbox, in the name of a host, and in a URL. */
const LOCAL = 1;
const NAME = 2;
const IN_URL = 4;
const ALLOWED = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  const local = /[A-Za-z0-9._%+-]/.test(character) ? LOCAL : 0;
  const name = /[A-Za-z0-9.-]/.test(character) ? NAME : 0;
  return local | name | (/[^\s"<>`|{}\\^]/.test(character) && code > 32 && code < 127 ? IN_URL : 0);
});

function allows(text: string, at: number, what: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 128) return ((ALLOWED[code] as number) & what) !== 0;
  return what === IN_URL ? classOf(code) >= HARD : classOf(code) === WORD;
}

const MAX_LENGTH = 2_048;
const MAX_VALUES = 20_000;

/** @returns values in the order in which they begin. */
export function valuesIn(text: string, tokens: Tokens): readonly Value[] {
  const found: Value[] = [];
  let urlEnd = 0;
  let groupEnd = 0;
  for (let spot = 0; spot < tokens.spots && found.length < MAX_VALUES; spot++) {
    const at = tokens.spotAt[spot] as number;
    const start = tokens.start[at] as number;
    const end = tokens.end[at] as number;
    if (start < urlEnd || end - start > MAX_LENGTH) continue;
    const flags = tokens.flags[at] as number;
    if ((flags & SCHEME) !== 0) {
      const url = urlAt(text, start, text.indexOf('://', start));
      if (url !== undefined) {
        found.push(url);
        urlEnd = url.end;
        continue;
      }
    }
    const wallet = walletAt(text, start, end);
    if (wallet !== undefined) found.push(wallet);
    else if ((flags & AT_SIGN) !== 0) addAddresses(text, start, end, found);
    else if ((flags & SLASH) !== 0) addPath(text, start, end, found);
    else if ((flags & DOT) !== 0 && addHost(text, start, end, found)) continue;
    else if ((flags & DIGITS) !== 0 && start >= groupEnd) groupEnd = addGroups(text, start, end, found);
  }
  return found;
}

/** @param colon where `://` begins. */
function urlAt(text: string, start: number, colon: number): Value | undefined {
  let first = colon;
  while (first > start && /[A-Za-z0-9+.-]/.test(text[first - 1] as string)) first--;
  const begin = colon + 3;
  let last = begin;
  while (last < text.length && last - first < MAX_LENGTH && allows(text, last, IN_URL)) last++;
  const url = withoutTail(text.slice(begin, last));
  return url === '' ? undefined : toUrl(url, first, begin + url.length);
}

/** What follows a URL in prose is not of it. */
function withoutTail(url: string): string {
  let end = url.length;
  while (end > 0) {
    const mark = url[end - 1] as string;
    const open = mark === ')' ? '(' : mark === ']' ? '[' : undefined;
    const isTail = open === undefined ? ".,;:!?'*_".includes(mark) : !url.slice(0, end).includes(open);
    if (!isTail) break;
    end--;
  }
  return url.slice(0, end);
}

function toUrl(afterScheme: string, start: number, end: number): Value | undefined {
  const slash = afterScheme.search(/[/?#]/);
  const authority = slash < 0 ? afterScheme : afterScheme.slice(0, slash);
  const host = hostIn(authority);
  if (host === undefined) return undefined;
  const port = /:(\d+)$/.exec(authority)?.[1];
  const rest = slash < 0 ? '' : decodedRest(afterScheme.slice(slash).toLowerCase());
  const shownPort = port === undefined || port === '80' || port === '443' ? '' : `:${port}`;
  const text = `${host}${shownPort}${rest.replace(/\/+(?=[?#]|$)/, '')}`;
  return { kind: 'url', text, start, end, host, like: unlike(host, likenessOfHost(host)) };
}

function hostIn(authority: string): string | undefined {
  const name = authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(/:\d*$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (name === '' || /[^a-z0-9._\-[\]:\u0080-\uffff]/.test(name)) return undefined;
  return toNetworkName(name);
}

/** Percent-decoded once; as it is where that gives no text. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text).toLowerCase();
  } catch {
    return text;
  }
}

/** What follows the host of a URL; in its query, `+` is a space. */
function decodedRest(rest: string): string {
  const query = rest.indexOf('?');
  if (query < 0) return decoded(rest);
  return decoded(rest.slice(0, query) + rest.slice(query).replaceAll('+', ' '));
}

function addAddresses(text: string, start: number, end: number, found: Value[]): void {
  for (let at = text.indexOf('@', start); at >= 0 && at < end; at = text.indexOf('@', at + 1)) {
    let first = at;
    while (first > start && allows(text, first - 1, LOCAL)) first--;
    let last = at + 1;
    while (last < end && allows(text, last, NAME)) last++;
    const written = text
      .slice(at + 1, last)
      .toLowerCase()
      .replace(/[.-]+$/, '');
    const host = toAscii(written);
    while (first < at && /[.\-+%]/.test(text[first] as string)) first++;
    const local = decoded(text.slice(first, at).toLowerCase());
    if (local === '' || !isHost(host)) continue;
    const address = `${local}@${host}`;
    found.push({
      kind: 'address',
      text: address,
      start: first,
      end: at + 1 + written.length,
      host,
      base: baseOf(local, host),
      like: unlike(address, likenessOf(local, host)),
    });
  }
}

/** Where the dots of a mailbox's name mean nothing. */
const DOTLESS: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

function baseOf(local: string, host: string): string | undefined {
  const plus = local.indexOf('+');
  const dots = DOTLESS.has(host) && local.includes('.');
  if (plus <= 0 && !dots) return undefined;
  const untagged = plus > 0 ? local.slice(0, plus) : local;
  return `${dots ? untagged.replaceAll('.', '') : untagged}@${host}`;
}

/** Where it differs. */
function unlike(text: string, likeness: string): string | undefined {
  return likeness === text ? undefined : likeness;
}

/** `shop.example/cart` is a URL without its scheme, `/home/ann/notes.txt` a path. */
function addPath(text: string, start: number, end: number, found: Value[]): void {
  const token = text.slice(start, end).toLowerCase();
  const slash = token.search(/[/\\]/);
  const before = token.slice(0, slash).replace(/:\d+$/, '');
  const rooted = start > 0 && /[/\\~.]/.test(text[start - 1] as string);
  if (!rooted && isHost(before)) {
    let last = end;
    // A query goes on behind marks that end a token.
    while (last < text.length && last - start < MAX_LENGTH && allows(text, last, IN_URL)) last++;
    const whole = withoutTail(text.slice(start, last));
    const url = toUrl(whole, start, start + whole.length);
    if (url !== undefined) found.push(url);
    return;
  }
  const path = toPath(token);
  if (path !== '') found.push({ kind: 'path', text: path, start, end });
}

/** Without what leads nowhere, and with no mark before it, as tokens begin: `/a/./b//c/../d/` is `a/b/d`. */
function toPath(written: string): string {
  const segments: string[] = [];
  for (const segment of decoded(written)
    .replace(/^file:\/\/(?=\/)/, '')
    .split(/[/\\]/)) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/').replace(/^[.~]+(?=.*\/)/, '');
}

function addHost(text: string, start: number, end: number, found: Value[]): boolean {
  const token = text.slice(start, end).toLowerCase();
  const host = toAscii(token.replace(/:\d+$/, ''));
  if (!isHost(host)) return false;
  found.push({ kind: 'host', text: host, start, end, host, like: unlike(host, likenessOfHost(host)) });
  return true;
}

/** A scheme, and what is long and mixed enough to be nothing but an account. @see BIP 21, ERC-681 */
const PAYMENT = /^([a-z][a-z0-9+.-]*:)(?=[a-z]*\d)([a-z0-9]{25,90})(?![a-z0-9]|@(?!\d+(?:[?/]|$)))/i;

/** `bitcoin:bc1q…?amount=1` */
function walletAt(text: string, start: number, end: number): Value | undefined {
  const found = end - start < MIN_PAYMENT ? null : PAYMENT.exec(text.slice(start, end));
  if (found === null) return undefined;
  const [, scheme = '', account = ''] = found;
  const from = start + scheme.length;
  return { kind: 'account', text: account.toLowerCase(), start: from, end: from + account.length };
}

const MIN_PAYMENT = 28;
const GROUP = /[ \u00a0.-]?([A-Za-z0-9]{1,8})(?![A-Za-z0-9])/y;
const BEGINS = /^(?:[a-z]{2}\d{2}[a-z0-9]*|\d+)$/;
const MIN_ACCOUNT = 8;
const MAX_ACCOUNT = 34;

/**
 * Account, card and telephone numbers, written together or in groups. Where the groups end cannot be told from what
 * follows them, so each length that could be meant is a value.
 * @returns where the longest of them ends.
 */
function addGroups(text: string, start: number, end: number, found: Value[]): number {
  const beginsWithDigit = isDigit(text.charCodeAt(start));
  const isLikeIban = !beginsWithDigit && isDigit(text.charCodeAt(start + 2));
  if (!isLikeIban && !beginsWithDigit) return end;
  if (text[start + 4] === '-' && text[start + 7] === '-') return end; // a date
  // Most numbers are short and nothing follows that could go on with them.
  if (beginsWithDigit && end - start < MIN_ACCOUNT && !isDigit(text.charCodeAt(end + 1))) return end;
  const first = /^[a-z0-9]+/.exec(text.slice(start, end).toLowerCase())?.[0] ?? '';
  if (!BEGINS.test(first)) return end;
  let joined = first;
  let last = start + first.length;
  const letters = !/^\d/.test(first);
  for (;;) {
    if (joined.length > MAX_ACCOUNT) return last;
    if (joined.length >= MIN_ACCOUNT && digitsOf(joined) >= 6) {
      found.push({ kind: 'account', text: joined, start, end: last });
    }
    GROUP.lastIndex = last;
    const group = GROUP.exec(text)?.[1]?.toLowerCase();
    if (group === undefined || !(letters ? /\d|^[a-z]{4}$/ : /^\d+$/).test(group)) return last;
    last = GROUP.lastIndex;
    joined += group;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function digitsOf(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 58) count++;
  return count;
}
