/** What is known of one exchange from the moment its frame has been read and its caller and server are known. */
import type { Caller } from '../decide/contract.ts';
import type { Era } from '../frame/methods.ts';
import type { Gate, Server } from './gate.ts';
import type { Correlation, Session } from './sessions.ts';

export interface Walk {
  readonly gate: Gate;
  readonly server: Server;
  readonly transport: 'http' | 'sse' | 'ws' | 'stdio';
  readonly caller: Caller;
  readonly callerKey: string;
  readonly era: Era;
  readonly protocol: string;
  readonly session: Session | undefined;
  /** The ids of the session, or of the caller where there is none. */
  readonly correlation: Correlation;
  /** The user's words, from a caller that may pass them on. */
  readonly intent?: string;
  /** On a stream that resumes another: what it replays may have been delivered before. */
  readonly resumes?: boolean;
}

/** Whose and where it is, for the record. */
export function whereOf({ server, caller }: Walk) {
  return { server: server.name, subject: caller.subject };
}
