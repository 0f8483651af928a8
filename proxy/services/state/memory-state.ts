/**
 * Labels and history of callers, in this process's memory, and in a journal that the next process starts from. Kept per
 * caller, not per session: a new session, another transport or another server washes nothing off, nor does a restart.
 * When there is no room for another caller, in memory or on disk, the call is refused; forgetting one would let its next
 * call pass a rule it should meet.
 */
import { type Refusal, refuse } from '../../errors.ts';
import type { CallerState, RememberedCall, StatePort } from '../../pipeline/ports.ts';
import type { Field, Shareable } from '../shared/shareable.ts';
import type { StateJournal } from './journal.ts';

export interface MemoryStateOptions {
  readonly maxCallers: number;
  /** Calls shown to the policy, newest first. */
  readonly maxHistory: number;
  /** How long a label lasts that names no time of its own. */
  readonly labelTtlSeconds: number;
  /** A caller without labels that has been silent for so long may make room. */
  readonly idleSeconds: number;
  /** Others keep what is known as well, so that a caller with labels may make room, too; default false. */
  readonly isShared?: boolean;
}

export interface MemoryState extends StatePort {
  /** For gates that share it. */
  readonly part: Shareable;
}

interface Label {
  from: string;
  since: number;
  until: number;
}
interface Call {
  /** `{"name":…,"verdict":…,"labels":[…],"age_s":` — all of the entry that does not change. */
  readonly head: string;
  readonly at: number;
  readonly name: string;
}
interface Kept {
  readonly labels: Map<string, Label>;
  readonly calls: Call[];
  readonly counts: Map<string, number>;
  lastSeen: number;
}

const MAX_LABELS = 256;
const MAX_COUNTED = 1_000;
const NOTHING: CallerState = { labels: '{}', history: '{"calls":[],"counts":{}}' };

/** One thing remembered, or all about one caller, as a line of the journal. */
type Entry =
  | ({ readonly key: string; readonly at: number } & RememberedCall)
  | { readonly key: string; readonly whole: Whole };
interface Whole {
  readonly labels: readonly (readonly [string, Label])[];
  readonly calls: readonly Call[];
  readonly counts: readonly (readonly [string, number])[];
  readonly lastSeen: number;
}

