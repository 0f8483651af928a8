/**
 * What is known of where values came from, on disk, in the same kind of file as the labels of callers. A caller's index is
 * written down now and then and when the gate ends; between, a line says that there is more of that caller than was
 * written. After a kill such a caller is known to be incomplete, which is the honest answer.
 */
import { randomBytes } from 'node:crypto';
import type { SavedIndex } from '../../decide/provenance/caller-index.ts';

/** A file of JSON lines that outlives a kill, as the state of callers has it. */
export interface Lines {
  replay(entry: (line: unknown) => void): void;
  append(entry: object): boolean;
  compactFrom(snapshot: () => Iterable<object>): void;
  close(): void;
}

export interface ProvenanceJournal {
  /** Of the hashes in it, 16 bytes. */
  readonly key: Uint8Array;
  replay(each: {
    caller(caller: string, saved: SavedIndex): void;
    /** There was more of this caller. */
    lost(caller: string, atMs: number): void;
  }): void;
  /** Says how a caller is written down; undefined for one that is gone. */
  saveFrom(save: (caller: string) => SavedIndex | undefined): void;
  touched(caller: string): void;
  close(): void;
}

export interface ProvenanceJournalOptions {
  readonly now: () => number;
  /** Seconds between two writings of a caller that goes on. */
  readonly everySeconds: number;
}

type Entry =
  | { readonly key: string; readonly format: number }
  | { readonly caller: string; readonly saved: SavedIndex }
  | { readonly caller: string; readonly touched: number };

/** Of hashes and tables: what another wrote cannot be read, and its callers are known to be incomplete. */
const FORMAT = 3;

/** @param file opened by nobody else. @throws Error when it holds what no gate wrote. */
export function createProvenanceJournal(file: Lines, options: ProvenanceJournalOptions): ProvenanceJournal {
  const saved = new Map<string, SavedIndex>();
  const lost = new Map<string, number>();
  const known = new Set<string>();
  const dirty = new Set<string>();
  let key: Uint8Array | undefined;
  let isReadable = true;
  let save: ((caller: string) => SavedIndex | undefined) | undefined;
  file.replay((line) => read(line as Entry));
  if (key === undefined) {
    key = randomBytes(16);
    file.append(keyEntry(key));
  }
  file.compactFrom(snapshot);
  const timer = setInterval(saveAll, options.everySeconds * 1000).unref();

  function read(entry: Entry): void {
    if ('key' in entry) {
      key = Buffer.from(entry.key, 'base64');
      isReadable = entry.format === FORMAT;
    } else if (typeof entry.caller !== 'string') throw new Error('it is not an entry');
    else if ('saved' in entry && !isReadable) lost.set(entry.caller, options.now());
    else if ('saved' in entry) {
      saved.set(entry.caller, entry.saved);
      lost.delete(entry.caller);
    } else if (typeof entry.touched === 'number') lost.set(entry.caller, entry.touched);
    else throw new Error('it is not an entry');
  }

  function* snapshot(): Iterable<Entry> {
    yield keyEntry(key as Uint8Array);
    for (const caller of known) {
      const whole = save?.(caller);
      if (whole === undefined) known.delete(caller);
      else yield { caller, saved: whole };
    }
  }

  function saveAll(): void {
    for (const caller of dirty) {
      const whole = save?.(caller);
      // Not written: it stays dirty, and its line that says so stays the last one.
      if (whole !== undefined && !file.append({ caller, saved: whole } satisfies Entry)) continue;
      dirty.delete(caller);
    }
  }

  return {
    key,
    replay(each) {
      for (const [caller, index] of saved) {
        known.add(caller);
        each.caller(caller, index);
      }
      for (const [caller, atMs] of lost) each.lost(caller, atMs);
      saved.clear();
      lost.clear();
    },
    saveFrom(how) {
      save = how;
    },
    touched(caller) {
      if (dirty.has(caller)) return;
      dirty.add(caller);
      known.add(caller);
      file.append({ caller, touched: options.now() } satisfies Entry);
    },
    close() {
      clearInterval(timer);
      saveAll();
      file.close();
    },
  };
}

function keyEntry(key: Uint8Array): Entry {
  return { key: Buffer.from(key).toString('base64'), format: FORMAT };
}
