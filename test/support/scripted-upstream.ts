/**
 * An MCP server on loopback that does exactly what a test says, byte for byte: a table of answers by method goes in,
 * what arrived comes out, each request as a promise one can wait for. It checks nothing and never answers by itself
 * what the table answers. Beside it, a client that sends what it is told and shows every event as it came.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface SseWriter {
  /** Bytes of the stream as they are. @returns false when nobody takes them. */
  write(text: string | Uint8Array): boolean;
  /** One event; a message that is no string is serialised. */
  event(message: unknown, fields?: Readonly<Record<string, string>>): boolean;
  end(): void;
  /** Cuts the connection. */
  destroy(): void;
  /** Resolves when the buffers below this stream have room again. */
  drained(): Promise<void>;
}

export interface UpstreamRequest {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly message: Message;
  /** Resolves when the gate has closed the connection before the answer was whole. */
  readonly gone: Promise<void>;
  /** Answers with a result under the request's own id. */
  result(result: unknown, headers?: Readonly<Record<string, string>>): void;
  send(status: number, headers: Readonly<Record<string, string>>, body?: string | Uint8Array): void;
  sse(headers?: Readonly<Record<string, string>>): SseWriter;
  readonly response: ServerResponse;
}

export type Script = (request: UpstreamRequest) => void;

export interface ScriptedUpstream {
  readonly url: string;
  readonly origin: string;
  /** Everything that arrived, in order. */
  readonly requests: readonly UpstreamRequest[];
  /** @param key `GET`, `DELETE`, `answer`, a JSON-RPC method, or `tools/call NAME`. */
  on(key: string, script: Script): void;
  /** The next request under this key (and as asked) that nobody has waited for yet, be it here already or not. */
  arrived(key: string, fits?: (request: UpstreamRequest) => boolean): Promise<UpstreamRequest>;
  /** Keys of everything that arrived. */
  keys(): readonly string[];
  close(): Promise<void>;
}

interface Waiting {
  fits(request: UpstreamRequest): boolean;
  claim(request: UpstreamRequest): void;
}

let opened = 0;
const DEFAULTS: Readonly<Record<string, Script>> = {
  GET: (request) => request.send(405, {}),
  DELETE: (request) => request.send(200, {}),
  answer: (request) => request.send(202, {}),
  initialize: (request) => request.result(INITIALIZED, { 'mcp-session-id': `session-${++opened}` }),
  'tools/call': (request) => {
    request.result({ content: [{ type: 'text', text: `ran ${String(request.message.params?.['name'])}` }] });
  },
};
export const INITIALIZED = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'scripted', version: '1' },
};

export async function startScriptedUpstream(
  scripts: Readonly<Record<string, Script>> = {},
): Promise<ScriptedUpstream> {
  const table = new Map(Object.entries({ ...DEFAULTS, ...scripts }));
  const requests: UpstreamRequest[] = [];
  const waiting: Waiting[] = [];
  const unclaimed: UpstreamRequest[] = [];

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    res.once('close', () => {
      if (!res.writableFinished) resolve();
    });
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const request = toRequest(req, res, Buffer.concat(chunks), gone);
    requests.push(request);
    const at = waiting.findIndex(({ fits }) => fits(request));
    if (at < 0) unclaimed.push(request);
    else for (const { claim } of waiting.splice(at, 1)) claim(request);
    const script = keysOf(request)
      .map((key) => table.get(key))
      .find((found) => found !== undefined);
    if (script) return script(request);
    if (request.message.id === undefined) return request.send(202, {});
    request.result({});
  }

  const http = createServer({ maxHeaderSize: 65_536 }, (req, res) => {
    handle(req, res).catch(() => res.destroy());
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url: `${origin}/mcp`,
    origin,
    requests,
    on: (key, script) => void table.set(key, script),
    arrived(key, also = () => true) {
      const fits = (request: UpstreamRequest) => keysOf(request).includes(key) && also(request);
      const at = unclaimed.findIndex(fits);
      const [found] = at < 0 ? [] : unclaimed.splice(at, 1);
      return found ? Promise.resolve(found) : new Promise((claim) => waiting.push({ fits, claim }));
    },
    keys: () => requests.map((request) => keysOf(request)[0] as string),
    async close() {
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };
}

/** Most particular first. */
function keysOf({ httpMethod, message }: UpstreamRequest): string[] {
  if (httpMethod !== 'POST') return [httpMethod];
  if (message.method === undefined) return ['answer'];
  const name = message.params?.['name'];
  return typeof name === 'string' ? [`${message.method} ${name}`, message.method] : [message.method];
}

function toRequest(
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  gone: Promise<void>,
): UpstreamRequest {
  const message = parse(body);
  return {
    httpMethod: req.method ?? '',
    path: req.url ?? '',
    headers: req.headers,
    body,
    message,
    gone,
    response: res,
    result(result, headers = {}) {
      const text = JSON.stringify({ jsonrpc: '2.0', id: message.id, result });
      res.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
    },
    send(status, headers, content = '') {
      res.writeHead(status, headers).end(content);
    },
    sse(headers = {}) {
      res.socket?.setNoDelay(true);
      res.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
      res.flushHeaders();
      return {
        write: (text) => res.write(text),
        event(content, fields = {}) {
          const text = typeof content === 'string' ? content : JSON.stringify(content);
          const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
          return res.write(`${lines.join('')}data: ${text}\n\n`);
        },
        end: () => void res.end(),
        destroy: () => void res.destroy(),
        drained: () => new Promise((drained) => res.once('drain', drained)),
      };
    },
  };
}

function parse(body: Buffer): Message {
  try {
    return { ...(JSON.parse(body.toString('utf8')) as Message) };
  } catch {
    return {};
  }
}
