/**
 * A server that is a command. Each legacy session has a process of its own, started by its `initialize` and ended
 * with it; modern calls, which know no session, share one process for each caller, so callers never share one.
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

interface Held {
  readonly conversation: Conversation;
  lastUsed: number;
}

export function createStdioUpstream(options: StdioUpstreamOptions, log: LogPort): UpstreamPort {
  const sessions = new Map<string, Held>();
  const callers = new Map<string, Held>();
  const reaper = setInterval(reap, Math.min(options.idleMs, 60_000));
  reaper.unref();

  function reap(): void {
    const before = Date.now() - options.idleMs;
    for (const held of [sessions, callers]) {
      for (const [key, { conversation, lastUsed }] of held) {
        if (conversation.alive && (!conversation.idle || lastUsed >= before)) continue;
        held.delete(key);
        void conversation.stop();
      }
    }
  }

  function start(): Held | Refusal {
    if (sessions.size + callers.size >= options.maxProcesses) reap();
    if (sessions.size + callers.size >= options.maxProcesses) {
      return refuse('GW_BUSY', `${options.maxProcesses} processes of ${options.name} run already`);
    }
    return { conversation: startConversation(options, log), lastUsed: Date.now() };
  }

  async function open(call: UpstreamCall): Promise<UpstreamReply> {
    const held = start();
    if ('kind' in held) return held;
    const sessionId = randomUUID();
    sessions.set(sessionId, held);
    const reply = await held.conversation.send(call);
    const failed = reply.kind === 'refusal' || (reply.kind === 'message' && isError(reply.body));
    if (!failed) return { ...reply, sessionId } as UpstreamReply;
    sessions.delete(sessionId);
    void held.conversation.stop();
    return reply;
  }

  async function modern(call: UpstreamCall): Promise<UpstreamReply> {
    let held: Held | Refusal | undefined = callers.get(call.callerKey);
    if (held === undefined || !held.conversation.alive) held = start();
    if ('kind' in held) return held;
    held.lastUsed = Date.now();
    callers.set(call.callerKey, held);
    const reply = await held.conversation.send(call);
    // A server that does not know discovery is a legacy one, and will be asked for a session next.
    const legacy = call.method === 'server/discover' && reply.kind === 'message' && isError(reply.body);
    if (legacy && held.conversation.idle) {
      callers.delete(call.callerKey);
      void held.conversation.stop();
    }
    return reply;
  }

  /** A session whose process is gone is gone itself: 404 tells the client to initialize again. */
  function live(sessionId: string | undefined): Conversation | undefined {
    const held = sessionId === undefined ? undefined : sessions.get(sessionId);
    if (held === undefined) return undefined;
    held.lastUsed = Date.now();
    if (held.conversation.alive) return held.conversation;
    sessions.delete(sessionId as string);
    return undefined;
  }

  return {
    name: options.name,
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
      const held = sessions.get(sessionId);
      sessions.delete(sessionId);
      void held?.conversation.stop();
      return { kind: 'empty', status: 200 };
    },
    async close() {
      clearInterval(reaper);
      const all = [...sessions.values(), ...callers.values()];
      sessions.clear();
      callers.clear();
      await Promise.all(all.map(({ conversation }) => conversation.stop()));
    },
  };
}

function isError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && body.error !== undefined;
}
