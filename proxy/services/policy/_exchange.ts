/**
 * The memory two threads share: a row of 32-bit cells for state and figures, and behind it the bytes of one message,
 * first the input and then the answer. One side writes while the other sleeps; `state` says whose turn it is.
 */
import type { EvaluatorLimits } from '../../decide/evaluator.ts';

/** Index of each cell. */
export const CELLS = {
  state: 0,
  length: 1,
  kind: 2,
  resets: 3,
  drops: 4,
  retired: 5,
  patterns: 6,
  pages: 7,
  arena: 8,
  remembered: 9,
} as const;
/** starting → ready ⇄ asked; dead when the thread ended or the policy did not load. */
export const STATES = { starting: 0, ready: 1, asked: 2, dead: 3 } as const;
export const KINDS = { text: 0, undefined: 1, failed: 2 } as const;

export interface WorkerPlan {
  readonly module: WebAssembly.Module;
  readonly data: string;
  readonly entrypoint: string;
  readonly probe: string;
  readonly limits: EvaluatorLimits;
  readonly buffer: SharedArrayBuffer;
}

export interface Exchange {
  readonly buffer: SharedArrayBuffer;
  readonly cells: Int32Array<SharedArrayBuffer>;
  /** @returns false when the text is longer than the memory; nothing was sent then. */
  write(text: string): boolean;
  read(): string;
}

const HEAD_BYTES = 64;
/** Policy inputs end at 64 KB and answers are small; a message beyond this is refused. */
const BODY_BYTES = 1024 * 1024;

export function openExchange(
  buffer: SharedArrayBuffer = new SharedArrayBuffer(HEAD_BYTES + BODY_BYTES),
): Exchange {
  const cells = new Int32Array(buffer, 0, HEAD_BYTES / 4);
  const body = Buffer.from(buffer, HEAD_BYTES);
  return {
    buffer,
    cells,
    write(text) {
      if (text.length * 3 > body.length && Buffer.byteLength(text) > body.length) return false;
      Atomics.store(cells, CELLS.length, body.write(text, 'utf8'));
      return true;
    },
    read: () => body.toString('utf8', 0, Atomics.load(cells, CELLS.length)),
  };
}
