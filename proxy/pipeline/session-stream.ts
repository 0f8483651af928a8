/**
 * The two body-less operations of a legacy session: GET opens the stream for what the server says unasked (or
 * resumes one that broke), DELETE ends the session.
 */
import { type Refusal, refuse } from '../errors.ts';
import { isObject } from '../frame/json.ts';
import { ASSUMED_VERSION, LEGACY_VERSIONS } from '../frame/methods.ts';
import { answerEarly, failure, refuseCaller, refuseRoute } from './early.ts';
import type { Gate } from './gate.ts';
import { leave } from './passage.ts';
import type { ClientPort, UpstreamReply } from './ports.ts';
import { writeEvent } from './relay.ts';
import { type Incoming, legacyWalk } from './route.ts';
import type { Session } from './sessions.ts';
import type { ListKind } from './views.ts';
import type { Walk } from './walk.ts';

type BodylessIncoming = Omit<Incoming, 'body'>;

const OPENING_MS = 1_000;

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
  const reply = await open(walk, lastEventId, client.signal);
  if (reply.kind === 'refusal') return answerEarly(client, reply);
  if (reply.kind !== 'stream') return answerEarly(client, listenRefusal(walk, reply.status));
  const own = lastEventId === undefined ? walk : { ...walk, resumes: true };
  const stream = client.stream({});
  const told = walk.gate.views.open(walk, announced(walk), (kind) => {
    const data = JSON.stringify({ jsonrpc: '2.0', method: `notifications/${kind}/list_changed` });
    void stream.write({ data, id: undefined, retryMs: undefined });
  });
  try {
    for await (const event of reply.events) {
      if ('kind' in event) break;
      await writeEvent(own, stream, event, undefined);
    }
  } finally {
    told();
    stream.end();
  }
}

/** The lists of which the server said that it tells when they change: clients wait for no other news. */
function announced({ session }: Walk): ReadonlySet<ListKind> {
  const capabilities = session?.capabilities;
  const kinds = ['tools', 'prompts', 'resources'] as const;
  return new Set(
    kinds.filter((kind) => {
      const capability = isObject(capabilities) ? capabilities[kind] : undefined;
      return isObject(capability) && capability['listChanged'] === true;
    }),
  );
}

/** Requests that came after the GET wait until this is over (exchange.ts). */
async function open(
  walk: Walk,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<UpstreamReply> {
  const { server, session, protocol } = walk;
  const opened = session && announce(session);
  try {
    return await server.upstream.listen({ sessionId: session?.id, protocol, lastEventId, signal });
  } finally {
    opened?.();
  }
}

/**
 * A request on a warm connection would overtake the GET on a fresh one, and what the server asks meanwhile would find
 * no stream. Some servers answer a GET only with their first event, so nobody waits for long.
 */
function announce(session: Session): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const opened = () => {
    clearTimeout(timer);
    if (session.opening === promise) session.opening = undefined;
    resolve();
  };
  const timer = setTimeout(opened, OPENING_MS);
  session.opening = promise;
  return opened;
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
  const routed = legacyWalk(known, incoming, protocol);
  if (routed.kind === 'walk') return routed.walk;
  await refuseRoute(gate, incoming, who.caller, client, routed as Refusal);
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
