/**
 * Says what a case of the hostile corpus came to: what was seen upstream and at the client goes in, the
 * findings come out. A bypass is judged by what the upstream ran or the client saw, never by the answer's
 * words; what only differs from the expected kind of refusal is a mismatch.
 */
import { type Answer, HARMLESS_TEXT } from './hostile-client.ts';
import type { HostileCase } from './hostile-corpus.ts';
import { everyText, messagesOf, visibleTexts } from './hostile-views.ts';
import { loosen } from './readings.ts';
import type { Recorded } from './recording-upstream.ts';

export interface Observed {
  /** All the upstream received, and from where on the judged step's own requests begin. */
  readonly recorded: readonly Recorded[];
  readonly judgedFrom: number;
  readonly judged: {
    readonly sent: Uint8Array;
    readonly httpMethod: string;
    readonly answer: Answer;
    /** Messages the upstream was told to answer with; undefined: whatever it answered on its own. */
    readonly scripted: readonly string[] | undefined;
    /** Sent beside others, or a stream that was only listened to: its answer alone says little. */
    readonly mixed: boolean;
  };
  readonly answers: readonly Answer[];
  /** Harmless calls that must have worked, whatever came before them. */
  readonly harmless: readonly Answer[];
}

export interface Findings {
  readonly bypasses: readonly string[];
  readonly overBlocks: readonly string[];
  readonly mismatches: readonly string[];
}

export type Outcome = 'allowed' | 'policy' | 'malformed' | 'failed' | 'held' | 'silent';

export function judge(hostile: HostileCase, observed: Observed): Findings {
  // What the harmless calls did upstream is no finding; looking at all the rest also catches what went on late.
  const seen = { ...observed, recorded: observed.recorded.map(withoutHarmless) };
  const outcome = outcomeOf(seen.judged.answer, seen.judged.scripted);
  const overBlocks = seen.harmless.filter((answer) => !isPlainSuccess(answer)).map(brokenAfter);
  if (hostile.expect === 'allowed') overBlocks.push(...changes(hostile, seen, outcome));
  return {
    bypasses: [...executed(hostile, seen), ...leaks(hostile, seen), ...passed(hostile, seen, outcome)],
    overBlocks,
    mismatches: mismatches(hostile, seen, outcome),
  };
}

/** Keeps its place, so that `judgedFrom` still counts. */
function withoutHarmless(entry: Recorded): Recorded {
  return entry.body.includes(HARMLESS_TEXT) ? { ...entry, calls: [] } : entry;
}

/** The upstream ran, or was told, what it must never hear. */
function executed({ oracle = {} }: HostileCase, { recorded }: Observed): string[] {
  const found: string[] = [];
  for (const never of oracle.upstream_never ?? []) {
    for (const { calls } of recorded) {
      const call = calls.find((one) =>
        never.tool === undefined
          ? one.method === loosen(never.method ?? '')
          : one.tool === loosen(never.tool) && one.method !== 'prompts/get',
      );
      if (call) found.push(`upstream ran ${call.method} ${call.tool ?? call.uri ?? ''} (${call.reading})`);
    }
  }
  for (const name of oracle.upstream_header_never ?? []) {
    if (recorded.some(({ headers }) => headers[name] !== undefined))
      found.push(`upstream saw header ${name}`);
  }
  return found;
}

/** The client was shown what it must never see. */
function leaks({ oracle = {} }: HostileCase, { answers }: Observed): string[] {
  const texts = answers.flatMap((answer) => visibleTexts(answer, oracle.views ?? []));
  return (oracle.client_never ?? [])
    .filter((secret) => texts.some((text) => text.includes(secret)))
    .map((secret) => `client saw ${secret}`);
}

/** A frame that should have been refused went on, or was answered as if nothing were wrong. */
function passed({ expect, oracle }: HostileCase, seen: Observed, outcome: Outcome): string[] {
  if (expect === 'allowed' || expect === 'redacted') return [];
  if (seen.judged.mixed || oracle?.client_never !== undefined) return [];
  if (oracle?.partly) return [];
  const forwarded = seen.recorded.slice(seen.judgedFrom).filter((entry) => isForwarded(entry, seen.judged));
  if (forwarded.length > 0) {
    return [`forwarded: ${forwarded[0]?.httpMethod} ${forwarded[0]?.body.toString('utf8').slice(0, 120)}`];
  }
  return outcome === 'allowed' ? ['answered as if allowed'] : [];
}

/** What a gate may say to a server on its own account. */
const HOUSEKEEPING: ReadonlySet<string> = new Set([
  'initialize',
  'notifications/initialized',
  'server/discover',
  'ping',
  'tools/list',
]);

