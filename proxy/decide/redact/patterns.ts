/**
 * Policy authors' own patterns, with RE2 meaning and RE2's promise: time linear in the text.
 *
 * Patterns are compiled once and kept, failures too. Most texts never meet the engine: a literal that every
 * match must contain is looked for first. Small fixed shapes run as V8 expressions (`simple-pattern.ts`),
 * because re2js needs about 50 ns a character where V8 needs one to three.
 */
import { RE2JS } from 're2js';
import { type Finder, literalPlaces, type Match, patternPlaces } from './match.ts';
import { requiredLiteral } from './required-literal.ts';
import { toLinearPattern } from './simple-pattern.ts';

export const MAX_PATTERN_LENGTH = 1000;
const MAX_KEPT = 256;

const kept = new Map<string, Finder | Error>();

/** @returns a finder of class `pattern`, or why there is none; never throws. */
export function patternFinder(source: string): Finder | Error {
  let finder = kept.get(source);
  if (finder === undefined) {
    finder = compile(source);
    if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value!);
  } else kept.delete(source);
  // Last in the map is last used.
  kept.set(source, finder);
  return finder;
}

function compile(source: string): Finder | Error {
  if (source.length > MAX_PATTERN_LENGTH) {
    return new Error(`redaction pattern is ${source.length} characters long, at most ${MAX_PATTERN_LENGTH}`);
  }
  let engine: RE2JS;
  try {
    engine = RE2JS.compile(source);
    // It would match between any two characters, a million times in a long text.
    if (engine.test('')) return new Error(`redaction pattern matches the empty string: ${source}`);
  } catch (cause) {
    return new Error(`redaction pattern is not valid RE2: ${source}`, { cause });
  }
  const literal = requiredLiteral(source);
  const linear = toLinearPattern(source);
  return {
    places(text) {
      if (literal !== undefined) return literalPlaces(text, [literal]);
      if (linear?.inJson !== undefined) return patternPlaces(text, linear.inJson);
      return (from) => (from < text.length ? from : -1);
    },
    find(text, out) {
      if (literal !== undefined && !text.includes(literal)) return;
      if (linear !== undefined) return findLinear(linear.exact, text, out);
      if (!engine.test(text)) return;
      const matcher = engine.matcher(text);
      while (matcher.find()) {
        if (matcher.end() > matcher.start()) {
          out.push({ start: matcher.start(), end: matcher.end(), class: 'pattern' });
        }
      }
    },
  };
}

function findLinear(pattern: RegExp, text: string, out: Match[]): void {
  pattern.lastIndex = 0;
  for (let hit = pattern.exec(text); hit !== null; hit = pattern.exec(text)) {
    out.push({ start: hit.index, end: pattern.lastIndex, class: 'pattern' });
  }
}
