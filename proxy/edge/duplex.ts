/**
 * A connection on which messages travel both ways without HTTP around them (WebSocket, stdio, legacy SSE), led through
 * the same walk as a POST. What HTTP says in headers, statuses and streams is kept here for the client, which knows
 * none of it: the session its `initialize` opened, the revision that was agreed on, the session's own stream, a stream
 * to be resumed, the request to be abandoned. It judges nothing and invents nothing but refusals of the gate.
 *
 * @see MCP 2025-11-25, basic/transports, "Custom Transports"; MCP 2026-07-28, basic/patterns/cancellation
 */
import { type Refusal, refuse } from '../errors.ts';
import { isObject } from '../frame/json.ts';
import { MODERN_VERSIONS } from '../frame/methods.ts';
import { type Frame, type FrameId, readFrame } from '../frame/read-frame.ts';
import { answerEarly } from '../pipeline/early.ts';
import { exchange } from '../pipeline/exchange.ts';
import type { Gate } from '../pipeline/gate.ts';
import type { ClientPort, HeaderMap } from '../pipeline/ports.ts';
import type { Incoming } from '../pipeline/route.ts';
import { endSession, listen } from '../pipeline/session-stream.ts';
import type { Correlation } from '../pipeline/sessions.ts';

/** The wire below: one message at a time, in order. */
export interface Wire {
  readonly transport: 'ws' | 'stdio' | 'sse';
  /** Name of the server it leads to. */
  readonly server: string;
  /** What the client showed when it connected; who it is is asked again for each message. */
  readonly headers: HeaderMap;
  /** Resolves when the wire can take more, or is gone. */
  send(text: string): Promise<void>;
  /** Stops reading until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the connection from our side; `Duplex.closed` is called as for any other end. */
  close(why: string): void;
}

export interface Duplex {
  /** @returns the refusal of a message that cannot be read; the wire says it where it can. */
  receive(message: Uint8Array): Refusal | undefined;
  /** Resolves when nothing waits for an answer. */
  settled(): Promise<void>;
  /** The connection is gone: whatever it began is ended. Resolves when its session is. */
  closed(): Promise<void>;
}

/** Requests one connection may have waiting; then it is read no further. */
const MAX_WAITING = 256;
/** How long what must keep its place in the order may hold up what comes after it. */
const IN_ORDER_MS = 1_000;
const REOPEN_MS = 1_000;
const MAX_REOPEN_MS = 30_000;

