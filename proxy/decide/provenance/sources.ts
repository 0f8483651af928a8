/** Who showed something, each source once, and who showed several things. */
import type { CallerIndex } from './caller-index.ts';
import type { Hash } from './hash.ts';
import { ECHO, HOW, isSameSource, type Origin, USED } from './origin.ts';

/** Where others showed it. */
export function shown(index: CallerIndex, hash: Hash): readonly Origin[] {
  const origins: Origin[] = [];
  index.find(hash, origins);
  return origins.filter(isShown);
}

export function isShown({ how }: Origin): boolean {
  return (how & HOW) !== USED && (how & ECHO) === 0;
}

/** The first showing of each source: there are few. */
export function bySource(origins: readonly Origin[]): readonly Origin[] {
  const sources: Origin[] = [];
  for (const origin of origins) if (ofSource(sources, origin) === undefined) sources.push(origin);
  return sources;
}

function ofSource(origins: readonly Origin[], { exposure }: Origin): Origin | undefined {
  for (const origin of origins) if (isSameSource(origin.exposure, exposure)) return origin;
  return undefined;
}

/** Of each source the showing that completed it. */
export function both(some: readonly Origin[], others: readonly Origin[]): readonly Origin[] {
  const sources: Origin[] = [];
  for (const origin of some) {
    const other = ofSource(others, origin);
    if (other !== undefined) sources.push(later(origin, other));
  }
  return sources;
}

function later(one: Origin, other: Origin): Origin {
  return one.exposure.order < other.exposure.order ? other : one;
}
