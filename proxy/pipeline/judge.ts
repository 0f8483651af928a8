/**
 * Puts a frame before the policy: gathers what the contract says it is told, asks once, and hands back the
 * verdict with what the record will need. One function for each phase; none of them acts.
 */
import type { Phase, PolicyInput, SecretFact } from '../decide/contract.ts';
import type { Evaluation } from '../decide/evaluation.ts';
import { toDeclaration } from '../decide/facts/declaration.ts';
import { deriveFacts, type Facts } from '../decide/facts/facts.ts';
import { isJudgeable, judgeableArgs } from '../decide/judgeable-args.ts';
import { type InputParts, wholeInput, writePolicyInput } from '../decide/policy-input.ts';
import { detectSecrets } from '../decide/redact/detect.ts';
import { toVerdict, type Verdict } from '../decide/verdict.ts';
import { type Refusal, refuse } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../frame/json.ts';
import { methodRow } from '../frame/methods.ts';
import type { NotificationFrame, RequestFrame, ResponseFrame } from '../frame/read-frame.ts';
import { memberText } from '../frame/scan.ts';
import { definitionDigest } from './definition-digest.ts';
import type { PolicyHandle } from './ports.ts';
import { isTraced, provenanceText } from './provenance.ts';
import { timeText } from './time-text.ts';
import type { Walk } from './walk.ts';

/** One evaluation and everything the record says about it. */
export interface Judged {
  readonly kind: 'judged';
  readonly decisionId: string;
  readonly phase: Phase;
  readonly inputText: string;
  readonly evaluation: Evaluation;
  readonly verdict: Verdict;
  readonly policy: PolicyHandle | undefined;
  readonly evaluationMs: number;
  /** Secrets found in what is judged; the record must not hold them. */
  readonly secrets: readonly SecretFact[];
  readonly tool: string | undefined;
}

/** @returns GW_FRAME_PARAMS or GW_POLICY_ARGS when the frame cannot be put before the policy whole. */
export function judgeRequest(walk: Walk, frame: RequestFrame): Judged | Refusal {
  const subject = methodRow(frame.method)?.subject;
  const params = frame.params ?? {};
  switch (subject) {
    case 'tool':
      return judgeToolCall(walk, frame, params);
    case 'prompt': {
      const prompt = params['name'];
      if (typeof prompt !== 'string') return refuse('GW_FRAME_PARAMS', 'name is not a string');
      const args = argsOf(walk, frame, params, NONE_OPAQUE);
      if ('kind' in args) return args;
      const facts = deriveFacts(args.value, { server: walk.server.name, tool: '', root: walk.server.root });
      const provenance = provenanceText(walk, args.value, '/args');
      return ask(walk, {
        ...request(walk, frame.method),
        prompt,
        argsText: args.text,
        facts: traced(walk, frame, facts),
        provenanceText: provenance,
      });
    }
    case 'uri': {
      const uri = params['uri'];
      if (typeof uri !== 'string') return refuse('GW_FRAME_PARAMS', 'uri is not a string');
      const facts = deriveFacts(undefined, {
        server: walk.server.name,
        tool: '',
        uri,
        root: walk.server.root,
      });
      const provenance = provenanceText(walk, uri, '/uri');
      return ask(walk, {
        ...request(walk, frame.method),
        uri,
        facts: traced(walk, frame, facts),
        provenanceText: provenance,
      });
    }
    case 'task': {
      const task = params['taskId'];
      if (typeof task !== 'string') return refuse('GW_FRAME_PARAMS', 'taskId is not a string');
      const tool = walk.gate.tasks.find(walk.server.name, task)?.tool;
      return ask(walk, { ...request(walk, frame.method), task, tool });
    }
    default: {
      const paramsText = memberText(frame.text, frame.top, 'params');
      if (paramsText !== undefined && !withinShape(walk, frame)) return tooLarge();
      return ask(walk, { ...request(walk, frame.method), paramsText });
    }
  }
}

