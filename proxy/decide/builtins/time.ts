/**
 * time.now_ns (frozen for the decision), clock, date, weekday, add_date and parse_rfc3339_ns. Zones come from the
 * runtime's own tables; `Local` is refused by a throw, because a decision must not depend on the host it runs on.
 */
import type { Builtin } from './builtin.ts';
import { toInteger } from './builtin.ts';
import { isArray, RegoNumber, type RegoValue } from './value.ts';

const NS_PER_SECOND = 1_000_000_000n;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export const nowNs: Builtin = (context) => context.nowNs();

export const clock: Builtin = (_context, when) => {
  const local = toLocal(when);
  return local && [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()];
};

export const date: Builtin = (_context, when) => {
  const local = toLocal(when);
  return local && [local.getUTCFullYear(), local.getUTCMonth() + 1, local.getUTCDate()];
};

export const weekday: Builtin = (_context, when) => {
  const local = toLocal(when);
  return local && WEEKDAYS[local.getUTCDay()];
};

/** Adds to the calendar date and keeps the wall clock, normalising as Go does: 31 January + 1 month is 3 March. */
export const addDate: Builtin = function addDate(_context, when, years, months, days) {
  const moment = toMoment(when);
  const local = toLocal(when);
  const [y, m, d] = [toInteger(years), toInteger(months), toInteger(days)];
  if (!moment || !local || y === undefined || m === undefined || d === undefined) return undefined;
  const wall = Date.UTC(
    local.getUTCFullYear() + Number(y),
    local.getUTCMonth() + Number(m),
    local.getUTCDate() + Number(d),
    local.getUTCHours(),
    local.getUTCMinutes(),
    local.getUTCSeconds(),
  );
  if (Number.isNaN(wall)) return undefined;
  const seconds = BigInt(wallToUtc(wall, moment.zone) / 1000);
  return inRange(seconds * NS_PER_SECOND + floorMod(moment.ns, NS_PER_SECOND));
};

/** As lenient as Go's time.Parse: one digit of hour, a comma, an offset of 24:60. */
const RFC3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})$/;

export const parseRfc3339: Builtin = function parseRfc3339(_context, text) {
  const parts = typeof text === 'string' ? RFC3339.exec(text) : null;
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const midnight = Date.UTC(year, month - 1, day);
  const start = new Date(midnight).setUTCFullYear(year, month - 1, day);
  const isDay = new Date(start).getUTCMonth() === month - 1 && day >= 1;
  const offset = zoneOffsetSeconds(parts[8] ?? 'Z');
  if (!isDay || hour > 23 || minute > 59 || second > 59 || offset === undefined) return undefined;
  const seconds = start / 1000 + hour * 3600 + minute * 60 + second - offset;
  const fraction = BigInt((parts[7] ?? '').slice(0, 9).padEnd(9, '0'));
  return inRange(BigInt(seconds) * NS_PER_SECOND + fraction);
};

function zoneOffsetSeconds(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 24 || minutes > 60) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

interface Moment {
  readonly ns: bigint;
  readonly zone: Intl.DateTimeFormat | undefined;
}

/** `ns`, `[ns]`, `[ns, zone]` or `[ns, zone, layout]`. */
function toMoment(when: RegoValue | undefined): Moment | undefined {
  const parts = when instanceof RegoNumber ? [when] : when && isArray(when as RegoValue) ? when : undefined;
  if (!Array.isArray(parts)) return undefined;
  const [number, zone = '', layout = ''] = parts as readonly RegoValue[];
  const ns = toInteger(number);
  if (ns === undefined || BigInt.asIntN(64, ns) !== ns) return undefined;
  if (typeof zone !== 'string' || typeof layout !== 'string') return undefined;
  if (zone === '' || zone === 'UTC') return { ns, zone: undefined };
  if (zone === 'Local') throw new Error('time zone "Local" depends on the host: name the zone');
  const format = zoneFormat(zone);
  return format && { ns, zone: format };
}

/** A Date whose UTC fields are the wall clock of the zone. */
function toLocal(when: RegoValue | undefined): Date | undefined {
  const moment = toMoment(when);
  if (!moment) return undefined;
  const utc = Number((moment.ns - floorMod(moment.ns, NS_PER_SECOND)) / 1_000_000n);
  return new Date(utc + offsetMs(utc, moment.zone));
}

/** As Go's time.Date: take the offset at the wall clock read as UTC, and look again where that landed. */
function wallToUtc(wall: number, zone: Intl.DateTimeFormat | undefined): number {
  const guess = offsetMs(wall, zone);
  return guess === 0 ? wall : wall - offsetMs(wall - guess, zone);
}

const zones = new Map<string, Intl.DateTimeFormat | undefined>();
const MAX_ZONES = 64;

function zoneFormat(zone: string): Intl.DateTimeFormat | undefined {
  if (!zones.has(zone)) {
    if (zones.size >= MAX_ZONES) zones.clear();
    zones.set(zone, openZone(zone));
  }
  return zones.get(zone);
}

/** Only names from the zone database: offsets such as +05:30, which the runtime takes, Go does not know. */
function openZone(zone: string): Intl.DateTimeFormat | undefined {
  if (!/^[A-Za-z]/.test(zone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
}

function offsetMs(utc: number, zone: Intl.DateTimeFormat | undefined): number {
  if (zone === undefined) return 0;
  const fields: Record<string, number> = {};
  for (const { type, value } of zone.formatToParts(utc)) fields[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second) - utc;
}

function floorMod(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor;
}

/** Nanoseconds must fit an int64: the years 1677 to 2262. */
function inRange(ns: bigint): bigint | undefined {
  return BigInt.asIntN(64, ns) === ns ? ns : undefined;
}
