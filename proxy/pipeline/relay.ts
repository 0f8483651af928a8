/**
 * Carries a server's reply to the client that waits for it: one message, or a stream, event by event, each judged
 * before it is written and none held back for the next.
 */
import { redactText } from '../decide/redact/redact.ts';
import { type Refusal, refuse } from '../errors.ts';
import { speakRefusal } from './answers.ts';
import { messagesOf } from './batch.ts';
import { failure } from './early.ts';
import { leave, type Passage } from './passage.ts';
import type { ClientPort, ClientStream, UpstreamEvent, UpstreamReply } from './ports.ts';
import { recordOutcome } from './recording.ts';
import { answerInstead, judgeFromServer, settle } from './replies.ts';
import type { OpenRequest } from './sessions.ts';
import { listsOf } from './subscriptions.ts';
import type { Walk } from './walk.ts';

/** @param asked the request that waits. */
export async function relay(
  walk: Walk,
  reply: UpstreamReply,
  asked: OpenRequest,
  client: ClientPort,
): Promise<void> {
  switch (reply.kind) {
    case 'refusal':
      return finish(client, await answerInstead(walk, reply, asked), 200);
    case 'empty':
      return relayEmpty(walk, reply.status, asked, client);
    case 'message':
      return relayMessage(walk, reply, asked, client);
    case 'stream':
      return relayStream(walk, reply, asked, client);
  }
}

/** A status without a message. Clients that probe for an era read the status, so an error keeps it. */
async function relayEmpty(walk: Walk, status: number, asked: OpenRequest, client: ClientPort): Promise<void> {
  const passage = await answerInstead(walk, noAnswer(status), asked);
  if (passage.kind === 'pass') client.answer(status >= 400 ? status : 200, passage.body);
  if (status === 404 && walk.session) walk.gate.sessions.close(walk.session);
}

async function relayMessage(
  walk: Walk,
  reply: Extract<UpstreamReply, { kind: 'message' }>,
  asked: OpenRequest,
  client: ClientPort,
): Promise<void> {
  const opened = openSession(walk, reply.sessionId, asked);
  if (opened?.kind === 'refusal') return finish(client, await answerInstead(walk, opened, asked), 200);
  if (reply.status === 404 && walk.session) walk.gate.sessions.close(walk.session);
  let answer: Passage | undefined;
  for (const body of messagesOf(walk, reply.body)) {
    const passage = await judgeFromServer(walk, body, asked);
    if (passage.kind === 'pass' && passage.final) answer = passage;
  }
  answer ??= await answerInstead(walk, noAnswer(reply.status), asked);
  return finish(client, answer, reply.status, opened?.headers);
}

const BARE = { data: '', id: undefined, retryMs: undefined };

async function relayStream(
  walk: Walk,
  reply: Extract<UpstreamReply, { kind: 'stream' }>,
  asked: OpenRequest,
  client: ClientPort,
): Promise<void> {
  const opened = openSession(walk, reply.sessionId, asked);
  if (opened?.kind === 'refusal') {
    leave(reply);
    return finish(client, await answerInstead(walk, opened, asked), 200);
  }
  const stream = client.stream(opened?.headers ?? {});
  const told = announce(walk, asked, stream);
  let broken: Refusal | undefined;
  let open = false;
  try {
    for await (const event of reply.events) {
      if ('kind' in event) {
        broken = event;
        break;
      }
      // Modern streams are not resumed, and without a session nobody could say whose they are.
      asked.replayable ||= event.id !== undefined && walk.session !== undefined;
      if (await writeEvent(walk, stream, withPlainId(walk, event, asked), asked)) return;
    }
    // What was refused for what it says would only be said again.
    const resumable = asked.replayable && broken?.code !== 'GW_UPSTREAM_ANSWER';
    open = client.signal.aborted || resumable;
    if (open) return await unanswered(walk, asked);
    const instead = await answerInstead(walk, broken ?? refuse('GW_UPSTREAM_GONE'), asked);
    await writePassage(stream, BARE, instead);
  } catch (cause) {
    // The head is out: what went wrong can only be said on the stream.
    settle(walk, asked);
    const spoken = speakRefusal(failure(walk.gate, cause), { ...asked, era: walk.era });
    await stream.write({ ...BARE, data: spoken.text });
  } finally {
    told?.();
    stream.end(open);
  }
}

