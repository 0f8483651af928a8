/**
 * A server reached over a WebSocket with the subprotocol `mcp`. One text message is one JSON-RPC message; a binary one,
 * one over the limit, or a server that does not speak the subprotocol ends the link. Nothing is compressed, redirects
 * are not followed, and no header of a client travels along.
 */
import { WebSocket } from 'ws';
import { countedFlow, type Link, type LinkEvents } from './link.ts';

export interface WsLinkOptions {
  readonly url: URL;
  /** The gate's own credential among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxMessageBytes: number;
  readonly connectTimeoutMs: number;
}

const SUBPROTOCOL = 'mcp';
/** What may wait to be sent before the server counts as gone: it does not read. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
const PING_MS = 20_000;
const GRACE_MS = 2_000;

export function startWsLink(options: WsLinkOptions, events: LinkEvents): Link {
  const socket = new WebSocket(options.url, [SUBPROTOCOL], {
    headers: options.headers,
    handshakeTimeout: options.connectTimeoutMs,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: false,
    followRedirects: false,
  });
  /** Messages for a socket that is still being opened. */
  let early: (Uint8Array | string)[] | undefined = [];
  let over = false;
  let answered = true;
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const end = (why: string) => {
    if (over) return;
    over = true;
    clearInterval(ping);
    events.onExit(why);
  };
  const breakOff = (why: string) => {
    end(why);
    socket.terminate();
  };
  const ping = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return;
    if (!answered && !socket.isPaused) return breakOff('no answer to pings');
    answered = false;
    socket.ping();
  }, PING_MS).unref();

  socket.once('open', () => {
    const waiting = early ?? [];
    early = undefined;
    for (const message of waiting) send(message);
  });
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', (data, isBinary) => {
    if (over) return;
    if (isBinary) return breakOff('a binary message');
    events.onMessage(data as Buffer);
  });
  // Its text may quote what the server said; the code is enough.
  socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'the connection broke'));
  socket.once('close', (code) => end(`closed ${code}`));

  function send(message: Uint8Array | string): void {
    socket.send(typeof message === 'string' ? message : Buffer.from(message).toString('utf8'));
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) breakOff('the server does not read');
  }

  return {
    ...countedFlow({ pause: () => socket.pause(), resume: () => socket.resume() }),
    write(message) {
      if (over) return false;
      if (early) early.push(message);
      else send(message);
      return !over;
    },
    async stop() {
      over = true;
      clearInterval(ping);
      socket.close(1000);
      const cut = setTimeout(() => socket.terminate(), GRACE_MS);
      await gone;
      clearTimeout(cut);
    },
  };
}
