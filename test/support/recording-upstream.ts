/**
 * A real MCP server on loopback that believes everything: it parses with plain JSON.parse, checks no header
 * and no session, runs whatever it is asked to, and writes down what it ran, under every reading of the bytes
 * another server could have (`readings.ts`). Answers can be scripted down to the chunk. It speaks legacy
 * sessions and 2026-07-28.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Call, readCalls } from './readings.ts';
import { defaultResult } from './recording-replies.ts';

/** How one call is answered. `chunks` are written one by one, each in a segment of its own. */
export type Scripted =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'sse'; readonly chunks: readonly (string | Uint8Array)[] }
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly chunks: readonly (string | Uint8Array)[];
    };

export interface Recorded {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly calls: readonly Call[];
  /** The JSON text this server answered with on its own; undefined where the answer was scripted. */
  reply?: string;
}

export interface RecordingUpstream {
  readonly url: string;
  /** Everything received since `reset`, in order. */
  readonly recorded: readonly Recorded[];
  /** `sse` answers unscripted calls on a stream of one event. */
  answerAs: 'json' | 'sse';
  /** Queues the answer of a later call; session housekeeping and lists do not consume one. */
  script(reply: Scripted): void;
  /** Written on the next GET stream of a legacy session. */
  scriptStream(chunks: readonly string[]): void;
  reset(): void;
  close(): Promise<void>;
}

const HOUSEKEEPING: ReadonlySet<string> = new Set([
  'initialize',
  'notifications/initialized',
  'server/discover',
  'ping',
]);

export async function startRecordingUpstream(): Promise<RecordingUpstream> {
  const recorded: Recorded[] = [];
  const scripted: Scripted[] = [];
  const streams: (readonly string[])[] = [];

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await readBody(req);
    const calls = readCalls(body, req.headers);
    const entry: Recorded = {
      httpMethod: req.method ?? '',
      path: req.url ?? '',
      headers: req.headers,
      body,
      calls,
    };
    recorded.push(entry);
    if (req.method === 'GET') return openStream(res, streams.shift() ?? []);
    if (req.method === 'DELETE') return void res.writeHead(200).end();
    const message = parseNaively(body);
    const housekeeping = calls.every((call) => HOUSEKEEPING.has(call.method));
    const script = housekeeping ? undefined : scripted.shift();
    if (script !== undefined) return writeScripted(res, script);
    if (message.id === undefined) return void res.writeHead(202).end();

    const modern = body.includes('"io.modelcontextprotocol/protocolVersion"');
    const result = defaultResult(message, modern);
    entry.reply = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...result });
    const headers: Record<string, string> =
      message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
    if (upstream.answerAs === 'json' || housekeeping) {
      res.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(entry.reply);
    } else {
      res.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
      res.end(`event: message\ndata: ${entry.reply}\n\n`);
    }
  }

  // As lax about HTTP as Node can be: what a gate lets through must be safe for careless servers.
  const lax = { insecureHTTPParser: true, requireHostHeader: false, maxHeaderSize: 65_536 };
  const http = createServer(lax, (req, res) => {
    handle(req, res).catch((error: unknown) => res.destroy(error as Error));
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  const upstream: RecordingUpstream = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    recorded,
    answerAs: 'json',
    script: (reply) => void scripted.push(reply),
    scriptStream: (chunks) => void streams.push(chunks),
    reset() {
      recorded.length = 0;
      scripted.length = 0;
      streams.length = 0;
      upstream.answerAs = 'json';
    },
    async close() {
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };
  return upstream;
}

/** Only what a careless server looks at. Unreadable bodies are answered like a call with id 21. */
function parseNaively(body: Buffer): { id?: unknown; method?: unknown; params?: unknown } {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null
      ? { ...(Array.isArray(value) ? value[0] : value) }
      : {};
  } catch {
    return { id: 21, method: 'unreadable' };
  }
}

function openStream(res: ServerResponse, chunks: readonly string[]): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.flushHeaders();
  for (const chunk of chunks) res.write(chunk);
}

async function writeScripted(res: ServerResponse, reply: Scripted): Promise<void> {
  res.socket?.setNoDelay(true);
  if (reply.kind === 'json') {
    return void res.writeHead(200, { 'content-type': 'application/json' }).end(reply.text);
  }
  if (reply.kind === 'sse') res.writeHead(200, { 'content-type': 'text/event-stream' });
  else res.writeHead(reply.status, reply.headers);
  for (const chunk of reply.chunks) {
    res.write(chunk);
    // Long enough for the other side to see this segment before the next.
    await new Promise((later) => setTimeout(later, 3));
  }
  res.end();
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
