/**
 * One server on every transport the gate has servers on, for tests in which the answer matters and not who gives it. A
 * test says what a call is answered with, and at which bytes the answer is cut on its way; the call names that answer in
 * its `_meta`, where neither the policy nor the index of values looks.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { INITIALIZED, type Message } from './scripted-upstream.ts';

/** Two kinds of answer over Streamable HTTP, and the transports that are one connection. */
export const UPSTREAMS = ['json', 'events', 'sse', 'ws', 'stdio'] as const;
export type Upstream = (typeof UPSTREAMS)[number];

/** How the bytes of an answer travel. */
export interface Way {
  /** Where they are cut, anywhere; taken modulo their number. */
  readonly cuts: readonly number[];
  /** Where they are cut inside characters of several bytes; taken modulo the number of such places. */
  readonly splits: readonly number[];
  /** Of an event stream: what ends its lines, and whether a message is spread over many of them. */
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly spread: boolean;
}

export interface Said {
  /** Members of the answer besides `jsonrpc` and `id`: `result` or `error`. */
  readonly answer: object;
  /** In one piece, by default. */
  readonly way?: Way | undefined;
}

export interface AnsweringUpstreams {
  /** Entries of `servers`. All sessions and callers share one connection or process, where there is such a thing. */
  readonly servers: Readonly<Record<Upstream, object>>;
  /** @returns the `_meta` of the call that is to be answered so. */
  prepare(said: Said): object;
  close(): Promise<void>;
}

const KEY = 'test.example/answer';
const WHOLE: Way = { cuts: [], splits: [], lineEnd: '\n', spread: false };
/** Another process needs longer for its turn. */
const RELAY_MS = 2;
const RELAY = join(import.meta.dirname, '../fixtures/stdio/relay.ts');

export async function startAnsweringUpstreams(): Promise<AnsweringUpstreams> {
  const prepared = new Map<string, Said>();
  /** Legacy SSE: the queue of each stream. */
  const streams = new Map<string, Queue>();

  function answerTo(bytes: Buffer): { readonly message: object; readonly way: Way } | undefined {
    const { id, method, params } = JSON.parse(bytes.toString('utf8')) as Message;
    if (id === undefined) return undefined;
    const meta = params?.['_meta'] as Readonly<Record<string, string>> | undefined;
    const said = prepared.get(meta?.[KEY] ?? '');
    const answer = said?.answer ?? { result: method === 'initialize' ? INITIALIZED : { content: [] } };
    return { message: { jsonrpc: '2.0', id, ...answer }, way: said?.way ?? WHOLE };
  }

  const http = createServer(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://localhost');
    if (req.method === 'GET' && pathname === '/sse') return openStream(streams, res);
    if (req.method !== 'POST') return void res.writeHead(405).end();
    const said = answerTo(await buffer(req));
    const stream = streams.get(searchParams.get('stream') ?? '');
    if (said === undefined || stream !== undefined) {
      res.writeHead(202).end();
      if (said) stream?.(toEvent(said.message, said.way), said.way);
      return;
    }
    const isStream = pathname === '/events';
    res.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
    const text = isStream ? toEvent(said.message, said.way) : JSON.stringify(said.message);
    for (const piece of piecesOf(text, said.way)) {
      await write(res, piece);
      if (pathname === '/relayed') await delay(RELAY_MS);
    }
    res.end();
  });
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'mcp' });
  sockets.on('connection', (socket) => {
    const queue = createQueue((piece, isLast) => socket.send(piece, { binary: false, fin: isLast }));
    socket.on('message', (data) => {
      const said = answerTo(data as Buffer);
      if (said) queue(JSON.stringify(said.message), said.way);
    });
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  const at = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  const shared = { instance: 'shared' };
  return {
    servers: {
      json: { url: `http://${at}/json` },
      events: { url: `http://${at}/events` },
      sse: { type: 'sse', url: `http://${at}/sse`, ...shared },
      ws: { type: 'ws', url: `ws://${at}/ws`, ...shared },
      stdio: {
        command: process.execPath,
        args: [RELAY],
        env: { ANSWERS: `http://${at}/relayed` },
        ...shared,
      },
    },
    prepare(said) {
      const key = randomUUID();
      prepared.set(key, said);
      return { [KEY]: key };
    },
    async close() {
      for (const socket of sockets.clients as Set<WebSocket>) socket.terminate();
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };
}

function openStream(streams: Map<string, Queue>, res: ServerResponse): void {
  const id = randomUUID();
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write(`event: endpoint\ndata: /messages?stream=${id}\n\n`);
  streams.set(
    id,
    createQueue((piece) => void write(res, piece)),
  );
  res.once('close', () => streams.delete(id));
}

/** Sends one message after another, each in its pieces. */
type Queue = (text: string, way: Way) => void;

function createQueue(send: (piece: Uint8Array, isLast: boolean) => void): Queue {
  let before = Promise.resolve();
  return (text, way) => {
    before = before.then(async () => {
      const pieces = piecesOf(text, way);
      for (const [index, piece] of pieces.entries()) {
        send(piece, index === pieces.length - 1);
        await new Promise(setImmediate);
      }
    });
  };
}

/** Resolves when whoever reads in this process has had a turn, so that the next piece comes by itself. */
async function write(res: ServerResponse, piece: Uint8Array): Promise<void> {
  res.socket?.setNoDelay(true);
  res.write(piece);
  await new Promise(setImmediate);
}

function toEvent(message: object, { lineEnd, spread }: Way): string {
  const lines = JSON.stringify(message, null, spread ? 1 : 0).split('\n');
  return `${lines.map((line) => `data: ${line}${lineEnd}`).join('')}${lineEnd}`;
}

function piecesOf(text: string, { cuts, splits }: Way): readonly Uint8Array[] {
  const bytes = Buffer.from(text);
  // Continuation bytes: a cut before one is inside a character.
  const inside = [...bytes.keys()].filter((at) => ((bytes[at] as number) & 0xc0) === 0x80);
  const points = [
    ...cuts.map((cut) => cut % bytes.length),
    ...splits.flatMap((split) => inside[split % inside.length] ?? []),
  ];
  const ends = [...new Set([...points, bytes.length])].filter((end) => end > 0).sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
