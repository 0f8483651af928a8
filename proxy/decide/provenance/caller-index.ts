/**
 * What one caller was shown and has used, as blocks of hashes that follow one another in time. It can say where a value
 * stood before, in which field of which answer, and never holds the value.
 *
 * Pure but for its own memory: time comes in with each message.
 */
import type { Json } from '../../frame/json.ts';
import {
  ALONE,
  Block,
  BRIEF,
  ECHO,
  type Exposure,
  type Origin,
  type Origins,
  PART,
  restoreBlock,
  type SavedBlock,
  type Source,
  WHOLE,
} from './block.ts';
import { toPlain } from './characters.ts';
import { Field, fieldsOfResult, leavesOf } from './fields.ts';
import { type Hash, type HashKey, hashOf, marked, step } from './hash.ts';
import { BRIEF_TOKENS, readTokens, Tokens } from './read-tokens.ts';
import { siteOf, type Value, valuesIn } from './values.ts';

export interface Shown {
  readonly source: Source;
  readonly atMs: number;
  /** Names of the labels the caller carried. */
  readonly labels: readonly string[];
  /** The `result` or `error` of the answer, as the caller gets it. */
  readonly payload: Json;
  /** Arguments of the call it answers. */
  readonly args?: Json | undefined;
}

export interface Used {
  readonly atMs: number;
  readonly labels: readonly string[];
  readonly args: Json;
}

export interface IndexLimits {
  /** Bytes for one caller. */
  readonly maxBytes: number;
}

export interface SavedIndex {
  readonly blocks: readonly SavedBlock[];
  readonly forgottenAtMs?: number | undefined;
  readonly order: number;
}

const BLOCKS = 8;
/** Text is read in pieces of so many characters, each beginning a little before the end of the last. */
const PIECE = 65_536;
const OVERLAP = 512;
/** Characters of one message: more would keep others waiting. */
const MAX_TEXT = 1024 * 1024;

export class CallerIndex {
  readonly blocks: Block[] = [];
  /** When the latest of what was forgotten for want of room had been shown; before all time for nothing. */
  forgottenAtMs = Number.NEGATIVE_INFINITY;
  bytes = 0;
  readonly #key: HashKey;
  readonly #maxBytes: number;
  #order = 0;

  constructor(key: HashKey, { maxBytes }: IndexLimits) {
    this.#key = key;
    this.#maxBytes = maxBytes;
  }

