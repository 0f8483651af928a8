/**
 * What the policy said, narrowed to what the gate understands. Anything the contract does not name (a verdict, an
 * obligation, a member of the wrong type) is a failure of the policy: half-understood words must not pass frames.
 */
import { DETECTORS, REPLACEMENTS, type Reason, type Redaction } from './contract.ts';
import type { EngineFailure, Evaluation } from './evaluation.ts';

/** What rides along with a frame that passes. */
export interface Obligations {
  readonly reasons: readonly Reason[];
  readonly reply: { readonly inspect: boolean; readonly redact: readonly Redaction[] };
  readonly labels: { readonly add: readonly string[]; readonly ttlSeconds: number | undefined };
}

export type Verdict =
  | { readonly kind: 'allow'; readonly obligations: Obligations }
  | { readonly kind: 'redact'; readonly edits: readonly Redaction[]; readonly obligations: Obligations }
  | { readonly kind: 'require_approval'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'block'; readonly reasons: readonly Reason[]; readonly show: 'explain' | 'hide' }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'failed'; readonly code: EngineFailure | 'policy.contract'; readonly cause: Error };

const MEMBERS = new Set(['verdict', 'reasons', 'redact', 'reply', 'labels', 'approval', 'show']);
const NO_EDITS: readonly Redaction[] = [];
const NO_LABELS = { add: [], ttlSeconds: undefined } as const;
const NO_REPLY = { inspect: false, redact: NO_EDITS } as const;

/** Of evaluations that came out before: a policy says few different things, and frozen objects are shared. */
const verdicts = new WeakMap<Evaluation, Verdict>();

/** Never throws: what breaks the contract comes back as `failed` with code `policy.contract`. */
export function toVerdict(evaluation: Evaluation): Verdict {
  if (evaluation.kind !== 'value') return evaluation;
  let verdict = verdicts.get(evaluation);
  if (verdict === undefined) {
    verdict = narrowed(evaluation.value);
    verdicts.set(evaluation, verdict);
  }
  return verdict;
}

function narrowed(value: unknown): Verdict {
  try {
    return narrow(value);
  } catch (cause) {
    return { kind: 'failed', code: 'policy.contract', cause: cause as Error };
  }
}

function narrow(value: unknown): Verdict {
  const decision = object(value, 'the decision');
  for (const member in decision) if (!MEMBERS.has(member)) throw new TypeError(`unknown member ${member}`);
  const reasons = list(decision['reasons'], 'reasons').map(toReason);
  const edits = toRedactions(decision['redact'], 'redact');
  const { show = 'explain' } = decision;
  if (show !== 'explain' && show !== 'hide') throw new TypeError('show is neither explain nor hide');
  checkApproval(decision['approval']);
  const obligations = { reasons, reply: toReply(decision['reply']), labels: toLabels(decision['labels']) };
  switch (decision['verdict']) {
    case 'allow':
      // An allow that also asks for edits contradicts itself; guessing which half was meant would open the gate.
      if (edits.length > 0) throw new TypeError('allow with redact');
      return { kind: 'allow', obligations };
    case 'redact':
      return edits.length === 0 ? { kind: 'allow', obligations } : { kind: 'redact', edits, obligations };
    case 'require_approval':
      return { kind: 'require_approval', reasons };
    case 'block':
      return { kind: 'block', reasons, show };
    default:
      throw new TypeError('unknown verdict');
  }
}

function toReason(value: unknown): Reason {
  const { code, message, rule, ...rest } = object(value, 'a reason');
  nothingElse(rest, 'a reason');
  if (typeof code !== 'string' || typeof message !== 'string' || typeof rule !== 'string') {
    throw new TypeError('a reason without code, message or rule');
  }
  return { code, message, rule };
}

function toReply(value: unknown): Obligations['reply'] {
  if (value === undefined) return NO_REPLY;
  const { inspect = false, redact, ...rest } = object(value, 'reply');
  nothingElse(rest, 'reply');
  if (typeof inspect !== 'boolean') throw new TypeError('reply.inspect is not true or false');
  return { inspect, redact: toRedactions(redact, 'reply.redact') };
}

/** Nothing is done with it yet; a policy that spells it wrong must hear so before something is. */
function checkApproval(value: unknown): void {
  if (value === undefined) return;
  const { ttl_s: ttlSeconds = 0, approvers = [], message = '', ...rest } = object(value, 'approval');
  nothingElse(rest, 'approval');
  const named = list(approvers, 'approval.approvers').every((name) => typeof name === 'string');
  if (!named || !Number.isFinite(ttlSeconds) || typeof message !== 'string') {
    throw new TypeError('approval has a member of the wrong type');
  }
}

function toLabels(value: unknown): Obligations['labels'] {
  if (value === undefined) return NO_LABELS;
  const { add, ttl_s: ttlSeconds, ...rest } = object(value, 'labels');
  nothingElse(rest, 'labels');
  const names = list(add, 'labels.add');
  if (!names.every((name) => typeof name === 'string')) throw new TypeError('labels.add holds a non-string');
  if (ttlSeconds !== undefined && !(Number.isFinite(ttlSeconds) && (ttlSeconds as number) > 0)) {
    throw new TypeError('labels.ttl_s is not a positive number');
  }
  return { add: names as string[], ttlSeconds: ttlSeconds as number | undefined };
}

function toRedactions(value: unknown, where: string): readonly Redaction[] {
  return value === undefined ? NO_EDITS : list(value, where).map(toRedaction);
}

function toRedaction(value: unknown): Redaction {
  const { at, detector, pattern, with: replacement, ...rest } = object(value, 'a redaction');
  nothingElse(rest, 'a redaction');
  const targets = [at, detector, pattern].filter((target) => target !== undefined);
  if (targets.length !== 1 || typeof targets[0] !== 'string') {
    throw new TypeError('a redaction needs exactly one of at, detector and pattern');
  }
  if (replacement !== undefined && !REPLACEMENTS.includes(replacement as never)) {
    throw new TypeError('a redaction with an unknown replacement');
  }
  if (detector !== undefined && !DETECTORS.includes(detector as never)) {
    throw new TypeError('a redaction with an unknown detector');
  }
  return value as Redaction;
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} is not an array`);
  return value;
}

function nothingElse(rest: Record<string, unknown>, what: string): void {
  for (const member in rest) throw new TypeError(`unknown member ${member} in ${what}`);
}
