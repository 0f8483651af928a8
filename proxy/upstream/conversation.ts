/**
 * One child process and everybody who waits on it. Frames go out under ids that are free on its wire; each line
 * that comes back is handed to the call it belongs to, or to the session's own stream, or is dropped.
 *
 * It reads a line only to find out whose it is: judging it is for the walk, which gets the frame as read here.
 */
import { type Refusal, refuse } from '../errors.ts';
import { isObject, type JsonObject } from '../frame/json.ts';
import {
  FRAME_LIMITS,
  type Frame,
  type FrameId,
  type NotificationFrame,
  type ResponseFrame,
  readFrame,
  readFrameText,
} from '../frame/read-frame.ts';
import type { LogPort, UpstreamCall, UpstreamReply } from '../pipeline/ports.ts';
import { type Child, type ChildOptions, startChild } from './child.ts';
import { EventQueue } from './event-queue.ts';
import { createWireIds, withId } from './wire-ids.ts';

/** A call that waits: answered by one message if the answer comes first, else by a stream that begins with what did. */
interface Waiting {
  readonly clientId: FrameId;
  readonly wireId: FrameId;
  readonly clientToken: FrameId | undefined;
  readonly wireToken: FrameId | undefined;
  /** Gone once the reply has begun. */
  resolve: ((reply: UpstreamReply) => void) | undefined;
  events: EventQueue | undefined;
  readonly timer: NodeJS.Timeout | undefined;
  forgetSignal(): void;
}

export interface Conversation {
  /** Resolves when the first thing that belongs to the call has come back, or at once for what has no answer. */
  send(call: UpstreamCall): Promise<UpstreamReply>;
  /** The stream for what the server says unasked; an older one ends. */
  listen(signal: AbortSignal | undefined): UpstreamReply;
  stop(): Promise<void>;
  readonly alive: boolean;
  /** Nobody waits and nobody listens. */
  readonly idle: boolean;
  /** When something last began or ended here, by `performance.now()`. */
  readonly lastUsed: number;
}

export interface ConversationOptions extends ChildOptions {
  readonly requestDeadlineMs: number;
}

const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
const READ = { ...FRAME_LIMITS, direction: 'to_client' } as const;
const MAX_HELD = 64;
/** A session's own stream does not slow the pipe its calls share; whoever leaves so much unread loses it. */
const MAX_UNREAD = 1_000;
const FLOWING = { pause() {}, resume() {} };

