/**
 * Whether the gate remembers where values came from, over its reloads: the index is begun when the first policy wants it,
 * and what went by while none did is known to be missing.
 */
import { randomBytes } from 'node:crypto';
import type { LogPort, ProvenancePort } from '../../pipeline/ports.ts';
import type { Shareable } from '../shared/shareable.ts';
import { createProvenanceJournal, type Lines, type ProvenanceJournal } from './journal.ts';
import { createMemoryProvenance, type MemoryProvenance } from './memory-provenance.ts';

export interface TrackerOptions {
  readonly maxBytes: number;
  readonly maxBytesPerCaller: number;
  readonly keepSeconds: number;
  readonly now: () => number;
  readonly log: LogPort;
  /** Opens the file; undefined where nothing outlives the process, or others keep it. */
  readonly open: (() => Lines) | undefined;
  /** Where gates share what they know: the key all have. */
  readonly sharedKey?: Uint8Array | undefined;
}

export interface Tracker {
  /** @throws Error when the file cannot be opened, or holds what no gate wrote. */
  port(wanted: boolean): ProvenancePort | undefined;
  /** For gates that share it; undefined while nothing is tracked. */
  part(): Shareable | undefined;
  close(): void;
}

const SAVE_EVERY_SECONDS = 15;

export function createTracker({ open, sharedKey, ...options }: TrackerOptions): Tracker {
  let journal: ProvenanceJournal | undefined;
  let memory: MemoryProvenance | undefined;
  let asked = false;
  let wanted = false;

  function begin(): MemoryProvenance {
    const { now } = options;
    journal = open && createProvenanceJournal(open(), { now, everySeconds: SAVE_EVERY_SECONDS });
    const isShared = sharedKey !== undefined;
    const key = sharedKey ?? randomBytes(16);
    return createMemoryProvenance({ ...options, key, isShared, defer: setImmediate }, journal);
  }

  return {
    port(nowWanted) {
      const missed = asked && nowWanted && !wanted;
      if (nowWanted) memory ??= begin();
      if (missed) memory?.missed();
      asked = true;
      wanted = nowWanted;
      return nowWanted ? memory : undefined;
    },
    part: () => (wanted ? memory?.part : undefined),
    close() {
      journal?.close();
    },
  };
}
