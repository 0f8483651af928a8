/** What happens to one frame from a server on its way to the client. */
import type { UpstreamReply } from './ports.ts';

export type Passage =
  | {
      readonly kind: 'pass';
      readonly body: Uint8Array | string;
      /** Ends the exchange it answers. */
      readonly final: boolean;
      readonly status?: number;
    }
  | { readonly kind: 'drop' };

export const DROP: Passage = { kind: 'drop' };

/** Lets go of a reply nobody will read; a stream would hold its connection otherwise. */
export function leave(reply: UpstreamReply): void {
  if (reply.kind === 'stream') void reply.events[Symbol.asyncIterator]().return?.();
}
