/** Promises that are kept below the edges, shown on each of them: the same raw exchange over HTTP, SSE, WebSocket and stdio. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { configSchema } from '../../proxy/config/schema.ts';
import { EDGES, verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { modern } from '../support/modern.ts';
import { openPeer, type RawPeer } from '../support/raw-peers.ts';
import { INITIALIZED, type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { initialize, toolCall } from './_client.ts';
import { ruleBundle } from './_policies.ts';

const rules = (hidden: string) => `default decision := {"verdict": "allow", "reasons": []}

_no(code) := {"verdict": "block", "reasons": [{"code": code, "message": "No.", "rule": "test"}]}

_edits := {"verdict": "allow", "reasons": [], "reply": {"redact": [{"pattern": "SECRET"}]}}

decision := _no("no.path") if {
	input.phase == "request"
	input.args.path == "/etc/passwd"
} else := _no("no.secret") if {
	some uri in input.params.notifications.resourceSubscriptions
	contains(uri, "secret")
} else := _no("hidden") if {
	input.phase == "list"
	input.tool == "${hidden}"
} else := _no("no.note") if {
	input.phase == "notification"
	input.method == "notifications/roots/list_changed"
} else := {"verdict": "redact", "reasons": [], "redact": [{"pattern": "SECRET"}], "reply": {"redact": [{"pattern": "SECRET"}]}} if {
	input.phase == "request"
	input.tool in ["mirrored", "careful", "short", "resumed"]
} else := _edits if {
	input.phase == "request"
	input.method == "resources/read"
}
`;
const [BUNDLE, OTHER] = [
  ruleBundle(rules('hidden'), 'every-edge'),
  ruleBundle(rules('echo'), 'every-edge-other'),
];
const MASK = '[REDACTED:pattern]';
const folder = mkdtempSync(join(tmpdir(), 'portcullis-every-edge-'));

let upstream: ScriptedUpstream;
let gate: TestGate;

const TOOLS = [
  { name: 'echo', inputSchema: { type: 'object' } },
  { name: 'hidden', inputSchema: { type: 'object' } },
  {
    name: 'mirrored',
    inputSchema: { type: 'object', properties: { key: { type: 'string', 'x-mcp-header': 'Key' } } },
  },
  {
    name: 'short',
    inputSchema: { type: 'object' },
    outputSchema: { type: 'object', properties: { key: { type: 'string', maxLength: 8 } } },
  },
];

// Each peer of stdio is a gate started anew, on a machine that may be busy.
vi.setConfig({ testTimeout: 20_000 });

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  upstream.on('tools/list', (request) => request.result({ tools: TOOLS, ttlMs: 60, cacheScope: 'public' }));
  gate = await startGate({ config: { servers: { rec: { url: upstream.url } }, policy: { bundle: BUNDLE } } });
});
afterAll(async () => {
  await gate.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => void (upstream.requests as unknown[]).splice(0));

describe.each(EDGES.map((edge) => ({ edge })))('$edge', ({ edge }) => {
  const config = () => ({
    servers: { rec: { url: upstream.url } },
    policy: { bundle: BUNDLE },
    audit: { file: join(folder, 'stdio.jsonl') },
  });

  async function peer(): Promise<RawPeer> {
    const opened = await openPeer(edge, { gate, server: 'rec', config: config() });
    onTestFinished(() => opened.close());
    return opened;
  }

  async function legacy(version = '2025-11-25', capabilities: object = {}): Promise<RawPeer> {
    const opened = await peer();
    upstream.on('initialize', (request) =>
      request.result(
        { ...INITIALIZED, capabilities, protocolVersion: version },
        { 'mcp-session-id': crypto.randomUUID() },
      ),
    );
    const greeting = { ...initialize, params: { ...initialize.params, protocolVersion: version } };
    expect(await opened.ask(greeting)).toMatchObject({ id: 0, result: { protocolVersion: version } });
    await opened.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await upstream.arrived('notifications/initialized');
    return opened;
  }

  const ask = async (
    to: RawPeer,
    id: string | number,
    method: string,
    params: Record<string, unknown> = {},
  ) => {
    const { body, headers } = modern(id, method, params);
    return to.ask(body, headers);
  };
  const sent = (method: string) => upstream.requests.filter(({ message }) => message.method === method);

  test('arguments are mirrored from the body that leaves', async () => {
    verifies('R07', 'every');
    const client = await peer();
    await ask(client, 1, 'tools/list');
    const { body, headers } = modern(2, 'tools/call', { name: 'mirrored', arguments: { key: 'a SECRET' } });
    await client.ask(body, { ...headers, 'mcp-param-key': 'a SECRET' });
    expect(sent('tools/call')[0]?.headers).toMatchObject({
      'mcp-param-key': `a ${MASK}`,
      'mcp-name': 'mirrored',
    });
  });

  test('a batch is judged element by element where there are batches', async () => {
    verifies('R10', 'every');
    const then = await legacy('2025-03-26');
    const batch = [toolCall(1, 'echo'), toolCall('1', 'read', { path: '/etc/passwd' })];
    const answers = await then.ask(batch, { 'mcp-protocol-version': '2025-03-26' });
    expect(answers).toHaveLength(2);
    expect(answers.find(({ id }: { id: unknown }) => id === 1)).toMatchObject({
      result: { content: [{ text: 'ran echo' }] },
    });
    expect(answers.find(({ id }: { id: unknown }) => id === '1')).toMatchObject({
      result: { isError: true },
    });
    expect(sent('tools/call')).toHaveLength(1);
    const now = await legacy('2025-11-25');
    const refused = await now.ask(batch, { 'mcp-protocol-version': '2025-11-25' });
    expect(refused.error.data.code).toBe('GW_FRAME_BATCH');
  });

  test('a retry is judged afresh, and what the server keeps in the client comes back as it was', async () => {
    verifies('R14', 'every');
    verifies('R15', 'every');
    const client = await peer();
    const result = {
      resultType: 'input_required',
      requestState: 'é=\u2028',
      inputRequests: { r: { method: 'roots/list' } },
    };
    upstream.on('tools/call read', (request) => request.result(result));
    expect((await ask(client, 1, 'tools/call', { name: 'read', arguments: { path: '/a' } })).result).toEqual(
      result,
    );
    const retry = { name: 'read', requestState: result.requestState, inputResponses: { r: { roots: [] } } };
    await ask(client, 2, 'tools/call', { ...retry, arguments: { path: '/a' } });
    expect(sent('tools/call')[1]?.message.params).toMatchObject({ requestState: result.requestState });
    const refused = await ask(client, 3, 'tools/call', { ...retry, arguments: { path: '/etc/passwd' } });
    expect(refused.result.content[0].text).toContain('no.path');
    expect(sent('tools/call')).toHaveLength(2);
    await ask(client, 4, 'tools/list', { cursor: '' });
    expect(sent('tools/list')[0]?.message.params?.['cursor']).toBe('');
  });

  test('a blocked note gets no answer', async () => {
    verifies('R18', 'every');
    const client = await legacy();
    await client.send({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
    if (edge === 'http') expect(await client.next()).toMatchObject({ id: null, error: { code: -31403 } });
    expect(await client.ask(toolCall(5, 'echo'))).toMatchObject({ id: 5 });
    expect(sent('notifications/roots/list_changed')).toEqual([]);
  });

  test('a list that was cut is private, for no longer, and a legacy one gains nothing', async () => {
    verifies('R20', 'every');
    const { result } = await ask(await peer(), 1, 'tools/list');
    expect(result.tools.map(({ name }: { name: string }) => name)).toEqual(['echo', 'mirrored', 'short']);
    expect(result).toMatchObject({ cacheScope: 'private', ttlMs: 60 });
    upstream.on('tools/list', (request) => request.result({ tools: TOOLS }));
    const old = await (await legacy()).ask({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect(Object.keys(old.result)).toEqual(['tools']);
    upstream.on('tools/list', (request) => request.result({ tools: TOOLS, ttlMs: 60, cacheScope: 'public' }));
  });

  test('what is asked again is answered by the server again, however long it may be kept', async () => {
    verifies('R21', 'every');
    const client = await peer();
    for (const id of [1, 2]) await ask(client, id, 'tools/list');
    expect(sent('tools/list')).toHaveLength(2);
  });

  test('what an edit would break is blocked', async () => {
    verifies('R23', 'every');
    verifies('R25', 'every');
    const client = await peer();
    await ask(client, 1, 'tools/list');
    upstream.on('tools/call short', (request) =>
      request.result({ content: [], structuredContent: { key: 'SECRET' } }),
    );
    const call = await ask(client, 2, 'tools/call', { name: 'short' });
    expect(call.result.content[0].text).toContain('GW_REDACTION_FAILED');
    const skill = { contents: [{ uri: 'skill://a/b', text: 'a SECRET' }] };
    upstream.on('resources/read', (request) => request.result(skill));
    const read = await ask(client, 3, 'resources/read', { uri: 'skill://a/b' });
    expect(read.error.data.code).toBe('GW_REDACTION_FAILED');
  });

  test('a task’s result is edited as the call’s would have been', async () => {
    verifies('R24', 'every');
    const client = await peer();
    const taskId = `task-${edge}`;
    upstream.on('tools/call careful', (request) => request.result({ resultType: 'task', taskId }));
    await ask(client, 1, 'tools/call', { name: 'careful' });
    upstream.on('tasks/get', (request) =>
      request.result({ taskId, result: { content: [{ type: 'text', text: 'SECRET' }] } }),
    );
    const { result } = await ask(client, 2, 'tasks/get', { taskId });
    expect(result.result.content[0].text).toBe(MASK);
  });

  test('ids of two kinds are two ids', async () => {
    verifies('R30', 'every');
    const client = await legacy();
    const answer: Record<string, () => void> = {};
    for (const tool of ['one', 'other']) {
      upstream.on(`tools/call ${tool}`, (request) => {
        answer[tool] = () => request.result({ content: [{ type: 'text', text: tool }] });
      });
    }
    const sending = [client.send(toolCall(1, 'one')), client.send(toolCall('1', 'other'))];
    await Promise.all([upstream.arrived('tools/call one'), upstream.arrived('tools/call other')]);
    answer['other']?.();
    answer['one']?.();
    await Promise.all(sending);
    const answers = [await client.next(), await client.next()];
    expect(answers.find(({ id }) => id === 1).result.content[0].text).toBe('one');
    expect(answers.find(({ id }) => id === '1').result.content[0].text).toBe('other');
  });

  test('a subscription is cut to what is permitted, and delivers that', async () => {
    verifies('R31', 'every');
    const client = await peer();
    const ack = { jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: {} };
    const updated = (uri: string) => ({
      jsonrpc: '2.0',
      method: 'notifications/resources/updated',
      params: { uri },
    });
    const end = { jsonrpc: '2.0', id: 'sub', result: {} };
    upstream.on('subscriptions/listen', (request) => {
      const sse = request.sse();
      for (const event of [updated('test://a'), ack, updated('test://secret'), updated('test://a'), end])
        sse.event(event);
      sse.end();
    });
    const wanted = { resourceSubscriptions: ['test://a', 'test://secret'] };
    const first = await ask(client, 'sub', 'subscriptions/listen', { notifications: wanted });
    expect([first, await client.next(), await client.next()]).toEqual([ack, updated('test://a'), end]);
    const [asked] = sent('subscriptions/listen');
    expect(asked?.message.params?.['notifications']).toEqual({ resourceSubscriptions: ['test://a'] });
  });

  // Over HTTP it is the client that resumes: test/e2e/streams.test.ts.
  if (edge !== 'http')
    test('a stream the server breaks off is resumed, and what it replays is judged', async () => {
      verifies('R27', 'sse', 'ws', 'stdio');
      upstream.on('tools/call resumed', (request) => {
        const sse = request.sse();
        sse.write('id: e1\nretry: 10\ndata: \n\n');
        sse.end();
      });
      const client = await legacy();
      upstream.on('GET', (request) => {
        if (request.headers['last-event-id'] !== 'e1') return request.send(405, {});
        const sse = request.sse();
        sse.event(
          { jsonrpc: '2.0', id: 7, result: { content: [{ type: 'text', text: 'late SECRET' }] } },
          { id: 'e2' },
        );
        sse.end();
      });
      const answer = await client.ask(toolCall(7, 'resumed'));
      expect(answer.result.content[0].text).toBe(`late ${MASK}`);
      upstream.on('GET', (request) => request.send(405, {}));
    });

  if (edge === 'sse' || edge === 'ws')
    test('a changed view is announced', async () => {
      verifies('R32', 'sse', 'ws');
      const swap = (bundle: string) =>
        gate.reload(configSchema.parse({ listen: '127.0.0.1:0', ...config(), policy: { bundle } }));
      const opened = new Promise<void>((done) => {
        upstream.on('GET', (request) => {
          request.sse().write(': here\n\n');
          done();
        });
      });
      const client = await legacy('2025-11-25', { tools: { listChanged: true } });
      await client.ask({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
      await opened;
      const first = client.next();
      // The gate has the stream a moment after the server has opened it.
      await expect
        .poll(async () => {
          await swap(OTHER);
          const heard = await Promise.race([first, new Promise((none) => setTimeout(none, 100))]);
          await swap(BUNDLE);
          return heard;
        })
        .toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
      upstream.on('GET', (request) => request.send(405, {}));
    });
});
