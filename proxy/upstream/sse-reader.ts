/**
 * Bytes of a server-sent event stream in, events out. UTF-8 is decoded strictly across chunk borders, an event
 * is bounded before it is whole, and only events of type `message` are messages: anything else a server puts on
 * the stream (comments, other types) ends here.
 *
 * @see WHATWG HTML, "Server-sent events"; MCP 2025-11-25, basic/transports
 */
import { createParser } from 'eventsource-parser';
import { type Refusal, refuse } from '../errors.ts';
import type { UpstreamEvent } from '../pipeline/ports.ts';

export interface SseReader {
  /** @returns a refusal when the stream cannot be read on: not UTF-8, or an event over the limit. */
  feed(chunk: Uint8Array): Refusal | undefined;
}

/** @param onNamed events of other types; without it they end here. */
export function createSseReader(
  maxEventBytes: number,
  onEvent: (event: UpstreamEvent) => void,
  onNamed?: (type: string, data: string) => void,
): SseReader {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let retryMs: number | undefined;
  let tooLarge = false;
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onEvent({ data, event, id }) {
      // The parser bounds what waits for more, and not what one chunk made whole.
      if (data.length > maxEventBytes) tooLarge = true;
      if (tooLarge) return;
      if (event !== undefined && event !== '' && event !== 'message') return onNamed?.(event, data);
      onEvent({ data, id: printable(id), retryMs });
      retryMs = undefined;
    },
    onRetry(interval) {
      retryMs = interval;
    },
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') tooLarge = true;
    },
  });
  return {
    feed(chunk) {
      let text: string;
      try {
        text = decoder.decode(chunk, { stream: true });
      } catch {
        return refuse('GW_UPSTREAM_ANSWER', 'GW_FRAME_UTF8');
      }
      parser.feed(text);
      return tooLarge ? refuse('GW_UPSTREAM_ANSWER', 'an event is too large') : undefined;
    },
  };
}

/** An id goes into a line of our own framing and comes back in a header, so it may hold nothing but visible ASCII. */
function printable(id: string | undefined): string | undefined {
  return id !== undefined && /^[\x20-\x7e]{1,1024}$/.test(id) ? id : undefined;
}
