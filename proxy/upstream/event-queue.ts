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

export class EventQueue implements AsyncIterable<UpstreamEvent | Refusal> {
  readonly #waiting: (UpstreamEvent | Refusal)[] = [];
  readonly #flow: Flow;
  #ended = false;
  #paused = false;
  #wake: (() => void) | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
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

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<UpstreamEvent | Refusal> {
    try {
      for (;;) {
        const event = this.#waiting.shift();
        if (event !== undefined) {
          yield event;
          continue;
        }
        if (this.#ended) return;
        if (this.#paused) {
          this.#paused = false;
          this.#flow.resume();
          continue;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      this.#ended = true;
      this.#waiting.length = 0;
      this.#flow.cancel();
    }
  }
}
