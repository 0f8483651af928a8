/**
 * The policy worker: loads one policy, then sleeps on shared memory and answers one input at a time until it is
 * terminated. It never returns to its event loop, so it keeps the evaluator's deferred work itself and does it after
 * each answer is out.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createEvaluator, type PolicyEvaluator, type TextEvaluation } from '../../decide/evaluator.ts';
import { CELLS, type Exchange, KINDS, openExchange, STATES, type WorkerPlan } from './_exchange.ts';

const plan = workerData as WorkerPlan;
const exchange = openExchange(plan.buffer);
const deferred: (() => void)[] = [];
const evaluator = load();
if (evaluator) serve(evaluator);

function load(): PolicyEvaluator | undefined {
  try {
    const loaded = createEvaluator(plan.module, {
      data: plan.data,
      entrypoint: plan.entrypoint,
      probe: plan.probe,
      limits: plan.limits,
      now: Date.now,
      defer: (task) => deferred.push(task),
    });
    parentPort?.postMessage(null);
    return loaded;
  } catch (error) {
    parentPort?.postMessage(error instanceof Error ? error.message : String(error));
    setState(STATES.dead);
    return undefined;
  }
}

function serve(policy: PolicyEvaluator): never {
  setState(STATES.ready);
  for (;;) {
    for (const task of deferred.splice(0)) task();
    Atomics.wait(exchange.cells, CELLS.state, STATES.ready);
    answer(exchange, policy.evaluateToText(exchange.read()));
    publishStats(policy);
    setState(STATES.ready);
  }
}

function setState(state: number): void {
  Atomics.store(exchange.cells, CELLS.state, state);
  Atomics.notify(exchange.cells, CELLS.state);
}

function answer({ cells, write }: Exchange, outcome: TextEvaluation): void {
  const isSent = write(toMessage(outcome));
  if (isSent) {
    Atomics.store(cells, CELLS.kind, outcome.kind === 'text' ? KINDS.text : KINDS[outcome.kind]);
    return;
  }
  write(JSON.stringify({ code: 'engine.output', message: 'the answer is too long' }));
  Atomics.store(cells, CELLS.kind, KINDS.failed);
}

function toMessage(outcome: TextEvaluation): string {
  switch (outcome.kind) {
    case 'text':
      return outcome.text;
    case 'undefined':
      return '';
    case 'failed':
      return JSON.stringify({ code: outcome.code, message: outcome.cause.message });
  }
}

function publishStats(policy: PolicyEvaluator): void {
  const { remembered, resets, drops, retired, patterns, pages, arena } = policy.stats();
  const { cells } = exchange;
  Atomics.store(cells, CELLS.remembered, remembered);
  Atomics.store(cells, CELLS.resets, resets);
  Atomics.store(cells, CELLS.drops, drops);
  Atomics.store(cells, CELLS.retired, retired);
  Atomics.store(cells, CELLS.patterns, patterns);
  Atomics.store(cells, CELLS.pages, pages);
  Atomics.store(cells, CELLS.arena, arena ? 1 : 0);
}
