/**
 * The two body-less operations of a legacy session: GET opens the stream for what the server says unasked (or
 * resumes one that broke), DELETE ends the session.
 */
import { type Refusal, refuse } from '../errors.ts';
import { ASSUMED_VERSION, LEGACY_VERSIONS } from '../frame/methods.ts';
import { answerEarly, failure, refuseCaller } from './early.ts';
import type { Gate } from './gate.ts';
import type { ClientPort } from './ports.ts';
import { writePassage } from './relay.ts';
import { judgeFromServer, leave } from './replies.ts';
import { type Incoming, legacyWalk } from './route.ts';
import type { Walk } from './walk.ts';

type BodylessIncoming = Omit<Incoming, 'body'>;

/** Streams until the client or the server ends it. Never rejects. */
export async function listen(gate: Gate, incoming: BodylessIncoming, client: ClientPort): Promise<void> {
  try {
    const walk = await openWalk(gate, incoming, client);
    if (walk) await streamTo(walk, incoming.headers['last-event-id'], client);
  } catch (cause) {
    answerEarly(client, failure(gate, cause));
  }
}

async function streamTo(walk: Walk, lastEventId: string | undefined, client: ClientPort): Promise<void> {
  const reply = await walk.server.upstream.listen({
    sessionId: walk.session?.id,
    protocol: walk.protocol,
    lastEventId,
    signal: client.signal,
  });
  if (reply.kind === 'refusal') return answerEarly(client, reply);
  if (reply.kind !== 'stream') return answerEarly(client, listenRefusal(walk, reply.status));
  const own = lastEventId === undefined ? walk : { ...walk, resumes: true };
  const stream = client.stream({});
  try {
    for await (const event of reply.events) {
      if ('kind' in event) break;
      const passage = event.data === '' ? undefined : await judgeFromServer(own, event.data, undefined);
      await writePassage(stream, event, passage);
    }
  } finally {
    stream.end();
  }
}

/** Ends a session here and at its server. Never rejects. */
export async function endSession(gate: Gate, incoming: BodylessIncoming, client: ClientPort): Promise<void> {
  try {
    const walk = await openWalk(gate, incoming, client);
    if (walk) await end(walk, client);
  } catch (cause) {
    answerEarly(client, failure(gate, cause));
  }
}

async function end(walk: Walk, client: ClientPort): Promise<void> {
  if (walk.session === undefined) return answerEarly(client, refuse('GW_SESSION_REQUIRED'));
  const reply = await walk.server.upstream.end(walk.session.id, walk.protocol);
  if (reply.kind === 'refusal') return answerEarly(client, reply);
  leave(reply);
  // 405: the server does not let clients end sessions; then it lives on, here as there.
  if (reply.status === 405) return answerEarly(client, refuse('GW_HTTP_METHOD'), { allow: 'GET, POST' });
  walk.gate.sessions.close(walk.session);
  client.answer(200, undefined);
}

async function openWalk(
  gate: Gate,
  incoming: BodylessIncoming,
  client: ClientPort,
): Promise<Walk | undefined> {
  const who = await gate.identity.identify(incoming);
  if (who.kind === 'refused') {
    await refuseCaller(gate, incoming, client, who);
    return undefined;
  }
  const protocol = incoming.headers['mcp-protocol-version'] ?? ASSUMED_VERSION;
  // Modern MCP is POST only.
  if (!LEGACY_VERSIONS.includes(protocol)) {
    answerEarly(client, refuse('GW_HTTP_METHOD'), { allow: 'POST' });
    return undefined;
  }
  const { server, transport } = incoming;
  const known = { gate, server, transport, caller: who.caller, callerKey: who.key, era: 'legacy' as const };
  const routed = legacyWalk(known, incoming.headers, protocol);
  if (routed.kind === 'walk') return routed.walk;
  answerEarly(client, routed as Refusal);
  return undefined;
}

function listenRefusal(walk: Walk, status: number): Refusal {
  if (status === 405) return refuse('GW_HTTP_METHOD');
  if (status === 404 && walk.session) {
    walk.gate.sessions.close(walk.session);
    return refuse('GW_SESSION');
  }
  return refuse('GW_UPSTREAM_ANSWER', `HTTP ${status}`);
}
