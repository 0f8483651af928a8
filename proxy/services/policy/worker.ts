/**
 * Decisions on a thread of their own, so that one that does not end can be ended. `evaluate` stays synchronous: the
 * input is written to shared memory, the worker is woken, and this thread sleeps until the answer is there or the
 * deadline is over (20 to 50 us more than a decision in place, nearly all of it the waking of threads). An overrun kills the worker, fails that decision with
 * `engine.timeout`, and the spare worker, already loaded, takes over.
 */
import { Worker } from 'node:worker_threads';
import { failed, isSendable, readResult } from '../../decide/engine-text.ts';
import { type EngineFailure, type Evaluation, type LateMember, withLate } from '../../decide/evaluation.ts';
import { EVALUATOR_LIMITS, type EvaluatorLimits, type EvaluatorStats } from '../../decide/evaluator.ts';
import { CELLS, type Exchange, KINDS, openExchange, STATES, type WorkerPlan } from './_exchange.ts';

export interface WorkerEvaluatorOptions {
  readonly data: string;
  readonly entrypoint: string;
  readonly probe: string;
  readonly limits: Partial<EvaluatorLimits>;
  readonly deadlineMs: number;
}

export interface WorkerEvaluator {
  evaluate(inputText: string, late?: readonly LateMember[]): Evaluation;
  /** Always: what is said late would have to be asked for across threads. */
  reads(name: string): true;
  stats(): EvaluatorStats & { readonly timeouts: number };
  close(): Promise<void>;
}

/** About 15 us of looking before sleeping: longer than most decisions, shorter than the wake-up it saves. */
const SPINS = 4000;

/** @throws Error when the policy does not load in the worker. */
export async function createWorkerEvaluator(
  module: WebAssembly.Module,
  options: WorkerEvaluatorOptions,
): Promise<WorkerEvaluator> {
  const { deadlineMs } = options;
  const counters = { evaluations: 0, failures: 0, timeouts: 0, drops: 0 };
  let active: Runner | undefined = start(module, options);
  try {
    await active.loaded;
  } catch (error) {
    await active.worker.terminate();
    throw error;
  }
  let spare = startSpare();

  function startSpare(): Runner {
    const runner = start(module, options);
    runner.worker.unref();
    runner.loaded.catch(() => {}); // shown by its state, when it is wanted
    return runner;
  }

  function evaluate(inputText: string, late: readonly LateMember[] = []): Evaluation {
    counters.evaluations++;
    const outcome = run(withLate(inputText, late));
    if (outcome.kind === 'failed') counters.failures++;
    return outcome;
  }

  function run(inputText: string): Evaluation {
    if (!active) return failed('engine.missing', 'the policy was closed');
    // Here, not in the worker: writing to shared memory turns a lone surrogate into U+FFFD, another text.
    if (!isSendable(inputText)) return failed('engine.input', 'the input is not one well-formed JSON object');
    const { exchange } = active;
    const { cells } = exchange;
    Atomics.wait(cells, CELLS.state, STATES.starting, deadlineMs);
    if (Atomics.load(cells, CELLS.state) !== STATES.ready) return replaceUnready();
    if (!exchange.write(inputText)) return failed('engine.input', 'the input is too long for the engine');
    Atomics.store(cells, CELLS.state, STATES.asked);
    Atomics.notify(cells, CELLS.state);
    // Waking a sleeping thread costs about 20 us; this one has nothing else to do, so it looks first.
    for (let spins = SPINS; spins > 0 && Atomics.load(cells, CELLS.state) === STATES.asked; spins--);
    Atomics.wait(cells, CELLS.state, STATES.asked, deadlineMs);
    if (Atomics.load(cells, CELLS.state) !== STATES.ready) return kill();
    return toEvaluation(exchange);
  }

  /** A worker that is still starting stays; one that failed to start or died gives way. */
  function replaceUnready(): Evaluation {
    if (active && Atomics.load(active.exchange.cells, CELLS.state) !== STATES.starting) takeSpare();
    return failed('engine.missing', 'the next worker is not ready yet');
  }

  function kill(): Evaluation {
    counters.timeouts++;
    takeSpare();
    return failed('engine.timeout', `the decision overran ${deadlineMs} ms`);
  }

  function takeSpare(): void {
    counters.drops++;
    void active?.worker.terminate();
    active = spare;
    spare = startSpare();
  }

  async function close(): Promise<void> {
    const last = active;
    active = undefined;
    await Promise.all([last?.worker.terminate(), spare.worker.terminate()]);
  }

  /** Resets, patterns and pages are those of the worker that judges now. */
  function stats(): EvaluatorStats & { timeouts: number } {
    const cell = (name: keyof typeof CELLS): number =>
      active ? Atomics.load(active.exchange.cells, CELLS[name]) : 0;
    return {
      evaluations: counters.evaluations,
      failures: counters.failures,
      timeouts: counters.timeouts,
      drops: counters.drops + cell('drops'),
      remembered: cell('remembered'),
      resets: cell('resets'),
      retired: cell('retired'),
      patterns: cell('patterns'),
      pages: cell('pages'),
      arena: cell('arena') === 1,
    };
  }

  active.worker.unref();
  return { evaluate, reads: () => true, stats, close };
}

interface Runner {
  readonly worker: Worker;
  readonly exchange: Exchange;
  /** Settles when the policy is loaded there, or could not be. */
  readonly loaded: Promise<void>;
}

/** Beside this file whether it runs as TypeScript or compiled. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './_worker-main.ts' : './_worker-main.js',
  import.meta.url,
);

function start(module: WebAssembly.Module, options: WorkerEvaluatorOptions): Runner {
  const { data, entrypoint, probe, limits } = options;
  const exchange = openExchange();
  const plan: WorkerPlan = {
    module,
    data,
    entrypoint,
    probe,
    limits: { ...EVALUATOR_LIMITS, ...limits },
    buffer: exchange.buffer,
  };
  // No environment and no flags of this process: a policy needs neither.
  const worker = new Worker(entry, { workerData: plan, name: 'policy', env: {}, execArgv: [] });
  const loaded = new Promise<void>((resolve, reject) => {
    worker.once('message', (trouble: string | null) =>
      trouble === null ? resolve() : reject(new Error(trouble)),
    );
    worker.once('error', reject);
    worker.once('exit', () => {
      Atomics.store(exchange.cells, CELLS.state, STATES.dead);
      reject(new Error('the policy worker ended before it was ready'));
    });
  });
  return { worker, exchange, loaded };
}

function toEvaluation(exchange: Exchange): Evaluation {
  const { cells } = exchange;
  const text = exchange.read();
  switch (Atomics.load(cells, CELLS.kind)) {
    case KINDS.text:
      return readResult(text);
    case KINDS.undefined:
      return { kind: 'undefined' };
    default: {
      const { code, message } = JSON.parse(text) as { code: EngineFailure; message: string };
      return failed(code, message);
    }
  }
}
