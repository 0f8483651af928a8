/**
 * One link to a server and everybody who waits on it. Frames go out under ids that are free on its wire; each message
 * that comes back is handed to the call it belongs to, or to a session's own stream, or is dropped.
 *
 * It reads a message only to find out whose it is: judging it is for the walk, which gets the frame as read here.
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
import { remember } from '../pipeline/sessions.ts';
import { EventQueue } from './event-queue.ts';
import type { Link, StartLink } from './link.ts';
import { createListeners } from './listeners.ts';
import { ONLY, recipientsOf, type Sharing } from './recipients.ts';
import { seemingId } from './seeming-id.ts';
import { createWireIds, withId } from './wire-ids.ts';

/** A call that waits: answered by one message if the answer comes first, else by a stream that begins with what did. */
interface Waiting {
  /** Who asked: a session, or a caller where there is none. */
  readonly sender: string;
  readonly startedAt: number;
  readonly clientId: FrameId;
  readonly wireId: FrameId;
  readonly clientToken: FrameId | undefined;
  readonly wireToken: FrameId | undefined;
  /** Gone once the reply has begun. */
  resolve: ((reply: UpstreamReply) => void) | undefined;
  events: EventQueue | undefined;
  timer: NodeJS.Timeout | undefined;
  forgetSignal(): void;
}

export interface Conversation {
  /** Resolves when the first thing that belongs to the call has come back, or at once for what has no answer. */
  send(call: UpstreamCall): Promise<UpstreamReply>;
  /** The stream of one session for what the server says unasked; an older one of the same session ends. */
  listen(sessionId: string, signal: AbortSignal | undefined): UpstreamReply;
  /** A session is over: nothing is delivered to it or kept for it any more. */
  forget(sessionId: string): void;
  stop(): Promise<void>;
  readonly alive: boolean;
  /** Nobody waits and nobody listens. */
  readonly idle: boolean;
  /** When something last began or ended here, by `performance.now()`. */
  readonly lastUsed: number;
}

export interface ConversationOptions {
  /** For the log. */
  readonly name: string;
  readonly sharing: Sharing;
  readonly requestDeadlineMs: number;
  /** However much progress is reported. */
  readonly requestDeadlineMaxMs: number;
}

const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
const READ = { ...FRAME_LIMITS, direction: 'to_client' } as const;

