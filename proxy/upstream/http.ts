/**
 * A server reached over Streamable HTTP, through a pool of kept-alive connections (undici). Each request is built
 * from nothing: the judged body, the headers that belong to it, and the gate's own credential. Nothing a client
 * sent is relayed unread, redirects are not followed, and what comes back is a message, a stream, or a refusal.
 *
 * @see MCP 2026-07-28, basic/transports/streamable-http
 */
import { type Dispatcher, Pool } from 'undici';
import { type Refusal, refuse } from '../errors.ts';
import type { ListenCall, UpstreamCall, UpstreamPort, UpstreamReply } from '../pipeline/ports.ts';
import { EventQueue } from './event-queue.ts';
import { createSseReader, type SseReader } from './sse-reader.ts';

export interface HttpUpstreamOptions {
  readonly name: string;
  readonly url: URL;
  /** Sent with every request; the gate's own credential among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxReplyBytes: number;
  readonly maxEventBytes: number;
  readonly connectTimeoutMs: number;
  /** How long an answer, or the next event of one, may take. */
  readonly requestDeadlineMs: number;
  /** How long all of an answer may take, however much progress is reported. */
  readonly requestDeadlineMaxMs: number;
  readonly connections: number;
}

/** How long a stream that nobody reads may take to end by itself. */
const LINGER_MS = 250;

export function createHttpUpstream(options: HttpUpstreamOptions): UpstreamPort {
  const pool = new Pool(options.url.origin, {
    connections: options.connections,
    pipelining: 1,
    connect: { timeout: options.connectTimeoutMs },
    maxHeaderSize: 32 * 1024,
  });
  const path = options.url.pathname + options.url.search;
  const common = { ...options.headers, 'accept-encoding': 'identity' };

  function ask(
    request: Omit<Dispatcher.DispatchOptions, 'path' | 'origin'>,
    bodyTimeout: number,
    signal?: AbortSignal,
    maxMs?: number,
  ) {
    if (signal?.aborted) return Promise.resolve<UpstreamReply>(refuse('GW_UPSTREAM_GONE', 'cancelled'));
    return new Promise<UpstreamReply>((resolve) => {
      const limits = { headersTimeout: options.requestDeadlineMs, bodyTimeout };
      pool.dispatch({ ...request, ...limits, path }, new ReplyReader(options, resolve, signal, maxMs));
    });
  }

  return {
    name: options.name,
    send(call) {
      const request = { method: 'POST', headers: headersOf(call, common), body: call.body } as const;
      // A subscription is silent until something changes.
      if (call.method === 'subscriptions/listen') return ask(request, 0, call.signal);
      return ask(request, options.requestDeadlineMs, call.signal, options.requestDeadlineMaxMs);
    },
    listen(call) {
      return ask({ method: 'GET', headers: listenHeaders(call, common) }, 0, call.signal);
    },
    end(sessionId, protocol) {
      const headers = { ...common, 'mcp-session-id': sessionId, 'mcp-protocol-version': protocol };
      return ask({ method: 'DELETE', headers }, options.requestDeadlineMs);
    },
    close: () => pool.destroy(),
  };
}

function headersOf(call: UpstreamCall, common: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {
    ...common,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...call.headers,
  };
  if (call.method !== 'initialize') headers['mcp-protocol-version'] = call.protocol;
  if (call.sessionId !== undefined) headers['mcp-session-id'] = call.sessionId;
  return headers;
}

function listenHeaders(call: ListenCall, common: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {
    ...common,
    accept: 'text/event-stream',
    'mcp-protocol-version': call.protocol,
  };
  if (call.sessionId !== undefined) headers['mcp-session-id'] = call.sessionId;
  if (call.lastEventId !== undefined) headers['last-event-id'] = call.lastEventId;
  return headers;
}

/** Reads one HTTP response into an `UpstreamReply`. */
class ReplyReader implements Dispatcher.DispatchHandler {
  readonly #options: HttpUpstreamOptions;
  readonly #resolve: (reply: UpstreamReply) => void;
  readonly #signal: AbortSignal | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #sessionId: string | undefined;
  #size = 0;
  #chunks: Buffer[] = [];
  #events: EventQueue | undefined;
  #sse: SseReader | undefined;
  #lingering: NodeJS.Timeout | undefined;
  readonly #deadline: NodeJS.Timeout | undefined;
  #settled = false;

