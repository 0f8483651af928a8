/**
 * A server that is a command. Each legacy session has a process of its own, started by its `initialize` and ended
 * with it; modern calls, which know no session, share one process for each caller, so callers never share one.
 * Clients rarely say goodbye, so where there are as many as may be, the one that has been idle for longest makes room.
 */
import { randomUUID } from 'node:crypto';
import { type Refusal, refuse } from '../errors.ts';
import type { LogPort, UpstreamCall, UpstreamPort, UpstreamReply } from '../pipeline/ports.ts';
import { type Conversation, type ConversationOptions, startConversation } from './conversation.ts';

export interface StdioUpstreamOptions extends ConversationOptions {
  readonly name: string;
  /** Processes of this server at one time. */
  readonly maxProcesses: number;
  /** A process nobody has used for so long is ended. */
  readonly idleMs: number;
}

type Held = Map<string, Conversation>;

export function createStdioUpstream(options: StdioUpstreamOptions, log: LogPort): UpstreamPort {
  const { name, maxProcesses, idleMs } = options;
  const sessions: Held = new Map();
  const callers: Held = new Map();
  /** Processes nobody can reach any more, until they are gone. */
  const ending = new Set<Promise<void>>();
  let closed = false;
  const reaper = setInterval(reap, Math.min(idleMs, 60_000));
  reaper.unref();

  function reap(): void {
    const before = performance.now() - idleMs;
    for (const held of [sessions, callers]) {
      for (const [key, conversation] of held) {
        if (conversation.alive && (!conversation.idle || conversation.lastUsed >= before)) continue;
        stop(held, key, conversation);
      }
    }
  }

  function stop(held: Held, key: string, conversation: Conversation): void {
    if (held.get(key) === conversation) held.delete(key);
    const gone = conversation.stop().then(() => void ending.delete(gone));
    ending.add(gone);
  }

  /** Ends what has been idle for longest; its session answers 404 from here on, so its client initializes anew. */
  function makeRoom(): boolean {
    let oldest: readonly [Held, string, Conversation] | undefined;
    for (const held of [sessions, callers]) {
      for (const [key, conversation] of held) {
        if (!conversation.idle || (oldest && oldest[2].lastUsed <= conversation.lastUsed)) continue;
        oldest = [held, key, conversation];
      }
    }
    if (oldest === undefined) return false;
    log.info('made_room', { server: name, idleMs: Math.round(performance.now() - oldest[2].lastUsed) });
    stop(...oldest);
    return true;
  }

  async function start(held: Held, key: string): Promise<Conversation | Refusal> {
    // Those on their way out run too: whoever initializes in a loop must not have any number of them.
    while (ending.size >= maxProcesses && !held.get(key)?.alive) await Promise.race(ending);
    if (closed) return refuse('GW_UPSTREAM_GONE', 'closed');
    const quicker = held.get(key);
    if (quicker?.alive) return quicker;
    held.delete(key);
    if (sessions.size + callers.size >= maxProcesses) reap();
    if (sessions.size + callers.size >= maxProcesses && !makeRoom()) {
      return refuse('GW_SERVER_BUSY', `${maxProcesses} processes of ${name} run already`);
    }
    const conversation = startConversation(options, log);
    held.set(key, conversation);
    return conversation;
  }

  async function open(call: UpstreamCall): Promise<UpstreamReply> {
    const sessionId = randomUUID();
    const conversation = await start(sessions, sessionId);
    if ('kind' in conversation) return conversation;
    const reply = await conversation.send(call);
    const failed = reply.kind === 'refusal' || (reply.kind === 'message' && isError(reply.body));
    if (!failed) return { ...reply, sessionId } as UpstreamReply;
    stop(sessions, sessionId, conversation);
    return reply;
  }

  async function modern(call: UpstreamCall): Promise<UpstreamReply> {
    const known = callers.get(call.callerKey);
    const conversation = known?.alive ? known : await start(callers, call.callerKey);
    if ('kind' in conversation) return conversation;
    const reply = await conversation.send(call);
    // A server that does not know discovery is a legacy one, and will be asked for a session next.
    const legacy = call.method === 'server/discover' && reply.kind === 'message' && isError(reply.body);
    if (legacy && conversation.idle) stop(callers, call.callerKey, conversation);
    return reply;
  }

  /** A session whose process is gone is gone itself: 404 tells the client to initialize again. */
  function live(sessionId: string | undefined): Conversation | undefined {
    const conversation = sessionId === undefined ? undefined : sessions.get(sessionId);
    if (conversation === undefined || conversation.alive) return conversation;
    sessions.delete(sessionId as string);
    return undefined;
  }

  return {
    name,
    async send(call) {
      if (call.era === 'modern') return modern(call);
      if (call.sessionId === undefined) {
        return call.method === 'initialize' ? open(call) : refuse('GW_SESSION_REQUIRED');
      }
      return live(call.sessionId)?.send(call) ?? { kind: 'empty', status: 404 };
    },
    async listen(call) {
      if (call.sessionId === undefined) return { kind: 'empty', status: 405 };
      return live(call.sessionId)?.listen(call.signal) ?? { kind: 'empty', status: 404 };
    },
    async end(sessionId) {
      const conversation = sessions.get(sessionId);
      if (conversation) stop(sessions, sessionId, conversation);
      return { kind: 'empty', status: 200 };
    },
    async close() {
      closed = true;
      clearInterval(reaper);
      for (const held of [sessions, callers]) {
        for (const [key, conversation] of held) stop(held, key, conversation);
      }
      await Promise.all(ending);
    },
  };
}

function isError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && body.error !== undefined;
}
