/**
 * The HTTP edge: Streamable HTTP at `/mcp/{server}`, both eras, WebSocket on the same path, and HTTP+SSE below it. It
 * checks what can be checked without reading a message (path, Host, Origin, headers, media type), then hands the
 * message to the walk. It judges nothing.
 */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type Refusal, refuse } from '../errors.ts';
import { answerEarly } from '../pipeline/early.ts';
import { exchange } from '../pipeline/exchange.ts';
import type { Gate, Server } from '../pipeline/gate.ts';
import { endSession, listen } from '../pipeline/session-stream.ts';
import { readBody } from './http-body.ts';
import { createHttpClient } from './http-client.ts';
import { checkAccept, checkMediaType, readHead } from './http-headers.ts';
import { checkHost, checkOrigin, type HostRules } from './http-hosts.ts';
import type { PassThrough } from './pass-through.ts';
import { createSseEdge, type SseEdge } from './sse.ts';
import { createWsEdge } from './ws.ts';

/** What the edge needs to know now; looked up for each request, so that a reload takes effect at once. */
export interface HttpEdgeState {
  readonly gate: Gate;
  readonly hostRules: HostRules;
  readonly passThrough: PassThrough;
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
}

const MAX_HEADER_BYTES = 32 * 1024;
const MAX_HEADERS = 64;

export interface HttpEdge {
  readonly http: HttpServer;
  /** Cuts what `HttpServer.closeAllConnections` does not know of. */
  close(): void;
}

/** @param maxMessageBytes of a WebSocket message; fixed from the start, since sockets outlive a reload. */
export function createHttpEdge(current: () => HttpEdgeState, maxMessageBytes: number): HttpEdge {
  const ws = createWsEdge(current, maxMessageBytes);
  const sse = createSseEdge(current);
  const http = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 10_000,
      requestTimeout: 300_000,
      keepAliveTimeout: 65_000,
      noDelay: true,
      requireHostHeader: false,
    },
    (request, response) => handle(current(), sse, request, response),
  );
  http.maxHeadersCount = MAX_HEADERS;
  http.on('upgrade', (request, socket, head) => {
    ws.upgrade(request, socket, head, serverAt(current().gate, pathOf(request))?.server);
  });
  return { http, close: () => ws.close() };
}

function handle(
  state: HttpEdgeState,
  sse: SseEdge,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.sendDate = false;
  const client = createHttpClient(response);
  const refused = (refusal: Refusal, headers?: Record<string, string>) => {
    // The body of a refused request is never read; closing keeps it from being taken for the next one.
    answerEarly(client, refusal, { connection: 'close', ...headers });
  };
  const { method = '', rawHeaders } = request;
  if (rawHeaders.length / 2 >= MAX_HEADERS) return refused(refuse('GW_HEADERS', 'too many'));
  const head = readHead(method, rawHeaders);
  if (head.kind === 'refusal') return refused(head);
  const { headers } = head;
  const foreign = checkHost(headers, state.hostRules) ?? checkOrigin(headers, state.hostRules);
  if (foreign) return refused(foreign);

  const path = pathOf(request);
  const found = serverAt(state.gate, path);
  if (found === undefined) {
    if (state.passThrough.serve(path, request, response)) return;
    return refused(refuse(/^\/mcp\/[^/]+$/.test(path) ? 'GW_SERVER_UNKNOWN' : 'GW_ROUTE'));
  }
  const { server, door } = found;
  if (door !== 'mcp') {
    const [allowed, unfit] =
      door === 'sse'
        ? ['GET', checkAccept(headers, ['text/event-stream'])]
        : ['POST', checkMediaType(headers)];
    if (method !== allowed) return refused(refuse('GW_HTTP_METHOD'), { allow: allowed });
    if (unfit) return refused(unfit);
    void (door === 'sse' ? sse.open(server, headers, response) : sse.post(server, headers, request, client));
    return;
  }
  const incoming = { server, transport: 'http' as const, headers };
  switch (method) {
    case 'POST': {
      const unfit =
        checkMediaType(headers) ?? checkAccept(headers, ['application/json', 'text/event-stream']);
      if (unfit) return refused(unfit);
      void exchange(
        state.gate,
        { ...incoming, body: () => readBody(request, headers['content-length'], state) },
        client,
      );
      return;
    }
    case 'GET': {
      const unfit = checkAccept(headers, ['text/event-stream']);
      if (unfit) return refused(unfit);
      void listen(state.gate, incoming, client);
      return;
    }
    case 'DELETE':
      void endSession(state.gate, incoming, client);
      return;
    default:
      return refused(refuse('GW_HTTP_METHOD'), { allow: 'GET, POST, DELETE' });
  }
}

interface Found {
  readonly server: Server;
  readonly door: 'mcp' | 'sse' | 'messages';
}

/**
 * `/mcp/{server}` to the letter, with `/sse` or `/messages` after it for the older transport; `/mcp` when there is only
 * one server. No decoding, no normalising: anything else is 404.
 */
function serverAt(gate: Gate, path: string): Found | undefined {
  if (path === '/mcp' && gate.servers.size === 1) {
    return { server: gate.servers.values().next().value as Server, door: 'mcp' };
  }
  if (!path.startsWith('/mcp/')) return undefined;
  const [name = '', door = 'mcp', ...more] = path.slice(5).split('/');
  const server = gate.servers.get(name);
  if (server === undefined || more.length > 0) return undefined;
  if (door === 'sse' || door === 'messages') return { server, door };
  return path === `/mcp/${name}` ? { server, door: 'mcp' } : undefined;
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}
