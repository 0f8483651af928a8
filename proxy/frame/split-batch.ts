/**
 * A JSON-RPC batch in, its messages out, each read as strictly as one that came alone. MCP knew batches in one
 * revision only; whether they may come at all is for the caller to say. A batch with one bad message is bad.
 *
 * @see MCP 2025-03-26, basic, "Batching"; JSON-RPC 2.0 §6
 */
import { isUtf8 } from 'node:buffer';
import { type Refusal, refuse } from '../errors.ts';
import { type Frame, type ReadOptions, readFrameText } from './read-frame.ts';
import { scan } from './scan.ts';
import { topElements } from './spans.ts';

/** The only revision with batches. */
export const BATCH_VERSION = '2025-03-26';

/** Messages in one batch. */
const MAX_BATCH = 50;

/**
 * @param batch JSON text of an array, or its bytes.
 * @returns the messages in order; a refusal GW_FRAME_… of the whole when it is empty, has more than 50 messages, an
 * `initialize`, two requests with one id, or a message that cannot be read (an array among them).
 */
export function splitBatch(batch: Uint8Array | string, options: ReadOptions): readonly Frame[] | Refusal {
  if (typeof batch !== 'string' && !isUtf8(batch)) return refuse('GW_FRAME_UTF8');
  const text = typeof batch === 'string' ? batch : Buffer.from(batch).toString('utf8');
  const scanned = scan(text, options);
  if (scanned.kind === 'refusal') return scanned;
  try {
    // Where elements begin and end can only be said of text that is JSON.
    JSON.parse(text);
  } catch {
    return refuse('GW_FRAME_SYNTAX');
  }
  const spans = topElements(text);
  if (spans === undefined || spans.length === 0) return refuse('GW_FRAME_ENVELOPE', 'an empty batch');
  if (spans.length > MAX_BATCH) return refuse('GW_FRAME_BATCH', `more than ${MAX_BATCH} messages`);
  const frames: Frame[] = [];
  const ids = new Set<unknown>();
  for (const { start, end } of spans) {
    const frame = readFrameText(text.slice(start, end), options);
    if (frame.kind === 'refusal') return frame;
    if (frame.kind === 'request') {
      if (frame.method === 'initialize') return refuse('GW_FRAME_BATCH', 'initialize must come alone');
      if (ids.has(frame.id)) return refuse('GW_FRAME_ID', 'twice in one batch');
      ids.add(frame.id);
    }
    frames.push(frame);
  }
  return frames;
}
