/**
 * The HTTP edge: Streamable HTTP at `/mcp/{server}`, both eras. It checks what can be checked without reading a
 * message (path, Host, Origin, headers, media type), then hands the message to the walk. It judges nothing.
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

export function createHttpEdge(current: () => HttpEdgeState): HttpServer {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 10_000,
      requestTimeout: 300_000,
      keepAliveTimeout: 65_000,
      noDelay: true,
      requireHostHeader: false,
    },
    (request, response) => handle(current(), request, response),
  );
  server.maxHeadersCount = MAX_HEADERS;
  return server;
}

function handle(state: HttpEdgeState, request: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  const client = createHttpClient(response);
  const refused = (refusal: Refusal, headers?: Record<string, string>) => {
    // The body of a refused request is never read; closing keeps it from being taken for the next one.
    answerEarly(client, refusal, { connection: 'close', ...headers });
  };
  const { method = '', url = '', rawHeaders } = request;
  if (rawHeaders.length / 2 >= MAX_HEADERS) return refused(refuse('GW_HEADERS', 'too many'));
  const head = readHead(method, rawHeaders);
  if (head.kind === 'refusal') return refused(head);
  const { headers } = head;
  const foreign = checkHost(headers, state.hostRules) ?? checkOrigin(headers, state.hostRules);
  if (foreign) return refused(foreign);

  const path = url.split('?', 1)[0] as string;
  const server = serverAt(state.gate, path);
  if (server === undefined) {
    if (state.passThrough.serve(path, request, response)) return;
    return refused(refuse(/^\/mcp\/[^/]+$/.test(path) ? 'GW_SERVER_UNKNOWN' : 'GW_ROUTE'));
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

/** `/mcp/{server}` to the letter; `/mcp` when there is only one. No decoding, no normalising: anything else is 404. */
function serverAt(gate: Gate, path: string): Server | undefined {
  if (path.startsWith('/mcp/')) return gate.servers.get(path.slice(5));
  return path === '/mcp' && gate.servers.size === 1 ? gate.servers.values().next().value : undefined;
}
