/**
 * Judges what a server sends towards a client, one frame at a time: the answer to a request, a notification on
 * its stream, or a request of the server's own. What comes back is the frame's way on: passed (perhaps edited),
 * or dropped. Anything that cannot be judged does not pass, and the client is told so in its own request's terms.
 */
import { hash } from 'node:crypto';
import { type Answer, act, type Permit, permitOwnWords } from '../decide/act.ts';
import type { Redaction } from '../decide/contract.ts';
import { redactText } from '../decide/redact/redact.ts';
import { ERRORS, type Refusal, refuse, rpcNumber } from '../errors.ts';
import { isObject } from '../frame/json.ts';
import { methodRow } from '../frame/methods.ts';
import {
  type Frame,
  type FrameId,
  type NotificationFrame,
  type RequestFrame,
  type ResponseFrame,
  readFrame,
  readFrameText,
} from '../frame/read-frame.ts';
import { memberText } from '../frame/scan.ts';
import { speakAnswer, speakProtocolError, speakRefusal, speakToServer } from './answers.ts';
import { judgeNotification, judgeReply, judgeServerRequest } from './judge.ts';
import { filterList, makePrivate } from './lists.ts';
import type { Received, UpstreamReply } from './ports.ts';
import { type Outcome, recordDecision, recordEvent, recordOutcome } from './recording.ts';
import { describeResult } from './result-facts.ts';
import { type OpenRequest, remember } from './sessions.ts';
import type { Walk } from './walk.ts';

/** What happens to one frame from a server. `final` ends the exchange it answers. */
export type Passage =
  | {
      readonly kind: 'pass';
      readonly body: Uint8Array | string;
      readonly final: boolean;
      readonly status?: number;
    }
  | { readonly kind: 'drop' };

const DROP: Passage = { kind: 'drop' };

/** @param asked the request this reply belongs to; undefined on a stream that belongs to none. */
export async function judgeFromServer(
  walk: Walk,
  received: Received,
  asked: OpenRequest | undefined,
): Promise<Passage> {
  const frame = read(walk, received);
  switch (frame.kind) {
    case 'refusal':
      return unreadable(walk, frame, asked);
    case 'notification':
      return notification(walk, frame, asked);
    case 'request':
      return serverRequest(walk, frame);
    case 'response':
      return response(walk, frame, asked);
  }
}

function read(walk: Walk, received: Received): Frame | Refusal {
  const { maxDepth, maxElements } = walk.gate.limits;
  const options = { maxDepth, maxElements, direction: 'to_client' } as const;
  if (typeof received === 'string') return readFrameText(received, options);
  return received instanceof Uint8Array ? readFrame(received, options) : received;
}

/** The refusal a client gets instead of the answer to what it asked. */
export async function answerInstead(walk: Walk, refusal: Refusal, asked: OpenRequest): Promise<Passage> {
  settle(walk, asked);
  await recordOutcome(
    walk.gate,
    outcome(walk, asked, 'failed', { code: refusal.code, cause: refusal.detail }),
  );
  const spoken = speakRefusal(refusal, { ...asked, era: walk.era });
  return { kind: 'pass', body: spoken.text, final: true, status: spoken.status };
}

async function unreadable(walk: Walk, refusal: Refusal, asked: OpenRequest | undefined): Promise<Passage> {
  if (asked) return answerInstead(walk, refuse('GW_UPSTREAM_ANSWER', refusal.code), asked);
  await recordEvent(walk.gate, 'dropped', refusal, { server: walk.server.name });
  return DROP;
}

