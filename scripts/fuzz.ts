/**
 * Mutated frames by the million: the gate's reader beside three others, on every core. FUZZ_RUNS says how many (ten
 * million by default), FUZZ_SEED from where. Exits 1 at the first finding, with the least bytes that show it.
 */
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { createRandom, minimise, mutate } from '../test/support/fuzz-frames.ts';
import { disparity } from '../test/support/fuzz-parity.ts';

const STEP = 10_000;

if (parentPort) fuzz(workerData as { seed: number; runs: number });
else await lead();

function fuzz({ seed, runs }: { seed: number; runs: number }): void {
  const random = createRandom(seed);
  for (let run = 1; run <= runs; run++) {
    const bytes = mutate(random);
    const wrong = disparity(bytes);
    if (wrong !== undefined) {
      const least = minimise(bytes, (shorter) => disparity(shorter) === wrong);
      return parentPort?.postMessage({
        finding: `seed ${seed}, run ${run}: ${wrong}\n${least.toString('hex')}\n${least}`,
      });
    }
    if (run % STEP === 0 || run === runs) parentPort?.postMessage({ done: run % STEP || STEP });
  }
}

async function lead(): Promise<void> {
  const runs = Number(process.env['FUZZ_RUNS'] ?? 10_000_000);
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32);
  const cores = availableParallelism();
  const began = performance.now();
  let done = 0;
  const report = () => {
    const seconds = (performance.now() - began) / 1000;
    process.stdout.write(`${done} of ${runs} frames, ${Math.round(done / seconds)} a second\n`);
  };
  const progress = setInterval(report, 10_000);
  const workers = Array.from({ length: cores }, (_, index) => {
    const own = Math.ceil(runs / cores);
    const worker = new Worker(new URL(import.meta.url), { workerData: { seed: seed + index, runs: own } });
    worker.on('message', (message: { done?: number; finding?: string }) => {
      done += message.done ?? 0;
      if (message.finding === undefined) return;
      process.stdout.write(`${message.finding}\n`);
      process.exit(1);
    });
    return new Promise<void>((ended, fail) => {
      worker.once('exit', () => ended());
      worker.once('error', fail);
    });
  });
  await Promise.all(workers);
  clearInterval(progress);
  report();
  process.stdout.write(`no reader differs (seed ${seed})\n`);
}