  constructor(
    options: HttpUpstreamOptions,
    resolve: (reply: UpstreamReply) => void,
    signal: AbortSignal | undefined,
    maxMs: number | undefined,
  ) {
    if (maxMs !== undefined) this.#deadline = setTimeout(this.#expire, maxMs).unref();
    this.#options = options;
    this.#resolve = resolve;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#cancel, { once: true });
  }

  readonly #cancel = () => {
    if (this.#controller) this.#controller.abort(new Error('cancelled'));
    else this.#settle(refuse('GW_UPSTREAM_GONE', 'cancelled'));
  };

  readonly #expire = () => this.#fail(refuse('GW_UPSTREAM_TIMEOUT'));

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It may have waited for a connection until nobody wanted it.
    if (this.#signal?.aborted) this.#cancel();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Hints on the way to the answer, not the answer.
    if (status < 200) return;
    this.#status = status;
    const type = mediaType(headers['content-type']);
    const unfit = this.#unfit(status, headers);
    if (unfit) return this.#fail(unfit);
    this.#sessionId = visible(headers['mcp-session-id']);
    if (type === 'application/json') return;
    if (type !== 'text/event-stream' || status >= 300) return this.#discard(status);
    const events = new EventQueue({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      cancel: () => this.#leave(),
    });
    this.#events = events;
    this.#sse = createSseReader(this.#options.maxEventBytes, (event) => events.push(event));
    this.#settle({ kind: 'stream', status, events, sessionId: this.#sessionId });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#lingering) return;
    if (this.#sse) {
      const broken = this.#sse.feed(chunk);
      if (broken) this.#fail(broken);
      return;
    }
    this.#size += chunk.length;
    if (this.#size > this.#options.maxReplyBytes)
      return this.#fail(refuse('GW_UPSTREAM_ANSWER', 'too large'));
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#lingering);
    clearTimeout(this.#deadline);
    this.#events?.end();
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    if (body.length === 0) return this.#settle({ kind: 'empty', status: this.#status });
    this.#settle({ kind: 'message', status: this.#status, body, sessionId: this.#sessionId });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { code?: string }): void {
    clearTimeout(this.#lingering);
    clearTimeout(this.#deadline);
    const timeout = error.code === 'UND_ERR_HEADERS_TIMEOUT' || error.code === 'UND_ERR_BODY_TIMEOUT';
    const answering = this.#status > 0;
    const gone = answering ? 'GW_UPSTREAM_GONE' : 'GW_UPSTREAM_UNREACHABLE';
    const refusal = refuse(timeout ? 'GW_UPSTREAM_TIMEOUT' : gone);
    this.#events?.push(refusal);
    this.#events?.end();
    this.#settle(refusal);
  }

  /** Nobody reads on. A stream that now ends by itself, as after its answer, leaves its connection for the next call. */
  #leave(): void {
    this.#lingering ??= setTimeout(this.#cancel, LINGER_MS).unref();
  }

  /** What will not be read: the reply is refused whole, whatever it says. */
  #unfit(status: number, headers: Record<string, string | string[] | undefined>): Refusal | undefined {
    if (status >= 300 && status < 400) {
      return refuse('GW_UPSTREAM_ANSWER', `HTTP ${status}, redirects are not followed`);
    }
    if (status === 401 || status === 403) {
      return refuse('GW_UPSTREAM_ANSWER', `HTTP ${status}, the server does not accept the gate's credential`);
    }
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') return refuse('GW_UPSTREAM_ANSWER', 'compressed');
    return undefined;
  }

  /** A body that is no message says nothing a client may read; its status still tells it which era to try. */
  #discard(status: number): void {
    this.#settle({ kind: 'empty', status });
    this.#cancel();
  }

  #fail(refusal: Refusal): void {
    this.#events?.push(refusal);
    this.#settle(refusal);
    this.#cancel();
    this.#events?.end();
  }

  #settle(reply: UpstreamReply): void {
    if (reply.kind !== 'stream') this.#signal?.removeEventListener('abort', this.#cancel);
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve(reply);
  }
}

function mediaType(header: string | string[] | undefined): string {
  const [type = ''] = String(header ?? '').split(';', 1);
  return type.trim().toLowerCase();
}

/** A session id is visible ASCII (MCP 2025-11-25, basic/transports); anything else is not relayed. */
function visible(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\x21-\x7e]{1,256}$/.test(header) ? header : undefined;
}
