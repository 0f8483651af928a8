/**
 * A server behind links (processes, WebSockets, SSE streams): which link serves which call. A link of a session's own
 * begins with its `initialize` and ends with it; modern calls, which know no session, share one for each caller. A
 * server may also be given one link for each caller, or one for everybody. Clients rarely say goodbye, so where there
 * are as many links as may be, an idle one makes room: one of the caller who has most of them.
 */
import { randomUUID } from 'node:crypto';
import { type Refusal, refuse } from '../errors.ts';
import type { LogPort, UpstreamCall, UpstreamPort, UpstreamReply } from '../pipeline/ports.ts';
import { type Conversation, type ConversationOptions, startConversation } from './conversation.ts';
import type { StartLink } from './link.ts';
import { createSlot, type Slot } from './slot.ts';

export type Instance = 'per_session' | 'per_caller' | 'shared';

const SHARING = { per_session: 'own', per_caller: 'caller', shared: 'shared' } as const;

export interface PoolOptions extends Omit<ConversationOptions, 'sharing'> {
  readonly instance: Instance;
  /** Links of this server at one time. */
  readonly maxLinks: number;
  /** A link nobody has used for so long is ended. */
  readonly idleMs: number;
}

export function createPool(startLink: StartLink, options: PoolOptions, log: LogPort): UpstreamPort {
  const { name, instance, maxLinks, idleMs } = options;
  const slots = new Map<string, Slot>();
  /** Where each legacy session lives. */
  const homes = new Map<string, string>();
  /** The link each slot has now, or had last. */
  const links = new Map<Slot, Conversation>();
  /** Links nobody can reach any more, until they are gone. */
  const ending = new Set<Promise<void>>();
  let closed = false;
  const reaper = setInterval(reap, Math.min(idleMs, 60_000));
  reaper.unref();

  function reap(): void {
    const before = performance.now() - idleMs;
    for (const [key, slot] of slots) if (slot.idle && slot.lastUsed < before) stop(key, slot);
  }

  function stop(key: string, slot: Slot): void {
    if (slots.get(key) === slot) slots.delete(key);
    links.delete(slot);
    for (const session of slot.sessions) homes.delete(session);
    const gone = slot.stop().then(() => void ending.delete(gone));
    ending.add(gone);
  }

  /** Ends an idle link; its sessions answer 404 from here on, so their clients initialize anew. */
  function makeRoom(): boolean {
    const held = Map.groupBy([...slots.values()], ({ callerKey }) => callerKey);
    let chosen: readonly [string, Slot] | undefined;
    for (const [key, slot] of slots) {
      if (!slot.idle || !slot.alive) continue;
      const more = chosen && countOf(held, slot) - countOf(held, chosen[1]);
      if (
        more === undefined ||
        more > 0 ||
        (more === 0 && slot.lastUsed < (chosen as [string, Slot])[1].lastUsed)
      )
        chosen = [key, slot];
    }
    if (chosen === undefined) return false;
    log.info('made_room', { server: name, idleMs: Math.round(performance.now() - chosen[1].lastUsed) });
    stop(...chosen);
    return true;
  }

  /** A link for a slot, when there is room. */
  async function start(slot: () => Slot): Promise<Conversation | Refusal> {
    // Those on their way out run too: whoever initializes in a loop must not have any number of them.
    while (ending.size >= maxLinks) await Promise.race(ending);
    if (closed) return refuse('GW_UPSTREAM_GONE', 'closed');
    if (running(slot()) >= maxLinks) reap();
    if (running(slot()) >= maxLinks && !makeRoom()) {
      return refuse('GW_SERVER_BUSY', `${maxLinks} instances of ${name} run already`);
    }
    const conversation = startConversation(startLink, { ...options, sharing: SHARING[instance] }, log);
    links.set(slot(), conversation);
    return conversation;
  }

  function running(besides: Slot): number {
    return [...links].filter(([slot, { alive }]) => slot !== besides && alive).length;
  }

  function slotAt(key: string, callerKey: string): Slot {
    const known = slots.get(key);
    if (known) return known;
    const slot: Slot = createSlot({ callerKey, start: () => start(() => slot) });
    slots.set(key, slot);
    return slot;
  }

  /** Eras do not share a link: a server learns from its first message which one it speaks. */
  function keyOf(call: UpstreamCall, own: string): string {
    if (instance === 'shared') return call.era;
    return instance === 'per_caller' || call.era === 'modern' ? `${call.era} ${call.callerKey}` : own;
  }

  async function open(call: UpstreamCall): Promise<UpstreamReply> {
    const sessionId = randomUUID();
    const key = keyOf(call, sessionId);
    const slot = slotAt(key, call.callerKey);
    slot.sessions.add(sessionId);
    homes.set(sessionId, key);
    const reply = await slot.initialize(call);
    if (reply.kind !== 'refusal' && !isErrorReply(reply)) return { ...reply, sessionId } as UpstreamReply;
    leave(sessionId);
    return reply;
  }

  function leave(sessionId: string): void {
    const key = homes.get(sessionId);
    const slot = key === undefined ? undefined : slots.get(key);
    homes.delete(sessionId);
    slot?.forget(sessionId);
    if (slot?.sessions.size === 0) stop(key as string, slot);
  }

  async function modern(call: UpstreamCall): Promise<UpstreamReply> {
    const key = keyOf(call, '');
    const slot = slotAt(key, call.callerKey);
    const reply = await slot.send(call);
    // A server that does not know discovery is a legacy one, and will be asked for a session next.
    const legacy = call.method === 'server/discover' && isErrorReply(reply);
    if (legacy && slot.idle) stop(key, slot);
    return reply;
  }

  function home(sessionId: string): Slot | undefined {
    const key = homes.get(sessionId);
    return key === undefined ? undefined : slots.get(key);
  }

  return {
    name,
    async send(call) {
      if (call.era === 'modern') return modern(call);
      if (call.sessionId === undefined) {
        return call.method === 'initialize' ? open(call) : refuse('GW_SESSION_REQUIRED');
      }
      return home(call.sessionId)?.send(call) ?? { kind: 'empty', status: 404 };
    },
    async listen(call) {
      if (call.sessionId === undefined) return { kind: 'empty', status: 405 };
      return home(call.sessionId)?.listen(call.sessionId, call.signal) ?? { kind: 'empty', status: 404 };
    },
    async end(sessionId) {
      leave(sessionId);
      return { kind: 'empty', status: 200 };
    },
    async close() {
      closed = true;
      clearInterval(reaper);
      for (const [key, slot] of slots) stop(key, slot);
      await Promise.all(ending);
    },
  };
}

function countOf(held: Map<string, Slot[]>, slot: Slot): number {
  return held.get(slot.callerKey)?.length ?? 0;
}

function isErrorReply(reply: UpstreamReply): boolean {
  if (reply.kind !== 'message') return false;
  const { body } = reply;
  return typeof body === 'object' && 'error' in body && body.error !== undefined;
}
