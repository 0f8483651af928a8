/**
 * Both ends of a measured process. The driver forks one file per process and asks it things; the process answers from
 * its own accounting: CPU time spent, the longest stall of its event loop, a profile of itself. Knows no HTTP.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Peer {
  /** @returns what the process answered. @throws Error when it said it failed, or ended. */
  ask<T>(what: string, detail?: unknown): Promise<T>;
  stop(): Promise<void>;
}

export type Answers = Readonly<Record<string, (detail: never) => unknown>>;

interface Question {
  readonly id: number;
  readonly what: string;
  readonly detail: unknown;
}
interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** @param file a module that calls {@link answerParent}. */
export function startPeer(file: string | URL, args: readonly string[], cwd?: string): Peer {
  const child = fork(file, args, { cwd, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  child.on('message', ({ id, value, error }: Reply) => {
    const question = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) question?.resolve(value);
    else question?.reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${String(file)} ended with ${code}`));
  });
  return {
    ask<T>(what: string, detail?: unknown): Promise<T> {
      const question = Promise.withResolvers<unknown>();
      waiting.set(++asked, question);
      child.send({ id: asked, what, detail } satisfies Question);
      return question.promise as Promise<T>;
    },
    stop: () => ended(child),
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.disconnect();
  });
}

/** Answers the driver until it lets go; then `close` is called and the process ends. */
export function answerParent(answers: Answers, close: () => unknown = () => {}): void {
  const known: Answers = { ...OWN_ACCOUNT, ...answers };
  process.on('message', async ({ id, what, detail }: Question) => {
    try {
      const value = await known[what]?.(detail as never);
      process.send?.({ id, value } satisfies Reply);
    } catch (cause) {
      process.send?.({ id, error: (cause as Error).message } satisfies Reply);
    }
  });
  process.on('disconnect', async () => {
    await close();
    process.exit(0);
  });
}

const delays = monitorEventLoopDelay({ resolution: 1 });
let session: Session | undefined;

const OWN_ACCOUNT: Answers = {
  /** Microseconds of CPU this process has used, garbage collection and compilation included. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  rss: () => process.memoryUsage.rss(),
  'stall:begin'() {
    delays.reset();
    delays.enable();
  },
  /** The longest time, in milliseconds, that a timer due every millisecond came late. */
  'stall:end'() {
    delays.disable();
    return Math.max(0, delays.max / 1e6 - 1);
  },
  async 'profile:begin'() {
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
  },
  async 'profile:end'(file: string) {
    const stopped = await session?.post('Profiler.stop');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(stopped?.profile));
    session?.disconnect();
  },
};
