/**
 * What a gate knows of callers over its reloads: their labels and history, and where values came from. Kept in memory and
 * in files beside the record, or, where the configuration says so, shared with other gates.
 */
import { dirname, join, resolve } from 'node:path';
import type { Config } from './config/schema.ts';
import type { LogPort, SharedPort, StatePort } from './pipeline/ports.ts';
import { createTracker, type Tracker } from './services/provenance/tracker.ts';
import { openRedisStore, type SharedStore } from './services/shared/redis-store.ts';
import { createSharedCallers } from './services/shared/shared-callers.ts';
import { openStateJournal } from './services/state/journal.ts';
import { createMemoryState, type MemoryState } from './services/state/memory-state.ts';

export interface KnownCallers {
  readonly state: StatePort;
  readonly tracker: Tracker;
  /** Undefined where this gate is the only one. */
  readonly shared: SharedPort | undefined;
}

export interface KnownCallersOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly log: LogPort;
  readonly now: () => number;
  /** In place of the configured one; then nothing outlives the process. */
  readonly state?: StatePort | undefined;
}

const PROVENANCE_COMPACT_AFTER = 64 * 1024 * 1024;
const IDLE_SECONDS = 3_600;

/** @throws Error that says what to change, with nothing left open. */
export async function openKnownCallers(
  config: Config,
  options: KnownCallersOptions,
): Promise<KnownCallers & { close(): void }> {
  const store = await openStore(config, options);
  const isAlone = store === undefined;
  const file = isAlone && options.state === undefined ? fileOf(config, options.cwd) : undefined;
  let journal: ReturnType<typeof openStateJournal> | undefined;
  try {
    journal = file === undefined ? undefined : openStateJournal({ file });
    const { maxCallers, maxHistory } = config.limits;
    const { labelTtlSeconds } = config.state;
    const limits = { maxCallers, maxHistory, labelTtlSeconds, idleSeconds: IDLE_SECONDS };
    const state = createMemoryState({ ...limits, isShared: !isAlone }, journal);
    const tracker = trackerFor(config, options, file, store);
    return {
      state: options.state ?? state,
      tracker,
      shared: store && shareCallers(store, state, tracker, maxCallers),
      close() {
        journal?.close();
        tracker.close();
        store?.close();
      },
    };
  } catch (cause) {
    journal?.close();
    store?.close();
    throw cause;
  }
}

/** Beside the record unless another place is named. */
function fileOf({ state, audit }: Config, cwd: string): string | undefined {
  if (state.file === null) return undefined;
  return resolve(cwd, state.file ?? join(dirname(audit.file), 'state.jsonl'));
}

async function openStore(
  { state }: Config,
  { env, log }: KnownCallersOptions,
): Promise<SharedStore | undefined> {
  if (state.kind !== 'redis' || state.url === undefined) return undefined;
  const password = state.password_env === undefined ? undefined : env[state.password_env];
  if (state.password_env !== undefined && !password) {
    throw new Error(`state.password_env: ${state.password_env} is not set`);
  }
  const onError = (message: string) => log.error('redis_failed', { message });
  return openRedisStore({ url: state.url, password, onError });
}

/** @param file of the state of callers: provenance is kept beside it, as long as that outlives the process. */
function trackerFor(
  { provenance }: Config,
  { log, now }: KnownCallersOptions,
  file: string | undefined,
  store: SharedStore | undefined,
): Tracker {
  const beside = file && join(dirname(file), 'provenance.jsonl');
  return createTracker({
    ...provenance,
    sharedKey: store?.key,
    now,
    log,
    open: beside
      ? () => openStateJournal({ file: beside, compactAfterBytes: PROVENANCE_COMPACT_AFTER })
      : undefined,
  });
}

function shareCallers(
  store: SharedStore,
  state: MemoryState,
  tracker: Tracker,
  maxCallers: number,
): SharedPort {
  const parts = () => {
    const provenance = tracker.part();
    return provenance === undefined ? [state.part] : [state.part, provenance];
  };
  return createSharedCallers({ store, parts, maxCallers });
}