export function startConversation(options: ConversationOptions, log: LogPort): Conversation {
  let minted = 0;
  const mint = () => `portcullis-${++minted}`;
  const waiting = createWireIds<Waiting>(mint);
  const tokens = createWireIds<Waiting>(mint);
  /** What nobody listens to yet; a client opens its stream only after `initialize` is answered. */
  let held: Frame[] = [];
  let listener: EventQueue | undefined;
  let alive = true;
  let stopped = false;
  let spoke = false;
  let lastUsed = performance.now();
  const child: Child = startChild(options, { onLine, onExit }, log);

  function onLine(line: Buffer): void {
    spoke = true;
    const frame = readFrame(line, READ);
    switch (frame.kind) {
      case 'refusal':
        return unreadable(line, frame);
      case 'response':
        return onResponse(frame);
      case 'notification':
        return onNotification(frame);
      case 'request':
        return unasked(frame);
    }
  }

  function onResponse(frame: ResponseFrame): void {
    const entry = frame.id === null ? undefined : waiting.get(frame.id);
    if (entry === undefined) {
      if (frame.id !== null) waiting.free(frame.id);
      return log.warn('answer_to_nothing', { command: options.command });
    }
    const own = entry.clientId === entry.wireId ? frame : reread(withId(frame.text, '/id', entry.clientId));
    settle(
      entry,
      own.kind === 'refusal' ? own : { kind: 'message', status: 200, body: own, sessionId: undefined },
    );
  }

  function onNotification(frame: NotificationFrame): void {
    const entry = belongsTo(frame.params);
    if (entry === undefined) return unasked(frame);
    if (frame.method === 'notifications/progress') entry.timer?.refresh();
    const own = toClientIds(frame, entry);
    if (own.kind !== 'refusal') streamOf(entry).push({ data: own, id: undefined, retryMs: undefined });
  }

  /** By progress token or subscription id; undefined when the message says neither. */
  function belongsTo(params: JsonObject | undefined): Waiting | undefined {
    const token = params?.['progressToken'];
    if (typeof token === 'string' || typeof token === 'number') return tokens.get(token);
    const meta = params?.['_meta'];
    const subscription = isObject(meta) ? meta[SUBSCRIPTION_KEY] : undefined;
    return typeof subscription === 'string' || typeof subscription === 'number'
      ? waiting.get(subscription)
      : undefined;
  }

  function toClientIds(frame: NotificationFrame, entry: Waiting): Frame | Refusal {
    let text = frame.text;
    if (entry.wireToken !== entry.clientToken && frame.params?.['progressToken'] === entry.wireToken) {
      text = withId(text, '/params/progressToken', entry.clientToken as FrameId);
    }
    const tagged = isObject(frame.params?.['_meta']) && SUBSCRIPTION_KEY in frame.params['_meta'];
    if (tagged && entry.wireId !== entry.clientId) {
      text = withId(text, `/params/_meta/${SUBSCRIPTION_KEY.replace('/', '~1')}`, entry.clientId);
    }
    return text === frame.text ? frame : reread(text);
  }

  /** On the session's own stream; without one, on that of the call that waits; without any, held for later. */
  function unasked(frame: Frame): void {
    if (listener && listener.length >= MAX_UNREAD) {
      log.warn('stream_unread', { command: options.command });
      listener.end();
      listener = undefined;
    }
    const last = [...waiting.values()].at(-1);
    const stream = listener ?? (last && streamOf(last));
    if (stream) stream.push({ data: frame, id: undefined, retryMs: undefined });
    else if (held.length < MAX_HELD) held.push(frame);
    else log.warn('nobody_listens', { command: options.command });
  }

  function streamOf(entry: Waiting): EventQueue {
    if (entry.events === undefined) {
      entry.events = new EventQueue({ pause: child.pause, resume: child.resume, cancel() {} });
      entry.resolve?.({ kind: 'stream', status: 200, events: entry.events, sessionId: undefined });
      entry.resolve = undefined;
    }
    return entry.events;
  }

  function settle(entry: Waiting, reply: Exclude<UpstreamReply, { kind: 'stream' | 'empty' }>): void {
    waiting.free(entry.wireId);
    if (entry.wireToken !== undefined) tokens.free(entry.wireToken);
    conclude(entry, reply);
  }

  /** Ends the wait for an answer that may still come; it must not be taken for another call's. */
  function abandon(entry: Waiting, refusal: Refusal): void {
    waiting.retire(entry.wireId);
    if (entry.wireToken !== undefined) tokens.retire(entry.wireToken);
    conclude(entry, refusal);
  }

  function conclude(entry: Waiting, reply: Exclude<UpstreamReply, { kind: 'stream' | 'empty' }>): void {
    lastUsed = performance.now();
    clearTimeout(entry.timer);
    entry.forgetSignal();
    if (entry.events === undefined) return entry.resolve?.(reply);
    entry.events.push(
      reply.kind === 'refusal' ? reply : { data: reply.body, id: undefined, retryMs: undefined },
    );
    entry.events.end();
  }

  /** Noise on stdout is dropped. What seems to be somebody's answer is refused to that somebody, not waited for. */
  function unreadable(line: Buffer, refusal: Refusal): void {
    log.warn('unreadable_line', { command: options.command, code: refusal.code });
    const seeming = seemingId(line);
    const entry = seeming === undefined ? undefined : waiting.get(seeming);
    if (entry) settle(entry, refuse('GW_UPSTREAM_ANSWER', refusal.code));
  }

  function onExit(why: string): void {
    if (alive) log[stopped ? 'info' : 'warn']('server_ended', { command: options.command, why });
    alive = false;
    const refusal = spoke ? refuse('GW_UPSTREAM_GONE', why) : refuse('GW_UPSTREAM_UNREACHABLE', why);
    for (const entry of [...waiting.values()]) settle(entry, refusal);
    listener?.end();
    held = [];
  }

  function enlist(call: UpstreamCall, id: FrameId): Promise<UpstreamReply> {
    if (call.signal?.aborted) return Promise.resolve(refuse('GW_UPSTREAM_GONE', 'cancelled'));
    return new Promise((resolve) => {
      const clientToken = progressToken(call.params);
      const entry: Waiting = {
        clientId: id,
        wireId: id,
        clientToken,
        wireToken: clientToken,
        resolve,
        events: undefined,
        // A subscription is silent until something changes.
        timer:
          call.method === 'subscriptions/listen'
            ? undefined
            : setTimeout(() => expire(entry), options.requestDeadlineMs),
        forgetSignal: () => call.signal?.removeEventListener('abort', cancel),
      };
      const cancel = () => cancelled(entry);
      const wireId = waiting.take(id, entry);
      const wireToken = clientToken === undefined ? undefined : tokens.take(clientToken, entry);
      Object.assign(entry, { wireId, wireToken });
      call.signal?.addEventListener('abort', cancel, { once: true });
      if (!child.write(toWire(call, entry))) onExit('already ended');
    });
  }

  /** A modern client closed its stream: that cancels, and a child has to be told in its own way. */
  function cancelled(entry: Waiting): void {
    abandon(entry, refuse('GW_UPSTREAM_GONE', 'cancelled'));
    const params = { requestId: entry.wireId, reason: 'The client closed the stream' };
    child.write(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }));
  }

  function expire(entry: Waiting): void {
    abandon(entry, refuse('GW_UPSTREAM_TIMEOUT'));
  }

  return {
    send(call) {
      lastUsed = performance.now();
      if (call.id !== undefined) return enlist(call, call.id);
      const sent = child.write(oneLine(cancelledOnWire(call, waiting.values())));
      return Promise.resolve(sent ? { kind: 'empty', status: 202 } : refuse('GW_UPSTREAM_GONE'));
    },
    listen(signal) {
      listener?.end();
      const stream = new EventQueue({ ...FLOWING, cancel: () => closed() });
      const closed = () => {
        lastUsed = performance.now();
        if (listener === stream) listener = undefined;
        stream.end();
      };
      listener = stream;
      if (signal?.aborted) closed();
      signal?.addEventListener('abort', closed, { once: true });
      for (const frame of held) stream.push({ data: frame, id: undefined, retryMs: undefined });
      held = [];
      return { kind: 'stream', status: 200, events: stream, sessionId: undefined };
    },
    stop() {
      stopped = true;
      return child.stop();
    },
    get alive() {
      return alive;
    },
    get idle() {
      return waiting.size === 0 && listener === undefined;
    },
    get lastUsed() {
      return lastUsed;
    },
  };
}

