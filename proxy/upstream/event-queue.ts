/**
 * Turns events that are pushed into events that are awaited, one reader, in order. When the reader lags the
 * source is told to pause, so what waits here is bounded by what one read of the socket brings.
 */
import type { Refusal } from '../errors.ts';
import type { UpstreamEvent } from '../pipeline/ports.ts';

export interface Flow {
  pause(): void;
  resume(): void;
  /** The reader has gone; nothing more is wanted. */
  cancel(): void;
}

const HIGH_WATER = 16;
const DONE = { done: true, value: undefined } as const;

export class EventQueue implements AsyncIterable<UpstreamEvent | Refusal> {
  readonly #waiting: (UpstreamEvent | Refusal)[] = [];
  readonly #flow: Flow;
  #ended = false;
  #paused = false;
  #wake: (() => void) | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Events not read yet. */
  get length(): number {
    return this.#waiting.length;
  }

  push(event: UpstreamEvent | Refusal): void {
    if (this.#ended) return;
    this.#waiting.push(event);
    if (this.#waiting.length >= HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.#flow.pause();
    }
    this.#wake?.();
  }

  /** No more will come. Others may share the source, so it does not stay paused for what has come already. */
  end(): void {
    this.#ended = true;
    this.#resume();
    this.#wake?.();
  }

  /** An object and not a generator: leaving a generator before its first event would run none of its code. */
  [Symbol.asyncIterator](): AsyncIterator<UpstreamEvent | Refusal> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.#waiting.length = 0;
        this.end();
        this.#flow.cancel();
        return DONE;
      },
    };
  }

  async #next(): Promise<IteratorResult<UpstreamEvent | Refusal>> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.#ended) return DONE;
      this.#resume();
      // What was resumed may have pushed at once.
      if (this.#waiting.length > 0 || this.#ended) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#flow.resume();
  }
}