async function response(
  walk: Walk,
  frame: ResponseFrame,
  current: OpenRequest | undefined,
): Promise<Passage> {
  const asked = answered(walk, frame, current);
  if (asked === undefined) {
    await recordEvent(walk.gate, 'dropped', refuse('GW_FRAME_DIRECTION', 'an answer nobody asked for'), {
      server: walk.server.name,
    });
    return DROP;
  }
  const lists = methodRow(asked.method)?.lists;
  const filtered = lists ? filterList(walk, asked.method, lists, frame) : undefined;
  const embedded = await refusedEmbedded(walk, frame);
  if (embedded) {
    return embedded.kind === 'refusal'
      ? answerInstead(walk, embedded, asked)
      : refusedReply(walk, asked, embedded);
  }

  let edits = asked.obligations.reply.redact;
  if (asked.obligations.reply.inspect) {
    const judged = judgeReply(walk, asked, describeResult(frame));
    if (judged.kind === 'refusal') return answerInstead(walk, judged, asked);
    const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
    await recordDecision(walk, judged, action);
    if (action.kind === 'answer') return refusedReply(walk, asked, action);
    if (judged.verdict.kind === 'redact') edits = [...edits, ...judged.verdict.edits];
  }
  return passReply(walk, frame, asked, edits, filtered);
}

/** The last step of an answer: edits, the outcome on record, and out. */
async function passReply(
  walk: Walk,
  frame: ResponseFrame,
  asked: OpenRequest,
  edits: readonly Redaction[],
  filtered: { readonly text: string | undefined; readonly hidden: readonly string[] } | undefined,
): Promise<Passage> {
  let text = filtered?.text;
  let redactions: Outcome['redactions'];
  if (edits.length > 0) {
    const redacted = redactText(text ?? frame.text, edits, walk.gate);
    if (redacted.kind === 'failed') {
      return answerInstead(walk, refuse('GW_REDACTION_FAILED', redacted.cause.message), asked);
    }
    if (redacted.kind === 'edited') {
      text = redacted.text;
      redactions = redacted.hits;
    }
  }
  if (text !== undefined) text = makePrivate(text, frame);
  settle(walk, asked);
  const version = frame.result?.['protocolVersion'];
  if (asked.opened && typeof version === 'string') asked.opened.protocol = version.slice(0, 32);
  const body = text ?? frame.bytes ?? frame.text;
  await recordOutcome(
    walk.gate,
    outcome(walk, asked, 'answered', {
      bytes: body.length,
      ...(redactions ? { redactions } : {}),
      ...(filtered && filtered.hidden.length > 0 ? { hidden: filtered.hidden } : {}),
    }),
  );
  return { kind: 'pass', body, final: true };
}

async function refusedReply(walk: Walk, asked: OpenRequest, action: Answer): Promise<Passage> {
  settle(walk, asked);
  await recordOutcome(walk.gate, outcome(walk, asked, 'refused', { code: action.code, cause: action.cause }));
  const spoken = speakAnswer(action, { ...asked, era: walk.era });
  return { kind: 'pass', body: spoken.text, final: true, status: spoken.status };
}

/**
 * The request this frame answers. On its own stream only its own id counts, typed (1 is not "1"); elsewhere only
 * what the session has asked and not yet had answered.
 */
function answered(
  walk: Walk,
  frame: ResponseFrame,
  current: OpenRequest | undefined,
): OpenRequest | undefined {
  if (frame.id === null) return current;
  if (current) return frame.id === current.id ? current : undefined;
  const asked = walk.session?.asked.get(frame.id);
  return asked?.answered && !walk.resumes ? undefined : asked;
}

/** An id may be answered once, and again only by a replay; afterwards it is unknown. */
export function settle(walk: Walk, asked: OpenRequest): void {
  asked.answered = true;
  if (asked.replayable) return;
  if (walk.correlation.asked.get(asked.id) === asked) walk.correlation.asked.delete(asked.id);
}

async function notification(
  walk: Walk,
  frame: NotificationFrame,
  asked: OpenRequest | undefined,
): Promise<Passage> {
  const judged = judgeNotification(walk, frame, 'to_client');
  if (judged.kind === 'refusal') {
    await recordEvent(walk.gate, 'dropped', judged, { server: walk.server.name });
    return DROP;
  }
  const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  if (action.kind === 'answer') return DROP;
  const edits = asked?.obligations.reply.redact ?? [];
  if (edits.length === 0) return { kind: 'pass', body: action.text ?? frame.text, final: false };
  const redacted = redactText(action.text ?? frame.text, edits, walk.gate);
  if (redacted.kind === 'failed') return DROP;
  const text = redacted.kind === 'edited' ? redacted.text : (action.text ?? frame.text);
  return { kind: 'pass', body: text, final: false };
}