function isForwarded(entry: Recorded, { sent, httpMethod }: Observed['judged']): boolean {
  if (entry.httpMethod !== 'POST') return httpMethod === entry.httpMethod;
  if (entry.body.equals(sent)) return true;
  return entry.calls.some((call) => !HOUSEKEEPING.has(call.method));
}

/** What was done to a frame that should have passed as it was. */
function changes({ oracle }: HostileCase, seen: Observed, outcome: Outcome): string[] {
  const { answer, sent, scripted } = seen.judged;
  const missing = missingTexts(oracle?.client_has, seen);
  if (outcome !== 'allowed' && outcome !== 'silent') return [`refused (${outcome}): ${brief(answer)}`];
  if (oracle?.unchanged !== true) return missing;
  const arrived = seen.recorded.slice(seen.judgedFrom).find((entry) => entry.body.equals(sent));
  if (arrived === undefined) return ['the upstream did not get the same bytes'];
  const want = scripted ?? [arrived.reply ?? ''];
  const got = messagesOf(answer);
  return got.join('\n') === want.join('\n')
    ? missing
    : [`the answer changed: ${got.join(' | ').slice(0, 300)}`];
}

const FITTING: Readonly<Record<HostileCase['expect'], readonly Outcome[]>> = {
  blocked: ['policy', 'held', 'failed'],
  error: ['malformed'],
  refused: ['policy', 'held', 'failed', 'malformed', 'silent'],
  redacted: ['allowed'],
  allowed: ['allowed', 'silent'],
};

function mismatches(hostile: HostileCase, seen: Observed, outcome: Outcome): string[] {
  const { answer, mixed } = seen.judged;
  const { oracle = {}, expect } = hostile;
  const found: string[] = [];
  // A reply that was withheld shows as a failure of the exchange, whatever kept it back.
  const withheld = oracle.client_never !== undefined && expect !== 'redacted';
  if (!mixed && !withheld && !FITTING[expect].includes(outcome)) {
    found.push(`expected ${expect}, was ${outcome}: ${brief(answer)}`);
  }
  if (oracle.status !== undefined && !oracle.status.includes(answer.status)) {
    found.push(`HTTP ${answer.status} instead of ${oracle.status.join(' or ')}`);
  }
  if (oracle.decision === 'require_approval' && outcome !== 'held' && !/approv/i.test(answer.body)) {
    found.push(`no word of an approval: ${brief(answer)}`);
  }
  if (expect === 'redacted') found.push(...missingTexts(oracle.client_has, seen));
  return found;
}

function missingTexts(wanted: readonly string[] = [], { answers }: Observed): string[] {
  const texts = answers.flatMap(everyText);
  return wanted
    .filter((want) => !texts.some((text) => text.includes(want)))
    .map((want) => `client lacks ${want}`);
}

/** @param scripted tells an error of the server from one of the gate. */
export function outcomeOf(answer: Answer, scripted: readonly string[] | undefined): Outcome {
  const messages = messagesOf(answer);
  const verdicts = messages.map((text) => outcomeOfMessage(text, scripted ?? []));
  const refusal = verdicts.find((verdict) => verdict !== undefined && verdict !== 'allowed');
  if (refusal !== undefined) return refusal;
  if (verdicts.includes('allowed') && answer.status < 300) return 'allowed';
  if (answer.ended === 'held') return 'held';
  if (answer.status >= 500) return 'failed';
  if ([401, 403, 404].includes(answer.status)) return 'policy';
  if (answer.status === 202 || answer.status === 204) return 'silent';
  if (answer.status === 200 && messages.length > 0) return 'allowed';
  return 'malformed';
}

/** @returns undefined for what is no answer: notifications, requests, other JSON. */
function outcomeOfMessage(text: string, scripted: readonly string[]): Outcome | undefined {
  let message: { error?: { code?: number }; result?: { isError?: boolean } } | null;
  try {
    message = JSON.parse(text) as typeof message;
  } catch {
    return undefined;
  }
  const code = message?.error?.code;
  if (typeof code === 'number') {
    if (scripted.some((reply) => reply.replaceAll(/\s/g, '').includes(`"code":${code}`))) return 'allowed';
    const status = -31_000 - code;
    if (status >= 500 && status < 600) return 'failed';
    if ([401, 403, 404].includes(status) || code === -32_601 || code === -32_602) return 'policy';
    return 'malformed';
  }
  if (message?.result === undefined) return undefined;
  if (message.result.isError !== true) return 'allowed';
  return scripted.some((reply) => reply.includes('"isError":true')) ? 'allowed' : 'policy';
}

function isPlainSuccess(answer: Answer): boolean {
  return answer.status === 200 && messagesOf(answer).some((text) => text.includes('ran echo'));
}

const brief = (answer: Answer) => `${answer.status} ${answer.ended} ${answer.body.slice(0, 200)}`;
const brokenAfter = (answer: Answer) => `a harmless call afterwards failed: ${brief(answer)}`;
