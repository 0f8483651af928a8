/**
 * Secrets told by what they are called: `password=…`, `"api_key": "…"`, `Authorization: Basic …`, a member
 * named `clientSecret`, `scheme://user:password@host`.
 *
 * Takes a text and the place of a telling word in it, and adds a match that covers the value alone. Values
 * that stand for a secret rather than being one (`${TOKEN}`, `<your key>`, `****`, `process.env.X`) are left.
 */
import type { Match } from './match.ts';

/** Words the scan looks for; names go on behind them (`secret_access_key`) and before them (`DB_PASSWORD`). */
export const ASSIGNED_WORDS = [
  'passw',
  'passphrase',
  'secret',
  'api_key',
  'api-key',
  'apikey',
  'access_key',
  'access-key',
  'accesskey',
  'account_key',
  'accountkey',
  'token',
  'private_key',
  'private-key',
  'privatekey',
  'encryption_key',
  'signing_key',
  'credential',
] as const;

/** Names of members whose string value is a secret whatever it looks like, without case, `_`, `-` and `.`. */
const SECRET_MEMBER =
  /(?:password|passwd|passphrase|pwd|secret|apikey|secretkey|accesskey|accountkey|privatekey|encryptionkey|signingkey|authtoken|accesstoken|refreshtoken|sessiontoken|idtoken|apitoken|bottoken|bearertoken|connectionstring|authorization|credential|credentials)$/;
const WEAK_MEMBER = /^(?:token|auth|jwt|bearer|cookie)$/;

/** Names that end so tell where a secret is or what it is like, not what it is. */
const ABOUT =
  /(?:name|[_-]id|ref|path|file|arn|version|type|ur[il]|count|length|size|policy|ttl|expir\w*|field|label|manager|store|limit|used|izer)$/;
/** Tokens that only say where a list goes on. */
const PAGING = /(?:next|page|continuation|sync|progress|delta|skip)[_-]?$/i;

