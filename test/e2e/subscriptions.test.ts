/**
 * Streams of changes: each resource is asked of the policy by itself, refused ones are cut out, and the stream carries
 * what was asked for and let through, after the server's acknowledgement. After a change of policy those whose lists
 * have changed are told.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { configSchema } from '../../proxy/config/schema.ts';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { modern } from '../support/modern.ts';
import {
  INITIALIZED,
  type ScriptedUpstream,
  type SseWriter,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { Client, type Stream } from './_client.ts';
import { ruleBundle } from './_policies.ts';

const RULES = (hidden: string) => `default decision := {"verdict": "allow", "reasons": []}

_no(code) := {"verdict": "block", "reasons": [{"code": code, "message": "No.", "rule": "test"}]}

decision := _no("no.secret") if {
	some uri in input.params.notifications.resourceSubscriptions
	contains(uri, "secret")
} else := _no("hidden") if {
	input.phase == "list"
	input.tool == "${hidden}"
}
`;
const [A, B] = [ruleBundle(RULES('a'), 'hides-a'), ruleBundle(RULES('b'), 'hides-b')];

let upstream: ScriptedUpstream;
let gate: TestGate;
let client: Client;
const config = (bundle: string) => ({ servers: { rec: { url: upstream.url } }, policy: { bundle } });

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await startGate({ config: config(A) });
  client = new Client(gate.server('rec'));
});
afterAll(async () => {
  client.close();
  await gate.close();
  await upstream.close();
});
beforeEach(() => void (upstream.requests as unknown[]).splice(0));

const note = (method: string, params: object = {}) => ({
  jsonrpc: '2.0',
  method: `notifications/${method}`,
  params,
});
const ACK = note('subscriptions/acknowledged');

/** An open stream and the server's end of it. */
async function listen(notifications: object): Promise<{ stream: Stream; server: SseWriter }> {
  const opened = new Promise<SseWriter>((resolve) => {
    upstream.on('subscriptions/listen', (request) => resolve(request.sse()));
  });
  const { body, headers } = modern('sub', 'subscriptions/listen', { notifications });
  const stream = await client.stream(body, headers);
  onTestFinished(() => stream.abort());
  return { stream, server: await opened };
}

const asked = () => upstream.requests[0]?.message.params?.['notifications'];

describe('subscriptions/listen', () => {
  test('refused resources are cut out, and the record says which', async () => {
    verifies('R31', 'http');
    const before = gate.record().length;
    await listen({
      toolsListChanged: true,
      resourceSubscriptions: ['test://a', 'test://secret', 'test://b'],
    });
    expect(asked()).toEqual({ toolsListChanged: true, resourceSubscriptions: ['test://a', 'test://b'] });
    const lines = gate.record().slice(before) as {
      input?: { params: unknown };
      custom: { action?: string };
    }[];
    expect(lines.map(({ custom }) => custom.action)).toEqual(['answer', 'forward']);
    expect(lines[0]?.input?.params).toEqual({ notifications: { resourceSubscriptions: ['test://secret'] } });
  });

  test.each([
    ['one is no URI', { resourceSubscriptions: ['test://secret', 1] }, 'GW_FRAME_PARAMS'],
    ['they are no list', { resourceSubscriptions: 'test://secret' }, 'GW_FRAME_PARAMS'],
    ['nothing else is left', { resourceSubscriptions: ['test://secret'] }, 'no.secret'],
    [
      'there are too many',
      { resourceSubscriptions: Array.from({ length: 201 }, (_, i) => `test://${i}`) },
      'GW_POLICY_ARGS',
    ],
  ])('is refused whole where %s', async (_, notifications, code) => {
    const { body, headers } = modern(1, 'subscriptions/listen', { notifications });
    expect((await client.post(body, headers)).text).toContain(code);
    expect(upstream.requests).toEqual([]);
  });

  test('delivers what was asked for, after the acknowledgement', async () => {
    verifies('R31', 'http');
    const { stream, server } = await listen({
      toolsListChanged: true,
      resourceSubscriptions: ['test://a', 'test://secret'],
    });
    const updated = (uri: string) => note('resources/updated', { uri });
    for (const event of [
      note('tools/list_changed', { too: 'early' }),
      ACK,
      note('tools/list_changed'),
      note('prompts/list_changed'),
      updated('test://a'),
      updated('test://a/part'),
      updated('test://ab'),
      updated('test://secret'),
      updated(''),
      { jsonrpc: '2.0', id: 9, method: 'ping' },
      { jsonrpc: '2.0', id: 'sub', result: { resultType: 'complete' } },
    ])
      server.event(event);
    server.end();
    expect((await stream.rest()).map(({ json }) => json)).toEqual([
      ACK,
      note('tools/list_changed'),
      updated('test://a'),
      updated('test://a/part'),
      { jsonrpc: '2.0', id: 'sub', result: { resultType: 'complete' } },
    ]);
  });
});

describe('after a change of policy', () => {
  const TOOLS = ['a', 'b', 'c'].map((name) => ({ name, inputSchema: { type: 'object' } }));
  const swap = (bundle: string) =>
    gate.reload(configSchema.parse({ listen: '127.0.0.1:0', ...config(bundle) }));

  test('a modern stream that asked for it is told, when the view has changed', async () => {
    verifies('R32', 'http');
    await swap(A);
    upstream.on('tools/list', (request) => request.result({ tools: TOOLS }));
    const list = modern(1, 'tools/list');
    const names = async () =>
      (await client.post(list.body, list.headers)).json.result.tools.map(
        ({ name }: { name: string }) => name,
      );
    expect(await names()).toEqual(['b', 'c']);
    const { stream, server } = await listen({ toolsListChanged: true });
    server.event(ACK);
    expect((await stream.next())?.json).toEqual(ACK);
    await swap(B);
    const _meta = { 'io.modelcontextprotocol/subscriptionId': 'sub' };
    expect((await stream.next())?.json).toEqual(note('tools/list_changed', { _meta }));
    expect(await names()).toEqual(['a', 'c']);
    await swap(B);
    server.event(note('tools/list_changed', { of: 'the server' }));
    expect((await stream.next())?.json.params).toEqual({ of: 'the server' });
  });

  test.each([
    ['says that its list changes', { tools: { listChanged: true } }, true],
    ['does not', { tools: {} }, false],
  ])('a legacy stream is told where the server %s', async (_, capabilities, told) => {
    verifies('R32', 'http');
    await swap(A);
    const own = new Client(gate.server('rec'));
    onTestFinished(() => own.close());
    upstream.on('initialize', (request) =>
      request.result({ ...INITIALIZED, capabilities }, { 'mcp-session-id': `s-${String(told)}` }),
    );
    const opened = new Promise<SseWriter>((resolve) => {
      upstream.on('GET', (request) => resolve(request.sse()));
    });
    await own.open();
    await own.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const stream = await own.listen();
    onTestFinished(() => stream.abort());
    const server = await opened;
    await swap(B);
    // Where the gate stays silent, what the server says next is the first thing heard; where it speaks, only it does.
    if (!told) server.event(note('resources/list_changed'));
    const first = (await stream.next())?.json.method;
    expect(first).toBe(told ? 'notifications/tools/list_changed' : 'notifications/resources/list_changed');
  });
});
