/**
 * From a verdict to what happens to the frame. This is the only place that can make a `Permit`, and forwarding
 * takes one, so a frame that was never decided on cannot be sent: it does not compile.
 */
import type { ErrorCode } from '../errors.ts';
import type { Reason } from './contract.ts';
import { type RedactOptions, redactText } from './redact/redact.ts';
import type { Obligations, Verdict } from './verdict.ts';

declare const permitBrand: unique symbol;
/** Proof that a verdict let this frame through. */
export interface Permit {
  readonly [permitBrand]: true;
  readonly decisionId: string;
}

export type Action =
  | {
      readonly kind: 'forward';
      readonly permit: Permit;
      /** The edited text; undefined when the frame leaves as it came. */
      readonly text: string | undefined;
      readonly hits: readonly { readonly class: string; readonly count: number }[];
      readonly obligations: Obligations;
    }
  | Answer;

/** The frame stays; this is what its sender is told. */
export interface Answer {
  readonly kind: 'answer';
  readonly code: ErrorCode;
  readonly reasons: readonly Reason[];
  readonly show: 'explain' | 'hide';
  /** For the record and the log; never for the caller. */
  readonly cause: string | undefined;
  /** Proof that this answer may go to whoever sent the frame, a server included. */
  readonly permit: Permit;
}

const NO_HITS: readonly never[] = [];

/** @param text the frame's JSON text, which `redact` verdicts rewrite. */
export function act(verdict: Verdict, text: string, decisionId: string, options: RedactOptions): Action {
  switch (verdict.kind) {
    case 'allow':
      return {
        kind: 'forward',
        permit: permit(decisionId),
        text: undefined,
        hits: NO_HITS,
        obligations: verdict.obligations,
      };
    case 'redact': {
      const redacted = redactText(text, verdict.edits, options);
      if (redacted.kind === 'failed')
        return answer(decisionId, 'GW_REDACTION_FAILED', [], redacted.cause.message);
      const edited = redacted.kind === 'edited';
      return {
        kind: 'forward',
        permit: permit(decisionId),
        text: edited ? redacted.text : undefined,
        hits: edited ? redacted.hits : NO_HITS,
        obligations: verdict.obligations,
      };
    }
    case 'require_approval':
      return answer(decisionId, 'GW_APPROVAL_UNAVAILABLE', [...verdict.reasons, APPROVAL_UNAVAILABLE]);
    case 'block':
      return { ...answer(decisionId, 'GW_POLICY_BLOCKED', verdict.reasons), show: verdict.show };
    case 'undefined':
      return answer(decisionId, 'GW_POLICY_UNDEFINED', [], 'no rule spoke');
    case 'failed':
      return answer(
        decisionId,
        verdict.code === 'engine.missing' ? 'GW_POLICY_MISSING' : 'GW_POLICY_FAILED',
        [],
        `${verdict.code}: ${verdict.cause.message}`,
      );
    default:
      return verdict satisfies never;
  }
}

/** Stands beside the policy's reasons until approvals can be given. */
const APPROVAL_UNAVAILABLE: Reason = {
  code: 'approval.unavailable',
  message: 'This call needs a person’s approval, and no way to approve is set up at this gate.',
  rule: 'portcullis',
};

function answer(decisionId: string, code: ErrorCode, reasons: readonly Reason[], cause?: string): Answer {
  return { kind: 'answer', code, reasons, show: 'explain', cause, permit: permit(decisionId) };
}

/** Proof that the gate itself says this: an answer in its own words to a frame that could not be judged. */
export function permitOwnWords(id: string): Permit {
  return permit(id);
}

function permit(decisionId: string): Permit {
  return { decisionId } as Permit;
}
