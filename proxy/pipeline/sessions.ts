/**
 * Legacy sessions: which caller opened which, at which server. A session id is not a credential, so a session
 * answers only to its own caller at its own server; to anybody else it does not exist. Bounded for each caller
 * (the oldest makes room, because clients rarely say goodbye) and over all (then new ones are refused).
 */
import type { Obligations } from '../decide/verdict.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Json } from '../frame/json.ts';
import type { FrameId } from '../frame/read-frame.ts';
import type { Subscription } from './subscriptions.ts';

/** A request that was let through, as long as its answer may still come. */
export interface OpenRequest {
  readonly id: FrameId;
  readonly method: string;
  readonly tool: string | undefined;
  /** Of the resource that was asked for. */
  readonly uri?: string | undefined;
  /** What it was asked with. */
  readonly args?: Json | undefined;
  /** It asks for a further page of a list. */
  readonly continues?: boolean;
  /** Of a stream of changes: what it may deliver. */
  readonly subscription?: Subscription | undefined;
  readonly decisionId: string;
  readonly obligations: Obligations;
  readonly startedAt: number;
  /** True while the stream that will carry the answer is open. */
  inFlight: boolean;
  /** True once its stream has carried event ids: then the server may replay it, and what it replays is judged again. */
  replayable: boolean;
  answered: boolean;
  /** The session that this `initialize` opened, once the server has named it. */
  opened?: Session;
}

/** A server's request as the client was shown it. */
export interface Question {
  readonly method: string;
  /** SHA-256 of its text: the same one may come again when a stream is resumed, another one may not. */
  readonly digest: string;
}

/** Ids on both sides of one conversation: what the client asked, and what the server asked the client. */
export interface Correlation {
  readonly asked: Map<FrameId, OpenRequest>;
  /** Server requests shown to the client, by id; each may be answered once. */
  readonly toAnswer: Map<FrameId, Question>;
}

export interface Session extends Correlation {
  readonly id: string;
  readonly server: string;
  readonly callerKey: string;
  readonly openedAt: number;
  protocol: string;
  /** What the server said it can do, when it opened the session. */
  capabilities: Json | undefined;
  /** While the session's own stream is being opened: resolves when the server has answered, or has had long enough. */
  opening: Promise<void> | undefined;
}

export interface SessionLimits {
  readonly maxSessions: number;
  readonly maxSessionsPerCaller: number;
}

export interface Sessions {
  /** Binds a session id that a server gave out. @returns GW_SESSIONS_FULL when there is no room. */
  open(server: string, id: string, callerKey: string, protocol: string, now: number): Session | Refusal;
  find(server: string, id: string, callerKey: string): Session | undefined;
  close(session: Session): void;
  /** The conversation of a caller with a server that keeps no sessions. */
  sessionless(server: string, callerKey: string): Correlation;
  readonly size: number;
}

const MAX_OPEN = 1_000;
const MAX_SESSIONLESS = 10_000;

/** @param evicted is told of sessions that made room, so their servers can be told. */
export function createSessions(limits: SessionLimits, evicted: (session: Session) => void): Sessions {
  const byId = new Map<string, Session>();
  const byCaller = new Map<string, Set<Session>>();
  const without = new Map<string, Correlation>();

  function close(session: Session): void {
    const key = keyOf(session.server, session.id);
    // Closed twice, it must not take along a later session that was given the same id.
    if (byId.get(key) === session) byId.delete(key);
    const own = byCaller.get(session.callerKey);
    own?.delete(session);
    if (own?.size === 0) byCaller.delete(session.callerKey);
  }

  return {
    open(server, id, callerKey, protocol, openedAt) {
      const key = keyOf(server, id);
      // A server that hands out the same id twice would hand one caller another's session.
      if (byId.has(key)) return refuse('GW_UPSTREAM_ANSWER', 'the server reused a session id');
      const own = byCaller.get(callerKey) ?? new Set<Session>();
      if (own.size >= limits.maxSessionsPerCaller) {
        const oldest = own.values().next().value as Session;
        close(oldest);
        evicted(oldest);
      }
      if (byId.size >= limits.maxSessions) return refuse('GW_SESSIONS_FULL');
      const ids = { asked: new Map(), toAnswer: new Map() };
      const fresh = { capabilities: undefined, opening: undefined };
      const session: Session = { id, server, callerKey, protocol, openedAt, ...fresh, ...ids };
      byId.set(key, session);
      byCaller.set(callerKey, own.add(session));
      return session;
    },
    find(server, id, callerKey) {
      const session = byId.get(keyOf(server, id));
      return session?.callerKey === callerKey ? session : undefined;
    },
    close,
    sessionless(server, callerKey) {
      const key = keyOf(server, callerKey);
      const correlation = without.get(key) ?? { asked: new Map(), toAnswer: new Map() };
      without.delete(key);
      remember(without, key, correlation, MAX_SESSIONLESS);
      return correlation;
    },
    get size() {
      return byId.size;
    },
  };
}

/** Keeps one more entry, and no more than `most`: the oldest goes. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number = MAX_OPEN): void {
  if (map.size >= most && !map.has(key)) map.delete(map.keys().next().value as K);
  map.set(key, value);
}

/** Server names cannot hold a slash, so the pair cannot be spelled two ways. */
function keyOf(server: string, rest: string): string {
  return `${server}/${rest}`;
}
