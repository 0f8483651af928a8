/**
 * One client that says what it is told, on any edge: raw messages out, parsed ones in, nothing made up. Over HTTP each
 * message is a POST and its answer may be a stream; elsewhere everything travels on one connection.
 */
import { PassThrough } from 'node:stream';
import { configSchema } from '../../proxy/config/schema.ts';
import { wrapStdio } from '../../proxy/main.ts';
import { Client } from '../e2e/_client.ts';
import type { Edge } from '../requirements.ts';
import type { TestGate } from './gate.ts';
import { sseWire, stdioWire, type Wire, wsWire } from './hostile-duplex.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
export type Message = any;

export interface RawPeer {
  /** Sends a message. @param headers of the POST, over HTTP. */
  send(message: Message, headers?: Record<string, string>): Promise<void>;
  /** The next message, answer or not. */
  next(): Promise<Message>;
  /** Sends, and waits for the next message. */
  ask(message: Message, headers?: Record<string, string>): Promise<Message>;
  close(): Promise<void>;
}

export interface PeerTarget {
  readonly gate: TestGate;
  readonly server: string;
  /** For stdio: the configuration of the gate that is wrapped around the server, and where its record goes. */
  readonly config: Record<string, unknown>;
}

export async function openPeer(edge: Edge, target: PeerTarget): Promise<RawPeer> {
  const url = target.gate.server(target.server);
  switch (edge) {
    case 'http':
      return httpPeer(url);
    case 'ws':
      return wiredPeer(await wsWire(url, undefined));
    case 'sse':
      return wiredPeer(await sseWire(url, undefined));
    case 'stdio':
      return wrappedPeer(target);
  }
}

function inbox() {
  const messages: Message[] = [];
  const wanted: ((message: Message) => void)[] = [];
  return {
    put(text: string) {
      const message: Message = JSON.parse(text);
      const take = wanted.shift();
      if (take) take(message);
      else messages.push(message);
    },
    next: () =>
      messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((take) => wanted.push(take)),
  };
}

function httpPeer(url: string): RawPeer {
  const client = new Client(url);
  const { put, next } = inbox();
  async function send(message: Message, headers: Record<string, string> = {}): Promise<void> {
    const { request, response } = await client.start('POST', message, headers);
    client.session ??= [response.headers['mcp-session-id']].flat()[0];
    if (String(response.headers['content-type']).startsWith('text/event-stream')) {
      const stream = client.streamOf(request, response);
      void (async () => {
        for (let event = await stream.next(); event; event = await stream.next())
          if (event.data) put(event.data);
      })();
      return;
    }
    let text = '';
    for await (const part of response) text += String(part);
    if (text !== '') put(text);
  }
  return {
    send,
    next,
    async ask(message, headers) {
      await send(message, headers);
      return next();
    },
    close: async () => client.close(),
  };
}

function wiredPeer(wire: Wire): RawPeer {
  const { put, next } = inbox();
  wire.onMessage = put;
  const send = async (message: Message) => {
    const answer = await wire.send(Buffer.from(JSON.stringify(message)));
    if (answer !== undefined && answer.status !== 202) put(answer.body);
  };
  return {
    send,
    next,
    async ask(message) {
      await send(message);
      return next();
    },
    close: async () => wire.close(),
  };
}

function wrappedPeer({ server, config }: PeerTarget): RawPeer {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const ending = new AbortController();
  const log = { info() {}, warn() {}, error() {} };
  const options = {
    env: process.env,
    cwd: process.cwd(),
    log,
    version: '0',
    server,
    input,
    output,
    headers: {},
  };
  // As `portcullis wrap` does: what is remembered ends with the process.
  const forgetful = { ...config, state: { file: null } };
  const served = wrapStdio(configSchema.parse(forgetful), { ...options, signal: ending.signal });
  const peer = wiredPeer(stdioWire(input, output));
  return {
    ...peer,
    async close() {
      ending.abort();
      await served;
    },
  };
}
