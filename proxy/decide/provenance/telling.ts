/** What is said of the origins of one value: where it was seen, where it was first, and since when it is used. */
import type { ProvenanceFact, ProvenanceSighting } from '../contract.ts';
import {
  ALONE,
  BRIEF,
  ECHO,
  HOW,
  isSameSource,
  MAILBOX,
  type Origin,
  ownsField,
  USED,
  WHOLE,
} from './origin.ts';

/** Sightings that are told of one value. */
export const MAX_SEEN = 24;

export type Summary = Pick<ProvenanceFact, 'seen' | 'more' | 'first' | 'used'>;

export function summaryOf(origins: readonly Origin[], nowMs: number): Summary {
  if (origins.length === 0) return NEVER;
  const first = earliest(origins);
  const uses = usesIn(origins);
  const used = earliest(uses);
  const usedSince = used?.exposure.order ?? Number.POSITIVE_INFINITY;
  const told: Origin[] = [];
  for (const origin of origins) {
    if (origin.exposure.source !== undefined && !told.some((other) => saySame(origin, other)))
      told.push(origin);
  }
  return {
    seen: told.slice(0, MAX_SEEN).map((origin) => {
      const isAfter = origin.exposure.order > usedSince;
      return isAfter ? { ...sighting(origin, nowMs), after_use: true as const } : sighting(origin, nowMs);
    }),
    ...(told.length > MAX_SEEN ? { more: true as const } : {}),
    ...(first === undefined ? {} : { first: { in: placeOf(first), ...whenOf(first, nowMs) } }),
    ...(used === undefined ? {} : { used: { how: howUsed(uses), ...whenOf(used, nowMs) } }),
  };
}

const NEVER = { seen: [] };

/** Text that showed a value once more says nothing new, be it in another field; a field of its own does. */
function saySame(one: Origin, other: Origin): boolean {
  const isPlace = !ownsField(one.how) || one.field === other.field;
  if (one.label !== other.label) return false;
  return one.how === other.how && isPlace && isSameSource(one.exposure, other.exposure);
}

/** Those in the caller's own arguments. */
export function usesIn(origins: readonly Origin[]): readonly Origin[] {
  return origins.filter(({ exposure }) => exposure.source === undefined);
}

function howUsed(uses: readonly Origin[]): 'whole' | 'part' {
  return uses.some(({ how }) => how === USED) ? 'whole' : 'part';
}

export function earliest(origins: readonly Origin[]): Origin | undefined {
  let found: Origin | undefined;
  for (const origin of origins) {
    if (found === undefined || origin.exposure.order < found.exposure.order) found = origin;
  }
  return found;
}

function placeOf({ exposure }: Origin): 'args' | 'result' {
  return exposure.source === undefined ? 'args' : 'result';
}

function whenOf({ exposure }: Origin, nowMs: number) {
  return { age_s: seconds(nowMs - exposure.atMs), labels: [...exposure.labels] };
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

export function sighting({ exposure, field, label, how }: Origin, nowMs: number): ProvenanceSighting {
  const { server, tool, method } = exposure.source ?? NOBODY;
  const bare = how & HOW;
  return {
    server,
    ...(tool === undefined ? { method } : { tool, name: `${server}__${tool}` }),
    how: bare === WHOLE ? 'whole' : 'part',
    field,
    ...(label === undefined ? {} : { label }),
    age_s: seconds(nowMs - exposure.atMs),
    ...(bare === ALONE ? { alone: true as const } : {}),
    ...((how & BRIEF) !== 0 ? { brief: true as const } : {}),
    ...((how & MAILBOX) !== 0 ? { mailbox: true as const } : {}),
    ...((how & ECHO) !== 0 ? { echo: true as const } : {}),
  };
}

const NOBODY = { server: '', tool: undefined, method: '' };
