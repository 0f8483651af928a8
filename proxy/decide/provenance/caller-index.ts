/**
 * What one caller was shown and has used, as blocks of hashes that follow one another in time. It can say where a value
 * stood before, in which field of which answer, and never holds the value.
 *
 * Pure but for its own memory: time comes in with each message.
 */
import type { Json } from '../../frame/json.ts';
import { Block, type SavedBlock } from './block.ts';
import { hiddenIn, toPlain } from './characters.ts';
import { columnsIn } from './columns.ts';
import { contentLinesIn } from './content-lines.ts';
import { countedIn } from './counted.ts';
import { diffsIn } from './diffs.ts';
import { elementsIn } from './elements.ts';
import { entriesIn } from './entries.ts';
import { Field, fieldsOfResult, leavesOf } from './fields.ts';
import { changedIn } from './git-status.ts';
import type { Hash, HashKey } from './hash.ts';
import { headsIn, idsIn } from './ids.ts';
import type { Joined } from './joined.ts';
import { type Labelled, labelledIn } from './labels.ts';
import { mappingsIn } from './mappings.ts';
import { markupIn } from './markup.ts';
import type { Origin, Source } from './origin.ts';
import { PIECE, piecesOf } from './pieces.ts';
import type { Tokens } from './read-tokens.ts';
import { INSIDE, type Shape } from './standing.ts';
import { cellsIn } from './tables.ts';
import { toonIn } from './toon.ts';
import { echoesOf, NO_ECHOES, Writer } from './writer.ts';

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
  /** Bytes of a block, after which another begins; by default there are about eight when it is full. */
  readonly blockBytes?: number;
}

export interface SavedIndex {
  readonly blocks: readonly SavedBlock[];
  readonly forgottenAtMs?: number | undefined;
  /** How many messages, and how many blocks, there have been. */
  readonly order: number;
  readonly made: number;
}

/** By the first who can read it so. */
const READERS = [
  cellsIn,
  columnsIn,
  contentLinesIn,
  toonIn,
  entriesIn,
  idsIn,
  mappingsIn,
  markupIn,
  countedIn,
  headsIn,
  labelledIn,
  diffsIn,
  changedIn,
  elementsIn,
];

/** Characters: nobody writes longer lists for people, and looking for one would keep others waiting. */
const MAX_LIST = 256 * 1024;

function toLabelled(document: string): readonly Labelled[] {
  if (document.length > MAX_LIST) return [];
  for (const read of READERS) {
    const labelled = read(document);
    if (labelled.length > 0) return labelled;
  }
  return [];
}

/** Most callers carry no label. */
const NO_LABELS: readonly string[] = Object.freeze([]);

function sharedIfNone(labels: readonly string[]): readonly string[] {
  return labels.length === 0 ? NO_LABELS : labels;
}

/** The latest sources are kept once. */
const MAX_SOURCES = 16;
const BLOCKS = 8;
/** Characters of one message: more would keep others waiting. */
const MAX_TEXT = 1024 * 1024;

export class CallerIndex {
  readonly blocks: Block[] = [];
  /** When the latest of what was forgotten for want of room had been shown; before all time for nothing. */
  forgottenAtMs = Number.NEGATIVE_INFINITY;
  bytes = 0;
  readonly #key: HashKey;
  readonly #maxBytes: number;
  readonly #blockBytes: number;
  readonly #sources: Source[] = [];
  #order = 0;
  #made = 0;

  constructor(key: HashKey, { maxBytes, blockBytes = maxBytes / BLOCKS }: IndexLimits) {
    this.#key = key;
    this.#maxBytes = maxBytes;
    this.#blockBytes = Math.min(blockBytes, maxBytes / BLOCKS);
  }

