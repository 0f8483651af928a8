/** A conversation over a link that a test holds in its hands: how long it waits, and whose answers it takes. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { UpstreamCall, UpstreamReply } from '../../../proxy/pipeline/ports.ts';
import { type Conversation, startConversation } from '../../../proxy/upstream/conversation.ts';
import type { LinkEvents } from '../../../proxy/upstream/link.ts';
import { verifies } from '../../requirements.ts';

const LOG = { info() {}, warn() {}, error() {} };
let events: LinkEvents;
let written: { id?: unknown; method?: string; params?: Record<string, unknown> }[];

function start(): Conversation {
  written = [];
  const options = {
    name: 'rec',
    sharing: 'shared',
    requestDeadlineMs: 1_000,
    requestDeadlineMaxMs: 3_500,
  } as const;
  return startConversation(
    (told) => {
      events = told;
      return {
        write(message) {
          written.push(JSON.parse(String(message)));
          return true;
        },
        pause() {},
        resume() {},
        stop: async () => {},
      };
    },
    options,
    LOG,
  );
}

function call(session: string, id: number, progressToken?: string): UpstreamCall {
  const params = { name: 'x', ...(progressToken && { _meta: { progressToken } }) };
  return {
    body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }),
    id,
    method: 'tools/call',
    params,
    era: 'legacy',
    protocol: '2025-11-25',
    sessionId: session,
    callerKey: session,
    headers: {},
    signal: undefined,
  };
}

const hear = (message: object) => events.onMessage(JSON.stringify({ jsonrpc: '2.0', ...message }));
const progress = (progressToken: unknown) =>
  hear({ method: 'notifications/progress', params: { progressToken, progress: 1 } });

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('progress extends the wait, to a limit', async () => {
  verifies('R38', 'stdio');
  const waiting = start().send(call('a', 1, 't'));
  progress('t');
  const reply = (await waiting) as Extract<UpstreamReply, { kind: 'stream' }>;
  const ended = (async () => {
    for await (const event of reply.events)
      if ('kind' in event && event.kind === 'refusal') return event.code;
    return 'nothing';
  })();
  for (let step = 0; step < 4; step++) {
    vi.advanceTimersByTime(900);
    progress('t');
  }
  // At 3.6 s: progress after 2.5 s bought nothing any more.
  vi.advanceTimersByTime(500);
  expect(await ended).toBe('GW_UPSTREAM_TIMEOUT');
});

test('a cancellation takes back the request of its sender, under the id the server knows', async () => {
  verifies('R30', 'every');
  const conversation = start();
  const replies = [conversation.send(call('a', 7)), conversation.send(call('b', 7))];
  const cancelled = {
    ...call('b', 0),
    id: undefined,
    method: 'notifications/cancelled',
    params: { requestId: 7 },
  };
  await conversation.send({
    ...cancelled,
    body: '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}',
  });
  const [first, second, note] = written;
  expect(first?.id).toBe(7);
  expect(note).toMatchObject({ method: 'notifications/cancelled', params: { requestId: second?.id } });
  expect(second?.id).not.toBe(7);
  hear({ id: 7, result: { of: 'a' } });
  expect(await replies[0]).toMatchObject({ kind: 'message', body: { result: { of: 'a' } } });
  vi.advanceTimersByTime(2_500);
  expect(await replies[1]).toMatchObject({ kind: 'refusal', code: 'GW_UPSTREAM_GONE' });
  // Too late: nobody has that id any more.
  hear({ id: second?.id, result: { late: true } });
});
