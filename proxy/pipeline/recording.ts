/**
 * The record of an exchange: a decision line before the frame leaves, an outcome line before the answer does.
 *
 * The shape is OPA's decision log, so what reads one reads the other; what is the gate's own stands under
 * `custom`. The input is the very text the policy saw, with secrets masked. A failure of the engine has an
 * `error` and no `result`: it is never written down as the policy's own word.
 *
 * @see https://www.openpolicyagent.org/docs/management-decision-logs
 */
import type { Action } from '../decide/act.ts';
import { maskSecrets } from '../decide/redact/mask-secrets.ts';
import type { ErrorCode, Refusal } from '../errors.ts';
import type { Gate } from './gate.ts';
import type { Judged } from './judge.ts';
import type { Walk } from './walk.ts';

/** What became of a frame that was let through. */
export interface Outcome {
  readonly decisionId: string;
  readonly status: 'answered' | 'accepted' | 'refused' | 'failed' | 'unanswered';
  readonly code?: ErrorCode | undefined;
  readonly cause?: string | undefined;
  readonly bytes?: number;
  readonly durationMs?: number;
  readonly redactions?: readonly { readonly class: string; readonly count: number }[];
  readonly hidden?: readonly string[];
}

/** Rejects when the line is not on disk; nothing may leave then. */
export function recordDecision(walk: Walk, judged: Judged, action: Action): Promise<void> {
  const { gate } = walk;
  const masked = maskSecrets(judged.inputText, gate.hashKey);
  const custom: Record<string, unknown> = {
    record: 'decision',
    digest: judged.policy?.digest,
    action: action.kind,
    code: action.kind === 'answer' ? action.code : undefined,
    redactions: action.kind === 'forward' && action.hits.length > 0 ? action.hits : undefined,
  };
  const nanos = Math.round(judged.evaluationMs * 1e6);
  let line = `{"decision_id":"${judged.decisionId}",${header(gate)}`;
  line += `,"bundles":{"portcullis":{"revision":${JSON.stringify(judged.policy?.revision ?? '')}}}`;
  line += `,"path":"mcp/main/decision","requested_by":${JSON.stringify(walk.caller.subject)}`;
  line += `,"input":${masked.text}`;
  line += said(judged, action);
  if (masked.pointers.length > 0) line += `,"masked":${JSON.stringify(masked.pointers)}`;
  line += `,"metrics":{"timer_rego_query_eval_ns":${nanos}},"custom":${JSON.stringify(custom)}}`;
  return gate.record.append(line);
}

/** What the policy said, or why it said nothing. */
function said(judged: Judged, action: Action): string {
  switch (judged.verdict.kind) {
    case 'undefined':
      return ',"error":{"code":"policy.undefined","message":"no rule spoke"}';
    case 'failed': {
      const message = action.kind === 'answer' ? action.cause : undefined;
      return `,"error":${JSON.stringify({ code: judged.verdict.code, message: (message ?? '').slice(0, 500) })}`;
    }
    default:
      return judged.evaluation.kind === 'value' ? `,"result":${JSON.stringify(judged.evaluation.value)}` : '';
  }
}

/** Written before the answer leaves; and when none will come. */
export function recordOutcome(gate: Gate, outcome: Outcome): Promise<void> {
  const { decisionId, durationMs, ...rest } = outcome;
  const duration = durationMs === undefined ? undefined : Math.round(durationMs * 1000) / 1000;
  const custom = JSON.stringify({ record: 'outcome', ...rest, duration_ms: duration });
  return gate.record.append(`{"decision_id":"${decisionId}",${header(gate)},"custom":${custom}}`);
}

/** A line of its own for what never came to a decision: unreadable frames, unknown callers, lost answers. */
export function recordEvent(
  gate: Gate,
  event: string,
  refusal: Refusal | { readonly code: string; readonly detail?: string },
  where: { readonly server?: string | undefined; readonly subject?: string | undefined } = {},
): Promise<void> {
  const { code, detail } = refusal;
  const custom = JSON.stringify({ record: event, code, detail, ...where });
  return gate.record.append(`{"decision_id":"${gate.clock.id()}",${header(gate)},"custom":${custom}}`);
}

let labelsFor: Gate['labels'] | undefined;
let labelsText = '';
let stampedAt = Number.NaN;
let stamp = '';

function header(gate: Gate): string {
  if (gate.labels !== labelsFor) {
    labelsFor = gate.labels;
    labelsText = JSON.stringify(gate.labels);
  }
  const now = gate.clock.now();
  if (now !== stampedAt) {
    stampedAt = now;
    stamp = new Date(now).toISOString();
  }
  return `"labels":${labelsText},"timestamp":"${stamp}"`;
}
