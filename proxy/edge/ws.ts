/**
 * The WebSocket edge: an upgrade at `/mcp/{server}` with the subprotocol `mcp`, through the same checks of head,
 * Host, Origin and caller as a POST, before a socket exists. One text message is one JSON-RPC message; binary ones,
 * compressed ones and those over the limit end the connection.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex as Socket } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { ERRORS, type Refusal, refuse } from '../errors.ts';
import { speakEarly } from '../pipeline/answers.ts';
import { refuseCaller } from '../pipeline/early.ts';
import type { Gate, Server } from '../pipeline/gate.ts';
import type { ClientPort, HeaderMap } from '../pipeline/ports.ts';
import { createDuplex, type Wire } from './duplex.ts';
import { readUpgradeHead } from './http-headers.ts';
import { checkHost, checkOrigin, type HostRules } from './http-hosts.ts';

export interface WsEdgeState {
  readonly gate: Gate;
  readonly hostRules: HostRules;
  readonly maxBodyBytes: number;
}

export interface WsEdge {
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, server: Server | undefined): void;
  /** Cuts every connection. */
  close(): void;
}

const SUBPROTOCOL = 'mcp';
const MAX_SOCKETS = 10_000;
const PING_MS = 20_000;
/** Close codes of RFC 6455 §7.4.1. */
const UNSUPPORTED_DATA = 1003;
const INTERNAL_ERROR = 1011;

export function createWsEdge(current: () => WsEdgeState, maxPayload: number): WsEdge {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  });

  async function upgrade(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    server: Server | undefined,
  ): Promise<void> {
    const { gate, hostRules } = current();
    const client = refusingClient(socket);
    const read = readUpgradeHead(request.method ?? '', request.rawHeaders);
    if (read.kind === 'refusal') return refuseUpgrade(client, read);
    const { headers } = read;
    const unfit =
      checkHost(headers, hostRules) ??
      checkOrigin(headers, hostRules) ??
      (server === undefined ? refuse('GW_ROUTE') : undefined) ??
      (offersMcp(headers) ? undefined : refuse('GW_HEADERS', 'Sec-WebSocket-Protocol does not offer mcp')) ??
      (sockets.clients.size >= MAX_SOCKETS ? refuse('GW_BUSY') : undefined);
    if (unfit || server === undefined) return refuseUpgrade(client, unfit ?? refuse('GW_ROUTE'));
    const who = await gate.identity.identify({ headers });
    if (who.kind === 'refused') return refuseCaller(gate, { server }, client, who);
    if (socket.destroyed) return;
    sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, server.name, headers));
  }

  function serve(socket: WebSocket, server: string, headers: HeaderMap): void {
    const duplex = createDuplex(() => current().gate, wireOf(socket, server, headers));
    const ping = keepAlive(socket);
    socket.on('message', (data, isBinary) => {
      if (isBinary) return socket.close(UNSUPPORTED_DATA, 'messages are text');
      duplex.receive(data as Buffer);
    });
    socket.on('error', () => {}); // a broken frame or a reset; ws closes, which is all there is to do
    socket.once('close', () => {
      clearInterval(ping);
      void duplex.closed();
    });
  }

  return {
    upgrade(request, socket, head, server) {
      socket.on('error', () => socket.destroy());
      upgrade(request, socket, head, server).catch(() => socket.destroy());
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

function wireOf(socket: WebSocket, server: string, headers: HeaderMap): Wire {
  return {
    transport: 'ws',
    server,
    headers,
    send: (text) =>
      new Promise((resolve) => {
        if (socket.readyState !== socket.OPEN) return resolve();
        // Called when the bytes have left, or the socket is gone: a slow reader slows the server.
        socket.send(text, () => resolve());
      }),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: (why) => socket.close(INTERNAL_ERROR, why),
  };
}

/** A peer that has silently gone answers no ping; its session must not live on. */
function keepAlive(socket: WebSocket): NodeJS.Timeout {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  return setInterval(() => {
    // Who is paused by us cannot be heard.
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS).unref();
}

function offersMcp(headers: HeaderMap): boolean {
  const offered = headers['sec-websocket-protocol'] ?? '';
  return offered.split(',').some((name) => name.trim() === SUBPROTOCOL);
}

function refuseUpgrade(client: ClientPort, refusal: Refusal): void {
  client.answer(ERRORS[refusal.code].status, speakEarly(refusal.code, refusal.detail));
}

/** Answers an upgrade that is refused: there is no response object yet, only the socket. */
function refusingClient(socket: Socket): ClientPort {
  return {
    signal: new AbortController().signal,
    answer(status, body = '', headers = {}) {
      const fields = Object.entries({
        ...headers,
        connection: 'close',
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      });
      const lines = fields.map(([name, value]) => `${name}: ${value}`).join('\r\n');
      socket.end(`HTTP/1.1 ${status} Refused\r\n${lines}\r\n\r\n${body}`);
    },
    stream() {
      throw new Error('an upgrade is answered at once');
    },
  };
}
