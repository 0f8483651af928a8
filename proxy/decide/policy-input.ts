/**
 * Writes the policy input as JSON text (contract version 1).
 *
 * Text that came over the wire (`args`, `params`, a list item) is put in as it stands, so numbers keep their
 * digits and nothing is serialised twice; it was read strictly, so it has one meaning. Members that do not apply
 * are left out, never `null`: `not input.approval` must mean what it says.
 */
import { type Refusal, refuse } from '../errors.ts';
import type { Caller, Phase, PolicyInput, SecretFact } from './contract.ts';
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
  readonly historyText?: string | undefined;
  /** `input.time` as JSON text. */
  readonly timeText?: string | undefined;
  readonly result?: PolicyInput['result'] | undefined;
}

/** The form chains, scopes and approvals use for a tool. */
export function toolName(server: string, tool: string): string {
  return `${server}__${tool}`;
}

/** @returns the input, or GW_POLICY_ARGS when it is longer than `maxInput` characters. */
export function writePolicyInput(parts: InputParts, maxInput: number): string | Refusal {
  const { facts } = parts;
  let text = `{"v":1,"phase":"${parts.phase}","direction":"${parts.direction}","transport":"${parts.transport}"`;
  text += `,"protocol":${quote(parts.protocol)},"method":${quote(parts.method)},"server":${quote(parts.server)}`;
  if (parts.tool !== undefined) {
    text += `,"tool":${quote(parts.tool)},"name":${quote(toolName(parts.server, parts.tool))}`;
  }
  if (parts.argsText !== undefined) text += `,"args":${parts.argsText}`;
  if (parts.annotationsText !== undefined) text += `,"annotations":${parts.annotationsText}`;
  if (parts.toolDigest !== undefined) text += `,"tool_digest":"${parts.toolDigest}"`;
  if (parts.uri !== undefined) text += `,"uri":${quote(parts.uri)}`;
  if (parts.prompt !== undefined) text += `,"prompt":${quote(parts.prompt)}`;
  if (parts.task !== undefined) text += `,"task":${quote(parts.task)}`;
  if (parts.paramsText !== undefined) text += `,"params":${parts.paramsText}`;
  if (parts.itemText !== undefined) text += `,"item":${parts.itemText}`;
  if (facts !== undefined) text += writeFacts(facts);
  if (parts.secrets !== undefined && parts.secrets.length > 0)
    text += `,"secrets":${JSON.stringify(parts.secrets)}`;
  text += `,"caller":${callerText(parts.caller)}`;
  if (parts.session !== undefined) {
    text += `,"session":{"id":${quote(parts.session.id)},"age_s":${parts.session.ageSeconds}}`;
  }
  text += `,"labels":${parts.labelsText}`;
  if (parts.historyText !== undefined) text += `,"history":${parts.historyText}`;
  if (parts.timeText !== undefined) text += `,"time":${parts.timeText}`;
  if (parts.result !== undefined) text += `,"result":${JSON.stringify(parts.result)}`;
  text += ',"mode":"enforce"}';
  return text.length > maxInput ? refuse('GW_POLICY_ARGS', 'policy.args_too_large') : text;
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
