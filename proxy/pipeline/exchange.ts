/**
 * The walk of one message from a client, whatever edge it came in by:
 *
 *   identify → readFrame → route → decide → act → record → forward,
 *   and for every reply frame (relay.ts): readFrame → decide → act → record → write.
 *
 * The caller is identified first, from the headers alone, so that nobody unknown makes the gate read a body. A batch,
 * in the one revision that has them, is walked message by message.
 * Whatever throws on the way closes the gate for this message, and is told apart from the policy's word.
 */
import { type Action, act } from '../decide/act.ts';
import { type Refusal, refuse } from '../errors.ts';
import { ASSUMED_VERSION, methodRow } from '../frame/methods.ts';
import {
  type Frame,
  type FrameId,
  type NotificationFrame,
  type RequestFrame,
  type ResponseFrame,
  readFrame,
} from '../frame/read-frame.ts';
import { BATCH_VERSION, splitBatch } from '../frame/split-batch.ts';
import {
  type AnswerTo,
  type SpokenAnswer,
  speakAnswer,
  speakProtocolError,
  speakRefusal,
} from './answers.ts';
import { gatherBatch } from './batch.ts';
import { toCall } from './call.ts';
import { answerEarly, failure, refuseCaller, refuseRoute } from './early.ts';
import { judgeAnswersIn, recordEmbedded } from './embedded.ts';
import type { Gate } from './gate.ts';
import { type Judged, judgeClientResponse, judgeNotification, judgeRequest } from './judge.ts';
import { leave } from './passage.ts';
import type { ClientPort } from './ports.ts';
import { recordDecision, recordEvent, recordOutcome } from './recording.ts';
import { relay } from './relay.ts';
import { settle } from './replies.ts';
import { type Incoming, type Known, legacyWalk, route } from './route.ts';
import { refuseServer } from './server-requests.ts';
import { type OpenRequest, remember } from './sessions.ts';
import { cutSubscriptions, subscriptionOf } from './subscriptions.ts';
import { type KnownTask, withTask } from './tasks.ts';
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

  const received = await incoming.body();
  if (!(received instanceof Uint8Array)) {
    // Some of the body is still to come; whoever dawdles must not keep the connection.
    if (received.kind === 'refusal') return answerEarly(client, received, { connection: 'close' });
    return walkFrame(gate, incoming, who, received, client);
  }
  const { maxDepth, maxElements } = gate.limits;
  const options = { maxDepth, maxElements, direction: 'to_server' } as const;
  const frame = readFrame(received, options);
  if (frame.kind !== 'refusal') return walkFrame(gate, incoming, who, frame, client);
  const batched = frame.code === 'GW_FRAME_BATCH' && speaksBatches(gate, incoming, who);
  const frames = batched ? splitBatch(received, options) : frame;
  if (!('kind' in frames)) return walkBatch(gate, incoming, who, frames, client);
  await recordEvent(gate, 'unreadable', frames, {
    server: incoming.server.name,
    subject: who.caller.subject,
  });
  return answerEarly(client, frames);
}

function speaksBatches(gate: Gate, incoming: Incoming, who: Known): boolean {
  const known = { gate, server: incoming.server, transport: incoming.transport, era: 'legacy' as const };
  const protocol = incoming.headers['mcp-protocol-version'] ?? ASSUMED_VERSION;
  const routed = legacyWalk({ ...known, caller: who.caller, callerKey: who.key }, incoming, protocol);
  return routed.kind === 'walk' && routed.walk.protocol === BATCH_VERSION;
}

/** All are judged before any is sent on, in their order: what one leaves behind the next one meets. */
async function walkBatch(
  gate: Gate,
  incoming: Incoming,
  who: Known,
  frames: readonly Frame[],
  client: ClientPort,
): Promise<void> {
  const answer = gatherBatch(client);
  await Promise.all(
    frames.map(async (frame) => {
      const part = answer.part(frame);
      try {
        await walkFrame(gate, incoming, who, frame, part);
      } catch (cause) {
        answerEarly(part, failure(gate, cause));
      }
    }),
  );
  answer.end();
}

