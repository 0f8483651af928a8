/**
 * What the gate says in its own voice, as JSON-RPC text.
 *
 * A refused `tools/call` is a result with `isError: true`, because that is where models read; everything else is
 * an error with the request's id. Only the policy's own words (code and message of its reasons) and the error
 * table reach the caller: causes, upstream text and stack traces stay in the record.
 *
 * @see MCP 2026-07-28, server/tools, "Error Handling"
 */
import type { Answer } from '../decide/act.ts';
import { ERRORS, type ErrorCode, type Refusal, rpcNumber } from '../errors.ts';
import type { JsonObject } from '../frame/json.ts';
import { type Era, methodRow } from '../frame/methods.ts';
import type { FrameId } from '../frame/read-frame.ts';

export interface AnswerTo {
  readonly id: FrameId;
  readonly method: string;
  readonly era: Era;
  readonly tool: string | undefined;
}

export interface SpokenAnswer {
  /** HTTP status: 200 once an id is known, except a method the gate does not know, which modern MCP answers 404. */
  readonly status: number;
  readonly text: string;
}

/** The answer to a request that a verdict or a failure stopped. */
export function speakAnswer(answer: Answer, to: AnswerTo): SpokenAnswer {
  if (answer.code === 'GW_POLICY_BLOCKED') {
    if (methodRow(to.method) === undefined && onlyNoGrant(answer)) return methodNotFound(to);
    if (answer.show === 'hide') return hidden(to);
  }
  const row = ERRORS[answer.code];
  const reasons = answer.reasons.map(({ code, message }) => ({ code, message }));
  if (to.method === 'tools/call') {
    const lines = reasons.map(({ code, message }) => `- ${code}: ${message}`);
    const text = [`${row.message} (${answer.code})`, ...lines, ...(lines.length ? [] : [row.help])].join(
      '\n',
    );
    return toolError(to, text);
  }
  const message = [row.message, ...reasons.map((reason) => reason.message)].join(' ');
  return rpcError(to.id, rpcNumber(answer.code), message, { code: answer.code, reasons, help: row.help });
}

/** The answer to a request that could not be judged or delivered. */
export function speakRefusal(refusal: Refusal, to: AnswerTo): SpokenAnswer {
  const row = ERRORS[refusal.code];
  const detail = refusal.detail === undefined ? '' : ` (${refusal.detail})`;
  if (to.method === 'tools/call' && !refusal.code.startsWith('GW_FRAME_')) {
    return toolError(to, `${row.message}${detail} (${refusal.code})\n${row.help}`);
  }
  return rpcError(to.id, rpcNumber(refusal.code), row.message + detail, {
    code: refusal.code,
    help: row.help,
  });
}

/** The body of an HTTP refusal, said before any id is known; edges without statuses say whose it is. */
export function speakEarly(code: ErrorCode, detail?: string, id: FrameId | null = null): string {
  const row = ERRORS[code];
  const message = detail === undefined ? row.message : `${row.message} (${detail})`;
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: { code: rpcNumber(code), message, data: { code, help: row.help } },
  });
}

/** An error in the specification's own numbers, where clients act on exactly those. */
export function speakProtocolError(
  id: FrameId | null,
  code: number,
  message: string,
  data?: JsonObject,
): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: data === undefined ? { code, message } : { code, message, data },
  });
}

/** What a server is told whose own request was not let through to the client. */
export function speakToServer(answer: Answer, id: FrameId): string {
  return speakProtocolError(id, rpcNumber(answer.code), ERRORS[answer.code].message, { code: answer.code });
}

function toolError(to: AnswerTo, text: string): SpokenAnswer {
  const complete = to.era === 'modern' ? { resultType: 'complete' } : {};
  const result = { ...complete, content: [{ type: 'text', text }], isError: true };
  return { status: 200, text: JSON.stringify({ jsonrpc: '2.0', id: to.id, result }) };
}

function rpcError(id: FrameId, code: number, message: string, data: JsonObject): SpokenAnswer {
  return { status: 200, text: speakProtocolError(id, code, message, data) };
}

/** Said of things that exist but are not shown: the same words a server uses for what does not exist. */
function hidden(to: AnswerTo): SpokenAnswer {
  if (to.method === 'tools/call') return rpcErrorPlain(to, -32602, `Unknown tool: ${to.tool ?? ''}`);
  if (to.method === 'prompts/get') return rpcErrorPlain(to, -32602, 'Unknown prompt');
  if (to.method.startsWith('resources/')) {
    return rpcErrorPlain(to, to.era === 'modern' ? -32602 : -32002, 'Resource not found');
  }
  return methodNotFound(to);
}

/** A bare HTTP 404 would mean a legacy SSE server to clients; with this body it means an unknown method. */
function methodNotFound(to: AnswerTo): SpokenAnswer {
  return { ...rpcErrorPlain(to, -32601, 'Method not found'), status: to.era === 'modern' ? 404 : 200 };
}

function rpcErrorPlain(to: AnswerTo, code: number, message: string): SpokenAnswer {
  return { status: 200, text: speakProtocolError(to.id, code, message) };
}

function onlyNoGrant(answer: Answer): boolean {
  return answer.reasons.length > 0 && answer.reasons.every((reason) => reason.code === 'policy.no_grant');
}
