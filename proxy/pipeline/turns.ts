/** Where several gates know the same callers, each has turns with them; a gate that is alone has them all. */
import type { SharedPort } from './ports.ts';
import type { Walk } from './walk.ts';

/**
 * Runs what reads or changes what is known of the caller: at once where this gate is the only one, so that nothing comes
 * between, otherwise in a turn of its own.
 *
 * @throws StateFailed when there is no turn to be had, or what was learnt in it is not written; then nothing may leave.
 */
export function inTurn<T>(walk: Walk, run: () => T): T | Promise<T> {
  const { shared } = walk.gate;
  return shared === undefined ? run() : turnWith(shared, walk.callerKey, run);
}

async function turnWith<T>(shared: SharedPort, callerKey: string, run: () => T): Promise<T> {
  const lease = await shared.enter(callerKey);
  let result: T;
  try {
    result = run();
  } catch (cause) {
    await lease.leave();
    throw cause;
  }
  await lease.leave();
  return result;
}
