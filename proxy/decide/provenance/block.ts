/**
 * One stretch of what a caller was shown and has used: where values were seen, and in which order longer text has its
 * words. Blocks follow one another in time and are forgotten whole, the oldest first. They hold hashes, numbers and names
 * of tools, fields and labels, and no text.
 */
import type { Joined } from './joined.ts';
import type { Exposure, Origin, Origins, Place } from './origin.ts';
import { OriginList, type SavedOrigins } from './origin-list.ts';
import type { Tokens } from './read-tokens.ts';
import { type SavedSightings, Sightings } from './sightings.ts';
import { type SavedOrder, type Stretch, WordOrder } from './word-order.ts';

/** So many that one more text has room for certain. */
const FULL = 40_000;
/** Bytes of the objects around the numbers. */
const OVERHEAD = 1_024;

export interface SavedBlock {
  /** Of all blocks there have been of its index. */
  readonly number: number;
  readonly closed: boolean;
  readonly lastAtMs: number;
  readonly origins: SavedOrigins;
  readonly sightings: SavedSightings;
  readonly order: SavedOrder;
}

export class Block {
  readonly number: number;
  lastAtMs: number;
  closed = false;
  readonly #origins = new OriginList();
  readonly #sightings = new Sightings(this.#origins);
  readonly #order = new WordOrder(this.#origins);

  constructor(number: number, atMs: number) {
    this.number = number;
    this.lastAtMs = atMs;
  }

  /** Bytes it takes, near enough. */
  get bytes(): number {
    return this.#sightings.bytes + this.#order.bytes + this.#origins.bytes + OVERHEAD;
  }

  get isFull(): boolean {
    return this.closed || this.#sightings.listed > FULL || this.#origins.isFull;
  }

  originOf(exposure: Exposure, place: Place, how: number): Origin {
    return this.#origins.make(exposure, place, how);
  }

  /** @returns true when that was not known. */
  add(a: number, b: number, origin: Origin): boolean {
    return this.#sightings.add(a, b, origin);
  }

  addTokens(tokens: Tokens, origins: Origins): void {
    this.#sightings.addTokens(tokens, origins);
  }

  addOrder(tokens: Tokens, origins: Origins, entire: boolean, own: readonly Stretch[]): void {
    this.#order.add(tokens, origins, entire, own);
  }

  /** Nothing more will be added. */
  close(): void {
    this.closed = true;
    this.#origins.close();
  }

  has(a: number, b: number): boolean {
    return this.#sightings.has(a, b);
  }

  find(a: number, b: number, into: Origin[]): void {
    this.#sightings.find(a, b, into);
  }

  /** Where several tokens stood one after another. */
  findPhrase(tokens: Tokens, into: Origin[]): void {
    for (let at = 0; at < tokens.count; at++) {
      if (!this.has(tokens.a[at] as number, tokens.b[at] as number)) return;
    }
    this.#order.find(tokens, into);
  }

  /** Where a number is dictated piece by piece. */
  findJoined(joined: Joined, into: Origin[]): void {
    for (const first of joined.after(0)) {
      if (this.has(first.a, first.b)) this.#order.findJoined(joined, first, into);
    }
  }

  toSaved(): SavedBlock {
    return {
      number: this.number,
      closed: this.closed,
      lastAtMs: this.lastAtMs,
      origins: this.#origins.toSaved(),
      sightings: this.#sightings.toSaved(),
      order: this.#order.toSaved(),
    };
  }

  /** @throws Error for what is no saved block. */
  static restore({ number, closed, lastAtMs, origins, sightings, order }: SavedBlock): Block {
    const block = new Block(number, lastAtMs);
    block.#origins.restore(origins);
    block.#sightings.restore(sightings);
    block.#order.restore(order);
    if (closed) block.close();
    return block;
  }
}