function judgeToolCall(walk: Walk, frame: RequestFrame, params: JsonObject): Judged | Refusal {
  const { name: tool } = params;
  if (typeof tool !== 'string') return refuse('GW_FRAME_PARAMS', 'name is not a string');
  const declared = toDeclaration(walk.gate.policy.current()?.data, walk.server.name, tool);
  const args = argsOf(walk, frame, params, declared?.opaque ?? NONE_OPAQUE);
  if ('kind' in args) return args;
  const known = walk.server.catalogue.get(tool);
  const facts = deriveFacts(args.value, {
    server: walk.server.name,
    tool,
    declared,
    schema: known?.schema,
    root: walk.server.root,
  });
  const secrets = args.value === undefined ? NO_SECRETS : detectSecrets(args.value);
  const annotationsText = known?.annotationsText;
  const parts = {
    ...request(walk, frame.method),
    tool,
    argsText: args.text,
    annotationsText,
    toolDigest: known?.digest,
    facts: traced(walk, frame, facts),
    secrets,
    provenanceText: provenanceText(walk, args.value, '/args'),
  };
  return ask(walk, parts);
}

/** The facts, with provenance among the unknown ones where it cannot be relied on. */
function traced(walk: Walk, frame: RequestFrame, facts: Facts): Facts {
  return isTraced(walk, frame.size.nodes) ? facts : { ...facts, unknown: [...facts.unknown, 'provenance'] };
}

/** A request without a frame of its own, e.g. one of several things a frame asks for. @param paramsText JSON text. */
export function judgeParams(walk: Walk, method: string, paramsText: string): Judged | Refusal {
  return ask(walk, { ...request(walk, method), paramsText });
}

/** One entry of a list result: without arguments, history and time, because it is what may be shown at all. */
export function judgeItem(walk: Walk, method: string, item: JsonObject, itemText: string): Judged | Refusal {
  if (!isJudgeable(item, walk.gate.limits)) return tooLarge();
  const parts = base(walk, 'list', 'to_client', method);
  const { name, uri } = item;
  const kind = methodRow(method)?.lists;
  const tool = kind === 'tools' && typeof name === 'string' ? name : undefined;
  const prompt = kind === 'prompts' && typeof name === 'string' ? name : undefined;
  const toolDigest = kind === 'tools' ? definitionDigest(item) : undefined;
  return ask(walk, {
    ...parts,
    tool,
    prompt,
    uri: typeof uri === 'string' ? uri : undefined,
    itemText,
    toolDigest,
  });
}

/** The answer to a request whose verdict asked to see it. */
export function judgeReply(
  walk: Walk,
  asked: { readonly method: string; readonly tool: string | undefined },
  result: NonNullable<PolicyInput['result']>,
): Judged | Refusal {
  const parts = base(walk, 'response', 'to_client', asked.method);
  return ask(walk, { ...parts, tool: asked.tool, timeText: now(walk), result, secrets: result.secrets });
}

/** What a server asks of the client: on a legacy stream, or embedded in a result (`inputRequests`). */
export function judgeServerRequest(walk: Walk, method: string, params: Json, paramsText: string | undefined) {
  if (!isJudgeable(params, walk.gate.limits)) return tooLarge();
  const parts = { ...base(walk, 'server_request', 'to_client', method), timeText: now(walk) };
  return ask(walk, {
    ...parts,
    paramsText,
    secrets: isObject(params) ? detectSecrets(params, '/params') : NO_SECRETS,
  });
}

/** The client's answer to one of those; the method is that of the request it answers. */
export function judgeClientResponse(walk: Walk, method: string, frame: ResponseFrame): Judged | Refusal {
  if (!withinShape(walk, frame)) return tooLarge();
  const paramsText = memberText(frame.text, frame.top, frame.result === undefined ? 'error' : 'result');
  const parts = { ...base(walk, 'client_response', 'to_server', method), timeText: now(walk) };
  return ask(walk, {
    ...parts,
    paramsText,
    secrets: detectSecrets(frame.result ?? frame.error ?? {}, '/params'),
  });
}

