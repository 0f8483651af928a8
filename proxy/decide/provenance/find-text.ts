/** Where a text was seen: a token by itself, or several one after another. */
import type { CallerIndex } from './caller-index.ts';
import { type HashKey, wholeHash } from './hash.ts';
import type { Origin } from './origin.ts';
import type { Tokens } from './read-tokens.ts';

/** @param tokens all of the text, one at least. */
export function findText(index: CallerIndex, tokens: Tokens, key: HashKey, into: Origin[]): void {
  if (tokens.count === 1) {
    index.find({ a: tokens.a[0] as number, b: tokens.b[0] as number }, into);
    return;
  }
  index.find(wholeHash(tokens, key), into);
  index.findPhrase(tokens, into);
}
