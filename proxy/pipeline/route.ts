/**
 * Where a message belongs: its era and revision, and for legacy ones the session. A session that is not this
 * caller's at this server is answered exactly like one that never was.
 */
import { type Refusal, refuse } from '../errors.ts';
import { type EraOutcome, eraOf, HEADER_MISMATCH } from '../frame/era.ts';
import type { Era } from '../frame/methods.ts';
import { paramMismatch } from '../frame/param-headers.ts';
import type { Frame } from '../frame/read-frame.ts';
import { speakProtocolError } from './answers.ts';
import type { Gate, Server } from './gate.ts';
import type { HeaderMap, Identified } from './ports.ts';
import type { Correlation } from './sessions.ts';
import type { Walk } from './walk.ts';

/** A message as an edge hands it over, its body not yet read. */
export interface Incoming {
  readonly server: Server;
  readonly transport: Walk['transport'];
  readonly headers: HeaderMap;
  /**
   * Reads the body, at most `maxBodyBytes`: GW_BODY_TOO_LARGE, GW_BODY_TIMEOUT. A frame where the edge had to read
   * it to know whose it is.
   */
  body(): Promise<Uint8Array | Frame | Refusal>;
  /** Ids of a connection that is a conversation of its own; else those of the session, or of the caller. */
  readonly correlation?: Correlation;
}

export type Routed =
  | { readonly kind: 'walk'; readonly walk: Walk }
  /** Said in the protocol's own numbers. */
  | {
      readonly kind: 'protocol_error';
      readonly status: number;
      readonly text: string;
      /** For the record: the protocol's number as text. */
      readonly code: string;
      readonly detail: string;
    }
  | Refusal;

/** Who sent it. */
export type Known = Extract<Identified, { kind: 'caller' }>;

export function route(gate: Gate, incoming: Incoming, who: Known, frame: Frame): Routed {
  // Only HTTP mirrors in headers what the message says.
  const headerless = incoming.transport !== 'http';
  const said = eraOf(frame, incoming.headers, { headerless });
  const outcome =
    said.kind === 'era' && !headerless ? (wrongParams(incoming, said.era, frame) ?? said) : said;
  if (outcome.kind === 'mismatch') {
    const id = frame.kind === 'request' ? frame.id : null;
    return {
      kind: 'protocol_error',
      status: outcome.status,
      code: String(outcome.code),
      detail: outcome.message,
      text: speakProtocolError(id, outcome.code, outcome.message, outcome.data),
    };
  }
  const { server, transport } = incoming;
  const known = { gate, server, transport, caller: who.caller, callerKey: who.key, era: outcome.era };
  if (outcome.era === 'modern') {
    const correlation = { asked: new Map(), toAnswer: new Map() };
    return { kind: 'walk', walk: { ...known, protocol: outcome.protocol, session: undefined, correlation } };
  }
  return legacyWalk(known, incoming, proposed(frame) ?? outcome.protocol);
}

/** Arguments that the tool wants mirrored in headers, as far as its definition has been seen. */
function wrongParams({ server, headers }: Incoming, era: Era, frame: Frame): EraOutcome | undefined {
  if (era === 'legacy' || frame.kind !== 'request' || frame.method !== 'tools/call') return undefined;
  const name = frame.params?.['name'];
  const declared = typeof name === 'string' ? server.catalogue.get(name)?.params : undefined;
  if (declared === undefined || declared.length === 0) return undefined;
  const message = paramMismatch(headers, frame.params?.['arguments'], declared);
  return message === undefined
    ? undefined
    : { kind: 'mismatch', status: 400, code: HEADER_MISMATCH, message };
}

/** `initialize` names the revision it proposes in its body, before any header can. */
function proposed(frame: Frame): string | undefined {
  if (frame.kind !== 'request' || frame.method !== 'initialize') return undefined;
  const version = frame.params?.['protocolVersion'];
  return typeof version === 'string' ? version.slice(0, 32) : undefined;
}

/** The walk of a legacy message or stream: inside a session when the client names one. */
export function legacyWalk(
  known: Omit<Walk, 'protocol' | 'session' | 'correlation'>,
  incoming: Pick<Incoming, 'headers' | 'correlation'>,
  protocol: string,
): Routed {
  const { gate, server, callerKey } = known;
  const id = incoming.headers['mcp-session-id'];
  if (id === undefined) {
    const correlation = incoming.correlation ?? gate.sessions.sessionless(server.name, callerKey);
    return { kind: 'walk', walk: { ...known, protocol, session: undefined, correlation } };
  }
  const session = gate.sessions.find(server.name, id, callerKey);
  if (session === undefined) return refuse('GW_SESSION');
  return { kind: 'walk', walk: { ...known, protocol: session.protocol, session, correlation: session } };
}
