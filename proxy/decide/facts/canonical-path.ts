/**
 * Reads a path the way the most generous server would, and says what was odd about its spelling.
 *
 * Comes in: one string from an argument or a `file:` URI. Goes out: an absolute POSIX path without empty or dot
 * segments, percent-decoded, NFC, free of control and invisible characters, plus the names of the tricks met on
 * the way. Where servers differ (does `%2e` decode? does a backslash separate?) the reading that reaches
 * further is taken, and flagged: a rule that refuses what is flagged never depends on which reading was right.
 * Never touches a disk: links inside a scope cannot be seen from here.
 */

export interface CanonicalPath {
  readonly path: string;
  readonly suspicious: readonly string[];
}

export interface CanonicalOptions {
  /** Absolute base for relative paths; without one a relative path is flagged `relative` and read from `/`. */
  readonly root?: string | undefined;
  /** The text is meant to be a URI: `file:` and harmless escapes such as `%20` are then no trick. */
  readonly uri?: boolean | undefined;
}

/** Nearly every real path: plain segments, none ending in a dot. One pass, no backtracking across segments. */
const CLEAN = /^(?:\/[A-Za-z0-9_.-]*[A-Za-z0-9_-])+\/?$/;
const NOTHING_ODD: readonly string[] = Object.freeze([]);
/** Escapes hidden in escapes: more layers than this and the text is defused instead of decoded. */
const MAX_DECODINGS = 4;

export function canonicalPath(raw: string, options: CanonicalOptions = {}): CanonicalPath {
  if (CLEAN.test(raw) && !isProcfs(raw)) {
    return { path: raw.endsWith('/') ? raw.slice(0, -1) : raw, suspicious: NOTHING_ODD };
  }
  const odd = new Set<string>();
  const plain = toPlainText(raw, odd, options.uri === true);
  const absolute = toAbsolute(plain, odd, options.root);
  const path = resolveSegments(absolute, odd);
  if (/[*?[]/.test(path)) odd.add('glob');
  if (isProcfs(path)) odd.add('procfs');
  return { path, suspicious: odd.size === 0 ? NOTHING_ODD : [...odd] };
}

/** Text as the eye sees it: without invisible characters, with look-alikes of path marks made plain. */
export function withPlainMarks(text: string): string {
  return NOT_ASCII_TEXT.test(text) ? toVisible(text, new Set()) : text;
}

const NOT_ASCII_TEXT = /[^\x20-\x7e]/;
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u{e0000}-\u{e007f}]/gu;
const BIDI = /\p{Bidi_Control}/gu;
/** Line and paragraph separators too: a glob's `*` must never stop at one (opa's WASM stops at a newline). */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const ESCAPE = /%(?:u[0-9a-f]{4}|[0-9a-f]{2})/i;
/** Escapes of `.`, `/`, `\`, `:`, `%`, controls, and overlong or `%u` forms: no honest URI of a file needs them. */
const MEANINGFUL_ESCAPE = /%(?:2[ef5]|5c|3a|[01][0-9a-f]|7f|c[01]|e0%80|u)/i;
/** Characters that compatibility mapping, or an eye, turns into one that means something in a path. */
const COMPATIBILITY: Readonly<Record<string, string>> = {
  '\u2024': '.',
  '\u2025': '..',
  '\u2026': '...',
  '\ufe52': '.',
  '\uff0e': '.',
  '\uff61': '.',
  '\u2044': '/',
  '\u2215': '/',
  '\u29f8': '/',
  '\uff0f': '/',
  '\u29f5': '\\',
  '\u2216': '\\',
  '\ufe68': '\\',
  '\uff3c': '\\',
  '\ufe55': ':',
  '\uff1a': ':',
  '\u2236': ':',
  '\uff5e': '~',
  '\ufe6a': '%',
  '\uff05': '%',
  '\uff0a': '*',
  '\ufe61': '*',
  '\uff1f': '?',
  '\ufe56': '?',
  '\uff3b': '[',
};
const COMPATIBLE = new RegExp(`[${Object.keys(COMPATIBILITY).join('')}]`, 'g');

