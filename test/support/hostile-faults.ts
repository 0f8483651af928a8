/**
 * Breaks one part of a gate on command, where the gate meets its ports: the policy engine, the record, the
 * state. Each fault lasts until the gate is closed; `inject` with a name that is not in the table throws.
 */
import type { StartOptions } from '../../proxy/main.ts';
import type { PolicyHandle } from '../../proxy/pipeline/ports.ts';
import { createMemoryState } from '../../proxy/services/state/memory-state.ts';

type Evaluation = ReturnType<PolicyHandle['evaluate']>;
type Evaluate = (inputText: string) => Evaluation;

const value = (decision: unknown): Evaluation => ({ kind: 'value', value: decision });
const failed = (code: 'engine.trap' | 'engine.timeout'): Evaluation => ({
  kind: 'failed',
  code,
  cause: new Error(code),
});
const allow = { verdict: 'allow', reasons: [] };

/** What the engine answers in place of a decision. All but the last two leave the gate without one. */
const POLICY_FAULTS: Readonly<Record<string, Evaluate>> = {
  policy_throw() {
    throw new Error('the evaluator threw');
  },
  policy_trap: () => failed('engine.trap'),
  policy_timeout: () => failed('engine.timeout'),
  policy_undefined: () => ({ kind: 'undefined' }),
  policy_unknown_verdict: () => value({ ...allow, verdict: 'alow' }),
  policy_unknown_obligation: () => value({ ...allow, redact: [{ scramble: '/args/text' }] }),
  policy_not_object: () => value('allow'),
  redactor_throw: () => value({ ...allow, reply: { redact: [{ pattern: '(' }] } }),
  response_policy_throw(inputText) {
    if (inputText.includes('"phase":"response"')) throw new Error('the evaluator threw');
    return value({ ...allow, reply: { inspect: true } });
  },
};
const OTHER_FAULTS: ReadonlySet<string> = new Set([
  'policy_missing',
  'audit_error',
  'outcome_audit_error',
  'state_error',
]);

export interface Faults {
  readonly replace: NonNullable<StartOptions['replace']>;
  inject(fault: string): void;
}

export function createFaults(): Faults {
  let fault = '';
  let linesLeft = 0;
  const state = createMemoryState({
    maxCallers: 100,
    maxHistory: 50,
    labelTtlSeconds: 3600,
    idleSeconds: 3600,
  });
  return {
    inject(name) {
      if (!(name in POLICY_FAULTS) && !OTHER_FAULTS.has(name)) throw new Error(`no such fault: ${name}`);
      fault = name;
      linesLeft = name === 'outcome_audit_error' ? 1 : 0; // the decision is written, the outcome is not
    },
    replace: {
      record: {
        async append() {
          if (!fault.endsWith('audit_error')) return;
          if (linesLeft === 0) throw new Error('no space left on device');
          linesLeft -= 1;
        },
      },
      state: {
        ...state,
        read(callerKey, nowMs) {
          if (fault === 'state_error') throw new Error('the state is gone');
          return state.read(callerKey, nowMs);
        },
      },
      policy: (loaded) => ({
        current() {
          const honest = loaded.current();
          const broken = POLICY_FAULTS[fault];
          if (fault === 'policy_missing' || honest === undefined) return undefined;
          return broken === undefined ? honest : handleWith(honest, broken);
        },
      }),
    },
  };
}

/** Named members, because a handle may be a class whose methods do not spread. */
function handleWith(honest: PolicyHandle, evaluate: PolicyHandle['evaluate']): PolicyHandle {
  const { revision, digest, data, reads } = honest;
  return { revision, digest, data, reads, evaluate };
}