/** On a stream of changes the gate says itself when a policy has changed what a list shows. */
function announce(walk: Walk, asked: OpenRequest, stream: ClientStream): (() => void) | undefined {
  const { subscription, id } = asked;
  if (subscription === undefined) return undefined;
  return walk.gate.views.open(walk, listsOf(subscription), (kind) => {
    if (!subscription.acknowledged) return;
    const params = { _meta: { 'io.modelcontextprotocol/subscriptionId': id } };
    const data = JSON.stringify({ jsonrpc: '2.0', method: `notifications/${kind}/list_changed`, params });
    void stream.write({ ...BARE, data });
  });
}

/**
 * Judges and writes what one event holds.
 * @returns true once the answer is out.
 */
export async function writeEvent(
  walk: Walk,
  stream: ClientStream,
  event: UpstreamEvent,
  asked: OpenRequest | undefined,
): Promise<boolean> {
  if (event.data === '') return writePassage(stream, event, undefined).then(() => false);
  const messages = messagesOf(walk, event.data);
  for (const [index, data] of messages.entries()) {
    const passage = await judgeFromServer(walk, data, asked);
    // The id stands for all of them, so a resume must not begin before the last one.
    await writePassage(stream, index === messages.length - 1 ? event : BARE, passage);
    if (passage.kind === 'pass' && passage.final) return true;
  }
  return false;
}

/** An event whose frame was dropped keeps its id on the stream, so that a resume begins after it. */
async function writePassage(
  stream: ClientStream,
  event: UpstreamEvent,
  passage: Passage | undefined,
): Promise<void> {
  if (passage?.kind === 'pass') {
    const data = typeof passage.body === 'string' ? passage.body : Buffer.from(passage.body).toString('utf8');
    await stream.write({ id: event.id, retryMs: event.retryMs, data });
  } else if (event.id !== undefined || event.retryMs !== undefined) {
    await stream.write({ id: event.id, retryMs: event.retryMs, data: '' });
  }
}

/** An event id is text of the server's too: one that holds what the answer may not does not travel. */
function withPlainId(walk: Walk, event: UpstreamEvent, asked: OpenRequest): UpstreamEvent {
  const edits = asked.obligations.reply.redact;
  if (event.id === undefined || edits.length === 0) return event;
  const seen = redactText(JSON.stringify({ jsonrpc: '2.0', result: { id: event.id } }), edits, walk.gate);
  return seen.kind === 'unchanged' ? event : { ...event, id: undefined };
}

/** The stream ended and the answer may come on another one: it stays asked, and the record says where it stands. */
function unanswered(walk: Walk, asked: OpenRequest): Promise<void> {
  const durationMs = walk.gate.clock.ticks() - asked.startedAt;
  return recordOutcome(walk.gate, { decisionId: asked.decisionId, status: 'unanswered', durationMs });
}

function finish(
  client: ClientPort,
  passage: Passage,
  status: number,
  headers?: Readonly<Record<string, string>>,
): void {
  if (passage.kind === 'pass') client.answer(passage.status ?? status, passage.body, headers);
}

/** A session the server opened belongs, from here on, to the caller whose `initialize` opened it. */
function openSession(
  walk: Walk,
  sessionId: string | undefined,
  asked: OpenRequest,
): { readonly kind: 'opened'; readonly headers: Record<string, string> } | Refusal | undefined {
  if (sessionId === undefined || asked.method !== 'initialize' || walk.session) return undefined;
  const { gate, server, callerKey, protocol } = walk;
  const session = gate.sessions.open(server.name, sessionId, callerKey, protocol, gate.clock.now());
  if ('kind' in session) {
    void server.upstream.end(sessionId, protocol);
    return session;
  }
  asked.opened = session;
  return { kind: 'opened', headers: { 'mcp-session-id': sessionId } };
}

function noAnswer(status: number): Refusal {
  return refuse('GW_UPSTREAM_ANSWER', `HTTP ${status} without an answer`);
}
