/**
 * Which secrets a value holds and where: what the policy is told as `input.secrets` and `result.secrets`,
 * classes and places, never the secret itself.
 */

import type { Json } from '../../frame/json.ts';
import type { SecretFact } from '../contract.ts';
import { blobText } from './blob.ts';
import { fold } from './fold.ts';
import { type Match, merge } from './match.ts';
import { secretFinder } from './secret.ts';

/** Facts with a place of their own; what is found beyond is counted at the root, so that no class goes missing. */
const MAX_PLACES = 64;
/** Shorter strings hold nothing that could be told from a word, unless their member's name tells. */
const MIN_LENGTH = 4;

/**
 * @param value parsed, at most as deep as the reader allows.
 * @param at pointer of `value` in the policy input: `/args`, `/params` or `/result`.
 */
export function detectSecrets(value: Json, at = '/args'): readonly SecretFact[] {
  const search = new SecretSearch(at);
  search.visit(value, undefined);
  return search.facts();
}

const NO_FACTS: readonly SecretFact[] = [];

class SecretSearch {
  readonly #root: string;
  readonly #path: (string | number)[] = [];
  readonly #matches: Match[] = [];
  #found: Map<string, SecretFact> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  facts(): readonly SecretFact[] {
    return this.#found === undefined ? NO_FACTS : [...this.#found.values()];
  }

  visit(value: Json, key: string | undefined): void {
    if (typeof value === 'string') {
      if (value.length >= MIN_LENGTH) this.#look(value, key);
    } else if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        this.#path.push(index);
        this.visit(value[index]!, key);
        this.#path.pop();
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) {
        this.#path.push(name);
        if (name.length >= MIN_LENGTH) this.#look(name, undefined);
        this.visit((value as { readonly [member: string]: Json })[name]!, name);
        this.#path.pop();
      }
    }
  }

  #look(text: string, key: string | undefined): void {
    this.#find(text, key);
    if (key !== 'blob') return;
    const blob = blobText(text, () => undefined);
    if (blob !== undefined) this.#find(blob.text, undefined);
  }

  #find(text: string, key: string | undefined): void {
    secretFinder.find(fold(text)?.text ?? text, this.#matches, key);
    if (this.#matches.length === 0) return;
    const merged = merge(this.#matches, (a, b) =>
      b.end - b.start > a.end - a.start ? { ...b, start: a.start } : a,
    );
    for (const match of merged) this.#add(match.class);
    this.#matches.length = 0;
  }

  #add(name: string): void {
    this.#found ??= new Map();
    const own = this.#root + this.#path.map((segment) => `/${escapeSegment(segment)}`).join('');
    const at = this.#found.size < MAX_PLACES || this.#found.has(`${name} ${own}`) ? own : this.#root;
    const id = `${name} ${at}`;
    this.#found.set(id, { at, class: name, count: (this.#found.get(id)?.count ?? 0) + 1 });
  }
}

function escapeSegment(segment: string | number): string {
  return typeof segment === 'number' ? String(segment) : segment.replaceAll('~', '~0').replaceAll('/', '~1');
}
