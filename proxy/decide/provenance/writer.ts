/**
 * Writes the texts of one message into blocks: each token, the words inside it, the values that have a spelling of their
 * own with what they belong to, and all of a field that has more than one token.
 */
import type { Json } from '../../frame/json.ts';
import type { Block } from './block.ts';
import { toPlain } from './characters.ts';
import { type Field, leavesOf } from './fields.ts';
import { type Hash, type HashKey, hashOf, wholeHash } from './hash.ts';
import { siteOf } from './host-names.ts';
import { ALONE, BRIEF, ECHO, type Exposure, type Origin, type Origins, PART, WHOLE } from './origin.ts';
import { BRIEF_TOKENS, readTokens, Tokens } from './read-tokens.ts';
import { type Shape, Standing } from './standing.ts';
import { type Value, valuesIn } from './values.ts';
import type { Stretch } from './word-order.ts';

const scratch = new Tokens();

/** Writes one message into blocks. */
export class Writer {
  readonly exposure: Exposure;
  readonly #echoes: Echoes;
  readonly #key: HashKey;
  #block: Block | undefined;
  #written = new Set<Field<Origin>>();

  constructor(exposure: Exposure, echoes: Echoes, key: HashKey) {
    this.exposure = exposure;
    this.#echoes = echoes;
    this.#key = key;
  }

  add(block: Block, field: Field<Origin>, plain: string, shape: Shape): void {
    const { entire } = shape;
    const key = this.#key;
    const tokens = readTokens(plain, key, scratch);
    const { count, a, b } = tokens;
    if (count === 0) return;
    if (block !== this.#block) this.#turnTo(block);
    const standing = new Standing(field, plain, tokens, shape);
    if (count === 1) {
      this.#put(field, a[0] as number, b[0] as number, entire ? WHOLE : PART);
    } else {
      const origins = this.#originsOf(field, count, shape);
      if (this.#echoes.lanes.length === 0 && standing.areAlike) block.addTokens(tokens, origins);
      else {
        for (let at = 0; at < count; at++) {
          const place = standing.fieldAt(tokens.start[at] as number);
          this.#put(place, a[at] as number, b[at] as number, standing.howOfToken(at));
        }
      }
      // The same text from the same place once more: its order is known.
      const isNew = !entire || this.#putHash(field, wholeHash(tokens, key), WHOLE);
      if (isNew) block.addOrder(tokens, origins, entire, this.#putSeveral(field, tokens, standing));
    }
    for (const { label, start, end } of standing.cutByLabels()) {
      this.#putHash(field.labelled(label), hashOf(plain.slice(start, end), key), ALONE);
    }
    for (let at = 0; at < tokens.words; at++) {
      const place = standing.fieldAt(tokens.start[tokens.wordOf[at] as number] as number);
      this.#put(place, tokens.wordA[at] as number, tokens.wordB[at] as number, PART);
    }
    for (const value of valuesIn(plain, tokens)) {
      this.#putValue(standing.fieldAt(value.start), value, standing.howOfValue(value));
    }
  }

  /** @returns stretches that are all that follows a label. */
  #putSeveral(field: Field<Origin>, tokens: Tokens, standing: Standing): readonly Stretch[] {
    const several = standing.severalAfterLabels();
    for (const { label, stretch } of several) {
      this.#putHash(field.labelled(label), wholeHash(tokens, this.#key, ...stretch), ALONE);
    }
    return several.map(({ stretch }) => stretch);
  }

  #originsOf(field: Field<Origin>, count: number, { isDocument }: Shape): Origins {
    const part = this.#origin(field, PART);
    const brief = this.#origin(field, PART | BRIEF);
    if (isDocument) return { part, brief, alone: this.#origin(field, ALONE) };
    const only = count <= BRIEF_TOKENS ? brief : part;
    return { part: only, brief: only, alone: only };
  }

  /** What was noted of fields holds for the block before. */
  #turnTo(block: Block): void {
    this.#block = block;
    for (const field of this.#written) field.notes.length = 0;
    this.#written.clear();
  }

  #putValue(field: Field<Origin>, { kind, text, start, end, host, base, like }: Value, how: number): void {
    const key = this.#key;
    // As long as the token it begins with, an address is that token, which is there already.
    const isToken = kind === 'address' && text.length === end - start && scratch.isToken(start, end);
    if (!isToken) this.#putHash(field, hashOf(text, key), how);
    if (base !== undefined) this.#putHash(field, hashOf(base, key, 'base'), how);
    if (like !== undefined) this.#putHash(field, hashOf(like, key, 'like'), how);
    if (kind === 'path') {
      for (const segment of text.split('/', MAX_SEGMENTS)) {
        if (SEVERAL_WORDS.test(segment)) this.#putHash(field, hashOf(segment, key), PART);
      }
    }
    if (host === undefined) return;
    if (kind !== 'host') this.#putHash(field, hashOf(host, key), PART);
    // As belongings hosts stand as what they belong to does: of a sender in a field of its own, the host is known so, too.
    this.#putHash(field, hashOf(host, key, 'site'), how);
    const site = siteOf(host);
    if (site !== host) this.#putHash(field, hashOf(site, key, 'site'), how);
  }

  #putHash(field: Field<Origin>, { a, b }: Hash, how: number): boolean {
    return this.#put(field, a, b, how);
  }

  #put(field: Field<Origin>, a: number, b: number, how: number): boolean {
    const echo = this.#echoes.filter[a & 255] !== 0 && this.#echoes.lanes.includes(a) ? ECHO : 0;
    return (this.#block as Block).add(a, b, this.#origin(field, how | echo));
  }

  #origin(field: Field<Origin>, how: number): Origin {
    const known = field.notes[how];
    if (known !== undefined) return known;
    const made = (this.#block as Block).originOf(this.exposure, field, how);
    field.notes[how] = made;
    this.#written.add(field);
    return made;
  }
}

const MAX_SEGMENTS = 16;
const SEVERAL_WORDS = /[^/]\W[^/]/;

/** First lanes of what a call had in its arguments: an answer that says them again is no source of them. */
export interface Echoes {
  readonly lanes: readonly number[];
  /** Of those, whole arguments of several words. */
  readonly phrases: readonly number[];
  /** Which last bytes there are among them: nearly always it answers the question. */
  readonly filter: Uint8Array;
}
export const NO_ECHOES: Echoes = { lanes: [], phrases: [], filter: new Uint8Array(256) };
const MAX_ECHOES = 64;
const MAX_ECHOED = 256;

export function echoesOf(args: Json, key: HashKey): Echoes {
  const found = new Set<number>();
  const phrases: number[] = [];
  for (const { value } of leavesOf(args, '', MAX_ECHOES)) {
    const plain = toPlain(String(value));
    if (plain.length > MAX_ECHOED) continue;
    const tokens = readTokens(plain, key, scratch);
    if (tokens.count > 1) phrases.push(wholeHash(tokens, key).a);
    for (let at = 0; at < tokens.count; at++) found.add(tokens.a[at] as number);
    for (const { text } of valuesIn(plain, tokens)) found.add(hashOf(text, key).a);
  }
  for (const phrase of phrases) found.add(phrase);
  const filter = new Uint8Array(256);
  for (const lane of found) filter[lane & 255] = 1;
  return { lanes: [...found], phrases, filter };
}
