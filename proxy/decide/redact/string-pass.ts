/**
 * One pass over a JSON text that redacts its strings: which ones are worth decoding, where they stand, and
 * what becomes of them. Knows neither decisions nor what a message looks like; both are told to it.
 */
import { locate, type Splice, splice } from '../../frame/spans.ts';
import { blobText } from './blob.ts';
import { foldPlaces } from './fold.ts';
import { editStrings, hasDuplicateKeys, type StringEdit, type StringToken } from './json-strings.ts';
import { literalPlaces, type Places } from './match.ts';
import type { Search } from './plan.ts';
import { type Hit, hitsIn, redactString } from './redact-string.ts';
import type { HashKey } from './replacement.ts';
import type { Place } from './scope.ts';

export interface StringPassOptions {
  readonly hashKey: HashKey | undefined;
  /** Whether a string with a hit may be rewritten. */
  placeOf(path: readonly string[], isKey: boolean, value: string): Place;
  onHit(name: string): void;
  onEdit?(path: readonly string[]): void;
}

export class StringPass {
  readonly #text: string;
  readonly #searches: readonly Search[];
  readonly #options: StringPassOptions;
  // Where the next thing worth a look is: for each search, for spellings to fold, for blobs.
  readonly #places: readonly Places[];
  readonly #next: number[];
  readonly #folds: number;
  readonly #blobs: number;
  #hotKey = -1;
  #blobKey = -1;
  #keysEdited = false;

  constructor(text: string, searches: readonly Search[], options: StringPassOptions) {
    this.#text = text;
    this.#searches = searches;
    this.#options = options;
    this.#folds = searches.length;
    this.#blobs = searches.length + 1;
    this.#places =
      searches.length === 0
        ? []
        : [
            ...searches.map(({ finder }) => finder.places(text)),
            foldPlaces(text),
            literalPlaces(text, ['blob']),
          ];
    this.#next = this.#places.map((next) => next(0));
  }

  /**
   * @param fixed replacements decided before, sorted and disjoint; strings inside them are passed over.
   * @returns the new text, or undefined when nothing changed. Throws where a hit must not be rewritten.
   */
  run(fixed: readonly Splice[]): string | undefined {
    if (fixed.length === 0 && this.#next.every((at) => at < 0)) return undefined;
    const edited = editStrings(this.#text, (token) => this.#edit(token), fixed);
    if (edited !== undefined && this.#keysEdited && hasDuplicateKeys(edited)) {
      throw new Error('redaction would give two members of an object the same name');
    }
    return edited;
  }

  #edit(token: StringToken): StringEdit {
    const { start, end, isKey } = token;
    let near: Search[] | undefined;
    for (let index = 0; index < this.#searches.length; index++) {
      if (this.#isNear(index, start, end)) near = [...(near ?? []), this.#searches[index]!];
    }
    const folds = this.#folds < this.#next.length && this.#isNear(this.#folds, start, end);
    if (isKey) {
      if (folds || near !== undefined) this.#hotKey = start;
      if (this.#isBlobKey(token, folds)) this.#blobKey = start;
    } else if (token.keyStart >= 0) {
      if (this.#blobKey === token.keyStart) return this.#editBlob(token);
      // The name above may tell of a secret, so its value needs a look even when nothing in it does.
      if (this.#hotKey === token.keyStart) near = [...this.#searches];
    }
    if (folds) near = [...this.#searches];
    return near === undefined ? undefined : this.#editText(token, near);
  }

  #editText(token: StringToken, searches: readonly Search[]): StringEdit {
    const text = token.decoded();
    const key = token.isKey ? undefined : token.key();
    const hits = hitsIn(text, searches, key);
    if (hits.length === 0 || !this.#mayEdit(token, text, hits)) return undefined;
    if (token.isKey) this.#keysEdited = true;
    return this.#redact(text, hits, key);
  }

  #editBlob(token: StringToken): StringEdit {
    const encoded = token.decoded();
    const blob = blobText(encoded, () => this.#mimeTypeBeside(token));
    if (blob === undefined) return this.#editText(token, this.#searches);
    const hits = hitsIn(blob.text, this.#searches, undefined);
    if (hits.length === 0 || !this.#mayEdit(token, encoded, hits)) return undefined;
    const edit = this.#redact(blob.text, hits, undefined);
    return blob.encode(typeof edit === 'string' ? edit : splice(blob.text, edit));
  }

  /** Throws where a hit must not be edited and must not pass. */
  #mayEdit(token: StringToken, value: string, hits: readonly Hit[]): boolean {
    const path = token.path();
    const place = this.#options.placeOf(path, token.isKey, value);
    if (place === 'open') {
      this.#options.onEdit?.(path);
      return true;
    }
    if (place === 'constant' || (place === 'opaque' && hits.every((hit) => hit.class === 'jwt')))
      return false;
    throw new Error(`redaction would change ${pointerOf(path)}, which the protocol needs as it is`);
  }

  #redact(text: string, hits: readonly Hit[], key: string | undefined): readonly Splice[] | string {
    return redactString(text, hits, this.#searches, {
      key,
      hashKey: this.#options.hashKey,
      onHit: (hit) => this.#options.onHit(hit.class),
    });
  }

  #mimeTypeBeside(token: StringToken): string | undefined {
    const span = locate(this.#text, pointerOf([...token.path().slice(0, -1), 'mimeType']));
    const value: unknown = span && JSON.parse(this.#text.slice(span.start, span.end));
    return typeof value === 'string' ? value : undefined;
  }

  #isNear(index: number, start: number, end: number): boolean {
    let at = this.#next[index]!;
    if (at >= 0 && at < start) this.#next[index] = at = this.#places[index]!(start);
    return at >= 0 && at < end;
  }

  #isBlobKey(token: StringToken, folds: boolean): boolean {
    if (this.#blobs >= this.#next.length) return false;
    return (folds || this.#isNear(this.#blobs, token.start, token.end)) && token.decoded() === 'blob';
  }
}

/** The RFC 6901 pointer of decoded segments. */
export function pointerOf(path: readonly string[]): string {
  return path.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
