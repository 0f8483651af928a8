/**
 * The walk of one message from a client, whatever edge it came in by:
 *
 *   identify → readFrame → route → decide → act → record → forward,
 *   and for every reply frame (relay.ts): readFrame → decide → act → record → write.
 *
 * The caller is identified first, from the headers alone, so that nobody unknown makes the gate read a body.
 * Whatever throws on the way closes the gate for this message, and is told apart from the policy's word.
 */
import { type Action, act } from '../decide/act.ts';
import { RecordFailed, type Refusal, refuse } from '../errors.ts';
import { methodRow } from '../frame/methods.ts';
import {
  type NotificationFrame,
  type RequestFrame,
  type ResponseFrame,
  readFrame,
} from '../frame/read-frame.ts';
import {
  type AnswerTo,
  type SpokenAnswer,
  speakAnswer,
  speakProtocolError,
  speakRefusal,
} from './answers.ts';
import { toCall } from './call.ts';
import { answerEarly, refuseCaller } from './early.ts';
import type { Gate } from './gate.ts';
import { type Judged, judgeClientResponse, judgeNotification, judgeRequest } from './judge.ts';
import type { ClientPort } from './ports.ts';
import { recordDecision, recordEvent } from './recording.ts';
import { relay } from './relay.ts';
import { type Incoming, route } from './route.ts';
import { type OpenRequest, remember } from './sessions.ts';
import type { Walk } from './walk.ts';

/** Answers one POSTed message. Never rejects. */
export async function exchange(gate: Gate, incoming: Incoming, client: ClientPort): Promise<void> {
  gate.load.inFlight++;
  try {
    await walkThrough(gate, incoming, client);
  } catch (cause) {
    answerEarly(client, failure(gate, cause));
  } finally {
    gate.load.inFlight--;
  }
}

async function walkThrough(gate: Gate, incoming: Incoming, client: ClientPort): Promise<void> {
  if (gate.load.inFlight > gate.limits.maxInFlight) return answerEarly(client, refuse('GW_BUSY'));
  const identified = gate.identity.identify(incoming);
  const who = identified instanceof Promise ? await identified : identified;
  if (who.kind === 'refused') return refuseCaller(gate, incoming, client, who);

  const bytes = await incoming.body();
  if (!(bytes instanceof Uint8Array)) return answerEarly(client, bytes);
  const { maxDepth, maxElements } = gate.limits;
  const frame = readFrame(bytes, { maxDepth, maxElements, direction: 'to_server' });
  if (frame.kind === 'refusal') {
    await recordEvent(gate, 'unreadable', frame, {
      server: incoming.server.name,
      subject: who.caller.subject,
    });
    return answerEarly(client, frame);
  }

  const routed = route(gate, incoming, who, frame);
  if (routed.kind === 'protocol_error') return client.answer(routed.status, routed.text);
  if (routed.kind === 'refusal') return answerEarly(client, routed);
  switch (frame.kind) {
    case 'request':
      return request(routed.walk, frame, incoming, client);
    case 'notification':
      return notification(routed.walk, frame, incoming, client);
    case 'response':
      return clientResponse(routed.walk, frame, client);
  }
}

async function request(
  walk: Walk,
  frame: RequestFrame,
  incoming: Incoming,
  client: ClientPort,
): Promise<void> {
  const tool = frame.params?.['name'];
  const to = {
    id: frame.id,
    method: frame.method,
    era: walk.era,
    tool: typeof tool === 'string' ? tool : undefined,
  };
  const asked = await decideRequest(walk, frame, to).catch((cause) => failure(walk.gate, cause));
  if ('status' in asked) return say(client, asked);
  if (asked.kind === 'refusal') return say(client, speakRefusal(asked, to));
  const { open, action } = asked;
  const call = toCall(walk, frame, action.text, incoming.headers, client.signal);
  if (call.kind === 'refusal') return say(client, speakRefusal(call, to));
  try {
    remember(walk.correlation.asked, open.id, open);
    const reply = await walk.server.upstream.send(call, action.permit);
    await relay(walk, reply, open, client);
  } catch (cause) {
    say(client, speakRefusal(failure(walk.gate, cause), to));
  } finally {
    open.inFlight = false;
  }
}

/** Everything that stands before the frame may leave, ending with its line on disk. */
async function decideRequest(
  walk: Walk,
  frame: RequestFrame,
  to: AnswerTo,
): Promise<
  { kind: 'open'; open: OpenRequest; action: Extract<Action, { kind: 'forward' }> } | SpokenAnswer | Refusal
