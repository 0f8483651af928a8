/** What one policy said and another says of the same input, and the sums of many such pairs. */
import type { PolicyDecision } from '../../../proxy/decide/contract.ts';

/** Higher is stricter. */
const STRICTNESS = { allow: 0, redact: 1, require_approval: 2, block: 3 } as const;

export interface Flips {
  looser: number;
  tighter: number;
  /** The identifier of one such decision. */
  example: string;
}

/** Sums, made to be added up over parts of a log. */
export interface ReplayCounts {
  decisions: number;
  same: number;
  looser: number;
  tighter: number;
  /** The same verdict for other reasons, or with other edits or labels. */
  changed: number;
  /** Decisions whose recorded input had secrets masked: what a rule saw in their place may differ. */
  masked: number;
  /** Decisions that had not been the policy's: the engine failed when they were made. */
  failedThen: number;
  /** The policy that is tried failed on them. */
  failedNow: number;
  firstFailure: string;
  unreadable: number;
  /** Judged with a history made from the log, since the record of then holds none. */
  historyRebuilt: number;
  rules: Record<string, Flips>;
  tools: Record<string, Flips>;
}

export function noCounts(): ReplayCounts {
  return {
    decisions: 0,
    same: 0,
    looser: 0,
    tighter: 0,
    changed: 0,
    masked: 0,
    failedThen: 0,
    failedNow: 0,
    firstFailure: '',
    unreadable: 0,
    historyRebuilt: 0,
    rules: {},
    tools: {},
  };
}

/** Counts one pair. @param subject what the input was about, asked only when the two differ. */
export function compare(
  counts: ReplayCounts,
  id: string,
  before: PolicyDecision,
  after: PolicyDecision,
  subject: () => string,
): void {
  const step = STRICTNESS[after.verdict] - STRICTNESS[before.verdict];
  const codesBefore = new Set(before.reasons.map(({ code }) => code));
  const codesAfter = new Set(after.reasons.map(({ code }) => code));
  if (step === 0) {
    if (sameRest(before, after)) counts.same++;
    else counts.changed++;
    return;
  }
  const direction = step > 0 ? 'tighter' : 'looser';
  counts[direction]++;
  const blamed = [
    ...[...codesBefore].filter((code) => !codesAfter.has(code)),
    ...[...codesAfter].filter((code) => !codesBefore.has(code)),
  ];
  for (const code of blamed.length > 0 ? blamed : ['(no reason)']) count(counts.rules, code, direction, id);
  count(counts.tools, subject(), direction, id);
}

function sameRest(before: PolicyDecision, after: PolicyDecision): boolean {
  return (
    JSON.stringify(codes(before)) === JSON.stringify(codes(after)) &&
    MEMBERS.every((member) => JSON.stringify(before[member]) === JSON.stringify(after[member]))
  );
}

const MEMBERS = ['redact', 'reply', 'labels', 'approval', 'show'] as const;

function codes({ reasons }: PolicyDecision): readonly string[] {
  return reasons.map(({ code }) => code).toSorted();
}

function count(
  into: Record<string, Flips>,
  key: string,
  direction: 'looser' | 'tighter',
  example: string,
): void {
  into[key] ??= { looser: 0, tighter: 0, example };
  into[key][direction]++;
}

/** Adds the sums of one part to those of all. */
export function addCounts(sum: ReplayCounts, part: ReplayCounts): void {
  for (const [name, value] of Object.entries(part)) {
    const key = name as keyof ReplayCounts;
    if (typeof value === 'number') (sum[key] as number) += value;
  }
  sum.firstFailure ||= part.firstFailure;
  for (const table of ['rules', 'tools'] as const) {
    for (const [key, flips] of Object.entries(part[table])) {
      const known = sum[table][key];
      if (known === undefined) sum[table][key] = { ...flips };
      else {
        known.looser += flips.looser;
        known.tighter += flips.tighter;
      }
    }
  }
}
