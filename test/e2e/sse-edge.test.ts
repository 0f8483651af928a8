/** The edge of legacy HTTP+SSE: its two URIs, whose they are, and what becomes of what was begun when the stream ends. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, type Headers, initialize, type Stream, toolCall } from './_client.ts';
import { block, sayBundle } from './_policies.ts';

const credentials = createCredentials(0);
let upstream: ScriptedUpstream;
let gate: TestGate;
const streams: Stream[] = [];
const clients: Client[] = [];

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await startGate({
    bundle: sayBundle(),
    data: { say: { request: { forbidden: block('no.tool') } } },
    config: {
      servers: { rec: { url: upstream.url }, other: { url: upstream.url } },
      limits: { maxBodyBytes: 10_000 },
      auth: credentials.auth.api_keys,
    },
  });
});
afterAll(async () => {
  for (const client of clients) client.close();
  await gate.close();
  await upstream.close();
  credentials.remove();
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.abort();
});

function as(name: string): Client {
  const client = new Client(gate.server('rec'), { 'x-api-key': credentials.keyOf(name) });
  clients.push(client);
  return client;
}

interface Opened {
  readonly client: Client;
  readonly stream: Stream;
  readonly endpoint: string;
  post(body: unknown, headers?: Headers): ReturnType<Client['send']>;
  next(): Promise<unknown>;
}

async function open(name = 'carol'): Promise<Opened> {
  const client = as(name);
  const { request, response } = await client.start(
    'GET',
    undefined,
    { accept: 'text/event-stream' },
    '/mcp/rec/sse',
  );
  const stream = client.streamOf(request, response);
  streams.push(stream);
  const first = await stream.next();
  expect(first?.raw).toMatch(/^event: endpoint\ndata: \/mcp\/rec\/messages\?sessionId=[0-9a-f-]{36}$/);
  const endpoint = first?.data ?? '';
  return {
    client,
    stream,
    endpoint,
    post: (body, headers) => client.send('POST', body as object, headers, endpoint),
    next: async () => (await stream.next())?.json,
  };
}

async function connected(): Promise<Opened> {
  const opened = await open();
  expect(await opened.post(initialize)).toMatchObject({ status: 202, text: '' });
  expect(await opened.next()).toMatchObject({ id: 0, result: {} });
  const listened = upstream.arrived('GET');
  expect((await opened.post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
  await listened;
  return opened;
}

test('messages go up by POST and come down on the stream', async () => {
  verifies('R37', 'sse');
  verifies('R41', 'sse');
  const { stream, post, next } = await connected();
  expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  await post(toolCall(1, 'echo'));
  expect(await next()).toMatchObject({ id: 1, result: { content: [{ text: 'ran echo' }] } });
  await post(toolCall(2, 'forbidden'));
  expect(await next()).toMatchObject({ id: 2, result: { isError: true } });
});

describe('a POST', () => {
  test.each([
    ['of somebody else', 'dave', (endpoint: string) => endpoint, 404],
    ['to no stream', 'carol', (endpoint: string) => endpoint.replace(/[0-9a-f]{4}$/, '0000'), 404],
    ['without an id', 'carol', () => '/mcp/rec/messages', 404],
    ['at another server', 'carol', (endpoint: string) => endpoint.replace('/rec/', '/other/'), 404],
    ['of its owner', 'carol', (endpoint: string) => endpoint, 202],
  ] as const)('%s is answered %s', async (_, name, to, status) => {
    verifies('R29', 'sse');
    const { endpoint } = await connected();
    const before = upstream.requests.length;
    const answer = await as(name).send(
      'POST',
      { jsonrpc: '2.0', method: 'notifications/x' },
      {},
      to(endpoint),
    );
    expect(answer.status).toBe(status);
    if (status === 404) expect(upstream.requests).toHaveLength(before);
  });

  test.each([
    ['garbage', 'garbage', {}, 400],
    ['two names', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}', {}, 400],
    ['too much', JSON.stringify(toolCall(1, 'echo', { text: 'x'.repeat(20_000) })), {}, 413],
    ['another media type', '{}', { 'content-type': 'text/plain' }, 415],
    ['another origin', '{}', { origin: 'https://evil.example' }, 403],
    ['another host', '{}', { host: 'evil.example' }, 403],
  ])('of %s is refused', async (_, body, headers, status) => {
    verifies('R02', 'sse');
    verifies('R33', 'sse');
    verifies('R38', 'sse');
    const { post } = await connected();
    const before = upstream.requests.length;
    expect((await post(body, headers)).status).toBe(status);
    expect(upstream.requests).toHaveLength(before);
  });

  test('after the stream has ended finds nothing', async () => {
    const { stream, post } = await connected();
    stream.abort();
    await expect
      .poll(async () => (await post({ jsonrpc: '2.0', method: 'notifications/x' })).status)
      .toBe(404);
  });
});

test.each([
  ['nobody known', {}, 401],
  ['a page elsewhere', { origin: 'https://evil.example' }, 403],
  ['who takes no stream', { accept: 'application/json' }, 406],
])('a stream is not opened for %s', async (_, headers, status) => {
  verifies('R35', 'sse');
  const nobody = status === 401 ? new Client(gate.server('rec')) : as('carol');
  clients.push(nobody);
  const answer = await nobody.send(
    'GET',
    undefined,
    { accept: 'text/event-stream', ...headers },
    '/mcp/rec/sse',
  );
  expect(answer.status).toBe(status);
});

test('a client’s key reaches no server and no record', async () => {
  verifies('R35', 'sse');
  const { post, next } = await connected();
  await post(toolCall(1, 'echo'));
  await next();
  const key = credentials.keyOf('carol');
  expect(upstream.requests.map(({ headers }) => JSON.stringify(headers)).join()).not.toContain(key);
  expect(JSON.stringify(gate.record())).not.toContain(key);
});
