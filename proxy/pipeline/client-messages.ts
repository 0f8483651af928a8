/**
 * What a client says without waiting for an answer: notifications, and its answers to what the server asked. A refused
 * one goes nowhere; the server whose question would stay open is told so.
 */
import { act } from '../decide/act.ts';
import { refuse } from '../errors.ts';
import { methodRow } from '../frame/methods.ts';
import type { FrameId, NotificationFrame, ResponseFrame } from '../frame/read-frame.ts';
import { speakProtocolError } from './answers.ts';
import { toCall } from './call.ts';
import { answerEarly } from './early.ts';
import { judgeClientResponse, judgeNotification } from './judge.ts';
import { leave } from './passage.ts';
import type { ClientPort } from './ports.ts';
import { recordDecision, recordEvent } from './recording.ts';
import type { Incoming } from './route.ts';
import { refuseServer } from './server-requests.ts';
import { type Walk, whereOf } from './walk.ts';

/** Answered 202 once the server has it; a note that cancels also abandons the call on this side. */
export async function notification(
  walk: Walk,
  frame: NotificationFrame,
  incoming: Incoming,
  client: ClientPort,
): Promise<void> {
  const row = methodRow(frame.method);
  const misplaced = row !== undefined && !row.notification;
  const judged = misplaced
    ? refuse('GW_FRAME_ENVELOPE', 'a request without an id')
    : judgeNotification(walk, frame, 'to_server');
  if (judged.kind === 'refusal') {
    await recordEvent(walk.gate, 'refused', judged, whereOf(walk));
    return answerEarly(client, judged);
  }
  const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  if (action.kind === 'answer') return answerEarly(client, refuse(action.code));
  const cancelled = cancelledId(frame);
  if (walk.era === 'modern' && client.cancel && cancelled !== undefined) {
    // An HTTP server is told by its stream being closed, and every other upstream by what that means on its wire.
    client.cancel(cancelled);
    return client.answer(202, undefined);
  }
  const call = toCall(walk, frame, action.text, incoming.headers, undefined);
  const reply = await walk.server.upstream.send(call, action.permit);
  if (cancelled !== undefined) client.cancel?.(cancelled);
  return accepted(walk, reply, client);
}

function cancelledId(frame: NotificationFrame): FrameId | undefined {
  const id = frame.method === 'notifications/cancelled' ? frame.params?.['requestId'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** The answer to something the server asked; each may be answered once, and only by whom it was shown to. */
export async function clientResponse(walk: Walk, frame: ResponseFrame, client: ClientPort): Promise<void> {
  const question = frame.id === null ? undefined : walk.correlation.toAnswer.get(frame.id);
  if (walk.era === 'modern' || frame.id === null || question === undefined) {
    const refusal = refuse('GW_FRAME_DIRECTION', 'an answer to nothing that was asked');
    await recordEvent(walk.gate, 'refused', refusal, whereOf(walk));
    return answerEarly(client, refusal);
  }
  walk.correlation.toAnswer.delete(frame.id);
  const judged = judgeClientResponse(walk, question.method, frame);
  if (judged.kind === 'refusal') {
    await recordEvent(walk.gate, 'refused', judged, whereOf(walk));
    await refuseServer(walk, frame.id, judged);
    return answerEarly(client, judged);
  }
  const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  const refused = action.kind === 'answer';
  const text = refused ? speakProtocolError(frame.id, -32600, 'Refused by the gate') : action.text;
  const call = toCall(walk, frame, text, {}, undefined);
  const reply = await walk.server.upstream.send(call, action.permit);
  return refused ? answerEarly(client, refuse(action.code)) : accepted(walk, reply, client);
}

/** What a message that needs no answer is answered with. */
function accepted(
  walk: Walk,
  reply: Awaited<ReturnType<Walk['server']['upstream']['send']>>,
  client: ClientPort,
): void {
  if (reply.kind === 'refusal') return answerEarly(client, reply);
  leave(reply);
  if (reply.status < 300) return client.answer(202, undefined);
  if (reply.status === 404 && walk.session) {
    walk.gate.sessions.close(walk.session);
    return answerEarly(client, refuse('GW_SESSION'));
  }
  return answerEarly(client, refuse('GW_UPSTREAM_ANSWER', `HTTP ${reply.status}`));
}