  shown(message: Shown): void {
    const { source, atMs, labels, payload } = message;
    const echoes = message.args === undefined ? NO_ECHOES : echoesOf(message.args, this.#key);
    const writer = new Writer({ source, atMs, labels, order: this.#order++ }, echoes, this.#key);
    let left = MAX_TEXT;
    fieldsOfResult<Origin>(payload, (field, text, isDocument) => {
      left -= text.length;
      if (left >= 0) this.#addField(writer, field, text, isDocument);
    });
    // The rest of it is as good as forgotten.
    if (left < 0) this.forgottenAtMs = atMs;
    this.#settle();
  }

  used({ atMs, labels, args }: Used): void {
    const writer = new Writer(
      { source: undefined, atMs, labels, order: this.#order++ },
      NO_ECHOES,
      this.#key,
    );
    const field = new Field<Origin>('');
    for (const { value } of leavesOf(args, '', Number.POSITIVE_INFINITY))
      this.#addField(writer, field, String(value), false);
    this.#settle();
  }

  #addField(writer: Writer, field: Field<Origin>, text: string, isDocument: boolean): void {
    const plain = toPlain(text);
    const whole = { entire: true, isDocument };
    if (plain.length <= PIECE) return writer.add(this.#open(writer.exposure.atMs), field, plain, whole);
    for (let from = 0; from < plain.length; from += PIECE - OVERLAP) {
      writer.add(this.#open(writer.exposure.atMs), field, plain.slice(from, from + PIECE), {
        entire: false,
        isDocument,
      });
    }
  }

  /** The block that is written to. */
  #open(atMs: number): Block {
    let block = this.blocks.at(-1);
    if (block === undefined || block.closed || block.isFull || block.bytes > this.#maxBytes / BLOCKS) {
      block?.close();
      block = new Block(atMs);
      this.blocks.push(block);
      this.#settle();
    }
    block.lastAtMs = atMs;
    return block;
  }

  /** Counts anew, and lets go of the oldest where there is too much. */
  #settle(): void {
    this.bytes = this.blocks.reduce((sum, block) => sum + block.bytes, 0);
    while (this.bytes > this.#maxBytes && this.blocks.length > 1) this.forgetOldest();
  }

  /** For want of room. */
  forgetOldest(): void {
    const gone = this.blocks.shift();
    if (gone === undefined) return;
    this.bytes -= gone.bytes;
    this.forgottenAtMs = Math.max(this.forgottenAtMs, gone.lastAtMs);
  }

  /** Because it is so old that nobody should be held to it. */
  expire(beforeMs: number): void {
    while (this.blocks.length > 0 && (this.blocks[0] as Block).lastAtMs < beforeMs) {
      this.bytes -= (this.blocks.shift() as Block).bytes;
    }
  }

  /** All of it as JSON: hashes, times, and names of tools, fields and labels. */
  toSaved(): SavedIndex {
    const { blocks, forgottenAtMs } = this;
    return {
      blocks: blocks.map((block) => block.toSaved()),
      ...(Number.isFinite(forgottenAtMs) ? { forgottenAtMs } : {}),
      order: this.#order,
    };
  }

  /** @throws Error for what is no saved index. */
  restore({ blocks, forgottenAtMs, order }: SavedIndex): void {
    this.blocks.push(...blocks.map(restoreBlock));
    if (forgottenAtMs !== undefined) this.forgottenAtMs = forgottenAtMs;
    this.#order = order;
    this.#settle();
  }

  /** Sightings of one hash, oldest first. */
  find({ a, b }: Hash, into: Origin[]): void {
    for (const block of this.blocks) block.sightings(a, b, into);
  }

  has({ a, b }: Hash): boolean {
    return this.blocks.some((block) => block.has(a, b));
  }

  /** Sightings of several tokens one after another, oldest first. */
  findPhrase(tokens: Tokens, into: Origin[]): void {
    for (const block of this.blocks) block.phrases(tokens, into);
  }
}

/** The hash of all tokens of a field of several. */
export function wholeHash(tokens: Tokens, key: HashKey): Hash {
  let a = key.startA;
  let b = key.startB;
  for (let at = 0; at < tokens.count; at++) {
    a = step(a, tokens.a[at] as number, key.timesA);
    b = step(b, tokens.b[at] as number, key.timesB);
  }
  return marked(a, b, key, 'whole');
}

const scratch = new Tokens();

/** What a text is of its field. */
interface Shape {
  /** All of it. */
  readonly entire: boolean;
  /** A text by itself, whose lines and cells are entries. */
  readonly isDocument: boolean;
}

/** Writes one message into blocks. */
class Writer {
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
    this.#written.add(field);
    if (count === 1) {
      this.#put(field, a[0] as number, b[0] as number, entire ? WHOLE : PART);
    } else {
      const origins = this.#originsOf(field, count, shape);
      if (this.#echoes.lanes.length === 0) block.addTokens(tokens, origins);
      else {
        for (let at = 0; at < count; at++) {
          this.#put(field, a[at] as number, b[at] as number, howTheyStand(tokens, at, at, shape));
        }
      }
      // The same text from the same place once more: its order is known.
      const isNew = !entire || this.#putHash(field, wholeHash(tokens, key), WHOLE);
      if (isNew) block.addOrder(tokens, origins, entire);
    }
    for (let at = 0; at < tokens.words; at++) {
      this.#put(field, tokens.wordA[at] as number, tokens.wordB[at] as number, PART);
    }
    for (const value of valuesIn(plain, tokens)) {
      this.#putValue(field, value, howItStands(value, tokens, shape));
    }
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

  #putValue(field: Field<Origin>, { kind, text, start, end, host, base }: Value, how: number): void {
    const key = this.#key;
    // As long as the token it begins with, an address is that token, which is there already.
    if (kind !== 'address' || !scratch.isToken(start, end)) this.#putHash(field, hashOf(text, key), how);
    if (base !== undefined) this.#putHash(field, hashOf(base, key, 'base'), how);
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

  #origin({ notes, pointer }: Field<Origin>, how: number): Origin {
    const known = notes[how];
    if (known !== undefined) return known;
    const made = (this.#block as Block).originOf(this.exposure, pointer, how);
    notes[how] = made;
    return made;
  }
}

const MAX_SEGMENTS = 16;
const SEVERAL_WORDS = /[^/]\W[^/]/;

function howItStands(value: Value, tokens: Tokens, shape: Shape): number {
  const first = tokens.from(value.start);
  const last = tokens.from(value.end - 1);
  const begins = (tokens.start[first] as number) >= value.start;
  const ends = (tokens.end[last] as number) <= value.end;
  if (!begins || !ends) return PART;
  if (shape.entire && first === 0 && last === tokens.count - 1) return WHOLE;
  return howTheyStand(tokens, first, last, shape);
}

/** Tokens of a longer text, from the first to the last. */
function howTheyStand(tokens: Tokens, first: number, last: number, { isDocument }: Shape): number {
  if (!isDocument) return tokens.count <= BRIEF_TOKENS ? PART | BRIEF : PART;
  if (tokens.standsAlone(first, last)) return ALONE;
  return tokens.isBrief(first, last) ? PART | BRIEF : PART;
}

/** First lanes of what a call had in its arguments: an answer that says them again is no source of them. */
interface Echoes {
  readonly lanes: readonly number[];
  /** Which last bytes there are among them: nearly always it answers the question. */
  readonly filter: Uint8Array;
}
const NO_ECHOES: Echoes = { lanes: [], filter: new Uint8Array(256) };
const MAX_ECHOES = 64;
const MAX_ECHOED = 256;

function echoesOf(args: Json, key: HashKey): Echoes {
  const found = new Set<number>();
  for (const { value } of leavesOf(args, '', MAX_ECHOES)) {
    const plain = toPlain(String(value));
    if (plain.length > MAX_ECHOED) continue;
    const tokens = readTokens(plain, key, scratch);
    if (tokens.count > 1) found.add(wholeHash(tokens, key).a);
    for (let at = 0; at < tokens.count; at++) found.add(tokens.a[at] as number);
    for (const { text } of valuesIn(plain, tokens)) found.add(hashOf(text, key).a);
  }
  const filter = new Uint8Array(256);
  for (const lane of found) filter[lane & 255] = 1;
  return { lanes: [...found], filter };
}
