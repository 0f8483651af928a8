/**
 * Writes the policy input as JSON text (contract version 1): what nearly every policy reads as one text, the rest as
 * late members, which are only put into it for a policy that looks at them.
 *
 * Text that came over the wire (`args`, `params`, a list item) is put in as it stands, so numbers keep their
 * digits and nothing is serialised twice; it was read strictly, so it has one meaning. Members that do not apply
 * are left out, never `null`: `not input.approval` must mean what it says.
 */
import { type Refusal, refuse } from '../errors.ts';
import type { Caller, Phase, PolicyInput, SecretFact } from './contract.ts';
import { type LateMember, withLate } from './evaluation.ts';
import type { Facts } from './facts/facts.ts';

/** Everything one evaluation is told; `…Text` members are JSON text already. */
export interface InputParts {
  readonly phase: Phase;
  readonly direction: 'to_server' | 'to_client';
  readonly transport: 'http' | 'sse' | 'ws' | 'stdio';
  readonly protocol: string;
  readonly method: string;
  readonly server: string;
  readonly caller: Caller;
  /** `input.labels` as JSON text. */
  readonly labelsText: string;
  readonly tool?: string | undefined;
  readonly argsText?: string | undefined;
  readonly annotationsText?: string | undefined;
  /** Of the tool's whole definition, as last listed. */
  readonly toolDigest?: string | undefined;
  readonly uri?: string | undefined;
  readonly prompt?: string | undefined;
  readonly task?: string | undefined;
  readonly paramsText?: string | undefined;
  readonly itemText?: string | undefined;
  readonly facts?: Facts | undefined;
  readonly secrets?: readonly SecretFact[] | undefined;
  readonly session?: { readonly id: string; readonly ageSeconds: number } | undefined;
  /** `input.history` as JSON text; asked for only when it is looked at. */
  readonly historyText?: (() => string) | undefined;
  /** `input.provenance` as JSON text; likewise. */
  readonly provenanceText?: (() => string) | undefined;
  /** `input.time` as JSON text. */
  readonly timeText?: string | undefined;
  readonly result?: PolicyInput['result'] | undefined;
}

/** The form chains, scopes and approvals use for a tool. */
export function toolName(server: string, tool: string): string {
  return `${server}__${tool}`;
}

export interface WrittenInput {
  readonly text: string;
  readonly late: readonly LateMember[];
}

/** @returns the input, or GW_POLICY_ARGS when what came over the wire makes it longer than `maxInput` characters. */
export function writePolicyInput(parts: InputParts, maxInput: number): WrittenInput | Refusal {
  const { facts } = parts;
  let text = `{"v":1,"phase":"${parts.phase}","direction":"${parts.direction}","transport":"${parts.transport}"`;
  text += `,"protocol":${quote(parts.protocol)},"method":${quote(parts.method)},"server":${quote(parts.server)}`;
  if (parts.tool !== undefined) {
    text += `,"tool":${quote(parts.tool)},"name":${quote(toolName(parts.server, parts.tool))}`;
  }
  if (parts.toolDigest !== undefined) text += `,"tool_digest":"${parts.toolDigest}"`;
  if (parts.uri !== undefined) text += `,"uri":${quote(parts.uri)}`;
  if (parts.prompt !== undefined) text += `,"prompt":${quote(parts.prompt)}`;
  if (parts.task !== undefined) text += `,"task":${quote(parts.task)}`;
  if (facts !== undefined) text += writeFacts(facts);
  if (parts.secrets !== undefined && parts.secrets.length > 0)
    text += `,"secrets":${JSON.stringify(parts.secrets)}`;
  text += `,"caller":${callerText(parts.caller)},"labels":${parts.labelsText}`;
  if (parts.result !== undefined) text += `,"result":${JSON.stringify(parts.result)}`;
  text += ',"mode":"enforce"}';

  const late: LateMember[] = [];
  let length = text.length;
  const add = (name: string, value: string | undefined) => {
    if (value === undefined) return;
    length += value.length + name.length + 4;
    late.push({ name, text: () => value });
  };
  add('args', parts.argsText);
  add('annotations', parts.annotationsText);
  add('params', parts.paramsText);
  add('item', parts.itemText);
  if (parts.session !== undefined) {
    add('session', `{"id":${quote(parts.session.id)},"age_s":${parts.session.ageSeconds}}`);
  }
  add('time', parts.timeText);
  if (parts.historyText !== undefined) late.push({ name: 'history', text: parts.historyText });
  if (parts.provenanceText !== undefined) late.push({ name: 'provenance', text: parts.provenanceText });
  return length > maxInput ? refuse('GW_POLICY_ARGS', 'policy.args_too_large') : { text, late };
}

/** Put together for a policy that looks at it, and for nobody else. */
const GATHERED: ReadonlySet<string> = new Set(['history', 'provenance']);

/** The input as the record has it: whole, but for what the gate only puts together for a policy that looks at it. */
export function wholeInput({ text, late }: WrittenInput, reads: (name: string) => boolean): string {
  return withLate(
    text,
    late.filter(({ name }) => !GATHERED.has(name) || reads(name)),
  );
}

function writeFacts(facts: Facts): string {
  let text = '';
  if (facts.paths.length > 0) text += `,"paths":${JSON.stringify(facts.paths)}`;
  if (facts.hosts.length > 0) text += `,"hosts":${JSON.stringify(facts.hosts)}`;
  if (facts.sql.length > 0) text += `,"sql":${JSON.stringify(facts.sql)}`;
  if (facts.unknown.length > 0) text += `,"unknown":${JSON.stringify(facts.unknown)}`;
  return text;
}

const PLAIN = /^[A-Za-z0-9_./:\- ]*$/;

/** Most names need no escaping, and JSON.stringify costs more than looking. */
function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** A caller object lives as long as its credential is cached, so its text is written once. */
const callerTexts = new WeakMap<Caller, string>();

function callerText(caller: Caller): string {
  let text = callerTexts.get(caller);
  if (text === undefined) {
    text = JSON.stringify(caller);
    callerTexts.set(caller, text);
  }
  return text;
}