> {
  const { gate } = walk;
  const misplaced = belongs(walk, frame);
  const judged = misplaced ?? judgeRequest(walk, frame);
  if (judged.kind === 'refusal') {
    await recordEvent(gate, 'refused', judged, { server: walk.server.name, subject: walk.caller.subject });
    return judged;
  }
  const action = act(judged.verdict, frame.text, judged.decisionId, gate);
  const full = action.kind === 'forward' ? leaveTrace(walk, judged, action) : undefined;
  await recordDecision(walk, judged, action);
  if (full) return full;
  if (action.kind === 'answer') return speakAnswer(action, to);
  const { method, tool } = to;
  const { decisionId } = judged;
  const { obligations } = action;
  const startedAt = gate.clock.ticks();
  return {
    kind: 'open',
    action,
    open: { id: frame.id, method, tool, decisionId, obligations, startedAt, inFlight: true },
  };
}

/** Requests that no client may send, or not in this form, or under an id that is still waiting for its answer. */
function belongs(walk: Walk, frame: RequestFrame): Refusal | undefined {
  const row = methodRow(frame.method);
  if (row?.notification) return refuse('GW_FRAME_ENVELOPE', 'a notification with an id');
  if (row?.from === 'server') return refuse('GW_FRAME_DIRECTION');
  if (walk.session?.asked.get(frame.id)?.inFlight) return refuse('GW_FRAME_ID', 'already in use');
  return undefined;
}

/**
 * Labels and history are written in the same turn as the verdict, before anything is awaited: of two parallel
 * calls the second one sees what the first one left, whatever their order on the wire.
 */
function leaveTrace(
  walk: Walk,
  judged: Judged,
  action: Extract<Action, { kind: 'forward' }>,
): Refusal | undefined {
  const { labels } = action.obligations;
  if (judged.tool === undefined && labels.add.length === 0) return undefined;
  return walk.gate.state.remember(walk.callerKey, walk.gate.clock.now(), {
    name: judged.tool === undefined ? undefined : `${walk.server.name}__${judged.tool}`,
    verdict: judged.verdict.kind,
    labels: labels.add,
    ttlSeconds: labels.ttlSeconds,
  });
}

async function notification(
  walk: Walk,
  frame: NotificationFrame,
  incoming: Incoming,
  client: ClientPort,
): Promise<void> {
  const row = methodRow(frame.method);
  if (row !== undefined && !row.notification) {
    return answerEarly(client, refuse('GW_FRAME_ENVELOPE', 'a request without an id'));
  }
  const judged = judgeNotification(walk, frame, 'to_server');
  if (judged.kind === 'refusal') return answerEarly(client, judged);
  const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  if (action.kind === 'answer') return answerEarly(client, refuse(action.code));
  const call = toCall(walk, frame, action.text, incoming.headers, undefined);
  if (call.kind === 'refusal') return answerEarly(client, call);
  const reply = await walk.server.upstream.send(call, action.permit);
  return accepted(walk, reply, client);
}

/** The answer to something the server asked; each may be answered once, and only by whom it was shown to. */
async function clientResponse(walk: Walk, frame: ResponseFrame, client: ClientPort): Promise<void> {
  const question = frame.id === null ? undefined : walk.correlation.toAnswer.get(frame.id);
  if (walk.era === 'modern' || frame.id === null || question === undefined) {
    return answerEarly(client, refuse('GW_FRAME_DIRECTION', 'an answer to nothing that was asked'));
  }
  walk.correlation.toAnswer.delete(frame.id);
  const judged = judgeClientResponse(walk, question.method, frame);
  if (judged.kind === 'refusal') return answerEarly(client, judged);
  const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  const refused = action.kind === 'answer';
  const text = refused ? speakProtocolError(frame.id, -32600, 'Refused by the gate') : action.text;
  const call = toCall(walk, frame, text, {}, undefined);
  if (call.kind === 'refusal') return answerEarly(client, call);
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
  if (reply.status < 300) return client.answer(202, undefined);
  if (reply.status === 404 && walk.session) {
    walk.gate.sessions.close(walk.session);
    return answerEarly(client, refuse('GW_SESSION'));
  }
  return answerEarly(client, refuse('GW_UPSTREAM_ANSWER', `HTTP ${reply.status}`));
}

function say(client: ClientPort, spoken: SpokenAnswer): void {
  client.answer(spoken.status, spoken.text);
}

/** What went wrong on our side, in terms a caller may see; the cause goes to the log. */
function failure(gate: Gate, cause: unknown): Refusal {
  const error = cause as Error;
  gate.log.error('exchange_failed', { name: error.name, message: error.message });
  return refuse(error instanceof RecordFailed ? 'GW_RECORD_FAILED' : 'GW_INTERNAL');
}
