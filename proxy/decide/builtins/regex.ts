/**
 * regex.replace, regex.split and regex.find_n with the meaning Go's regexp gives them, on re2js: linear in the
 * text, no backtracking. A pattern re2js refuses makes the expression undefined, as a bad pattern does in topdown.
 */
import { type Matcher, RE2JS } from 're2js';
import { type Builtin, ofStrings, toInteger } from './builtin.ts';

/** Compiled patterns are a memo, not state: dropping one changes nothing but time. */
const compiled = new Map<string, RE2JS | undefined>();
const MAX_COMPILED = 100;

function compile(pattern: string): RE2JS | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern);
  const oldest = compiled.keys().next();
  if (compiled.size >= MAX_COMPILED && !oldest.done) compiled.delete(oldest.value);
  const regex = tryCompile(pattern);
  compiled.set(pattern, regex);
  return regex;
}

function tryCompile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

export const regexReplace: Builtin = ofStrings(3, (text = '', pattern = '', template = '') => {
  const regex = compile(pattern);
  if (regex === undefined) return undefined;
  let out = '';
  let last = 0;
  for (const match of matches(regex, text, -1)) {
    out += text.slice(last, match.start()) + expand(template, match, regex);
    last = match.end();
  }
  return out + text.slice(last);
});

export const regexSplit: Builtin = ofStrings(2, (pattern = '', text = '') => {
  const regex = compile(pattern);
  if (regex === undefined) return undefined;
  if (pattern !== '' && text === '') return [''];
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  for (const match of matches(regex, text, -1)) {
    end = match.start();
    if (match.end() !== 0) parts.push(text.slice(begin, end));
    begin = match.end();
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
});

export const regexFindN: Builtin = function regexFindN(_context, pattern, text, count) {
  const limit = toInteger(count);
  if (typeof pattern !== 'string' || typeof text !== 'string' || limit === undefined) return undefined;
  const regex = compile(pattern);
  if (regex === undefined) return undefined;
  const found: string[] = [];
  for (const match of matches(regex, text, Number(limit))) found.push(text.slice(match.start(), match.end()));
  return found;
};

/**
 * Successive matches, Go's rule for empty ones included: an empty match right behind the previous match does not count.
 *
 * @param limit how many at most; negative for all.
 */
function* matches(regex: RE2JS, text: string, limit: number): Generator<Matcher> {
  const matcher = regex.matcher(text);
  let previousEnd = -1;
  for (let at = 0, found = 0; at <= text.length && found !== limit && matcher.find(at); ) {
    const start = matcher.start();
    const end = matcher.end();
    const counts = end !== at || start !== previousEnd;
    at = end > at ? end : at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
    previousEnd = end;
    if (!counts) continue;
    found++;
    yield matcher;
  }
}

/** `$1`, `${1}`, `$name`, `${name}`, `$$`; the longest name counts, so `$1x` is the group called 1x. */
function expand(template: string, match: Matcher, regex: RE2JS): string {
  if (!template.includes('$')) return template;
  return template.replace(
    /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (_whole, dollar: string | undefined, braced: string | undefined, bare: string | undefined) =>
      dollar ?? group(braced ?? bare ?? '', match, regex),
  );
}

function group(name: string, match: Matcher, regex: RE2JS): string {
  const isIndex = /^(?:0|[1-9][0-9]{0,7})$/.test(name);
  const index = isIndex ? Number(name) : regex.namedGroups()[name];
  if (index === undefined || index > regex.groupCount()) return '';
  return match.group(index) ?? '';
}
