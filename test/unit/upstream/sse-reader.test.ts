/** Bytes of an event stream in, events out: whatever the chunks, whatever the line ends, and bounded. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Refusal } from '../../../proxy/errors.ts';
import type { UpstreamEvent } from '../../../proxy/pipeline/ports.ts';
import { createSseReader } from '../../../proxy/upstream/sse-reader.ts';

function read(chunks: readonly Uint8Array[], max = 10_000): { events: UpstreamEvent[]; refusal?: Refusal } {
  const events: UpstreamEvent[] = [];
  const reader = createSseReader(max, (event) => void events.push(event));
  for (const chunk of chunks) {
    const refusal = reader.feed(chunk);
    if (refusal) return { events, refusal };
  }
  return { events };
}
const bytes = (text: string) => Buffer.from(text, 'utf8');
const plain = (data: string, more: object = {}) => ({ data, id: undefined, retryMs: undefined, ...more });

describe('events', () => {
  test.each([
    { name: 'LF', text: 'data: a\n\ndata: b\n\n', want: [plain('a'), plain('b')] },
    { name: 'CRLF', text: 'data: a\r\n\r\ndata: b\r\n\r\n', want: [plain('a'), plain('b')] },
    { name: 'CR', text: 'data: a\r\rdata: b\r\r', want: [plain('a'), plain('b')] },
    { name: 'CR at the very end', text: 'data: a\r\r', want: [plain('a')] },
    { name: 'a last event without its blank line', text: 'data: a\n\ndata: b\n', want: [plain('a')] },
    { name: 'one leading mark', text: '\ufeffdata: a\n\n', want: [plain('a')] },
    { name: 'several data lines', text: 'data: a\ndata:\ndata:  b\n\n', want: [plain('a\n\n b')] },
    {
      name: 'an event type',
      text: 'event: ping\ndata: a\n\nevent: message\ndata: b\n\n',
      want: [plain('b')],
    },
    { name: 'a type in other letters', text: 'event: MESSAGE\ndata: a\n\n', want: [] },
    { name: 'comments and unknown fields', text: ': x\nfoo: y\ndata: a\nbar\n\n', want: [plain('a')] },
    {
      name: 'fields in other letters',
      text: 'Data: x\ndata : y\n data: z\n\ndata: a\n\n',
      want: [plain('a')],
    },
    {
      name: 'id and retry',
      text: 'id: 1\nretry: 20\ndata: a\n\ndata: b\n\n',
      want: [plain('a', { id: '1', retryMs: 20 }), plain('b')],
    },
    { name: 'priming', text: 'id: 1\ndata:\n\n', want: [plain('', { id: '1' })] },
    {
      name: 'retry by itself goes with the next',
      text: 'retry: 20\n\ndata: a\n\n',
      want: [plain('a', { retryMs: 20 })],
    },
    { name: 'retry that is no number', text: 'retry: 20ms\ndata: a\n\n', want: [plain('a')] },
    {
      name: 'ids of anything but visible ASCII',
      text: 'id: é\ndata: a\n\nid: \u0007\ndata: b\n\nid:\ndata: c\n\n',
      want: [plain('a'), plain('b'), plain('c')],
    },
    { name: 'an id that is too long', text: `id: ${'x'.repeat(1025)}\ndata: a\n\n`, want: [plain('a')] },
  ])('$name', ({ text, want }) => {
    expect(read([bytes(text)]).events).toEqual(want);
  });

  test('are the same however the bytes are cut', () => {
    const pieces = [
      'data: a😀é\n',
      'data:b\r\n',
      'data\r',
      '\n',
      '\r\n',
      '\r\r',
      'id: 7\n',
      'event: message\n',
      'event: x\n',
      ': c\n',
      'retry: 5\n',
      '\ufeff',
    ];
    const stream = fc
      .array(fc.constantFrom(...pieces), { maxLength: 20 })
      .map((parts) => bytes(parts.join('')));
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (whole, sizes) => {
        const chunks: Buffer[] = [];
        for (let at = 0, n = 0; at < whole.length; n++) {
          const size = sizes[n % sizes.length] as number;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        expect(read(chunks)).toEqual(read([whole]));
      }),
    );
  });
});

describe('bounds', () => {
  const answer = { kind: 'refusal', code: 'GW_UPSTREAM_ANSWER' };
  test.each([
    { name: 'one line in one chunk', chunks: [`data: ${'x'.repeat(101)}\n\n`] },
    { name: 'one line in many', chunks: ['data: ', ...Array.from({ length: 101 }, () => 'x')] },
    { name: 'many lines', chunks: Array.from({ length: 60 }, () => 'data: x\n') },
    { name: 'after an event that fits', chunks: [`data: a\n\ndata: ${'x'.repeat(200)}\n\n`] },
  ])('an event over the limit: $name', ({ chunks }) => {
    const { events, refusal } = read(chunks.map(bytes), 100);
    expect(refusal).toMatchObject({ ...answer, detail: 'an event is too large' });
    expect(events.every((event) => String(event.data).length <= 100)).toBe(true);
  });

  test('one of exactly the limit passes, and lines that are no data do not count', () => {
    expect(read([bytes(`data: ${'x'.repeat(100)}\n\n`)], 100).events).toHaveLength(1);
    const comment = `: ${'x'.repeat(500)}\n`;
    expect(read([bytes(`${comment}data: a\n\n${comment}data: b\n\n`)], 100).events).toHaveLength(2);
  });
});

describe('bytes that are no UTF-8', () => {
  test.each([
    { name: 'a lone continuation', text: '\x80' },
    { name: 'an overlong slash', text: '\xc0\xaf' },
    { name: 'a surrogate', text: '\xed\xa0\x80' },
    { name: 'beyond Unicode', text: '\xf5\x80\x80\x80' },
  ])('$name', ({ text }) => {
    const { events, refusal } = read([bytes('data: fine\n\n'), Buffer.from(`data: ${text}\n\n`, 'latin1')]);
    expect(events).toEqual([plain('fine')]);
    expect(refusal).toMatchObject({ code: 'GW_UPSTREAM_ANSWER', detail: 'GW_FRAME_UTF8' });
  });
});