function reread(text: string): Frame | Refusal {
  return readFrameText(text, READ);
}

function progressToken(params: JsonObject | undefined): FrameId | undefined {
  const meta = params?.['_meta'];
  const token = isObject(meta) ? meta['progressToken'] : undefined;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}

/** The frame as it goes out: as it came, unless an id of it is taken on this wire. */
function toWire(call: UpstreamCall, entry: Waiting): Uint8Array | string {
  let body = call.body;
  if (entry.wireId !== entry.clientId) body = withId(asText(body), '/id', entry.wireId);
  if (entry.wireToken !== entry.clientToken) {
    body = withId(asText(body), '/params/_meta/progressToken', entry.wireToken as FrameId);
  }
  return oneLine(body);
}

/** A cancellation names the id its sender used; on the wire that request may have another. */
function cancelledOnWire(call: UpstreamCall, waiting: Iterable<Waiting>): Uint8Array | string {
  if (call.method !== 'notifications/cancelled') return call.body;
  const named = call.params?.['requestId'];
  for (const entry of waiting) {
    if (entry.clientId === named && entry.wireId !== named) {
      return withId(asText(call.body), '/params/requestId', entry.wireId);
    }
  }
  return call.body;
}

/**
 * Line ends between tokens are white space to JSON and message ends to a pipe. Inside strings some readers (Node's
 * readline, Python's splitlines) also end a line at characters that JSON lets stand there: an argument could then hold
 * a message of its own, which nobody has judged. Escaped they mean the same.
 */
function oneLine(body: Uint8Array | string): Uint8Array | string {
  if (typeof body !== 'string' && !LINE_ENDS.some((end) => Buffer.prototype.includes.call(body, end)))
    return body;
  return asText(body).replace(ANY_LINE_END, (end) =>
    end === '\n' || end === '\r' ? ' ' : `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const LINE_ENDS = ['\n', '\r', '\u0085', '\u2028', '\u2029'];
const ANY_LINE_END = /[\n\r\u0085\u2028\u2029]/g;

const ID = String.raw`"id"\s*:\s*("(?:[^"\\]|\\.){0,256}"|-?\d{1,15})`;
const VERSION = String.raw`"jsonrpc"\s*:\s*"2\.0"`;
/** Where servers write the id of an answer: at its end, at its beginning, or wherever else. */
const SEEMING_IDS = [
  new RegExp(String.raw`${ID}\s*(?:,\s*${VERSION}\s*)?\}\s*$`),
  new RegExp(String.raw`^[\ufeff\s]*\{\s*(?:${VERSION}\s*,\s*)?${ID}`),
  new RegExp(ID),
];
const LOOK_AT_BYTES = 4_096;

/** What looks like the id of a message that cannot be read; a wrong guess refuses an answer of the same caller. */
function seemingId(line: Buffer): FrameId | undefined {
  const text =
    line.length <= 2 * LOOK_AT_BYTES
      ? line.toString('utf8')
      : `${line.toString('utf8', 0, LOOK_AT_BYTES)}\n${line.toString('utf8', line.length - LOOK_AT_BYTES)}`;
  if (!/^[\ufeff\s]*\{/.test(text)) return undefined;
  for (const pattern of SEEMING_IDS) {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) continue;
    try {
      return JSON.parse(found) as FrameId;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function asText(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}
