/** Judges recorded lines with another policy and counts what comes out otherwise. */

import type { PolicyDecision } from '../../../proxy/decide/contract.ts';
import type { LateMember } from '../../../proxy/decide/evaluation.ts';
import { toVerdict } from '../../../proxy/decide/verdict.ts';
import type { PolicyHandle } from '../../../proxy/services/policy/holder.ts';
import { compare, type ReplayCounts } from './compare.ts';
import { readRecorded } from './recorded.ts';

/** @param histories one for each line, or none when the policy has not been seen to read them. */
export function judgeLines(
  policy: PolicyHandle,
  lines: readonly string[],
  histories: readonly string[] | undefined,
  counts: ReplayCounts,
): void {
  for (const [index, line] of lines.entries()) judgeLine(policy, line, histories?.[index], counts);
}

function judgeLine(
  policy: PolicyHandle,
  line: string,
  history: string | undefined,
  counts: ReplayCounts,
): void {
  const recorded = readRecorded(line);
  switch (recorded.kind) {
    case 'other':
      return;
    case 'failed':
      counts.failedThen++;
      return;
    case 'unreadable':
      counts.unreadable++;
      return;
    case 'decision': {
      counts.decisions++;
      if (recorded.masked) counts.masked++;
      const { inputText } = recorded;
      const lacks = hasHistory(inputText) ? undefined : (history ?? NOTHING);
      const late: LateMember[] = lacks === undefined ? [] : [{ name: 'history', text: () => lacks }];
      const evaluation = policy.evaluate(inputText, late);
      if (late.length > 0 && policy.reads('history')) counts.historyRebuilt++;
      const verdict = toVerdict(evaluation);
      if (evaluation.kind !== 'value' || verdict.kind === 'failed') {
        counts.failedNow++;
        counts.firstFailure ||= `${recorded.id}: ${verdict.kind === 'failed' ? verdict.cause.message : 'no rule spoke'}`;
        return;
      }
      const after = evaluation.value as PolicyDecision;
      compare(counts, recorded.id, recorded.result, after, () => subjectOf(inputText));
    }
  }
}

const NOTHING = '{"calls":[],"counts":{}}';

/** Only requests and answers have one; a phase that has none must not be given one. */
function hasHistory(inputText: string): boolean {
  if (inputText.includes(',"history":{"calls":[')) return true;
  return (
    !inputText.startsWith('{"v":1,"phase":"request"') && !inputText.startsWith('{"v":1,"phase":"response"')
  );
}

function subjectOf(inputText: string): string {
  const { name, method, server } = JSON.parse(inputText) as Readonly<Record<string, string>>;
  return name ?? `${method} on ${server}`;
}