export function startConversation(
  start: StartLink,
  options: ConversationOptions,
  log: LogPort,
): Conversation {
  const { name, sharing } = options;
  let minted = 0;
  const mint = () => `portcullis-${++minted}`;
  const waiting = createWireIds<Waiting>(mint);
  const tokens = createWireIds<Waiting>(mint);
  const listeners = createListeners(name, log);
  /** Sessions by the URI they subscribed to; who else is told of it is nobody's business. */
  const subscribers = new Map<string, Set<string>>();
  /** Whom the server asked, by its request's id: it may take its question back. */
  const questions = new Map<FrameId, string>();
  let alive = true;
  let stopped = false;
  let spoke = false;
  let lastUsed = performance.now();
  const link: Link = start({ onMessage, onExit }, log);

  function onMessage(message: Buffer | string): void {
    spoke = true;
    const frame = typeof message === 'string' ? readFrameText(message, READ) : readFrame(message, READ);
    switch (frame.kind) {
      case 'refusal':
        return unreadable(message, frame);
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
      return log.warn('answer_to_nothing', { server: name });
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
    if (frame.method === 'notifications/progress') extend(entry);
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

  /** What belongs to no call: to whom it can belong, and to nobody else. */
  function unasked(frame: Frame): void {
    const to = recipientsOf(frame, sharing, {
      asking: askers(),
      listening: listeners.names(),
      subscribers,
      questions,
    });
    switch (to.kind) {
      case 'sessions':
        if (frame.kind === 'request' && to.names[0] !== undefined) remember(questions, frame.id, to.names[0]);
        for (const session of to.names) deliver(session, frame);
        return;
      case 'answer':
        return void link.write(to.text);
      case 'nobody':
        return log.warn('nobody_listens', { server: name });
    }
  }

  /** On the session's own stream; without one, on that of its call that waits; without any, held for later. */
  function deliver(session: string, frame: Frame): void {
    if (listeners.push(session, frame)) return;
    const last = [...waiting.values()].findLast(({ sender }) => sender === session || sharing === 'own');
    if (last) streamOf(last).push({ data: frame, id: undefined, retryMs: undefined });
    else listeners.hold(session, frame);
  }

  function keyOf(sessionId: string): string {
    return sharing === 'own' ? ONLY : sessionId;
  }

  function askers(): readonly string[] {
    return [...new Set([...waiting.values()].map(({ sender }) => sender))];
  }

  /** Progress buys time, but not without end. */
  function extend(entry: Waiting): void {
    const spent = performance.now() - entry.startedAt;
    if (spent + options.requestDeadlineMs <= options.requestDeadlineMaxMs) entry.timer?.refresh();
  }

  function streamOf(entry: Waiting): EventQueue {
    if (entry.events === undefined) {
      entry.events = new EventQueue({ pause: link.pause, resume: link.resume, cancel() {} });
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
  function unreadable(message: Buffer | string, refusal: Refusal): void {
    log.warn('unreadable_message', { server: name, code: refusal.code });
    const seeming = seemingId(Buffer.from(message));
    const entry = seeming === undefined ? undefined : waiting.get(seeming);
    if (entry) settle(entry, refuse('GW_UPSTREAM_ANSWER', refusal.code));
  }

  function onExit(why: string): void {
    if (alive) log[stopped ? 'info' : 'warn']('server_ended', { server: name, why });
    alive = false;
    const refusal = spoke ? refuse('GW_UPSTREAM_GONE', why) : refuse('GW_UPSTREAM_UNREACHABLE', why);
    for (const entry of [...waiting.values()]) settle(entry, refusal);
    listeners.close();
  }

  function enlist(call: UpstreamCall, id: FrameId): Promise<UpstreamReply> {
    if (call.signal?.aborted) return Promise.resolve(refuse('GW_UPSTREAM_GONE', 'cancelled'));
    return new Promise((resolve) => {
      const clientToken = progressToken(call.params);
      const entry: Waiting = {
        sender: senderOf(call),
        startedAt: performance.now(),
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
      if (!link.write(toWire(call, entry))) onExit('already ended');
    });
  }

  /** A modern client closed its stream: that cancels, and a child has to be told in its own way. */
  function cancelled(entry: Waiting): void {
    abandon(entry, refuse('GW_UPSTREAM_GONE', 'cancelled'));
    const params = { requestId: entry.wireId, reason: 'The client closed the stream' };
    link.write(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }));
  }

  function expire(entry: Waiting): void {
    abandon(entry, refuse('GW_UPSTREAM_TIMEOUT'));
  }

  /** A client may take back its own requests only: others may use the same ids, and guess those of the wire. */
  function cancel(call: UpstreamCall): UpstreamReply {
    const named = call.params?.['requestId'];
    const sender = senderOf(call);
    const entry = [...waiting.values()].find((one) => one.clientId === named && one.sender === sender);
    if (entry === undefined) return DONE;
    const body =
      entry.wireId === named ? call.body : withId(asText(call.body), '/params/requestId', entry.wireId);
    clearTimeout(entry.timer);
    // The answer may have been under way; a server that has heard the note sends none.
    entry.timer = setTimeout(() => abandon(entry, refuse('GW_UPSTREAM_GONE', 'cancelled')), CANCEL_GRACE_MS);
    return link.write(body) ? DONE : refuse('GW_UPSTREAM_GONE');
  }

  return {
    send(call) {
      lastUsed = performance.now();
      const local = sharing === 'own' ? undefined : settleLocally(call);
      if (local) return Promise.resolve(local);
      if (call.id !== undefined) return enlist(call, call.id);
      if (call.method === 'notifications/cancelled') return Promise.resolve(cancel(call));
      return Promise.resolve(link.write(call.body) ? DONE : refuse('GW_UPSTREAM_GONE'));
    },
    listen(sessionId, signal) {
      return {
        kind: 'stream',
        status: 200,
        sessionId: undefined,
        events: listeners.open(keyOf(sessionId), signal, () => {
          lastUsed = performance.now();
        }),
      };
    },
    forget(sessionId) {
      listeners.forget(keyOf(sessionId));
      for (const sessions of subscribers.values()) sessions.delete(sessionId);
    },
    stop() {
      stopped = true;
      return link.stop();
    },
    get alive() {
      return alive;
    },
    get idle() {
      return waiting.size === 0 && listeners.names().length === 0;
    },
    get lastUsed() {
      return lastUsed;
    },
  };

  /** Where several sessions share a link, one of them may not end what another still wants. */
  function settleLocally(call: UpstreamCall): UpstreamReply | undefined {
    const uri = call.params?.['uri'];
    if (typeof uri !== 'string' || call.id === undefined) return undefined;
    const sessions = subscribers.get(uri) ?? new Set<string>();
    if (call.method === 'resources/subscribe') {
      if (subscribers.size >= MAX_SUBSCRIBED && !subscribers.has(uri)) return refuse('GW_BUSY');
      subscribers.set(uri, sessions.add(senderOf(call)));
    } else if (call.method === 'resources/unsubscribe') {
      sessions.delete(senderOf(call));
      if (sessions.size > 0) return emptyResult(call.id);
      subscribers.delete(uri);
    }
    return undefined;
  }
}

const DONE: UpstreamReply = { kind: 'empty', status: 202 };
const CANCEL_GRACE_MS = 2_000;
/** Resources one link may be subscribed to. */
const MAX_SUBSCRIBED = 10_000;

/** Nothing of the server's: what it would have answered, had it been asked. */
function emptyResult(id: FrameId): UpstreamReply {
  const body = JSON.stringify({ jsonrpc: '2.0', id, result: {} });
  return { kind: 'message', status: 200, body, sessionId: undefined };
}

function senderOf(call: UpstreamCall): string {
  return call.sessionId ?? call.callerKey;
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
  return body;
}

function asText(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}
