/**
 * Whether the gate remembers where values came from, over its reloads: the index is begun when the first policy wants it,
 * and what went by while none did is known to be missing.
 */
import { randomBytes } from 'node:crypto';
import type { LogPort, ProvenancePort } from '../../pipeline/ports.ts';
import { createProvenanceJournal, type Lines, type ProvenanceJournal } from './journal.ts';
import { createMemoryProvenance, type MemoryProvenance } from './memory-provenance.ts';

export interface TrackerOptions {
  readonly maxBytes: number;
  readonly maxBytesPerCaller: number;
  readonly keepSeconds: number;
  readonly now: () => number;
  readonly log: LogPort;
  /** Opens the file; undefined where nothing outlives the process. */
  readonly open: (() => Lines) | undefined;
}

export interface Tracker {
  /** @throws Error when the file cannot be opened, or holds what no gate wrote. */
  port(wanted: boolean): ProvenancePort | undefined;
  close(): void;
}

const SAVE_EVERY_SECONDS = 15;

export function createTracker({ open, ...options }: TrackerOptions): Tracker {
  let journal: ProvenanceJournal | undefined;
  let memory: MemoryProvenance | undefined;
  let asked = false;
  let wanted = false;

  function begin(): MemoryProvenance {
    const { now } = options;
    journal = open && createProvenanceJournal(open(), { now, everySeconds: SAVE_EVERY_SECONDS });
    return createMemoryProvenance({ ...options, key: randomBytes(16), defer: setImmediate }, journal);
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
    close() {
      journal?.close();
    },
  };
}