async function walkFrame(
  gate: Gate,
  incoming: Incoming,
  who: Known,
  frame: Frame,
  client: ClientPort,
): Promise<void> {
  const routed = route(gate, incoming, who, frame);
  if (routed.kind === 'protocol_error') {
    await recordEvent(gate, 'refused', routed, { server: incoming.server.name, subject: who.caller.subject });
    return client.answer(routed.status, routed.text);
  }
  if (routed.kind === 'refusal') return refuseRoute(gate, incoming, who.caller, client, routed);
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
  const tool = frame.method === 'tools/call' ? frame.params?.['name'] : undefined;
  const to = {
    id: frame.id,
    method: frame.method,
    era: walk.era,
    tool: typeof tool === 'string' ? tool : undefined,
  };
  const task = taskOf(walk, frame);
  if (task !== undefined && task.callerKey !== walk.callerKey) {
    // Somebody else's task is answered as a server answers for one that is not there.
    await recordEvent(walk.gate, 'refused', refuse('GW_SESSION', 'a task of somebody else'), whereOf(walk));
    return say(client, { status: 200, text: speakProtocolError(frame.id, -32602, 'Task not found') });
  }
  const asked = await decideRequest(walk, frame, to).catch((cause) => failure(walk.gate, cause));
  if ('status' in asked) return say(client, asked);
  if (asked.kind === 'refusal') return say(client, speakRefusal(asked, to));
  const { open, action } = asked;
  try {
    const call = toCall(walk, frame, action.text, incoming.headers, client.signal);
    if (walk.session?.opening !== undefined) await walk.session.opening;
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
  whole: RequestFrame,
  to: AnswerTo,
): Promise<
  { kind: 'open'; open: OpenRequest; action: Extract<Action, { kind: 'forward' }> } | SpokenAnswer | Refusal
> {
  const cut = belongs(walk, whole) ?? cutSubscriptions(walk, whole);
  if (cut.kind === 'refusal') return written(walk, cut);
  const { frame } = cut;
  const judged = judgeRequest(walk, frame);
  if (judged.kind === 'refusal') return written(walk, judged);
  const first = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  if (first.kind === 'answer') {
    await recordDecision(walk, judged, first);
    return speakAnswer(first, to);
  }
  const answers = judgeAnswersIn(walk, frame, first.text ?? frame.text);
  if (answers.refused) {
    await recordDecision(walk, judged, first);
    await recordEmbedded(walk, answers);
    return answers.refused.kind === 'refusal' ? answers.refused : speakAnswer(answers.refused, to);
  }
  const text = answers.text ?? first.text ?? (frame === whole ? undefined : frame.text);
  const action = { ...first, text };
  const { decisionId } = judged;
  const full = leaveTrace(walk, judged, action);
  const open = full ? undefined : reserve(walk, decisionId, action, to, frame);
  try {
    for (const [each, refusal] of cut.decisions) await recordDecision(walk, each, refusal);
    if (answers.decisions.length > 0) await recordEmbedded(walk, answers);
    await recordDecision(walk, judged, action);
    if (full) await recordOutcome(walk.gate, { decisionId, status: 'failed', code: full.code });
  } catch (cause) {
    if (open) settle(walk, open);
    throw cause;
  }
  return open ? { kind: 'open', action, open } : (full as Refusal);
}

async function written(walk: Walk, refusal: Refusal): Promise<Refusal> {
  await recordEvent(walk.gate, 'refused', refusal, whereOf(walk));
  return refusal;
}

/** Takes the id in the same turn as `belongs` looked: two frames that arrive together must not both have it. */
function reserve(
  walk: Walk,
  decisionId: string,
  { obligations: own }: Extract<Action, { kind: 'forward' }>,
  { id, method, tool: called }: AnswerTo,
  frame: RequestFrame,
): OpenRequest {
  const startedAt = walk.gate.clock.ticks();
  const uri = frame.params?.['uri'];
  const task = taskOf(walk, frame);
  const obligations = withTask(own, task);
  const tool = task === undefined ? called : task.tool;
  const fresh = { inFlight: true, replayable: false, answered: false, subscription: subscriptionOf(frame) };
  const continues = frame.params?.['cursor'] !== undefined;
  const about = { tool, uri: typeof uri === 'string' ? uri : undefined, continues };
  const open = { id, method, decisionId, obligations, startedAt, ...about, ...fresh };
  remember(walk.correlation.asked, id, open);
  return open;
}

/** The task a request is about, if the gate knows it. */
function taskOf(walk: Walk, frame: RequestFrame): KnownTask | undefined {
  const id = methodRow(frame.method)?.subject === 'task' ? frame.params?.['taskId'] : undefined;
  return typeof id === 'string' ? walk.gate.tasks.find(walk.server.name, id) : undefined;
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
async function clientResponse(walk: Walk, frame: ResponseFrame, client: ClientPort): Promise<void> {
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

function whereOf({ server, caller }: Walk) {
  return { server: server.name, subject: caller.subject };
}

function say(client: ClientPort, spoken: SpokenAnswer): void {
  client.answer(spoken.status, spoken.text);
}
