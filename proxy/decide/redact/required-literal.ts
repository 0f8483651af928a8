/**
 * Reads an RE2 pattern and finds a literal that every match must contain, for a cheap search beforehand.
 *
 * It understands little and says so: whatever it does not know makes the answer undefined, never a guess.
 * The literal holds only characters JSON text spells one way (apart from `\uXXXX`), so that it can be looked
 * for in JSON text as well.
 */

const PLAIN = /[A-Za-z0-9 _@#%&=:;,<>!~'-]/;
const ESCAPED_PUNCTUATION = /[.+*?()|[\]{}^$-]/;

/** @returns the longest literal, or undefined when there is none or the pattern is beyond this reader. */
export function requiredLiteral(pattern: string): string | undefined {
  let best = '';
  let run = '';
  const flush = (): void => {
    if (run.length > best.length) best = run;
    run = '';
  };
  for (let at = 0; at < pattern.length; ) {
    const item = readItem(pattern, at);
    if (item === undefined) return undefined;
    const repeat = readRepeat(pattern, item.end);
    if (repeat === undefined) return undefined;
    if (item.literal === undefined || repeat.min === 0) flush();
    else {
      run += item.literal;
      if (repeat.end > item.end) flush();
    }
    at = repeat.end;
  }
  flush();
  return best === '' ? undefined : best;
}

interface Item {
  readonly end: number;
  readonly literal?: string;
}

function readItem(pattern: string, at: number): Item | undefined {
  const character = pattern.charAt(at);
  if (character === '[') return skipClass(pattern, at);
  if (character === '(') return skipGroup(pattern, at);
  if (character === '.' || character === '^' || character === '$') return { end: at + 1 };
  if (character === '\\') {
    const escaped = pattern.charAt(at + 1);
    if (ESCAPED_PUNCTUATION.test(escaped)) return { end: at + 2, literal: escaped };
    return /[dDwWsSbBAz/]/.test(escaped) ? { end: at + 2 } : undefined;
  }
  if (PLAIN.test(character)) return { end: at + 1, literal: character };
  // A slash, a quote or a letter beyond ASCII may be spelled otherwise in JSON; alternation frees everything.
  return /[/"]/.test(character) || character > '\x7f' ? { end: at + 1 } : undefined;
}

function skipClass(pattern: string, open: number): Item | undefined {
  let at = open + 1;
  if (pattern.charAt(at) === '^') at++;
  if (pattern.charAt(at) === ']') at++;
  for (; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character === '\\') at++;
    else if (character === '[') {
      if (pattern.charAt(at + 1) !== ':') continue;
      at = pattern.indexOf(':]', at) + 1;
      if (at === 0) return undefined;
    } else if (character === ']') return { end: at + 1 };
  }
  return undefined;
}

/** Groups are passed over unread; those that set flags (`(?i)`) change what a literal means. */
function skipGroup(pattern: string, open: number): Item | undefined {
  if (
    pattern.charAt(open + 1) === '?' &&
    !/^\?(?::|P?<[A-Za-z_]\w*>)/.test(pattern.slice(open + 1, open + 70))
  ) {
    return undefined;
  }
  for (let at = open + 1, depth = 1; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character === '\\') {
      if (pattern.charAt(at + 1) === 'Q') return undefined;
      at++;
    } else if (character === '[') {
      const end = skipClass(pattern, at)?.end;
      if (end === undefined) return undefined;
      at = end - 1;
    } else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return { end: at + 1 };
  }
  return undefined;
}

function readRepeat(pattern: string, at: number): { end: number; min: number } | undefined {
  const sign = pattern.charAt(at);
  let end = at;
  let min = 1;
  if (sign === '*' || sign === '?' || sign === '+') {
    end = at + 1;
    min = sign === '+' ? 1 : 0;
  } else if (sign === '{') {
    const braces = /^\{(\d+)(?:,\d*)?\}/.exec(pattern.slice(at, at + 12));
    // RE2 reads an unfinished brace as a literal; leave that to it.
    if (braces === null) return undefined;
    end = at + braces[0].length;
    min = Number(braces[1]);
  } else return { end: at, min: 1 };
  if (pattern.charAt(end) === '?') end++;
  return /[*+?{]/.test(pattern.charAt(end)) ? undefined : { end, min };
}
