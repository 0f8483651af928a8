/**
 * Batches, in the one revision that has them: each message judged by itself, in order, and answered by its id; what is
 * wrong with one is wrong with all.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, initialize, toolCall } from './_client.ts';
import { ruleBundle } from './_policies.ts';

const RULES = `default decision := {"verdict": "allow", "reasons": []}

_no(code) := {"verdict": "block", "reasons": [{"code": code, "message": "No.", "rule": "test"}]}

decision := _no("no.tool") if {
	input.tool == "forbidden"
} else := {"verdict": "allow", "reasons": [], "labels": {"add": ["tainted"]}} if {
	input.tool == "taint"
} else := _no("no.taint") if {
	input.tool == "send"
	input.labels.tainted
} else := {"verdict": "allow", "reasons": [], "reply": {"redact": [{"pattern": "SECRET"}]}} if {
	input.tool == "leak"
}
`;
const BATCHES = { 'mcp-protocol-version': '2025-03-26' };

let upstream: ScriptedUpstream;
let gate: TestGate;
let client: Client;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  upstream.on('tools/call leak', (request) =>
    request.result({ content: [{ type: 'text', text: 'a SECRET' }] }),
  );
  gate = await startGate({
    bundle: ruleBundle(RULES, 'batch'),
    config: { servers: { rec: { url: upstream.url } } },
  });
  client = new Client(gate.server('rec'));
});
afterAll(async () => {
  client.close();
  await gate.close();
  await upstream.close();
});
beforeEach(() => void (upstream.requests as unknown[]).splice(0));

const NOTE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

describe('at 2025-03-26', () => {
  test('each message is judged and answered by its id, beside those that are refused', async () => {
    verifies('R10', 'http');
    const answer = await client.post(
      [toolCall(1, 'echo'), toolCall('1', 'forbidden'), NOTE, toolCall(2, 'leak')],
      BATCHES,
    );
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    const byId = new Map(answer.json.map((one: { id: unknown }) => [one.id, one]));
    expect(byId.size).toBe(3);
    expect(byId.get(1)).toMatchObject({ result: { content: [{ text: 'ran echo' }] } });
    expect(byId.get('1')).toMatchObject({ result: { isError: true } });
    expect(byId.get(2)).toMatchObject({ result: { content: [{ text: 'a [REDACTED:pattern]' }] } });
    expect(upstream.keys().toSorted()).toEqual([
      'notifications/roots/list_changed',
      'tools/call echo',
      'tools/call leak',
    ]);
  });

  test('what one leaves behind the next one meets', async () => {
    verifies('R10', 'http');
    const answer = await client.post([toolCall(1, 'taint'), toolCall(2, 'send')], BATCHES);
    const sent = answer.json.find(({ id }: { id: number }) => id === 2);
    expect(JSON.stringify(sent)).toContain('no.taint');
    expect(upstream.keys()).toEqual(['tools/call taint']);
  });

  test('notes alone are accepted without an answer', async () => {
    const answer = await client.post([NOTE, NOTE], BATCHES);
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 202, text: '' });
  });

  test('where one answer is a stream all come on one', async () => {
    upstream.on('tools/call steps', (request) => {
      const sse = request.sse();
      sse.event({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1 },
      });
      sse.event({ jsonrpc: '2.0', id: request.message.id, result: { content: [] } });
      sse.end();
    });
    const stream = await client.stream([toolCall(1, 'echo'), toolCall(2, 'steps')], BATCHES);
    expect(stream.headers['content-type']).toBe('text/event-stream');
    const messages = (await stream.rest()).map(({ json }) => json);
    expect(messages.map(({ id, method }) => id ?? method).toSorted()).toEqual([
      1,
      2,
      'notifications/progress',
    ]);
    expect(stream.complete).toBe(true);
  });

  test('a server’s own batch on a stream comes apart', async () => {
    verifies('R10', 'http');
    upstream.on('tools/call bundled', (request) => {
      const sse = request.sse();
      const note = (n: number) => ({
        jsonrpc: '2.0',
        method: 'notifications/message',
        params: { level: 'info', data: n },
      });
      sse.event([note(1), note(2), { jsonrpc: '2.0', id: request.message.id, result: { content: [] } }], {
        id: 'e1',
      });
      sse.end();
    });
    const stream = await client.stream(toolCall(7, 'bundled'), BATCHES);
    expect((await stream.rest()).map(({ json }) => json.id ?? json.params.data)).toEqual([1, 2, 7]);
  });

  test.each([
    ['nothing', [], 'GW_FRAME_ENVELOPE'],
    ['more than 50', Array.from({ length: 51 }, (_, id) => toolCall(id, 'echo')), 'GW_FRAME_BATCH'],
    ['a batch', [[toolCall(1, 'echo')]], 'GW_FRAME_BATCH'],
    ['two of one id', [toolCall(1, 'echo'), toolCall(1, 'leak')], 'GW_FRAME_ID'],
    ['initialize', [initialize, toolCall(1, 'echo')], 'GW_FRAME_BATCH'],
    [
      'a message that cannot be read',
      `[${JSON.stringify(toolCall(1, 'echo'))},{"jsonrpc":"2.0","id":2,"method":"a","method":"b"}]`,
      'GW_FRAME_DUPLICATE',
    ],
    ['what is no message', [toolCall(1, 'echo'), 5], 'GW_FRAME_ENVELOPE'],
    ['two documents', `[${JSON.stringify(toolCall(1, 'echo'))}][]`, 'GW_FRAME_SYNTAX'],
  ])('with %s is refused whole', async (_, batch, code) => {
    verifies('R10', 'http');
    const answer = await client.post(batch as object, BATCHES);
    expect(answer.json.error.data.code).toBe(code);
    expect(answer.status).toBe(400);
    expect(upstream.requests).toEqual([]);
  });

  test('in a session of the revision no header is needed; in one of another none helps', async () => {
    const own = await new Client(gate.server('rec')).open();
    expect((await own.post([toolCall(1, 'echo')], BATCHES)).json.error.data.code).toBe('GW_FRAME_BATCH');
    upstream.on('initialize', (request) =>
      request.result(
        { protocolVersion: '2025-03-26', capabilities: {}, serverInfo: { name: 's', version: '1' } },
        { 'mcp-session-id': 'of-then' },
      ),
    );
    const old = await new Client(gate.server('rec')).open();
    expect((await old.post([toolCall(1, 'echo')])).json).toMatchObject([{ id: 1, result: {} }]);
    own.close();
    old.close();
  });
});

test.each(['2024-11-05', '2025-06-18', '2025-11-25', '2026-07-28'])(
  'at %s there are none',
  async (version) => {
    verifies('R10', 'http');
    const answer = await client.post([toolCall(1, 'echo')], { 'mcp-protocol-version': version });
    expect(answer.status).toBe(400);
    expect(answer.json.error.data.code).toBe('GW_FRAME_BATCH');
    expect(upstream.requests).toEqual([]);
  },
);