/** Undoes everything that hides characters: URI form, escapes, look-alikes, invisible and control characters. */
function toPlainText(raw: string, odd: Set<string>, uri: boolean): string {
  let text = trimEnds(raw, odd);
  const isFileUri = /^file:/i.test(text);
  if (isFileUri) text = fromFileUri(text, odd, uri);
  text = toVisible(text, odd);
  for (let layer = 0; ESCAPE.test(text); layer += 1) {
    if (layer === MAX_DECODINGS) {
      odd.add('double_encoded');
      text = text.replaceAll('%', '\ufffd');
      break;
    }
    const decoded = decodeEscapes(text);
    if (layer > 0) odd.add('double_encoded');
    else if (!isFileUri || MEANINGFUL_ESCAPE.test(text)) odd.add('encoded');
    text = toVisible(decoded, odd);
  }
  // `%66ile:` is no URI to a parser, but to a server that decodes first it is one.
  return !isFileUri && /^file:/i.test(text) ? fromFileUri(text, odd, false) : text;
}

function toVisible(text: string, odd: Set<string>): string {
  let seen = text;
  if (NOT_ASCII_TEXT.test(text)) {
    if (!seen.isWellFormed()) odd.add('control');
    seen = replaceOdd(seen.toWellFormed(), BIDI, '', 'bidi', odd);
    seen = replaceOdd(seen, INVISIBLE, '', 'invisible', odd);
    seen = replaceOdd(seen, COMPATIBLE, (found) => COMPATIBILITY[found] as string, 'compatibility', odd);
    seen = trimEnds(seen.normalize('NFC'), odd);
    seen = replaceOdd(seen, CONTROL, '\ufffd', 'control', odd);
  }
  return trimEnds(seen, odd);
}

function replaceOdd(
  text: string,
  pattern: RegExp,
  by: string | ((found: string) => string),
  name: string,
  odd: Set<string>,
): string {
  const replaced = typeof by === 'string' ? text.replace(pattern, by) : text.replace(pattern, by);
  if (replaced !== text) odd.add(name);
  return replaced;
}

