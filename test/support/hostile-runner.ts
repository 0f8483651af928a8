/**
 * Runs cases of the hostile corpus against a gate that stands in front of the recording upstream, or against
 * that upstream alone to see what a gate is for. Cases of one profile share a gate; a case that breaks
 * something gets one of its own.
 */
import { type Answer, HostileClient } from './hostile-client.ts';
import { type HostileCase, stepsOf } from './hostile-corpus.ts';
import { type Findings, judge } from './hostile-judge.ts';
import type { AnswerAs, Lab, Profile } from './hostile-lab.ts';
import { CaseRun } from './hostile-run.ts';
import { sendRaw } from './raw-http.ts';

export interface CaseReport extends Findings {
  readonly id: string;
  readonly class: string;
  readonly tier: HostileCase['tier'];
  readonly why: string;
}

/** @returns one report a variant: replies that may travel either way are tried as JSON and as a stream. */
export async function runCase(hostile: HostileCase, lab: Lab): Promise<CaseReport[]> {
  const reports: CaseReport[] = [];
  for (const answerAs of variantsOf(hostile)) {
    const runs = Math.min(hostile.policy_context.runs ?? 1, Number(process.env['HOSTILE_RUNS'] ?? 10));
    const findings: Findings[] = [];
    for (let run = 0; run < runs; run++) {
      findings.push(await runOnce(hostile, lab, answerAs).catch(notRunnable));
    }
    const { id, class: group, tier, why } = hostile;
    reports.push({ id: `${id}@${answerAs}`, class: group, tier, why, ...merge(findings) });
  }
  return reports;
}

function runOnce(hostile: HostileCase, lab: Lab, answerAs: AnswerAs): Promise<Findings> {
  const { request } = hostile;
  const isRaw = typeof request === 'object' && 'raw' in request;
  return isRaw ? runRaw(hostile, request.raw, lab) : runSteps(hostile, lab, answerAs);
}

/** No session, no gate: whatever the case was about, honest callers are locked out. */
function notRunnable(error: unknown): Findings {
  return { bypasses: [], overBlocks: [`could not run: ${String(error)}`], mismatches: [] };
}

function variantsOf({ transport, expect, oracle }: HostileCase): readonly AnswerAs[] {
  const answered = expect === 'allowed' || expect === 'redacted' || oracle?.client_never !== undefined;
  if (transport === 'http-sse') return ['sse'];
  return transport === 'any' && answered ? ['json', 'sse'] : ['json'];
}

function merge(findings: readonly Findings[]): Findings {
  const all = (kind: keyof Findings) => [...new Set(findings.flatMap((one) => one[kind]))];
  return { bypasses: all('bypasses'), overBlocks: all('overBlocks'), mismatches: all('mismatches') };
}

/** Chains need a caller of their own; tokens and named callers need the matching way to log in. */
function profileOf(hostile: HostileCase): Profile {
  const steps = stepsOf(hostile);
  if (hostile.policy_context.auth !== undefined) return hostile.policy_context.auth;
  if (steps.some((step) => step.token !== undefined)) return 'jwt';
  return hostile.class === 'chain' || steps.some((step) => step.as !== undefined) ? 'api_keys' : 'open';
}

async function runSteps(hostile: HostileCase, lab: Lab, answerAs: AnswerAs): Promise<Findings> {
  const profile = profileOf(hostile);
  const faulty = stepsOf(hostile).some((step) => step.fault !== undefined);
  const target = await (faulty ? lab.own(profile) : lab.shared(profile));
  const run = new CaseRun(hostile, lab, target, profile, answerAs);
  try {
    return judge(hostile, await run.play());
  } finally {
    run.close();
    if (faulty) await target.close();
  }
}

async function runRaw(hostile: HostileCase, raw: string, lab: Lab): Promise<Findings> {
  const target = await lab.shared('open');
  const url = new URL(target.url);
  const client = new HostileClient(target.url, '2025-11-25', undefined);
  lab.upstream.reset();
  try {
    await client.open();
    const bytes = raw
      .replaceAll('$PATH', url.pathname)
      .replaceAll('$HOST', url.host)
      .replaceAll('$SESSION', client.sessionId ?? '');
    const judgedFrom = lab.upstream.recorded.length;
    const answer = await sendRaw(Number(url.port), [Buffer.from(bytes, 'latin1')]);
    const [status = 0] = answer.statuses;
    const judged: Answer = { status, headers: {}, body: answer.text, ended: 'complete' };
    const findings = judge(hostile, {
      recorded: lab.upstream.recorded,
      judgedFrom,
      judged: {
        sent: Buffer.from(bytes),
        httpMethod: 'POST',
        answer: judged,
        scripted: undefined,
        mixed: true,
      },
      answers: [judged],
      harmless: [await client.benign()],
    });
    const open = hostile.expect === 'error' && !(answer.closed && (status === 0 || status >= 400));
    const mismatch = `expected 400 and an end, got ${answer.statuses.join()} closed=${answer.closed}`;
    return { ...findings, mismatches: open ? [...findings.mismatches, mismatch] : findings.mismatches };
  } finally {
    client.close();
  }
}

/** One line a class: how many ran, and what was found. */
export function tally(reports: readonly CaseReport[]): string {
  const rows = [...Map.groupBy(reports, (report) => report.class)].map(([name, all]) => {
    const count = (kind: keyof Findings) => all.filter((report) => report[kind].length > 0).length;
    const cells = [all.length, count('bypasses'), count('overBlocks'), count('mismatches')];
    return name.padEnd(16) + cells.map((cell) => String(cell).padStart(12)).join('');
  });
  const head = ['cases', 'bypasses', 'over-blocks', 'mismatches'].map((name) => name.padStart(12)).join('');
  return [`${'class'.padEnd(16)}${head}`, ...rows].join('\n');
}