async function serverRequest(walk: Walk, frame: RequestFrame): Promise<Passage> {
  const paramsText = memberText(frame.text, frame.top, 'params');
  const misplaced = isForServersOnly(frame.method) ? refuse('GW_FRAME_DIRECTION') : undefined;
  const judged = misplaced ?? judgeServerRequest(walk, frame.method, frame.params ?? {}, paramsText);
  if (judged.kind === 'refusal') {
    await recordEvent(walk.gate, 'dropped', judged, { server: walk.server.name });
    await refuseServer(walk, frame.id, judged);
    return DROP;
  }
  const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  if (action.kind === 'answer') {
    await answerServer(walk, speakToServer(action, frame.id), action.permit);
    return DROP;
  }
  const digest = hash('sha256', frame.text);
  const known = walk.correlation.toAnswer.get(frame.id);
  if (known !== undefined && known.digest !== digest) {
    const text = speakProtocolError(frame.id, -32600, 'That id is already in use');
    await answerServer(walk, text, action.permit);
    return DROP;
  }
  remember(walk.correlation.toAnswer, frame.id, { method: frame.method, digest });
  return { kind: 'pass', body: action.text ?? frame.text, final: false };
}

function isForServersOnly(method: string): boolean {
  return methodRow(method)?.from === 'client';
}

/** Tells a server that its request, or the answer to it, could not be judged; else it would wait for ever. */
export async function refuseServer(walk: Walk, id: FrameId, refusal: Refusal): Promise<void> {
  const text = speakProtocolError(id, rpcNumber(refusal.code), ERRORS[refusal.code].message);
  await answerServer(walk, text, permitOwnWords(walk.gate.clock.id()));
}

/** Lets go of a reply nobody will read; a stream would hold its connection otherwise. */
export function leave(reply: UpstreamReply): void {
  if (reply.kind === 'stream') void reply.events[Symbol.asyncIterator]().return?.();
}

async function answerServer(walk: Walk, text: string, permit: Permit): Promise<void> {
  const reply = await walk.server.upstream.send(
    {
      body: text,
      id: undefined,
      method: undefined,
      params: undefined,
      era: walk.era,
      protocol: walk.protocol,
      sessionId: walk.session?.id,
      callerKey: walk.callerKey,
      headers: {},
      signal: undefined,
    },
    permit,
  );
  leave(reply);
  if (reply.kind === 'refusal')
    walk.gate.log.warn('server_answer_failed', { server: walk.server.name, code: reply.code });
}

/** What rides there is not what a server may ask. */
const MISPLACED = refuse('GW_UPSTREAM_ANSWER', 'GW_FRAME_DIRECTION');

/** Requests that ride inside a result (MRTR) are judged like those that come by themselves. */
async function refusedEmbedded(walk: Walk, frame: ResponseFrame): Promise<Answer | Refusal | undefined> {
  const embedded = frame.result?.['inputRequests'];
  if (embedded === undefined || embedded === null) return undefined;
  if (!isObject(embedded)) return MISPLACED;
  for (const entry of Object.values(embedded)) {
    const method = isObject(entry) ? entry['method'] : undefined;
    const params = isObject(entry) ? entry['params'] : undefined;
    if (typeof method !== 'string' || isForServersOnly(method)) return MISPLACED;
    const paramsText = params === undefined ? undefined : JSON.stringify(params);
    const judged = judgeServerRequest(walk, method, params ?? {}, paramsText);
    if (judged.kind === 'refusal') return judged;
    const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
    await recordDecision(walk, judged, action);
    if (action.kind === 'answer') return action;
    // Editing a request in the middle of a result is not supported; what should have been edited does not pass.
    if (action.text !== undefined) return refuse('GW_REDACTION_FAILED', 'inside inputRequests');
  }
  return undefined;
}

function outcome(walk: Walk, asked: OpenRequest, status: Outcome['status'], rest: Partial<Outcome>): Outcome {
  return {
    decisionId: asked.decisionId,
    status,
    durationMs: walk.gate.clock.ticks() - asked.startedAt,
    ...rest,
  };
}
