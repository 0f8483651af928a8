/**
 * One POST that carried several messages, and the one answer it gets: an array of what the requests among them were
 * answered with, or a stream as soon as one of them needs a stream. Each message is walked by itself; nothing here
 * is judged. A server's batches come apart here too.
 *
 * @see MCP 2025-03-26, basic/transports, "Sending Messages to the Server"
 */
import { refuse } from '../errors.ts';
import type { Frame } from '../frame/read-frame.ts';
import { BATCH_VERSION, splitBatch } from '../frame/split-batch.ts';
import { speakRefusal } from './answers.ts';
import type { ClientPort, ClientStream, Received } from './ports.ts';
import type { Walk } from './walk.ts';

export interface BatchAnswer {
  /** Where the answer to one message of the batch goes. */
  part(frame: Frame): ClientPort;
  /** Everything has been walked: answers, or ends the stream. */
  end(): void;
}

const BARE = { id: undefined, retryMs: undefined };

export function gatherBatch(client: ClientPort): BatchAnswer {
  const answers: string[] = [];
  let stream: ClientStream | undefined;

  async function put(text: string): Promise<void> {
    if (stream === undefined) answers.push(text);
    else await stream.write({ ...BARE, data: text });
  }

  function openStream(): void {
    if (stream !== undefined) return;
    stream = client.stream({});
    for (const data of answers.splice(0)) void stream.write({ ...BARE, data });
  }

  return {
    part(frame) {
      const id = frame.kind === 'request' ? frame.id : undefined;
      return {
        id,
        signal: client.signal,
        answer(_status, body) {
          // What needs no answer gets none, whatever became of it.
          if (id !== undefined && body !== undefined) void put(toText(body));
        },
        stream() {
          openStream();
          return {
            write: ({ data }) => (data === '' ? Promise.resolve() : put(data)),
            end(unanswered) {
              // Streams of several servers' calls flow together here, so none of them can be resumed.
              if (unanswered && frame.kind === 'request') void put(notResumed(frame));
            },
          };
        },
      };
    },
    end() {
      if (stream !== undefined) stream.end();
      else if (answers.length === 0) client.answer(202, undefined);
      else client.answer(200, `[${answers.join(',')}]`);
    },
  };
}

function notResumed(frame: Extract<Frame, { kind: 'request' }>): string {
  const to = { id: frame.id, method: frame.method, era: 'legacy', tool: undefined } as const;
  return speakRefusal(refuse('GW_UPSTREAM_GONE'), to).text;
}

function toText(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}

/**
 * The messages of one event from a server: itself, unless it is a batch of the revision that has them. A batch that
 * cannot be read stays one message, which the reader then refuses.
 */
export function messagesOf(walk: Walk, received: Received): readonly Received[] {
  if (walk.protocol !== BATCH_VERSION || !isArrayText(received)) return [received];
  const { maxDepth, maxElements } = walk.gate.limits;
  const frames = splitBatch(received, { maxDepth, maxElements, direction: 'to_client' });
  return 'kind' in frames ? [received] : frames;
}

function isArrayText(received: Received): received is Uint8Array | string {
  if (typeof received === 'string') return /^\s*\[/.test(received);
  return received instanceof Uint8Array && received[0] === 0x5b;
}
