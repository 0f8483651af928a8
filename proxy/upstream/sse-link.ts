/**
 * A server reached over HTTP+SSE, the transport before Streamable HTTP: one GET stays open as the stream of everything
 * the server says; its first event names the URI that messages are POSTed to, one after another. A URI of another
 * origin is refused, because it would take the judged messages and the gate's credential somewhere else.
 *
 * @see MCP 2024-11-05, basic/transports, "HTTP with SSE"
 */
import { Pool } from 'undici';
import { countedFlow, type Link, type LinkEvents } from './link.ts';
import { createSseReader } from './sse-reader.ts';

export interface SseLinkOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxEventBytes: number;
  readonly connectTimeoutMs: number;
  /** How long the server may take to open the stream, or to accept a message. */
  readonly answerTimeoutMs: number;
}

/** Messages that wait for those before them to be accepted. */
const MAX_UNSENT = 1_000;
const MAX_URI = 4_096;

export function startSseLink(options: SseLinkOptions, events: LinkEvents): Link {
  const { url, answerTimeoutMs } = options;
  const pool = new Pool(url.origin, {
    connections: 2,
    pipelining: 1,
    connect: { timeout: options.connectTimeoutMs },
    maxHeaderSize: 32 * 1024,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: 0,
  });
  const headers = { ...options.headers, 'accept-encoding': 'identity' };
  const unsent: (Uint8Array | string)[] = [];
  const flow = { pause: () => {}, resume: () => {} };
  let endpoint: string | undefined;
  let sending = false;
  let over = false;

  function end(why: string): void {
    if (over) return;
    over = true;
    events.onExit(why);
    void pool.destroy();
  }

  async function open(): Promise<void> {
    const path = url.pathname + url.search;
    const {
      statusCode,
      headers: answer,
      body,
    } = await pool.request({
      path,
      method: 'GET',
      headers: { ...headers, accept: 'text/event-stream' },
    });
    body.on('error', () => end('the stream broke'));
    const type = String(answer['content-type'] ?? '').toLowerCase();
    if (statusCode !== 200 || !type.startsWith('text/event-stream')) {
      body.destroy();
      return end(`HTTP ${statusCode}`);
    }
    Object.assign(flow, { pause: () => body.pause(), resume: () => body.resume() });
    const reader = createSseReader(
      options.maxEventBytes,
      (event) => onMessage(event.data as string),
      onNamed,
    );
    body.on('data', (chunk: Buffer) => {
      const broken = reader.feed(chunk);
      if (broken) end(broken.detail ?? broken.code);
    });
    body.once('end', () => end('the stream ended'));
  }

  function onMessage(data: string): void {
    if (!over && data !== '') events.onMessage(data);
  }

  function onNamed(type: string, data: string): void {
    if (type !== 'endpoint' || endpoint !== undefined) return;
    const target =
      data.length <= MAX_URI && URL.canParse(data, url.href) ? new URL(data, url.href) : undefined;
    if (target?.origin !== url.origin) return end('the endpoint is elsewhere');
    endpoint = target.pathname + target.search;
    void post();
  }

  /** In order: a server must not see a call before the handshake that came before it. */
  async function post(): Promise<void> {
    if (sending || endpoint === undefined) return;
    sending = true;
    for (let body = unsent.shift(); body !== undefined && !over; body = unsent.shift()) {
      try {
        const answer = await pool.request({
          path: endpoint,
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body,
          bodyTimeout: answerTimeoutMs,
        });
        await answer.body.dump({ limit: 64 * 1024 });
        if (answer.statusCode < 200 || answer.statusCode >= 300)
          end(`HTTP ${answer.statusCode} to a message`);
      } catch (cause) {
        end((cause as NodeJS.ErrnoException).code ?? 'a message was not accepted');
      }
    }
    sending = false;
  }

  open().catch((cause: NodeJS.ErrnoException) => end(cause.code ?? 'the stream could not be opened'));
  return {
    ...countedFlow({ pause: () => flow.pause(), resume: () => flow.resume() }),
    write(message) {
      if (over) return false;
      if (unsent.length >= MAX_UNSENT) end('the server does not take messages');
      unsent.push(message);
      void post();
      return !over;
    },
    async stop() {
      over = true;
      await pool.destroy();
    },
  };
}