const NAME_TAIL = /[\w.-]{0,24}/y;
const OPERATOR = /(?:\\{0,4}["'`\]])?[ \t]{0,4}(?:=>|:=|={1,3}|:)[ \t]{0,4}/y;
const QUOTE = /\\{0,7}["'`]/y;
const BARE = /[^\s"'`,;&<>(){}[\]|\\]*/y;
// What is refused on its beginning must not be read to its end, or many such values cost the square of the text.
const BARE_SAMPLE = /[^\s"'`,;&<>(){}[\]|\\]{0,128}/y;
const SCHEME = /(?:basic|bearer|token|digest|apikey|negotiate|splunk)[ \t]{1,4}/iy;
const STAND_IN =
  /^(?:[$%<{[]|process\.env|os\.environ|os\.getenv|env[.:[]|ENV\[|var\.|secrets?\.|vault:|[*x•.-]+$|(?:null|none|nil|true|false|undefined|string|str|required|optional|redacted|hidden|masked|changeme|example|your[-_ ]?\w*|password|passwd|secret|token)$)/i;
const MAX_QUOTED = 512;
const SAMPLE = 128;

/** @param at where one of {@link ASSIGNED_WORDS} begins. @returns where to go on. */
export function matchAssigned(text: string, at: number, word: string, out: Match[]): number {
  const nameEnd = run(NAME_TAIL, text, at + word.length);
  const operator = run(OPERATOR, text, nameEnd);
  if (operator === nameEnd) return at + word.length;
  const scheme = run(SCHEME, text, operator);
  const quoted = run(QUOTE, text, scheme);
  const from = Math.max(quoted, scheme);
  const close = quoted > scheme ? quotedEnd(text, text.slice(scheme, quoted), quoted) : -1;
  const end = close >= 0 ? close : run(BARE_SAMPLE, text, from);
  const name = text.slice(at, nameEnd).toLowerCase();
  if (ABOUT.test(name) || (word === 'token' && PAGING.test(text.slice(Math.max(0, at - 14), at)))) {
    return nameEnd;
  }
  const value = text.slice(from, Math.min(end, from + SAMPLE));
  const prose = quoted === scheme && text.slice(nameEnd, operator).includes(':');
  if (!isSecretValue(name, value, prose, text.charCodeAt(end))) return Math.max(operator, at + word.length);
  const last = close >= 0 ? close : run(BARE, text, from);
  out.push({ start: from, end: last, class: assignedClass(name, value) });
  return last;
}

/** Adds the whole of `text` when it is the value of a member called like a secret. */
export function matchMember(text: string, key: string, out: Match[]): void {
  const name = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  const weak = WEAK_MEMBER.test(name);
  if (!weak && !SECRET_MEMBER.test(name)) return;
  const start = run(SCHEME, text, 0);
  const value = text.slice(start, start + SAMPLE);
  if (value.length < 4 || STAND_IN.test(value)) return;
  // Sentences are labels and descriptions, unless the name says that any words are the secret.
  if (weak ? !looksRandom(value) : /\s/.test(value) && !/pass|pwd/.test(name)) return;
  if (/pass|pwd/.test(name) && value.split(' ').length > 6) return;
  out.push({ start, end: text.length, class: assignedClass(name, value) });
}

/** True when a member of that name makes its value worth a look; cheap, for every key a scan hits. */
export function isSecretMember(key: string): boolean {
  const name = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  return WEAK_MEMBER.test(name) || SECRET_MEMBER.test(name);
}

/** `Authorization: <scheme> <credentials>`; `at` is where the word begins. */
export function matchAuthorization(text: string, at: number, out: Match[]): number {
  const nameEnd = at + 'authorization'.length;
  const operator = run(OPERATOR, text, nameEnd);
  if (operator === nameEnd) return at + 1;
  const quote = run(QUOTE, text, operator);
  const from = run(SCHEME, text, quote);
  const sample = text.slice(from, run(BARE_SAMPLE, text, from));
  if (sample.length < 6 || STAND_IN.test(sample)) return nameEnd;
  const end = run(BARE, text, from);
  out.push({ start: from, end, class: 'authorization' });
  return end;
}

/** `Bearer <token>` anywhere; `at` is where the word begins. */
export function matchBearer(text: string, at: number, out: Match[]): number {
  const wordEnd = at + 'bearer'.length;
  const from = run(/[ \t]{1,4}/y, text, wordEnd);
  const end = run(/[\w.~+/=-]*/y, text, from);
  if (from === wordEnd || end - from < 16 || !looksRandom(text.slice(from, from + SAMPLE))) return wordEnd;
  out.push({ start: from, end, class: 'bearer_token' });
  return end;
}

/** `scheme://user:password@host`; `from` is the index after the slashes. The password alone is the match. */
export function matchUserInfo(text: string, from: number, out: Match[]): number {
  const end = run(/[^\s"'`<>\\/?#]*/y, text, from);
  const authority = text.slice(from, end);
  const at = authority.lastIndexOf('@');
  const colon = authority.indexOf(':');
  if (colon < 0 || colon > at - 2) return from;
  const password = authority.slice(colon + 1, Math.min(at, colon + 1 + SAMPLE));
  if (password === 'x-oauth-basic') {
    // GitHub takes a token for the user and these words for the password.
    out.push({ start: from, end: from + colon, class: 'connection_string' });
    return from + at;
  }
  if (STAND_IN.test(password) && !/^(?:password|passwd|secret|token|changeme|example)$/i.test(password))
    return from;
  out.push({ start: from + colon + 1, end: from + at, class: 'connection_string' });
  // On from the at sign: the scheme of the next one may be glued to this host.
  return from + at;
}

function quotedEnd(text: string, quote: string, from: number): number {
  const limit = Math.min(text.length, from + MAX_QUOTED);
  const window = text.slice(from, limit);
  for (let at = window.indexOf(quote); at >= 0; at = window.indexOf(quote, at + 1)) {
    // A quote with more backslashes than the opening one is inside the string.
    if (window.charCodeAt(at - 1) !== 0x5c) return from + at;
  }
  return -1;
}

function isSecretValue(name: string, value: string, prose: boolean, after: number): boolean {
  if (STAND_IN.test(value)) return false;
  // `password=ask()` and `password: config[...]` name where it comes from.
  if (after === 0x28 || after === 0x5b) return false;
  if (name.startsWith('pwd') ? value.startsWith('/') : !name.startsWith('pass')) return looksRandom(value);
  if (value.length < 4 || /\n/.test(value)) return false;
  return !prose || (value.length >= 6 && /[^A-Za-z.]/.test(value));
}

/** Long enough, no spaces, letters beside digits: what random tokens look like and words do not. */
function looksRandom(value: string): boolean {
  return value.length >= 12 && /^\S*$/.test(value) && /[0-9]/.test(value) && /[A-Za-z]/.test(value);
}

function assignedClass(name: string, value: string): string {
  if (/^(?:[A-Za-z0-9/+]|\\\/){40,44}$/.test(value) && /access_?key|secret/.test(name))
    return 'aws_secret_key';
  return /pass|pwd/.test(name) ? 'generic_password' : 'generic_secret';
}

function run(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}
