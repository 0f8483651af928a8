/**
 * A place in the pool: a link that is started when it is needed, started again when it has ended, and until then
 * remembers how to begin. A legacy server is greeted once per link, however many sessions share it: the first
 * `initialize` goes through, later ones get its answer under their own ids, and after a restart the greeting, the
 * subscriptions and the log level are said again, so that sessions go on with the new process.
 */
import { type Refusal, refuse } from '../errors.ts';
import type { Frame } from '../frame/read-frame.ts';
import type { UpstreamCall, UpstreamReply } from '../pipeline/ports.ts';
import type { Conversation } from './conversation.ts';
import { withId } from './wire-ids.ts';

export interface Slot {
  readonly callerKey: string;
  /** Sessions that live here. */
  readonly sessions: Set<string>;
  /** @param call anything but `initialize`. */
  send(call: UpstreamCall): Promise<UpstreamReply>;
  /** @returns the server's answer to the first `initialize`, under this one's id. */
  initialize(call: UpstreamCall): Promise<UpstreamReply>;
  listen(sessionId: string, signal: AbortSignal | undefined): Promise<UpstreamReply>;
  forget(sessionId: string): void;
  stop(): Promise<void>;
  /** Runs now. */
  readonly alive: boolean;
  readonly idle: boolean;
  readonly lastUsed: number;
}

export interface SlotOptions {
  readonly callerKey: string;
  /** Starts a link, when there is room for one. */
  start(): Promise<Conversation | Refusal>;
}

/** A link that lived so long was no failure to start. */
const SERVED_MS = 10_000;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;
/** Further greetings to be said after a restart. */
const MAX_REPLAYED = 1_000;

export function createSlot({ callerKey, start }: SlotOptions): Slot {
  const sessions = new Set<string>();
  /** What brought the link to where it is, to be said again: by what it is about. */
  const replayed = new Map<string, UpstreamCall>();
  let conversation: Conversation | undefined;
  let starting: Promise<Conversation | Refusal> | undefined;
  let greeting: Promise<UpstreamReply> | undefined;
  let greeted: { readonly call: UpstreamCall; readonly answer: Frame } | undefined;
  let initialized: UpstreamCall | undefined;
  let startedAt = 0;
  let failures = 0;
  let stopped = false;

  async function ready(): Promise<Conversation | Refusal> {
    if (conversation?.alive) return conversation;
    starting ??= restart().finally(() => {
      starting = undefined;
    });
    return starting;
  }

  async function restart(): Promise<Conversation | Refusal> {
    if (stopped) return refuse('GW_UPSTREAM_GONE', 'closed');
    if (conversation !== undefined) {
      failures = performance.now() - startedAt >= SERVED_MS ? 1 : failures + 1;
      const wait = startedAt + delayAfter(failures) - performance.now();
      if (wait > 0) {
        failures--;
        return refuse('GW_UPSTREAM_UNREACHABLE', `it ended, and starts again in ${Math.ceil(wait / 1000)} s`);
      }
    }
    const started = await start();
    if ('kind' in started) return started;
    conversation = started;
    startedAt = performance.now();
    if (greeted === undefined) return started;
    const refusal = await spoken(started, greeted.call);
    if (refusal) return refusal;
    if (initialized) await started.send(initialized);
    for (const call of replayed.values()) void spoken(started, call);
    return started;
  }

  async function greet(call: UpstreamCall): Promise<UpstreamReply> {
    const open = await ready();
    if ('kind' in open) return open;
    const reply = await open.send(call);
    const answer = reply.kind === 'message' ? (reply.body as Frame) : undefined;
    if (answer?.kind === 'response' && answer.result !== undefined) {
      greeted = {
        call: { ...call, id: GREETING_ID, body: withId(textOf(call), '/id', GREETING_ID) },
        answer,
      };
    }
    return reply;
  }

  function keep(call: UpstreamCall): void {
    const uri = call.params?.['uri'];
    if (call.method === 'logging/setLevel') replayed.set('level', under(call, 'portcullis-level'));
    if (call.method === 'resources/unsubscribe') replayed.delete(`uri ${uri}`);
    if (call.method === 'resources/subscribe' && replayed.size < MAX_REPLAYED)
      replayed.set(`uri ${uri}`, under(call, `portcullis-uri-${uri}`.slice(0, 200)));
  }

  return {
    callerKey,
    sessions,
    async send(call) {
      if (call.method === 'notifications/initialized') {
        if (initialized !== undefined) return { kind: 'empty', status: 202 };
        // Taken before anything is awaited: of clients that come together one speaks for all.
        initialized = call;
      }
      const open = await ready();
      if ('kind' in open) return open;
      if (call.era === 'legacy') keep(call);
      return open.send(call);
    },
    async initialize(call) {
      for (;;) {
        if (greeted)
          return { kind: 'message', status: 200, body: answerTo(call, greeted.answer), sessionId: undefined };
        if (greeting === undefined) {
          greeting = greet(call).finally(() => {
            greeting = undefined;
          });
          return greeting;
        }
        await greeting;
      }
    },
    async listen(sessionId, signal) {
      const open = await ready();
      return 'kind' in open ? open : open.listen(sessionId, signal);
    },
    forget(sessionId) {
      sessions.delete(sessionId);
      conversation?.forget(sessionId);
    },
    async stop() {
      stopped = true;
      await conversation?.stop();
    },
    get alive() {
      return conversation?.alive === true;
    },
    get idle() {
      return starting === undefined && conversation?.idle !== false;
    },
    get lastUsed() {
      return conversation?.lastUsed ?? 0;
    },
  };
}

/** Says a call nobody waits for any more, and hears its answer out. */
async function spoken(conversation: Conversation, call: UpstreamCall): Promise<Refusal | undefined> {
  const reply = await conversation.send(call);
  if (reply.kind === 'refusal') return reply;
  if (reply.kind !== 'stream') return undefined;
  for await (const event of reply.events) if ('kind' in event) return event;
  return undefined;
}

const GREETING_ID = 'portcullis-greeting';

/** None after the first failure, then longer each time. */
function delayAfter(failures: number): number {
  return failures <= 1 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (failures - 2), MAX_DELAY_MS);
}

function answerTo(call: UpstreamCall, answer: Frame): string {
  return call.id === undefined ? answer.text : withId(answer.text, '/id', call.id);
}

/** The same call under an id of ours, for when nobody waits for its answer. */
function under(call: UpstreamCall, id: string): UpstreamCall {
  return { ...call, id, body: withId(textOf(call), '/id', id), signal: undefined };
}

function textOf({ body }: UpstreamCall): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}
