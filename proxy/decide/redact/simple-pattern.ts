/**
 * Turns RE2 patterns of one small shape into V8 expressions with the same meaning and linear time.
 *
 * The shape: literals and character classes in a row, each once, an exact or a narrow number of times, and at
 * most one open-ended repetition, at the very end; `\b` at either end, `(?i)` in front. A start can then fail
 * only within {@link MAX_STEPS} steps, and a success is never taken back. No groups, no alternation, nothing
 * this reader does not know: for those the answer is undefined and RE2 runs.
 */

const MAX_STEPS = 256;
const CLASSES: Readonly<Record<string, string>> = { d: '0-9', w: '0-9A-Za-z_', s: '\\t\\n\\f\\r ' };
const PUNCTUATION = /[.+*?()|[\]{}^$\\/-]/;
const PLAIN = /[A-Za-z0-9 _@#%&=:;,<>!~'"/-]/;
const IN_CLASS = /[A-Za-z0-9 _@#%&=:;,<>!~'"/.+*?()|{}$]/;

export interface LinearPattern {
  readonly exact: RegExp;
  /**
   * Finds, in raw JSON text, a place no later than any match in the string there; undefined when a match can
   * hold a character that JSON escapes.
   */
  readonly inJson: RegExp | undefined;
}

/** @returns global expressions, or undefined when the pattern is not of the shape. */
export function toLinearPattern(pattern: string): LinearPattern | undefined {
  const ignoreCase = pattern.startsWith('(?i)');
  let at = ignoreCase ? 4 : 0;
  let source = '';
  let length = 0;
  let spellings = 1;
  const bound = (): boolean => length * spellings <= MAX_STEPS;
  while (at < pattern.length) {
    if (pattern.startsWith('\\b', at) && (source === '' || at + 2 === pattern.length)) {
      source += '\\b';
      at += 2;
      continue;
    }
    const set = readSet(pattern, at);
    const repeat = set && readRepeat(pattern, set.end);
    if (repeat === undefined) return undefined;
    if (repeat.max === Number.POSITIVE_INFINITY) {
      // Open at the end only: nothing behind it can make it give back.
      if (repeat.end !== pattern.length || repeat.min === 0) return undefined;
      length += repeat.min;
    } else {
      length += repeat.max;
      spellings *= repeat.max - repeat.min + 1;
    }
    source += `[${ignoreCase ? bothCases(set!.members) : set!.members}]${repeat.source}`;
    if (!bound()) return undefined;
    at = repeat.end;
  }
  if (length === 0) return undefined;
  const escapable = /["/]|\\\\|\\t/.test(source);
  // A letter that ends an escape looks like part of the word behind it, so boundaries do not count.
  const inJson = escapable ? undefined : new RegExp(source.replaceAll('\\b', ''), 'g');
  return { exact: new RegExp(source, 'g'), inJson };
}

/** Members of a V8 class without its brackets. */
function readSet(pattern: string, at: number): { members: string; end: number } | undefined {
  const character = pattern.charAt(at);
  if (character === '\\') {
    const members = readEscape(pattern.charAt(at + 1));
    return members === undefined ? undefined : { members, end: at + 2 };
  }
  if (character !== '[')
    return PLAIN.test(character) ? { members: quote(character), end: at + 1 } : undefined;
  let members = '';
  for (let next = at + 1; next < pattern.length; ) {
    const member = pattern.charAt(next);
    if (member === ']') return members === '' ? undefined : { members, end: next + 1 };
    const range = /^(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])/.exec(pattern.slice(next, next + 3));
    if (range !== null) {
      if (pattern.charAt(next) > pattern.charAt(next + 2)) return undefined;
      members += range[0];
      next += 3;
    } else if (member === '-') {
      // A hyphen is itself only first or last.
      if (next !== at + 1 && pattern.charAt(next + 1) !== ']') return undefined;
      members += '\\-';
      next++;
    } else if (pattern.charAt(next + 1) === '-' && pattern.charAt(next + 2) !== ']') {
      return undefined;
    } else if (member === '\\') {
      const escaped = readEscape(pattern.charAt(next + 1));
      // `\w-x` is not a range anywhere, but engines quarrel over it.
      if (escaped === undefined || pattern.charAt(next + 2) === '-') return undefined;
      members += escaped;
      next += 2;
    } else if (IN_CLASS.test(member)) {
      members += member;
      next++;
    } else return undefined;
  }
  return undefined;
}

function readEscape(character: string): string | undefined {
  return (
    CLASSES[character] ?? (character !== '' && PUNCTUATION.test(character) ? quote(character) : undefined)
  );
}

function quote(character: string): string {
  return /[\\\]^-]/.test(character) ? `\\${character}` : character;
}

function readRepeat(
  pattern: string,
  at: number,
): { source: string; end: number; min: number; max: number } | undefined {
  const found = /^(?:\{(\d{1,3})(?:(,)(\d{1,3})?)?\}|[+?])/.exec(pattern.slice(at, at + 10));
  if (found === null)
    return /[*{]/.test(pattern.charAt(at)) ? undefined : { source: '', end: at, min: 1, max: 1 };
  const end = at + found[0].length;
  // A second sign makes it lazy or a repetition of a repetition.
  if (/[*+?{]/.test(pattern.charAt(end))) return undefined;
  if (found[0] === '+') return { source: '+', end, min: 1, max: Number.POSITIVE_INFINITY };
  if (found[0] === '?') return { source: '?', end, min: 0, max: 1 };
  const min = Number(found[1]);
  const max =
    found[2] === undefined ? min : found[3] === undefined ? Number.POSITIVE_INFINITY : Number(found[3]);
  return max < min ? undefined : { source: found[0], end, min, max };
}

/** ASCII letters in either case, and the two letters beyond ASCII that RE2 folds to `k` and `s`. */
function bothCases(members: string): string {
  const letters = members.replace(/\\[tnfr]/g, '');
  const extra =
    (/[kK]|[A-Ja-j]-[K-Zk-z]/.test(letters) ? '\\u212a' : '') +
    (/[sS]|[A-Ra-r]-[S-Zs-z]/.test(letters) ? '\\u017f' : '');
  return members + extra + swapCase(members);
}

function swapCase(members: string): string {
  return members.replace(/\\.|[A-Za-z]/g, (c) =>
    c.length > 1 ? c : c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase(),
  );
}
