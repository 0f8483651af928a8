/**
 * What a conversation talks over: a child process, a WebSocket, or the stream and POSTs of legacy SSE. It carries whole
 * messages in order, both ways, and knows nothing of what they say.
 */
import type { LogPort } from '../pipeline/ports.ts';

export interface Link {
  /** @returns false when the other side is gone. */
  write(message: Uint8Array | string): boolean;
  /** Stops reading until everybody who paused has resumed: many calls share one link. */
  pause(): void;
  resume(): void;
  /** Resolves when the link is gone. */
  stop(): Promise<void>;
}

export interface LinkEvents {
  onMessage(message: Buffer | string): void;
  /** The link is gone, or has broken its framing and is being ended; called once. */
  onExit(why: string): void;
}

export type StartLink = (events: LinkEvents, log: LogPort) => Link;

/** Pauses are counted: whoever paused first must not be overruled by who resumes first. */
export function countedFlow(flow: { pause(): void; resume(): void }): Pick<Link, 'pause' | 'resume'> {
  let pauses = 0;
  return {
    pause() {
      if (++pauses === 1) flow.pause();
    },
    resume() {
      if (--pauses === 0) flow.resume();
    },
  };
}
