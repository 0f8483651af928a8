/**
 * Turns the redactions of a decision into what one pass over a frame needs, or says why it cannot.
 */
import type { Redaction, Replacement } from '../contract.ts';
import { FINDERS } from './detectors.ts';
import type { Finder } from './match.ts';
import { patternFinder } from './patterns.ts';
import { messagePointers } from './scope.ts';

export interface Search {
  readonly finder: Finder;
  readonly with: Replacement;
  /** An author's pattern also runs on the text as it is spelled, not only on the folded one. */
  readonly literal: boolean;
}

export interface Plan {
  /** Pointers into the frame. */
  readonly values: ReadonlyMap<string, Replacement>;
  readonly searches: readonly Search[];
}

export function planOf(edits: readonly Redaction[]): Plan | Error {
  const values = new Map<string, Replacement>();
  const searches: Search[] = [];
  for (const edit of edits) {
    const how = edit.with ?? 'mask';
    if (how !== 'mask' && how !== 'hash' && how !== 'drop') return new Error(`unknown replacement: ${how}`);
    if ('at' in edit) {
      const pointers = messagePointers(edit.at);
      if (pointers instanceof Error) return pointers;
      for (const pointer of pointers) values.set(pointer, stricter(values.get(pointer), how));
    } else if ('detector' in edit) {
      if (!Object.hasOwn(FINDERS, edit.detector)) return new Error(`unknown detector: ${edit.detector}`);
      searches.push({ finder: FINDERS[edit.detector], with: how, literal: false });
    } else if ('pattern' in edit) {
      const finder = patternFinder(edit.pattern);
      if (finder instanceof Error) return finder;
      searches.push({ finder, with: how, literal: true });
    } else return new Error('redaction names neither a place nor a detector nor a pattern');
  }
  return { values, searches };
}

const STRICTNESS: readonly Replacement[] = ['hash', 'mask', 'drop'];

/** Of two replacements for the same text the one that tells less. */
export function stricter(a: Replacement | undefined, b: Replacement): Replacement {
  return a !== undefined && STRICTNESS.indexOf(a) > STRICTNESS.indexOf(b) ? a : b;
}