/** @throws Error when the journal holds what no gate wrote. */
export function createMemoryState(options: MemoryStateOptions, journal?: StateJournal): MemoryState {
  const callers = new Map<string, Kept>();
  journal?.replay((line) => restore(line as Entry));
  journal?.compactFrom(snapshot);

  function restore(entry: Entry): void {
    if ('whole' in entry) {
      callers.set(entry.key, toKept(entry.whole));
      return;
    }
    if (typeof entry.key !== 'string' || !Array.isArray(entry.labels)) throw new Error('it is not an entry');
    const kept = keptFor(entry.key, entry.at);
    // Where there is less room now than there was, the limit has to be raised: nobody is forgotten.
    const refusal = kept === undefined ? refuse('GW_STATE_FULL') : remember(kept, entry.at, entry);
    if (refusal?.kind === 'refusal') throw new Error('more is remembered than limits.maxCallers allows');
  }

  function* snapshot(): Iterable<Entry> {
    for (const [key, kept] of callers) yield { key, whole: toWhole(kept) };
  }

  function makeRoom(now: number): boolean {
    for (const [key, kept] of callers) {
      dropExpired(kept, now);
      const isKept = kept.labels.size > 0 && !options.isShared;
      if (!isKept && now - kept.lastSeen > options.idleSeconds * 1000) callers.delete(key);
    }
    return callers.size < options.maxCallers;
  }

  function keptFor(key: string, now: number): Kept | undefined {
    const known = callers.get(key);
    if (known) return known;
    if (callers.size >= options.maxCallers && !makeRoom(now)) return undefined;
    const kept: Kept = { labels: new Map(), calls: [], counts: new Map(), lastSeen: now };
    callers.set(key, kept);
    return kept;
  }

  function remember(kept: Kept, now: number, call: RememberedCall): Refusal | undefined {
    dropExpired(kept, now);
    const fresh = call.labels.filter((label) => !kept.labels.has(label));
    if (kept.labels.size + fresh.length > MAX_LABELS) return refuse('GW_STATE_FULL', 'too many labels');
    const until = now + (call.ttlSeconds ?? options.labelTtlSeconds) * 1000;
    for (const label of call.labels) {
      const before = kept.labels.get(label);
      // A label never ends sooner because it was given again.
      kept.labels.set(label, {
        from: call.name ?? '',
        since: now,
        until: Math.max(until, before?.until ?? 0),
      });
    }
    kept.lastSeen = now;
    if (call.name === undefined) return undefined;
    if (!kept.counts.has(call.name) && kept.counts.size >= MAX_COUNTED) {
      return refuse('GW_STATE_FULL', 'too many different tools');
    }
    kept.counts.set(call.name, (kept.counts.get(call.name) ?? 0) + 1);
    const { name, verdict, labels } = call;
    const head = JSON.stringify({ name, verdict, labels }).slice(0, -1);
    kept.calls.unshift({ head, at: now, name });
    if (kept.calls.length > options.maxHistory) kept.calls.length = options.maxHistory;
    return undefined;
  }

  return {
    read(key, now) {
      const kept = callers.get(key);
      if (kept === undefined) return NOTHING;
      dropExpired(kept, now);
      return {
        labels: labelsText(kept, now),
        // Written out only when somebody asks: most policies do not.
        get history() {
          return historyText(kept, now);
        },
      };
    },
    remember(key, now, call) {
      const kept = keptFor(key, now);
      if (kept === undefined) return refuse('GW_STATE_FULL');
      const refusal = remember(kept, now, call);
      if (refusal !== undefined || journal === undefined) return refusal;
      return journal.append({ key, at: now, ...call }) ? undefined : refuse('GW_STATE_FAILED');
    },
    part: {
      prefix: FIELD,
      fieldsOf(key): readonly Field[] {
        const kept = callers.get(key);
        if (kept === undefined) return [];
        const text = JSON.stringify(toWhole(kept));
        return [{ name: FIELD, stamp: text, text: () => text }];
      },
      restore(key, fields) {
        const text = fields.get(FIELD);
        if (text === undefined) callers.delete(key);
        else callers.set(key, toKept(JSON.parse(text) as Whole));
      },
      drop: (key) => void callers.delete(key),
      keepMs(key) {
        const kept = callers.get(key);
        const untils = [...(kept?.labels.values() ?? [])].map(({ until }) => until);
        return Math.max(
          options.labelTtlSeconds * 1000,
          ...untils.map((until) => until - (kept?.lastSeen ?? until)),
        );
      },
      isFull: () => callers.size > options.maxCallers,
    },
  };
}

const FIELD = 'state';

function toWhole({ labels, calls, counts, lastSeen }: Kept): Whole {
  return { labels: [...labels], calls, counts: [...counts], lastSeen };
}

function toKept({ labels, calls, counts, lastSeen }: Whole): Kept {
  return { labels: new Map(labels), calls: [...calls], counts: new Map(counts), lastSeen };
}

function dropExpired(kept: Kept, now: number): void {
  for (const [name, label] of kept.labels) if (label.until <= now) kept.labels.delete(name);
}

function labelsText(kept: Kept, now: number): string {
  if (kept.labels.size === 0) return '{}';
  const members = [...kept.labels].map(
    ([name, { since, from }]) =>
      `${JSON.stringify(name)}:{"age_s":${seconds(now - since)},"from":${JSON.stringify(from)}}`,
  );
  return `{${members.join(',')}}`;
}

function historyText(kept: Kept, now: number): string {
  const calls = kept.calls.map(({ head, at }) => `${head},"age_s":${seconds(now - at)}}`);
  const counts = [...kept.counts].map(([name, count]) => `${JSON.stringify(name)}:${count}`);
  return `{"calls":[${calls.join(',')}],"counts":{${counts.join(',')}}}`;
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}
