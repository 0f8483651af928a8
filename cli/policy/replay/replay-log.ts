/**
 * A log through another policy: the file is read once, in order, and handed to two threads in batches, so memory stays
 * small however long it is. When the policy turns out to read histories that the log does not hold, the run begins
 * anew with histories rebuilt from the log.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { Batch, BatchDone, WorkerOptions } from './_worker.ts';
import { addCounts, noCounts, type ReplayCounts } from './compare.ts';
import { createRebuiltHistory, type RebuiltHistory } from './rebuilt-history.ts';

export interface ReplayOptions extends WorkerOptions {
  readonly threads?: number;
  /** Told the number of lines read so far. */
  readonly onProgress?: (lines: number) => void;
}

const BATCH = 1_000;
const PROGRESS_EVERY = 100_000;

/** @throws Error when a file cannot be read or the policy does not load. */
export async function replayLog(files: readonly string[], options: ReplayOptions): Promise<ReplayCounts> {
  const first = await run(files, options, undefined);
  return first.readsHistory ? (await run(files, options, createRebuiltHistory())).counts : first.counts;
}

async function run(
  files: readonly string[],
  options: ReplayOptions,
  history: RebuiltHistory | undefined,
): Promise<BatchDone> {
  const { threads = 2, bundle, data, cwd } = options;
  const workerData: WorkerOptions = { bundle, data, cwd };
  const script = new URL(import.meta.url.endsWith('.ts') ? './_worker.ts' : './_worker.js', import.meta.url);
  const idle: Worker[] = [];
  const workers = Array.from({ length: threads }, () => new Worker(script, { workerData }));
  const sum = noCounts();
  let readsHistory = false;
  let failure: Error | undefined;
  let wake = () => {};
  for (const worker of workers) {
    worker.on('message', (done: BatchDone) => {
      addCounts(sum, done.counts);
      readsHistory ||= done.readsHistory;
      idle.push(worker);
      wake();
    });
    worker.on('error', (cause) => {
      failure ??= cause as Error;
      wake();
    });
  }
  idle.push(...workers);

  async function give(batch: Batch): Promise<void> {
    while (idle.length === 0 && failure === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure !== undefined) throw failure;
    idle.pop()?.postMessage(batch);
  }

  try {
    let count = 0;
    for await (const lines of batches(files)) {
      const histories = history && lines.map((line) => history.next(line));
      await give({ lines, histories });
      count += lines.length;
      if (count % PROGRESS_EVERY < BATCH) options.onProgress?.(count);
      // What the policy was told so far was not what it would have been told.
      if (readsHistory && history === undefined) break;
    }
    while (idle.length < workers.length && failure === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure !== undefined) throw failure;
    return { counts: sum, readsHistory };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function* batches(files: readonly string[]): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  for (const file of files) {
    const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 });
    await once(stream, 'open').catch((cause: NodeJS.ErrnoException) => {
      throw new Error(`${file}: cannot be read: ${cause.code}`, { cause });
    });
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === '') continue;
      if (batch.push(line) >= BATCH) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}
