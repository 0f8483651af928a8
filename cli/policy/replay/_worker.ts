/** One thread of a replay: loads the policy once, then judges one batch of lines after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadPolicy } from '../../../proxy/services/policy/load-policy.ts';
import { noCounts, type ReplayCounts } from './compare.ts';
import { judgeLines } from './judge-lines.ts';

export interface Batch {
  readonly lines: readonly string[];
  readonly histories: readonly string[] | undefined;
}
export interface BatchDone {
  readonly counts: ReplayCounts;
  /** The policy looks at histories. */
  readonly readsHistory: boolean;
}
export interface WorkerOptions {
  readonly bundle: string | undefined;
  readonly data: string | undefined;
  readonly cwd: string;
}

const { bundle, data, cwd } = workerData as WorkerOptions;
const policy = await loadPolicy({ bundle, data, isolation: 'inline', deadlineMs: 250, maxPages: 512 }, cwd);

parentPort?.on('message', ({ lines, histories }: Batch) => {
  const counts = noCounts();
  judgeLines(policy, lines, histories, counts);
  const done: BatchDone = { counts, readsHistory: policy.reads('history') };
  parentPort?.postMessage(done);
});
