/** Where a text was seen: a token by itself, or several one after another. */
import type { CallerIndex } from './caller-index.ts';
import { type HashKey, wholeHash } from './hash.ts';
import { ECHO, type Origin } from './origin.ts';
import type { Tokens } from './read-tokens.ts';

/** @param tokens all of the text, one at least. */
export function findText(index: CallerIndex, tokens: Tokens, key: HashKey, into: Origin[]): void {
  if (tokens.count === 1) {
    index.find({ a: tokens.a[0] as number, b: tokens.b[0] as number }, into);
    return;
  }
  const whole = wholeHash(tokens, key);
  index.find(whole, into);
  const phrases: Origin[] = [];
  index.findPhrase(tokens, phrases);
  for (const origin of phrases) {
    const isEcho = origin.exposure.echoed?.includes(whole.a) === true;
    into.push(isEcho ? { ...origin, how: origin.how | ECHO } : origin);
  }
}
