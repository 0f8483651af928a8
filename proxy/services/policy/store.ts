/**
 * Which policy judges now. The handle itself never changes; a reload builds the next one off the path and puts it here
 * by one assignment. Who judges takes `current()` once per frame and keeps to it, so no frame sees half a policy.
 */
import type { PolicyHandle } from './holder.ts';

export interface PolicyStore {
  current(): PolicyHandle;
  /** @returns the handle that judged until now; the caller closes it when its last frame is done. */
  swap(next: PolicyHandle): PolicyHandle;
}

export function createPolicyStore(initial: PolicyHandle): PolicyStore {
  let current = initial;
  return {
    current: () => current,
    swap(next) {
      const previous = current;
      current = next;
      return previous;
    },
  };
}
