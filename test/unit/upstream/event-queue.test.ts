/** Events pushed by a source and awaited by one reader: in order, with a source that is never left paused. */
import { describe, expect, test } from 'vitest';
import { refuse } from '../../../proxy/errors.ts';
import type { UpstreamEvent } from '../../../proxy/pipeline/ports.ts';
import { EventQueue } from '../../../proxy/upstream/event-queue.ts';

function openQueue() {
  const told: string[] = [];
  const queue = new EventQueue({
    pause: () => void told.push('pause'),
    resume: () => void told.push('resume'),
    cancel: () => void told.push('cancel'),
  });
  return { queue, told };
}

const event = (data: string): UpstreamEvent => ({ data, id: undefined, retryMs: undefined });
const fill = (queue: EventQueue, count: number) => {
  for (let n = 0; n < count; n++) queue.push(event(String(n)));
};
async function dataOf(queue: EventQueue): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const one of queue) all.push('kind' in one ? one.code : one.data);
  return all;
}

describe('order', () => {
  test('what was pushed before and after the reader came', async () => {
    const { queue } = openQueue();
    queue.push(event('a'));
    const read = dataOf(queue);
    await Promise.resolve();
    queue.push(event('b'));
    queue.push(refuse('GW_UPSTREAM_GONE'));
    queue.end();
    queue.push(event('too late'));
    expect(await read).toEqual(['a', 'b', 'GW_UPSTREAM_GONE']);
  });

  test('what came before the end is still read after it', async () => {
    const { queue } = openQueue();
    fill(queue, 3);
    queue.end();
    expect(await dataOf(queue)).toEqual(['0', '1', '2']);
  });
});

describe('flow', () => {
  test('pauses once at 16 waiting, and resumes once all of them are read', async () => {
    const { queue, told } = openQueue();
    fill(queue, 15);
    expect(told).toEqual([]);
    fill(queue, 5);
    expect(told).toEqual(['pause']);
    const reader = queue[Symbol.asyncIterator]();
    for (let n = 0; n < 20; n++) await reader.next();
    expect(told).toEqual(['pause']);
    const next = reader.next();
    expect(told).toEqual(['pause', 'resume']);
    queue.push(event('more'));
    expect((await next).value).toMatchObject({ data: 'more' });
  });

  test.each([
    { name: 'the end', leave: (queue: EventQueue) => queue.end(), want: ['pause', 'resume'] },
    {
      name: 'a reader that leaves',
      leave: (queue: EventQueue) => void queue[Symbol.asyncIterator]().return?.(),
      want: ['pause', 'resume', 'cancel'],
    },
  ])('does not stay paused after $name', ({ leave, want }) => {
    const { queue, told } = openQueue();
    fill(queue, 16);
    leave(queue);
    expect(told).toEqual(want);
  });

  test('what resuming brings at once is read at once', async () => {
    const told: string[] = [];
    const queue: EventQueue = new EventQueue({
      pause: () => void told.push('pause'),
      resume() {
        told.push('resume');
        queue.push(event('at once'));
      },
      cancel() {},
    });
    fill(queue, 16);
    const reader = queue[Symbol.asyncIterator]();
    for (let n = 0; n < 16; n++) await reader.next();
    expect((await reader.next()).value).toMatchObject({ data: 'at once' });
    expect(told).toEqual(['pause', 'resume']);
  });
});

describe('leaving', () => {
  test('before the first event cancels the source', async () => {
    const { queue, told } = openQueue();
    await queue[Symbol.asyncIterator]().return?.();
    expect(told).toEqual(['cancel']);
    queue.push(event('nobody’s'));
    expect(await dataOf(queue)).toEqual([]);
  });

  test('in the middle cancels it once', async () => {
    const { queue, told } = openQueue();
    fill(queue, 3);
    for await (const one of queue) {
      expect(one).toMatchObject({ data: '0' });
      break;
    }
    expect(told).toEqual(['cancel']);
  });

  test('at the end does not', async () => {
    const { queue, told } = openQueue();
    fill(queue, 1);
    queue.end();
    await dataOf(queue);
    expect(told).toEqual([]);
  });
});
