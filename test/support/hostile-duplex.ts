/**
 * The client of the hostile corpus on edges without HTTP around messages: WebSocket, legacy SSE and stdio. A case's bytes
 * go out as one message, and what comes back until its answer, or until nothing more comes, is shown as the stream of
 * events it would have been over HTTP.
 */
import { type IncomingMessage, request } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { WebSocket } from 'ws';
import { type Answer, HARMLESS_TEXT, modernMeta, type Sending } from './hostile-client.ts';
import type { HostileCase, Step } from './hostile-corpus.ts';
import { stepsOf, toBytes } from './hostile-corpus.ts';

/** What a case needs of a client. */
export interface CaseClient {
  readonly sessionId: string | undefined;
  open(): Promise<void>;
  benign(): Promise<Answer>;
  send(sending: Sending, sent?: () => void): Promise<Answer>;
  close(): void;
}

/** One connection. */
export interface Wire {
  /** @returns an HTTP answer where the edge gives one; undefined where messages have none. */
  send(bytes: Uint8Array): Promise<Answer | undefined>;
  onMessage: (text: string) => void;
  onClose: () => void;
  close(): void;
}

const MODERN = '2026-07-28';
/** For what gets no answer. */
const QUIET_MS = 30;
const CLOSED: Answer = { status: 400, headers: {}, body: '', ended: 'aborted' };
const STREAM = { 'content-type': 'text/event-stream' };

export class DuplexClient implements CaseClient {
  readonly sessionId = undefined;
  readonly #connect: () => Promise<Wire>;
  readonly #version: string;
  #wire: Wire | undefined;
  #heard: string[] = [];
  #wake = () => {};

  constructor(connect: () => Promise<Wire>, version: string) {
    this.#connect = connect;
    this.#version = version;
  }

  async open(): Promise<void> {
    this.#wire = await this.#connect();
    this.#wire.onMessage = (text) => {
      this.#heard.push(text);
      this.#wake();
    };
    this.#wire.onClose = () => {
      this.#wire = undefined;
      this.#wake();
    };
    if (this.#version === MODERN) return;
    const params = {
      protocolVersion: this.#version,
      capabilities: { sampling: {}, elicitation: {}, roots: {} },
      clientInfo: { name: 't', version: '1' },
    };
    const answer = await this.#ask({ jsonrpc: '2.0', id: 'open', method: 'initialize', params });
    if (!answer.body.includes('"result"')) throw new Error(`no session: ${answer.body.slice(0, 300)}`);
    await this.#wire?.send(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
  }

  async benign(): Promise<Answer> {
    // A message that breaks the framing ends the connection; that is no worse than what it was.
    if (this.#wire === undefined) await this.open();
    const params: Record<string, unknown> = { name: 'echo', arguments: { text: HARMLESS_TEXT } };
    if (this.#version === MODERN) params['_meta'] = modernMeta;
    return this.#ask({ jsonrpc: '2.0', id: 'harmless', method: 'tools/call', params });
  }

  /** What comes late for a message before it is no answer to this one. */
  #ask(message: { readonly id: string; readonly [member: string]: unknown }): Promise<Answer> {
    const id = JSON.stringify(message.id);
    return this.#exchange({ body: Buffer.from(JSON.stringify(message)) }, (text) => text.includes(id));
  }

  send(sending: Sending, sent?: () => void): Promise<Answer> {
    return this.#exchange(sending, () => true, sent);
  }

  async #exchange(
    { body = Buffer.alloc(0), patienceMs = 2_000 }: Sending,
    concerns: (text: string) => boolean,
    sent?: () => void,
  ): Promise<Answer> {
    const from = this.#heard.length;
    const early = await this.#wire?.send(body);
    sent?.();
    if (early !== undefined && early.status !== 202) return early;
    const id = idOf(body);
    const heardOfIt = () => this.#heard.slice(from).filter(concerns);
    const over = () => this.#wire === undefined || heardOfIt().some((text) => answers(text, id));
    const until = Date.now() + (id === undefined ? QUIET_MS : patienceMs);
    while (!over() && Date.now() < until) await this.#more(until - Date.now());
    const heard = heardOfIt();
    if (heard.length === 0 && this.#wire === undefined) return CLOSED;
    if (heard.length === 0)
      return {
        status: id === undefined ? 202 : 0,
        headers: {},
        body: '',
        ended: id === undefined ? 'complete' : 'held',
      };
    return { status: 200, headers: STREAM, body: heard.map(toEvent).join(''), ended: 'complete' };
  }

  #more(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  close(): void {
    this.#wire?.close();
  }
}

