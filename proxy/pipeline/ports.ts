/**
 * What the walk of an exchange asks of the outside: interfaces only, implemented by `edge/`, `upstream/` and
 * `services/*`, wired in `main.ts`, and played by small fakes in tests. Nothing here does anything.
 */
import type { Permit } from '../decide/act.ts';
import type { Caller, ProvenanceFact } from '../decide/contract.ts';
import type { Evaluator } from '../decide/evaluation.ts';
import type { Shown, Used } from '../decide/provenance/caller-index.ts';
import type { Asked } from '../decide/provenance/facts.ts';
import type { Refusal } from '../errors.ts';
import type { JsonObject } from '../frame/json.ts';
import type { Era } from '../frame/methods.ts';
import type { Frame, FrameId } from '../frame/read-frame.ts';

/** Time and chance, so that tests can hold them still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from some fixed point, with fractions, for durations. */
  ticks(): number;
  /** A fresh UUID. */
  id(): string;
}

/** A loaded policy: module, data and revision as one immutable thing, so no frame sees half of a swap. */
export interface PolicyHandle extends Evaluator {
  /** The bundle's name for itself; empty when it has none. */
  readonly revision: string;
  /** SHA-256 over bundle and overlaid data, e.g. `sha256:9f…`. */
  readonly digest: string;
  /** Data as the rules see it; the host reads `tools` from it. */
  readonly data: JsonObject;
}
export interface PolicyPort {
  current(): PolicyHandle | undefined;
}

/** The record. */
export interface RecordPort {
  /**
   * @param line one JSON object without its newline. Resolves once the kernel (or the disk) has it; rejects with
   * `RecordFailed` when the line may not be there, and then nothing may leave.
   */
  append(line: string): Promise<void>;
}

/** Labels and history of callers. Reads and writes are synchronous, so parallel calls cannot race past a rule. */
export interface StatePort {
  read(callerKey: string, nowMs: number): CallerState;
  /** Called when a frame is let through, before it leaves. A refusal means there is no room to remember. */
  remember(callerKey: string, nowMs: number, call: RememberedCall): Refusal | undefined;
}
export interface CallerState {
  /** `input.labels` as JSON text. */
  readonly labels: string;
  /** `input.history` as JSON text. */
  readonly history: string;
}
export interface RememberedCall {
  /** `server__tool`; undefined for a frame that is no tool call and so only leaves labels. */
  readonly name: string | undefined;
  readonly verdict: string;
  readonly labels: readonly string[];
  readonly ttlSeconds: number | undefined;
}

/**
 * Where values came from, by caller. What is learnt may be worked in later, but before the same caller is told anything:
 * answers follow one another through here in the order in which they were given.
 */
export interface ProvenancePort {
  /** An answer the caller gets. */
  shown(callerKey: string, answer: Shown): void;
  /** Arguments of a call that is let through. */
  used(callerKey: string, call: Used): void;
  /** False where something this caller met lately is no longer known. */
  isComplete(callerKey: string, nowMs: number): boolean;
  /** `input.provenance` of a call. */
  tell(callerKey: string, asked: Asked): readonly ProvenanceFact[];
}

/** Several gates, of which one at a time judges a caller. */
export interface SharedPort {
  /**
   * Waits for a turn with the caller, with everything that was known of it when the turn began.
   * @throws StateFailed when that cannot be had.
   */
  enter(callerKey: string): Promise<Lease>;
  /** False while no turn can be had. */
  isReachable(): boolean;
}
export interface Lease {
  /** Lets others have their turn, once they can know what was learnt in this. @throws StateFailed when they cannot. */
  leave(): Promise<void>;
}

/** Who is asking. Answers at once where nothing has to be fetched or verified: every call passes here. */
export interface IdentityPort {
  identify(request: { readonly headers: HeaderMap }): Identified | Promise<Identified>;
}
export type Identified =
  | { readonly kind: 'caller'; readonly caller: Caller; readonly key: string }
  | {
      readonly kind: 'refused';
      readonly status: 401;
      readonly code: string;
      readonly wwwAuthenticate: string;
    }
  | {
      readonly kind: 'refused';
      readonly status: 503;
      readonly code: string;
      readonly retryAfterSeconds: number;
    };

/** Lower-case names; one value each, since the edge refuses what came twice. */
export type HeaderMap = Readonly<Record<string, string | undefined>>;

/** One judged frame on its way to a server. */
export interface UpstreamCall {
  /** What leaves: the bytes as they came, or the text of an edited frame. */
  readonly body: Uint8Array | string;
  /** Undefined for notifications and answers. */
  readonly id: FrameId | undefined;
  readonly method: string | undefined;
  readonly params: JsonObject | undefined;
  readonly era: Era;
  readonly protocol: string;
  readonly sessionId: string | undefined;
  readonly callerKey: string;
  /** `mcp-*` headers to mirror, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts when a modern client closes its stream: that is cancellation. */
  readonly signal: AbortSignal | undefined;
}

/** What a server sends back for one call: nothing, one message, or messages as they come. */
export type UpstreamReply =
  | { readonly kind: 'empty'; readonly status: number }
  | {
      readonly kind: 'message';
      readonly status: number;
      readonly body: Received;
      readonly sessionId: string | undefined;
    }
  | {
      readonly kind: 'stream';
      readonly status: number;
      /** Ends by itself; a refusal says that it broke and is the last. Leaving it tells the server that nobody reads on. */
      readonly events: AsyncIterable<UpstreamEvent | Refusal>;
      readonly sessionId: string | undefined;
    }
  | Refusal;

/** A message as a server sent it; a frame where the transport had to read it to know whose it is. */
export type Received = Uint8Array | string | Frame;

/** One event of a stream. `data` is empty for priming events that only carry an id. */
export interface UpstreamEvent {
  readonly data: Received;
  readonly id: string | undefined;
  readonly retryMs: number | undefined;
}

export interface UpstreamPort {
  readonly name: string;
  /** Sends one frame; only a judged one can come with a permit. Never rejects: what goes wrong is a refusal. */
  send(call: UpstreamCall, permit: Permit): Promise<UpstreamReply>;
  /** Opens the stream of a legacy session, resuming after `lastEventId` where the server can. */
  listen(call: ListenCall): Promise<UpstreamReply>;
  /** Ends a legacy session. */
  end(sessionId: string, protocol: string): Promise<UpstreamReply>;
  close(): Promise<void>;
}
export interface ListenCall {
  readonly sessionId: string | undefined;
  readonly protocol: string;
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** How answers reach the client that is waiting; one per frame that came in, implemented by each edge. */
export interface ClientPort {
  /** Set where a refusal has no HTTP status to travel in and must name the request it answers. */
  readonly id?: FrameId | undefined;
  /** Abandons another request of this connection, where closing its stream cannot say so. */
  readonly cancel?: (id: FrameId) => void;
  /** The one answer there will be. */
  answer(
    status: number,
    body: Uint8Array | string | undefined,
    headers?: Readonly<Record<string, string>>,
  ): void;
  /** Begins a stream; what was written so far must be nothing. */
  stream(headers: Readonly<Record<string, string>>): ClientStream;
  /** Resolves or aborts when the client has gone. */
  readonly signal: AbortSignal;
}
export interface ClientStream {
  /** Resolves when the client can take more: a slow reader slows the server, not the gate's memory. */
  write(event: UpstreamEvent & { readonly data: string }): Promise<void>;
  /** @param unanswered the request is still open: its answer will come when the stream is resumed. */
  end(unanswered?: boolean): void;
}

/** Operational log: never a secret, never a message's content. */
export interface LogPort {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}