  shown(message: Shown): void {
    const { atMs, payload } = message;
    const source = this.#keptOnce(message.source);
    const labels = sharedIfNone(message.labels);
    const echoes = message.args === undefined ? NO_ECHOES : echoesOf(message.args, this.#key);
    const echoed = echoes.phrases.length > 0 ? { echoed: echoes.phrases } : {};
    const writer = new Writer({ source, atMs, labels, order: this.#order++, ...echoed }, echoes, this.#key);
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
    const exposure = { source: undefined, atMs, labels: sharedIfNone(labels), order: this.#order++ };
    const writer = new Writer(exposure, NO_ECHOES, this.#key);
    const field = new Field<Origin>('');
    for (const { value } of leavesOf(args, '', Number.POSITIVE_INFINITY))
      this.#addField(writer, field, String(value), false);
    this.#settle();
  }

  /** Sources come again and again, each time as another object. */
  #keptOnce(source: Source): Source {
    const { server, tool, method } = source;
    const known = this.#sources.find((one) => {
      return one.tool === tool && one.server === server && one.method === method;
    });
    if (known !== undefined) return known;
    if (this.#sources.length === MAX_SOURCES) this.#sources.shift();
    this.#sources.push(source);
    return source;
  }

  #addField(writer: Writer, field: Field<Origin>, text: string, isDocument: boolean): void {
    const hidden = hiddenIn(text);
    if (hidden !== '') this.#addText(writer, field, toPlain(hidden), INSIDE);
    const plain = toPlain(text);
    this.#addText(writer, field, plain, {
      entire: true,
      isDocument,
      labelled: isDocument ? toLabelled(plain) : [],
    });
  }

  #addText(writer: Writer, field: Field<Origin>, plain: string, shape: Shape): void {
    if (plain.length <= PIECE) return writer.add(this.#open(writer.exposure.atMs), field, plain, shape);
    for (const { piece, from } of piecesOf(plain)) {
      const labelled = shape.labelled
        .filter(({ start, end }) => start >= from && end <= from + piece.length)
        .map(({ label, start, end }) => ({ label, start: start - from, end: end - from }));
      writer.add(this.#open(writer.exposure.atMs), field, piece, { ...shape, labelled, entire: false });
    }
  }

  /** The block that is written to. */
  #open(atMs: number): Block {
    let block = this.blocks.at(-1);
    if (block === undefined || block.isFull || block.bytes > this.#blockBytes) {
      block?.close();
      block = new Block(this.#made++, atMs);
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

  /** All of it, its blocks as they are. */
  toHead(): Omit<SavedIndex, 'blocks'> & { readonly blocks: readonly Block[] } {
    const { blocks, forgottenAtMs } = this;
    return {
      blocks,
      ...(Number.isFinite(forgottenAtMs) ? { forgottenAtMs } : {}),
      order: this.#order,
      made: this.#made,
    };
  }

  /** All of it as JSON: hashes, times, and names of tools, fields and labels. */
  toSaved(): SavedIndex {
    const { blocks, ...head } = this.toHead();
    return { ...head, blocks: blocks.map((block) => block.toSaved()) };
  }

  /** @throws Error for what is no saved index. */
  restore({ blocks, forgottenAtMs, order, made }: SavedIndex): void {
    this.blocks.push(...blocks.map(Block.restore));
    if (forgottenAtMs !== undefined) this.forgottenAtMs = forgottenAtMs;
    this.#order = order;
    this.#made = made;
    this.#settle();
  }

  /** Sightings of one hash, oldest first. */
  find({ a, b }: Hash, into: Origin[]): void {
    for (const block of this.blocks) block.find(a, b, into);
  }

  has({ a, b }: Hash): boolean {
    return this.hasLanes(a, b);
  }

  hasLanes(a: number, b: number): boolean {
    for (const block of this.blocks) if (block.has(a, b)) return true;
    return false;
  }

  /** Texts that dictated a number piece by piece. */
  findJoined(joined: Joined, into: Origin[]): void {
    for (const block of this.blocks) block.findJoined(joined, into);
  }

  /** Sightings of several tokens one after another, oldest first. */
  findPhrase(tokens: Tokens, into: Origin[]): void {
    for (const block of this.blocks) block.findPhrase(tokens, into);
  }
}