export function judgeNotification(
  walk: Walk,
  frame: NotificationFrame,
  direction: 'to_server' | 'to_client',
): Judged | Refusal {
  const paramsText = memberText(frame.text, frame.top, 'params');
  if (paramsText !== undefined && !withinShape(walk, frame)) return tooLarge();
  return ask(walk, { ...base(walk, 'notification', direction, frame.method), paramsText });
}

const NONE_OPAQUE: ReadonlySet<string> = new Set();
const NO_SECRETS: readonly SecretFact[] = [];

function request(walk: Walk, method: string): InputParts {
  return { ...base(walk, 'request', 'to_server', method), timeText: now(walk) };
}

function base(walk: Walk, phase: Phase, direction: 'to_server' | 'to_client', method: string): InputParts {
  const { session, gate } = walk;
  return {
    phase,
    direction,
    transport: walk.transport,
    protocol: walk.protocol,
    method,
    server: walk.server.name,
    caller: walk.caller,
    labelsText: phase === 'list' ? '{}' : stateOf(walk).labels,
    session:
      session === undefined || phase === 'list'
        ? undefined
        : { id: session.id, ageSeconds: Math.floor((gate.clock.now() - session.openedAt) / 1000) },
  };
}

/** The arguments in both forms: parsed for the facts, as text for the policy. */
function argsOf(
  walk: Walk,
  frame: RequestFrame,
  params: JsonObject,
  opaque: ReadonlySet<string>,
): { readonly value: JsonObject | undefined; readonly text: string | undefined } | Refusal {
  const value = params['arguments'];
  if (value === undefined) return { value: undefined, text: undefined };
  const raw = memberText(frame.text, frame.inner, 'arguments');
  if (!isObject(value) || raw === undefined) return refuse('GW_FRAME_PARAMS', 'arguments is not an object');
  const text = judgeableArgs(raw, value, frame.size, opaque, walk.gate.limits);
  return typeof text === 'string' ? { value, text } : text;
}

function withinShape(
  walk: Walk,
  frame: { readonly size: { longest: number; widest: number; nodes: number } },
) {
  const { maxString, maxWidth, maxNodes } = walk.gate.limits;
  return frame.size.longest <= maxString && frame.size.widest <= maxWidth && frame.size.nodes <= maxNodes;
}

function tooLarge(): Refusal {
  return refuse('GW_POLICY_ARGS', 'policy.args_too_large');
}

function stateOf(walk: Walk) {
  return walk.gate.state.read(walk.callerKey, walk.gate.clock.now());
}

function now(walk: Walk): string {
  return timeText(walk.gate.clock.now(), walk.gate.timeZone);
}

const NO_POLICY: Evaluation = {
  kind: 'failed',
  code: 'engine.missing',
  cause: new Error('no policy is loaded'),
};

/** Phases in which the policy may look back at the caller's calls. */
const WITH_HISTORY: ReadonlySet<Phase> = new Set(['request', 'response']);

function ask(walk: Walk, parts: InputParts): Judged | Refusal {
  const { clock, limits, policy: port } = walk.gate;
  const policy = port.current();
  const historyText = WITH_HISTORY.has(parts.phase) ? once(() => stateOf(walk).history) : undefined;
  const input = writePolicyInput({ ...parts, historyText }, limits.maxInput);
  if ('kind' in input) return input;
  const before = clock.ticks();
  const evaluation = policy === undefined ? NO_POLICY : policy.evaluate(input.text, input.late);
  const evaluationMs = clock.ticks() - before;
  return {
    kind: 'judged',
    decisionId: clock.id(),
    phase: parts.phase,
    inputText: wholeInput(input, (name) => policy?.reads(name) === true),
    evaluation,
    verdict: toVerdict(evaluation),
    policy,
    evaluationMs,
    secrets: parts.secrets ?? NO_SECRETS,
    tool: parts.tool,
  };
}

function once(work: () => string): () => string {
  let done: string | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
