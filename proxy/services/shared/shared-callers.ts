/**
 * What several gates know of the same callers. A gate keeps copies; before it judges a caller it takes its turn with that
 * caller and reads what others have changed, and what it has changed itself is written before the turn ends. Whatever
 * cannot be read or written in time is a failure, and the frame it was for goes nowhere.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { StateFailed } from '../../errors.ts';
import type { Lease, SharedPort } from '../../pipeline/ports.ts';
import type { SharedStore, Turn } from './redis-store.ts';
import type { Field, Shareable } from './shareable.ts';

export interface SharedOptions {
  readonly store: SharedStore;
  readonly parts: () => readonly Shareable[];
  /** Copies that are kept. */
  readonly maxCallers: number;
}

/** Milliseconds for which a frame waits for its turn, and between two attempts. */
const PATIENCE_MS = 3_000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

interface Copy {
  readonly version: string;
  /** By name of the field. */
  readonly stamps: ReadonlyMap<string, string>;
}

export function createSharedCallers({ store, parts, maxCallers }: SharedOptions): SharedPort {
  /** Whoever was judged last stands last. */
  const copies = new Map<string, Copy>();
  /** The end of the last turn of each caller whose turns are not over. */
  const queues = new Map<string, Promise<void>>();

  async function enter(caller: string): Promise<Lease> {
    const leave = await queue(caller);
    try {
      const turn = await takeTurn(caller);
      try {
        if (copies.get(caller)?.version !== turn.version) await read(caller, turn);
      } catch (cause) {
        await turn.release(undefined).catch(() => {});
        throw cause;
      }
      return { leave: () => write(caller, turn).finally(leave) };
    } catch (cause) {
      copies.delete(caller);
      leave();
      throw failed(cause);
    }
  }

  /** Behind the turns of this gate with that caller. */
  async function queue(caller: string): Promise<() => void> {
    const before = queues.get(caller);
    let leave = () => {};
    const over = new Promise<void>((done) => {
      leave = done;
    });
    const mine = before === undefined ? over : before.then(() => over);
    queues.set(caller, mine);
    if (before !== undefined) await before;
    return () => {
      if (queues.get(caller) === mine) queues.delete(caller);
      leave();
    };
  }

  async function takeTurn(caller: string): Promise<Turn> {
    const until = performance.now() + PATIENCE_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const turn = await store.take(caller);
      if (turn !== undefined) return turn;
      if (performance.now() > until) throw new Error('another gate does not end its turn with this caller');
      await sleep(pause * (0.5 + Math.random()));
    }
  }

  async function read(caller: string, { version, fields }: Turn): Promise<void> {
    const all = Object.entries(await fields());
    for (const part of parts()) {
      part.restore(caller, new Map(all.filter(([name]) => name.startsWith(part.prefix))));
    }
    copies.set(caller, { version, stamps: stampsOf(fieldsOf(caller)) });
  }

  async function write(caller: string, turn: Turn): Promise<void> {
    try {
      const fields = fieldsOf(caller);
      const before = copies.get(caller)?.stamps ?? new Map<string, string>();
      const set = fields.filter(({ name, stamp }) => before.get(name) !== stamp);
      const stamps = stampsOf(fields);
      const gone = [...before.keys()].filter((name) => !stamps.has(name));
      const isSame = set.length === 0 && gone.length === 0;
      const keepMs = Math.max(...parts().map((part) => part.keepMs(caller)));
      const change = { set: new Map(set.map(({ name, text }) => [name, text()])), gone, keepMs };
      const version = await turn.release(isSame ? undefined : change);
      copies.delete(caller);
      copies.set(caller, { version, stamps });
      makeRoom();
    } catch (cause) {
      // What it says now nobody else knows: the next turn reads anew.
      copies.delete(caller);
      throw failed(cause);
    }
  }

  function fieldsOf(caller: string): readonly Field[] {
    return parts().flatMap((part) => part.fieldsOf(caller));
  }

  /** Of those who were silent longest; whoever comes again is read anew. */
  function makeRoom(): void {
    for (const caller of copies.keys()) {
      const full = copies.size > maxCallers ? parts() : parts().filter((part) => part.isFull());
      if (full.length === 0) return;
      if (queues.has(caller)) continue;
      copies.delete(caller);
      for (const part of full) part.drop(caller);
    }
  }

  return { enter, isReachable: () => store.isReachable() };
}

function stampsOf(fields: readonly Field[]): ReadonlyMap<string, string> {
  return new Map(fields.map(({ name, stamp }) => [name, stamp]));
}

function failed(cause: unknown): StateFailed {
  return new StateFailed((cause as Error).message, { cause });
}
