/**
 * One loaded policy: a bundle and the operator's data go in, an immutable handle that judges comes out, built and
 * probed before anybody can see it. What cannot load (another ABI, a missing built-in, a probe without an answer) is
 * an error here, at load, and never a surprise at the first frame.
 */
import { createHash } from 'node:crypto';
import { compilePolicy } from '../../decide/compile.ts';
import type { PolicyInput } from '../../decide/contract.ts';
import type { Evaluation, LateMember } from '../../decide/evaluation.ts';
import {
  createEvaluator,
  type EvaluatorLimits,
  type EvaluatorStats,
  type PolicyEvaluator,
} from '../../decide/evaluator.ts';
import type { JsonObject } from '../../frame/json.ts';
import { POLICY_ENTRYPOINT, type PolicyBundle } from './bundle.ts';
import { mergeData } from './merge.ts';
import { createWorkerEvaluator } from './worker.ts';

export interface PolicyHandle {
  /** The bundle's name for itself, `''` if it has none. */
  readonly revision: string;
  /** `sha256:…` of the bundle, or of the bundle's digest and the overlay when there is one. */
  readonly digest: string;
  /** What the policy sees as `data`: the bundle's, with the operator's over it. */
  readonly data: JsonObject;
  /** Synchronous, never throws. */
  evaluate(inputText: string, late?: readonly LateMember[]): Evaluation;
  reads(name: string): boolean;
  stats(): PolicyStats;
  /** Ends its threads; afterwards every evaluation fails with `engine.missing`. */
  close(): Promise<void>;
}

export interface PolicyStats extends EvaluatorStats {
  readonly isolation: Isolation;
  /** Decisions killed for overrunning the deadline; isolation `worker` only. */
  readonly timeouts: number;
  /** False when OPA's pattern cache fault could not be taken out of the module. */
  readonly patternCapLifted: boolean;
}

export type Isolation = 'inline' | 'worker';

export interface PolicyOptions {
  readonly isolation: Isolation;
  /** Wall-clock limit of one decision, isolation `worker` only; default 250. A loaded host alone can delay 20. */
  readonly deadlineMs?: number;
  readonly limits?: Partial<EvaluatorLimits>;
}

/** The least a policy can be asked; a policy must say something to it. */
const PROBE = {
  v: 1,
  phase: 'request',
  direction: 'to_server',
  transport: 'http',
  protocol: '2026-07-28',
  method: 'tools/call',
  server: 'probe',
  tool: 'probe',
  name: 'probe__probe',
  args: {},
  caller: { subject: 'probe', roles: [], permissions: [], auth: 'none', claims: {} },
  labels: {},
  mode: 'enforce',
} as const satisfies PolicyInput;
export const PROBE_INPUT = JSON.stringify(PROBE);

/** @throws Error when the policy cannot be loaded or does not answer the probe with an object. */
export async function createPolicyHolder(
  bundle: PolicyBundle,
  overlayData: JsonObject,
  options: PolicyOptions,
): Promise<PolicyHandle> {
  const { isolation, deadlineMs = 250, limits = {} } = options;
  const { module, patternCapLifted } = compilePolicy(bundle.wasm);
  const data = mergeData(bundle.data, overlayData);
  const load = { data: JSON.stringify(data), entrypoint: POLICY_ENTRYPOINT, probe: PROBE_INPUT, limits };
  const engine =
    isolation === 'worker'
      ? await createWorkerEvaluator(module, { ...load, deadlineMs })
      : inline(createEvaluator(module, { ...load, now: Date.now, defer: setImmediate }));
  try {
    requireAnswer(engine.evaluate(PROBE_INPUT));
  } catch (error) {
    await engine.close();
    throw error;
  }
  return Object.freeze({
    revision: bundle.manifest.revision,
    digest: digestOf(bundle, overlayData),
    data: deepFreeze(data),
    evaluate: engine.evaluate,
    reads: engine.reads,
    stats: () => ({ ...engine.stats(), isolation, patternCapLifted }),
    close: engine.close,
  });
}

/** An engine of either isolation, as the handle uses it. */
interface Engine {
  evaluate(inputText: string, late?: readonly LateMember[]): Evaluation;
  reads(name: string): boolean;
  stats(): EvaluatorStats & { readonly timeouts: number };
  close(): Promise<void>;
}

function inline(evaluator: PolicyEvaluator): Engine {
  let open: PolicyEvaluator | undefined = evaluator;
  return {
    evaluate: (inputText, late) =>
      open?.evaluate(inputText, late) ?? {
        kind: 'failed',
        code: 'engine.missing',
        cause: new Error('the policy was closed'),
      },
    reads: evaluator.reads,
    stats: () => ({ ...evaluator.stats(), timeouts: 0 }),
    close: async () => {
      open = undefined;
    },
  };
}

function requireAnswer(evaluation: Evaluation): void {
  const isAnswer =
    evaluation.kind === 'value' &&
    typeof evaluation.value === 'object' &&
    evaluation.value !== null &&
    !Array.isArray(evaluation.value);
  if (isAnswer) return;
  const got = evaluation.kind === 'failed' ? evaluation.cause.message : evaluation.kind;
  throw new Error(
    `the policy does not answer the simplest input with an object (${got}); ` +
      'give data.mcp.main.decision a default, e.g. {"verdict": "block", "reasons": []}',
  );
}

function digestOf(bundle: PolicyBundle, overlayData: JsonObject): string {
  if (Object.keys(overlayData).length === 0) return bundle.digest;
  const both = `${bundle.digest}\n${JSON.stringify(overlayData)}`;
  return `sha256:${createHash('sha256').update(both).digest('hex')}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
