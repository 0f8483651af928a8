/**
 * The indexes of all callers, in this process's memory, and in a journal that the next process starts from. Messages are
 * worked in when nothing else is to be done, at the latest before their caller is told something. When there is no room,
 * the oldest of whoever was silent longest goes first; and a caller something was forgotten of is known to be incomplete
 * for as long as it would have been kept.
 */
import type { Block, SavedBlock } from '../../decide/provenance/block.ts';
import { CallerIndex, type SavedIndex, type Shown, type Used } from '../../decide/provenance/caller-index.ts';
import { provenanceOf } from '../../decide/provenance/facts.ts';
import { type HashKey, toHashKey } from '../../decide/provenance/hash.ts';
import type { LogPort, ProvenancePort } from '../../pipeline/ports.ts';
import type { Field, Shareable } from '../shared/shareable.ts';
import type { ProvenanceJournal } from './journal.ts';

export interface ProvenanceOptions {
  /** Bytes over all callers. */
  readonly maxBytes: number;
  readonly maxBytesPerCaller: number;
  /** How long what was met is kept. */
  readonly keepSeconds: number;
  /** 16 bytes that nobody else knows; where there is a journal, it has its own. */
  readonly key: Uint8Array;
  /** Runs a function soon but not now, e.g. `setImmediate`. */
  readonly defer: (task: () => void) => void;
  readonly now: () => number;
  readonly log?: LogPort | undefined;
  /** Others keep what is known as well: what there is no room for here is not forgotten; default false. */
  readonly isShared?: boolean;
}

type Message =
  | { readonly kind: 'shown'; readonly answer: Shown }
  | { readonly kind: 'used'; readonly call: Used };

interface Kept {
  readonly index: CallerIndex;
  /** What is not worked in yet, in the order in which it came. */
  readonly waiting: Message[];
}

/** Bytes of a caller of whom nothing is left but its name. */
const OVERHEAD = 512;

export interface MemoryProvenance extends ProvenancePort {
  /** Traffic went by that nobody has told of: nobody is known whole. */
  missed(): void;
  /** For gates that share it. */
  readonly part: Shareable;
}

/** Bytes: the last block is written with each answer. */
const SHARED_BLOCK = 64 * 1024;
/** Of a shared index, all but its blocks. */
const HEAD = 'index';
const BLOCK = 'index:';

