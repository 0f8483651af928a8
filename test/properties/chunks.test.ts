/** However the bytes of an answer are cut on their way, what reaches the client is the same, redacted alike. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSseReader } from '../../proxy/upstream/sse-reader.ts';
import { Client, toolCall } from '../e2e/_client.ts';
import { sayBundle } from '../e2e/_policies.ts';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';

const SAMPLES = {
  'line feeds': 'id: 1\nretry: 5\ndata: {"a":"é😀"}\n\ndata: {}\n\n',
  'carriage returns': 'data: {"a":\rdata: 1}\r\rdata: 2\r\r',
  both: '\ufeffid: é\r\ndata: {"x":"\u2028"}\r\n\r\n: comment\r\ndata:\r\ndata: 3\r\n\r\n',
  'fields nobody knows': 'event: message\ndata: 1\nfoo: bar\n\nevent: other\ndata: 2\n\ndata: 3\n\n',
};

function eventsOf(chunks: readonly Buffer[]): unknown {
  const events: unknown[] = [];
  const reader = createSseReader(10_000, (event) => void events.push(event));
  for (const chunk of chunks) {
    const broken = reader.feed(chunk);
    if (broken) return broken;
  }
  return events;
}

describe.each(Object.entries(SAMPLES))('a stream with %s', (_, text) => {
  const bytes = Buffer.from(text);
  const whole = eventsOf([bytes]);

  test('in two pieces, wherever it is cut, and in single bytes', () => {
    verifies('R26', 'http');
    for (let at = 0; at <= bytes.length; at++) {
      expect(eventsOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    }
    expect(eventsOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  test('in any pieces', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, (points) => {
        const sorted = [0, ...points.toSorted((a, b) => a - b), bytes.length];
        const pieces = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
        expect(eventsOf(pieces)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});

describe('through the gate', () => {
  let upstream: ScriptedUpstream;
  let gate: TestGate;
  let client: Client;
  const redact = [{ detector: 'secret' }, { pattern: 'TOP-[0-9]{4}' }];

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    gate = await startGate({
      bundle: sayBundle(),
      data: { say: { request: { 'tools/call': { verdict: 'allow', reasons: [], reply: { redact } } } } },
      config: { servers: { rec: { url: upstream.url } } },
    });
    client = await new Client(gate.server('rec')).open();
  });
  afterAll(async () => {
    client.close();
    await gate.close();
    await upstream.close();
  });

  // The middle of it stands in several bytes, escapes and both kinds of secret.
  const TEXT = '{"content":[{"type":"text","text":"é AKIAIOSFODNN7EXAMPLE \\u0054OP-1234 😀"}]}';
  const WANT = 'é [REDACTED:aws_access_key] [REDACTED:pattern] 😀';

  test('an event cut at every byte is redacted the same', { timeout: 60_000 }, async () => {
    verifies('R22', 'http');
    const event = (id: unknown) =>
      Buffer.from(`id: 1\ndata: {"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${TEXT}}\n\n`);
    const length = event(1000).length;
    let cut = 0;
    upstream.on('tools/call cut', async (request) => {
      const sse = request.sse();
      const bytes = event(request.message.id);
      sse.write(bytes.subarray(0, cut));
      await new Promise(setImmediate);
      sse.write(bytes.subarray(cut));
      sse.end();
    });
    for (cut = 1; cut < length; cut++) {
      const stream = await client.stream(toolCall(1000, 'cut'));
      const [answer, ...more] = await stream.rest();
      expect(answer?.json.result.content[0].text).toBe(WANT);
      expect(more).toEqual([]);
    }
  });

  test('a JSON answer cut at every byte is redacted the same', { timeout: 60_000 }, async () => {
    verifies('R22', 'http');
    const whole = Buffer.from(`{"jsonrpc":"2.0","id":1000,"result":${TEXT}}`);
    let cut = 0;
    upstream.on('tools/call whole', async ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length });
      response.socket?.setNoDelay(true);
      response.write(whole.subarray(0, cut));
      await new Promise(setImmediate);
      response.end(whole.subarray(cut));
    });
    for (cut = 1; cut < whole.length; cut++) {
      expect((await client.post(toolCall(1000, 'whole'))).json.result.content[0].text).toBe(WANT);
    }
  });
});