/** Real servers trim white space and strip quotes before use (server-filesystem does both). */
function trimEnds(text: string, odd: Set<string>): string {
  let from = 0;
  let to = text.length;
  while (from < to && isPadding(text[from] as string)) from += 1;
  while (to > from && isPadding(text[to - 1] as string)) to -= 1;
  if (from === 0 && to === text.length) return text;
  const cut = text.slice(0, from) + text.slice(to);
  if (/["']/.test(cut)) odd.add('quoted');
  if (/\s/.test(cut)) odd.add(/[\u0000-\u001f\u2028\u2029]/.test(cut) ? 'control' : 'whitespace');
  return text.slice(from, to);
}

function isPadding(char: string): boolean {
  return char === '"' || char === "'" || /\s/.test(char);
}

/** `file:` in any of its forms to a path; escapes are left to the caller, the query and fragment are cut. */
function fromFileUri(text: string, odd: Set<string>, expected: boolean): string {
  if (!expected) odd.add('file_uri');
  const slashed = text.slice(5).replaceAll('\\', '/');
  if (slashed.length > 0 && text.includes('\\')) odd.add('backslash');
  const end = slashed.search(/[?#]/);
  if (end !== -1) odd.add('uri_suffix');
  const body = end === -1 ? slashed : slashed.slice(0, end);
  if (!body.startsWith('//')) return body.startsWith('/') ? body : `/${body}`;
  const slash = body.indexOf('/', 2);
  const authority = slash === -1 ? body.slice(2) : body.slice(2, slash);
  if (authority === '' || authority.toLowerCase() === 'localhost')
    return slash === -1 ? '/' : body.slice(slash);
  odd.add('file_host');
  return body.slice(1);
}

/** One layer of escapes, with the overlong UTF-8 and `%uXXXX` forms that lenient decoders accept. */
function decodeEscapes(text: string): string {
  return text
    .replace(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%c0%ae|%e0%80%ae/gi, '.')
    .replace(/%c0%af|%e0%80%af/gi, '/')
    .replace(/%c1%9c|%e0%81%9c/gi, '\\')
    .replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

function toAbsolute(plain: string, odd: Set<string>, root: string | undefined): string {
  let text = plain;
  if (text === '') odd.add('empty');
  if (/^[a-z][a-z0-9+.-]+:[\\/]{2}/i.test(text)) odd.add('uri');
  if (/^(?:\\\\|\/\/)[^\\/]/.test(text)) odd.add('unc');
  if (text.includes('\\')) {
    odd.add('backslash');
    text = text.replaceAll('\\', '/');
  }
  if (/(?:^|\/)\$[A-Za-z_{(]|^%[A-Za-z_()]+%/.test(text)) odd.add('variable');
  if (text.startsWith('/')) return text;
  if (/^[A-Za-z]:/.test(text)) return text[2] === '/' ? `/${text}` : `/${text.slice(0, 2)}/${text.slice(2)}`;
  if (/^~(?:[A-Za-z_][\w.-]*)?(?:\/|$)/.test(text)) {
    odd.add('home');
    return `/${text}`;
  }
  if (root === undefined) odd.add('relative');
  // `.` and a leading `./` are how people write "here": resolved without a word, unlike dots further in.
  const inner = text === '.' ? '' : text.startsWith('./') ? text.slice(2) : text;
  return root === undefined ? `/${inner}` : `${root}/${inner}`;
}

function resolveSegments(absolute: string, odd: Set<string>): string {
  const parts = absolute.split('/');
  const kept: string[] = [];
  for (let index = 1; index < parts.length; index += 1) {
    const part = parts[index] as string;
    if (part === '') {
      if (index < parts.length - 1) odd.add('empty_segments');
      continue;
    }
    const name = trimName(part, kept.length === 0, odd);
    if (name === '..') kept.pop();
    else if (name !== '') kept.push(name);
  }
  // Dropping `..` can uncover a name that ends in a quote, which a second reading would strip.
  for (let last = kept.at(-1); last !== undefined && isPadding(last.at(-1) as string); last = kept.at(-1)) {
    odd.add('quoted');
    kept.pop();
    const name = trimName(trimEnds(last, odd), kept.length === 0, odd);
    if (name !== '' && name !== '..') kept.push(name);
  }
  return `/${kept.join('/')}`;
}

/** @returns the name, `''` for one that stays in place, `..` for one that climbs. */
function trimName(part: string, first: boolean, odd: Set<string>): string {
  let end = part.length;
  while (end > 0 && (part[end - 1] === '.' || /\s/.test(part[end - 1] as string))) end -= 1;
  if (end === 0) {
    const dots = part.replace(/\s/g, '');
    odd.add(dots === part && dots.length <= 2 ? 'dot_segments' : 'trailing_dot_or_space');
    // Some systems read `... ` and `.. ` as a climb; `.` and blanks stay where they are.
    return dots.length >= 2 ? '..' : '';
  }
  if (end !== part.length) odd.add('trailing_dot_or_space');
  const name = part.slice(0, end);
  if (/^[^~]{1,8}~[0-9]+(?:\.[^.]{0,3})?$/.test(name)) odd.add('short_name');
  if (name.includes(':')) odd.add(first && /^[A-Za-z]:$/.test(name) ? 'drive' : 'stream');
  return name;
}

/** Paths through which a process reaches its own descriptors, root or memory, whatever the scope says. */
function isProcfs(path: string): boolean {
  const second = path.charCodeAt(1);
  if (second !== 112 && second !== 100) return false;
  return /^\/(?:proc(?:\/|$)|dev\/(?:fd|stdin|stdout|stderr|tcp|udp)(?:\/|$))/.test(path);
}