export function createDuplex(current: () => Gate, wire: Wire): Duplex {
  const correlation: Correlation = { asked: new Map(), toAnswer: new Map() };
  const waiting = new Map<FrameId, AbortController>();
  const closing = new AbortController();
  let order: Promise<unknown> = Promise.resolve();
  let queued = 0;
  let paused = false;
  let sessionId: string | undefined;
  /** The revision agreed on by `initialize`, or claimed by modern requests. */
  let protocol: string | undefined;
  /** Ends the streams of the session there is now. */
  let listening: AbortController | undefined;
  let settled: (() => void) | undefined;

  function incoming(body: Incoming['body'], more: HeaderMap = {}): Incoming | undefined {
    const server = current().servers.get(wire.server);
    if (server === undefined) {
      wire.close('the server is no longer configured');
      return undefined;
    }
    const session = sessionId === undefined ? {} : { 'mcp-session-id': sessionId };
    const version = protocol === undefined ? {} : { 'mcp-protocol-version': protocol };
    const headers = { ...wire.headers, ...version, ...session, ...more };
    return { server, transport: wire.transport, headers, body, correlation };
  }

  function receive(message: Uint8Array): Refusal | undefined {
    const { maxDepth, maxElements } = current().limits;
    const frame = readFrame(message, { maxDepth, maxElements, direction: 'to_server' });
    queued++;
    flow();
    order = order.then(async () => {
      if (!closing.signal.aborted) await begin(frame, message);
      queued--;
      flow();
    });
    return frame.kind === 'refusal' && frame.code !== 'GW_FRAME_BATCH' ? frame : undefined;
  }

  function flow(): void {
    if (queued + waiting.size === 0) settled?.();
    const full = queued + waiting.size >= MAX_WAITING;
    if (full === paused) return;
    paused = full;
    if (full) wire.pause();
    else wire.resume();
  }

  /** Requests run beside each other; everything else keeps its place in the order. */
  async function begin(frame: Frame | Refusal, message: Uint8Array): Promise<void> {
    const walked = walk(frame, message);
    if (frame.kind === 'request' && frame.method !== 'initialize') return;
    const late = pause(IN_ORDER_MS);
    await Promise.race([walked, late.over]);
    late.cancel();
  }

  async function walk(frame: Frame | Refusal, message: Uint8Array): Promise<void> {
    if (frame.kind === 'request' && frame.method === 'initialize') await startOver();
    // What cannot be read goes to the walk as it came, to be put on record.
    const from = incoming(async () => (frame.kind === 'refusal' ? message : frame));
    if (from === undefined) return;
    if (frame.kind === 'request' && waiting.has(frame.id)) {
      // An answer under that id would be taken for the other request's.
      return answerEarly(portFor(undefined), refuse('GW_FRAME_ID', 'already in use'));
    }
    const claim = claimOf(frame);
    if (claim !== undefined) protocol ??= claim;
    const batch = frame.kind === 'refusal' && frame.code === 'GW_FRAME_BATCH';
    await exchange(current(), from, portFor(frame.kind === 'refusal' ? undefined : frame, batch));
    if (frame.kind === 'notification' && frame.method === 'notifications/initialized') void keepListening();
  }

  /** The client begins anew on the same connection: its old session must not get the new one's messages. */
  async function startOver(): Promise<void> {
    listening?.abort();
    listening = undefined;
    if (sessionId !== undefined) await leaveSession();
    protocol = undefined;
  }

  function portFor(frame: Frame | undefined, batch = false): ClientPort {
    const id = frame?.kind === 'request' ? frame.id : undefined;
    const control = new AbortController();
    if (id !== undefined) waiting.set(id, control);
    // To what has no id an answer is only said when it could not even be read; a POST of legacy SSE has a status for it.
    const silent = id === undefined && !batch && (frame !== undefined || wire.transport === 'sse');
    const done = () => {
      if (id !== undefined && waiting.get(id) === control) waiting.delete(id);
      flow();
    };
    const say = (text: string): Promise<void> => {
      if (frame?.kind === 'request' && frame.method === 'initialize') learn(text);
      return silent || control.signal.aborted ? Promise.resolve() : wire.send(text);
    };
    return {
      id,
      signal: control.signal,
      cancel(other) {
        waiting.get(other)?.abort();
        waiting.delete(other);
        flow();
      },
      answer(status, body, headers = {}) {
        takeSession(headers);
        done();
        if (body !== undefined) void say(toText(body));
        if (status === 404 && sessionId !== undefined && sessionGone(frame))
          wire.close('the session has ended');
      },
      stream(headers) {
        takeSession(headers);
        let lastId: string | undefined;
        let retryMs: number | undefined;
        return {
          write(event) {
            lastId = event.id ?? lastId;
            retryMs = event.retryMs ?? retryMs;
            return event.data === '' ? Promise.resolve() : say(event.data);
          },
          end(unanswered) {
            done();
            if (unanswered && lastId !== undefined && !control.signal.aborted) void resume(lastId, retryMs);
          },
        };
      },
    };
  }

  /** A request that the server has no session for; a modern 404 is about the method. */
  function sessionGone(frame: Frame | undefined): boolean {
    return frame !== undefined && protocol !== undefined && !MODERN_VERSIONS.includes(protocol);
  }

  function takeSession(headers: Readonly<Record<string, string>>): void {
    sessionId = headers['mcp-session-id'] ?? sessionId;
  }

  function learn(answer: string): void {
    const { result } = JSON.parse(answer) as { result?: unknown };
    const version = isObject(result as never)
      ? (result as { protocolVersion?: unknown }).protocolVersion
      : '';
    if (typeof version === 'string' && version !== '') protocol = version.slice(0, 32);
  }

  /** The session's own stream, opened again whenever it ends, for as long as the server has one. */
  async function keepListening(): Promise<void> {
    if (listening) return;
    listening = new AbortController();
    const { signal } = listening;
    let lastId: string | undefined;
    for (let failures = 0; !signal.aborted; ) {
      const heard = await hear(lastId, signal);
      if (heard.status === 404 || heard.status === 405 || heard.status === 401) return;
      failures = heard.status === undefined ? 0 : failures + 1;
      lastId = heard.lastId ?? lastId;
      const wait = Math.min((heard.retryMs ?? REOPEN_MS) * 2 ** failures, MAX_REOPEN_MS);
      await pause(wait).over;
    }
  }

  /** The server ended a stream before the answer came, and will go on with it where it is asked to. */
  async function resume(lastId: string, retryMs = REOPEN_MS): Promise<void> {
    await pause(Math.min(retryMs, MAX_REOPEN_MS)).over;
    if (!closing.signal.aborted) await hear(lastId, listening?.signal ?? closing.signal);
  }

  async function hear(
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<{ status?: number; lastId?: string; retryMs?: number }> {
    const from = incoming(
      async () => refuse('GW_INTERNAL'),
      lastEventId ? { 'last-event-id': lastEventId } : {},
    );
    if (from === undefined) return { status: 404 };
    const heard: { status?: number; lastId?: string; retryMs?: number } = {};
    await listen(current(), from, {
      signal,
      answer(status) {
        heard.status = status;
      },
      stream: () => ({
        write(event) {
          if (event.id !== undefined) heard.lastId = event.id;
          if (event.retryMs !== undefined) heard.retryMs = event.retryMs;
          return event.data === '' ? Promise.resolve() : wire.send(event.data);
        },
        end() {},
      }),
    });
    return heard;
  }

  async function leaveSession(): Promise<void> {
    const from = incoming(async () => refuse('GW_INTERNAL'));
    sessionId = undefined;
    if (from) await endSession(current(), from, { answer() {}, stream: nowhere, signal: closing.signal });
  }

  /** Waits, unless the connection ends first; keeps no process alive. */
  function pause(ms: number): { readonly over: Promise<void>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = () => {
      clearTimeout(timer);
      closing.signal.removeEventListener('abort', cancel);
      resolve();
    };
    const timer = setTimeout(cancel, ms);
    timer.unref();
    closing.signal.addEventListener('abort', cancel, { once: true });
    return { over: promise, cancel };
  }

  return {
    receive,
    settled: () =>
      new Promise((resolve) => {
        settled = resolve;
        flow();
      }),
    async closed() {
      if (closing.signal.aborted) return;
      closing.abort();
      listening?.abort();
      for (const control of waiting.values()) control.abort();
      if (sessionId !== undefined) await leaveSession();
    },
  };
}

function nowhere() {
  return { write: () => Promise.resolve(), end() {} };
}

/** The modern revision a request says it speaks: what follows it without saying so, as a cancellation may, speaks it too. */
function claimOf(frame: Frame | Refusal): string | undefined {
  if (frame.kind !== 'request') return undefined;
  const meta = frame.params?.['_meta'];
  const claim = isObject(meta) ? meta['io.modelcontextprotocol/protocolVersion'] : undefined;
  return typeof claim === 'string' && MODERN_VERSIONS.includes(claim) ? claim : undefined;
}

function toText(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}
