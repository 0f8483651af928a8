/**
 * The edge of HTTP+SSE, the transport before Streamable HTTP: a GET of `/mcp/{server}/sse` opens the stream, whose
 * first event names the URI that messages are POSTed to; each is answered 202 and, if it needs an answer, on the
 * stream. The id in that URI is no credential: whoever POSTs must be the caller who opened the stream.
 *
 * @see MCP 2024-11-05, basic/transports, "HTTP with SSE"
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from '../errors.ts';
import { answerEarly, failure, refuseCaller } from '../pipeline/early.ts';
import type { Gate, Server } from '../pipeline/gate.ts';
import type { ClientPort, HeaderMap } from '../pipeline/ports.ts';
import { createDuplex, type Duplex, type Wire } from './duplex.ts';
import { readBody } from './http-body.ts';
import { createHttpClient } from './http-client.ts';

export interface SseEdgeState {
  readonly gate: Gate;
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
}

export interface SseEdge {
  /** Opens a stream. Never rejects. */
  open(server: Server, headers: HeaderMap, response: ServerResponse): Promise<void>;
  /** Takes one message. Never rejects. */
  post(server: Server, headers: HeaderMap, request: IncomingMessage, client: ClientPort): Promise<void>;
}

interface Connection {
  readonly server: string;
  readonly callerKey: string;
  readonly duplex: Duplex;
  full: boolean;
}

const MAX_CONNECTIONS = 10_000;

export function createSseEdge(current: () => SseEdgeState): SseEdge {
  const connections = new Map<string, Connection>();

  async function open(server: Server, headers: HeaderMap, response: ServerResponse): Promise<void> {
    const { gate } = current();
    const client = createHttpClient(response);
    const who = await gate.identity.identify({ headers });
    if (who.kind === 'refused') return refuseCaller(gate, { server }, client, who);
    if (connections.size >= MAX_CONNECTIONS) return answerEarly(client, refuse('GW_BUSY'));
    const id = randomUUID();
    const stream = client.stream({});
    response.write(`event: endpoint\ndata: /mcp/${server.name}/messages?sessionId=${id}\n\n`);
    const wire: Wire = {
      transport: 'sse',
      server: server.name,
      headers,
      send: (data) => stream.write({ data, id: undefined, retryMs: undefined }),
      pause: () => setFull(id, true),
      resume: () => setFull(id, false),
      close: () => stream.end(),
    };
    const duplex = createDuplex(() => current().gate, wire);
    connections.set(id, { server: server.name, callerKey: who.key, duplex, full: false });
    response.once('close', () => {
      connections.delete(id);
      void duplex.closed();
    });
    if (response.destroyed) connections.delete(id);
  }

  function setFull(id: string, full: boolean): void {
    const connection = connections.get(id);
    if (connection) connection.full = full;
  }

  async function post(
    server: Server,
    headers: HeaderMap,
    request: IncomingMessage,
    client: ClientPort,
  ): Promise<void> {
    const { gate } = current();
    const who = await gate.identity.identify({ headers });
    if (who.kind === 'refused') return refuseCaller(gate, { server }, client, who);
    const id = /[?&]sessionId=([0-9a-f-]{36})(?:&|$)/.exec(request.url ?? '')?.[1] ?? '';
    const connection = connections.get(id);
    if (connection?.server !== server.name || connection.callerKey !== who.key)
      return answerEarly(client, refuse('GW_SESSION'), { connection: 'close' });
    if (connection.full) return answerEarly(client, refuse('GW_BUSY'), { connection: 'close' });
    const body = await readBody(request, headers['content-length'], current());
    if (!(body instanceof Uint8Array)) return answerEarly(client, body, { connection: 'close' });
    const refusal = connection.duplex.receive(body);
    if (refusal) return answerEarly(client, refusal);
    client.answer(202, undefined);
  }

  return {
    open: (server, headers, response) =>
      open(server, headers, response).catch((cause) => {
        answerEarly(createHttpClient(response), failure(current().gate, cause));
      }),
    post: (server, headers, request, client) =>
      post(server, headers, request, client).catch((cause) => {
        answerEarly(client, failure(current().gate, cause));
      }),
  };
}