/** @throws Error when the journal holds what no gate wrote. */
export function createMemoryProvenance(
  options: ProvenanceOptions,
  journal?: ProvenanceJournal,
): MemoryProvenance {
  const key: HashKey = toHashKey(journal?.key ?? options.key);
  const limits = {
    maxBytes: options.maxBytesPerCaller,
    ...(options.isShared ? { blockBytes: SHARED_BLOCK } : {}),
  };
  const keepMs = options.keepSeconds * 1000;
  /** Whoever was heard of last stands last. */
  const callers = new Map<string, Kept>();
  const behind = new Set<string>();
  let bytes = 0;
  let scheduled = false;
  /** When somebody was last forgotten whole. */
  let forgottenAtMs = Number.NEGATIVE_INFINITY;
  /** When traffic last went by that nobody has told of. */
  let missedAtMs = Number.NEGATIVE_INFINITY;

  journal?.replay({ caller: restore, lost: (caller, atMs) => forget(caller, atMs) });
  journal?.saveFrom(save);

  function restore(caller: string, saved: SavedIndex): void {
    const { index } = keptFor(caller);
    bytes -= index.bytes;
    index.blocks.length = 0;
    index.restore(saved);
    bytes += index.bytes;
  }

  function save(caller: string): SavedIndex | undefined {
    const kept = callers.get(caller);
    if (kept === undefined) return undefined;
    workIn(caller, kept);
    return kept.index.toSaved();
  }

  /** Something of this caller is not known, and nobody can say what. */
  function forget(caller: string, atMs: number): void {
    const { index } = keptFor(caller);
    index.forgottenAtMs = Math.max(index.forgottenAtMs, atMs);
  }

  function keptFor(caller: string): Kept {
    let kept = callers.get(caller);
    if (kept !== undefined) {
      callers.delete(caller);
    } else {
      kept = { index: new CallerIndex(key, limits), waiting: [] };
      bytes += OVERHEAD;
    }
    callers.set(caller, kept);
    return kept;
  }

  function enqueue(caller: string, message: Message): void {
    keptFor(caller).waiting.push(message);
    behind.add(caller);
    journal?.touched(caller);
    if (scheduled) return;
    scheduled = true;
    options.defer(catchUp);
  }

  /** One caller at a time, so that frames that have arrived meanwhile come in between. */
  function catchUp(): void {
    const { value: caller, done } = behind.values().next();
    scheduled = !done && behind.size > 1;
    const kept = caller === undefined ? undefined : callers.get(caller);
    if (caller !== undefined && kept !== undefined) workIn(caller, kept);
    if (scheduled) options.defer(catchUp);
  }

  function workIn(caller: string, { index, waiting }: Kept): void {
    behind.delete(caller);
    if (waiting.length === 0) return;
    bytes -= index.bytes;
    for (const message of waiting.splice(0)) {
      try {
        if (message.kind === 'shown') index.shown(message.answer);
        else index.used(message.call);
      } catch (cause) {
        index.forgottenAtMs = options.now();
        options.log?.error('provenance_failed', { message: (cause as Error).message });
      }
    }
    bytes += index.bytes;
    if (bytes > options.maxBytes && !options.isShared) makeRoom();
  }

  function makeRoom(): void {
    const now = options.now();
    for (const [caller, { index, waiting }] of callers) {
      if (bytes <= options.maxBytes) return;
      bytes -= index.bytes;
      index.expire(now - keepMs);
      while (index.blocks.length > 0 && bytes + index.bytes > options.maxBytes) index.forgetOldest();
      bytes += index.bytes;
      if (index.blocks.length > 0 || waiting.length > 0) continue;
      forgottenAtMs = Math.max(forgottenAtMs, index.forgottenAtMs);
      callers.delete(caller);
      bytes -= OVERHEAD;
    }
  }

  /** The index of a caller with everything in it that was met so far. */
  function upToDate(caller: string, nowMs: number): CallerIndex | undefined {
    const kept = callers.get(caller);
    if (kept === undefined) return undefined;
    workIn(caller, kept);
    const before = kept.index.bytes;
    kept.index.expire(nowMs - keepMs);
    bytes += kept.index.bytes - before;
    return kept.index;
  }

  function drop(caller: string): void {
    const kept = callers.get(caller);
    if (kept === undefined) return;
    bytes -= kept.index.bytes + OVERHEAD;
    callers.delete(caller);
    behind.delete(caller);
  }

  const part: Shareable = {
    prefix: HEAD,
    fieldsOf(caller): readonly Field[] {
      const kept = callers.get(caller);
      if (kept === undefined) return [];
      workIn(caller, kept);
      const { blocks, ...head } = kept.index.toHead();
      const text = JSON.stringify({ ...head, blocks: blocks.map(({ number }) => number) });
      const field = (block: Block): Field => ({
        name: `${BLOCK}${block.number}`,
        // What is closed changes no more.
        stamp: block.closed ? 'closed' : String(head.order),
        text: () => JSON.stringify(block.toSaved()),
      });
      return [{ name: HEAD, stamp: text, text: () => text }, ...blocks.map(field)];
    },
    restore(caller, fields) {
      drop(caller);
      const text = fields.get(HEAD);
      if (text === undefined) return;
      const head = JSON.parse(text) as Omit<SavedIndex, 'blocks'> & { readonly blocks: readonly number[] };
      const blocks = head.blocks.map(
        (number) => JSON.parse(fields.get(`${BLOCK}${number}`) ?? '') as SavedBlock,
      );
      restore(caller, { ...head, blocks });
    },
    drop,
    keepMs: () => keepMs,
    isFull: () => bytes > options.maxBytes,
  };

  return {
    part,
    shown: (caller, answer) => enqueue(caller, { kind: 'shown', answer }),
    used: (caller, call) => enqueue(caller, { kind: 'used', call }),
    isComplete(caller, nowMs) {
      const index = upToDate(caller, nowMs);
      // Somebody who is not known may be somebody who was forgotten.
      const since = Math.max(index?.forgottenAtMs ?? forgottenAtMs, missedAtMs);
      return since < nowMs - keepMs;
    },
    missed() {
      missedAtMs = options.now();
      for (const caller of [...callers.keys()]) forget(caller, missedAtMs);
    },
    tell: (caller, asked) => provenanceOf(upToDate(caller, asked.nowMs), key, asked),
  };
}