function toEvent(text: string): string {
  return `${text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}

/** The id somebody could take the message for, however odd; undefined when nothing waits for an answer. */
function idOf(body: Uint8Array): string | undefined {
  const text = Buffer.from(body).toString('utf8');
  return (
    /"(?:id|\\u0069d|i\\u0064)"\s*:\s*("(?:[^"\\]|\\.)*"|[^\s,}\]]+)/.exec(text)?.[1] ??
    (text.trimStart().startsWith('{') ? undefined : '?')
  );
}

function answers(text: string, id: string | undefined): boolean {
  try {
    const message = JSON.parse(text) as { id?: unknown; result?: unknown; error?: unknown } | unknown[];
    if (Array.isArray(message)) return true;
    if (message.result === undefined && message.error === undefined) return false;
    return message.id === null || JSON.stringify(message.id) === id || id === '?' || id === undefined;
  } catch {
    return false;
  }
}

/** Cases that are about messages, not about HTTP, sessions of others, or a broken gate. */
export function isForDuplex(hostile: HostileCase): boolean {
  const { transport, oracle } = hostile;
  const ofMessages = transport === 'any' || transport === 'http-sse';
  return ofMessages && oracle?.status === undefined && stepsOf(hostile).every(isPlain);
}

const PLAIN: ReadonlySet<string> = new Set([
  'send',
  'upstream',
  'upstream_sse',
  'upstream_sse_chunks',
  'also_passes',
]);

function isPlain(step: Step): boolean {
  return Object.keys(step).every((name) => PLAIN.has(name));
}

/** A line is a message there: bytes that hold line ends are several, each of them judged. */
export function hasLineEnds(hostile: HostileCase): boolean {
  return stepsOf(hostile)
    .flatMap(({ send, upstream }) => [send, upstream])
    .some((bytes) => bytes !== undefined && /[\r\n]/.test(toBytes(bytes).toString('latin1')));
}

export async function wsWire(url: string, authorization: string | undefined): Promise<Wire> {
  const socket = new WebSocket(url.replace('http', 'ws'), ['mcp'], {
    perMessageDeflate: false,
    ...(authorization && { headers: { authorization } }),
  });
  const wire: Wire = {
    onMessage() {},
    onClose() {},
    send: (bytes) => new Promise((done) => socket.send(bytes, { binary: false }, () => done(undefined))),
    close: () => socket.terminate(),
  };
  socket.on('message', (data) => wire.onMessage(String(data)));
  socket.on('error', () => {});
  socket.once('close', () => wire.onClose());
  await new Promise<void>((done, fail) => {
    socket.once('open', () => done());
    socket.once('error', fail);
  });
  return wire;
}

export async function sseWire(url: string, authorization: string | undefined): Promise<Wire> {
  const headers = authorization ? { authorization } : {};
  const { promise, resolve } = Promise.withResolvers<string>();
  const wire: Wire = {
    onMessage() {},
    onClose() {},
    async send(bytes) {
      const to = new URL(await promise, url);
      const sent = request(to, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
      });
      const response = await new Promise<IncomingMessage>((done, fail) => {
        sent.once('response', done);
        sent.once('error', fail);
        sent.end(bytes);
      });
      let body = '';
      for await (const chunk of response) body += String(chunk);
      return { status: response.statusCode ?? 0, headers: response.headers, body, ended: 'complete' };
    },
    close: () => void stream.destroy(),
  };
  let text = '';
  const stream = request(
    `${url}/sse`,
    { headers: { ...headers, accept: 'text/event-stream' } },
    (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
          const lines = text.slice(0, at).split('\n');
          text = text.slice(at + 2);
          const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
          if (lines[0] === 'event: endpoint') resolve(data[0] ?? '');
          else if (data.length > 0) wire.onMessage(data.join('\n'));
        }
      });
      response.once('close', () => wire.onClose());
    },
  );
  stream.on('error', () => wire.onClose());
  stream.end();
  await promise;
  return wire;
}

/** A pair of streams that `portcullis wrap` serves; one connection for as long as the test wants. */
export function stdioWire(input: Writable, output: Readable): Wire {
  const wire: Wire = {
    onMessage() {},
    onClose() {},
    async send(bytes) {
      input.write(bytes);
      input.write('\n');
      return undefined;
    },
    close() {},
  };
  let text = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
      wire.onMessage(text.slice(0, at));
      text = text.slice(at + 1);
    }
  });
  return wire;
}
