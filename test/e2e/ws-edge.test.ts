/**
 * The WebSocket edge under attack and at its limits: who may open one, what may travel on it, and what becomes of what
 * was begun when it closes.
 */
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { modern } from '../support/modern.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { initialize, toolCall } from './_client.ts';
import { block, sayBundle } from './_policies.ts';

const credentials = createCredentials(0);
let upstream: ScriptedUpstream;
let gate: TestGate;
let keyed: TestGate;
const open: WebSocket[] = [];

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const config = { servers: { rec: { url: upstream.url } }, limits: { maxBodyBytes: 10_000 } };
  const say = {
    request: { forbidden: block('no.tool') },
    notification: { 'notifications/roots/list_changed': block('no.note') },
  };
  const options = { bundle: sayBundle(), data: { say } };
  gate = await startGate({ ...options, config });
  keyed = await startGate({ ...options, config: { ...config, auth: credentials.auth.api_keys } });
});
afterAll(async () => {
  await gate.close();
  await keyed.close();
  await upstream.close();
  credentials.remove();
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate();
});

interface Peer {
  readonly socket: WebSocket;
  send(message: unknown): void;
  /** The next message. */
  next(): Promise<{
    id?: unknown;
    method?: string;
    result?: unknown;
    error?: { code: number; data?: { code: string } };
  }>;
  /** Close code. */
  closed: Promise<number>;
}

async function connect(at: TestGate = gate, headers: Record<string, string> = {}): Promise<Peer> {
  const socket = new WebSocket(at.server('rec').replace('http', 'ws'), ['mcp'], {
    headers,
    perMessageDeflate: false,
  });
  open.push(socket);
  const messages: string[] = [];
  const wanted: ((text: string) => void)[] = [];
  socket.on('message', (data) => {
    const take = wanted.shift();
    if (take) take(String(data));
    else messages.push(String(data));
  });
  const closed = new Promise<number>((done) => socket.once('close', (code) => done(code)));
  await new Promise<void>((done, fail) => {
    socket.once('open', () => done());
    socket.once('error', fail);
  });
  return {
    socket,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: async () => {
      const text = messages.shift() ?? (await new Promise<string>((take) => wanted.push(take)));
      return JSON.parse(text) as Awaited<ReturnType<Peer['next']>>;
    },
  };
}

async function connected(at?: TestGate, headers?: Record<string, string>): Promise<Peer> {
  const peer = await connect(at, headers);
  peer.send(initialize);
  expect(await peer.next()).toMatchObject({ id: 0, result: { protocolVersion: '2025-11-25' } });
  peer.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return peer;
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'mcp',
};

/** The HTTP answer to an upgrade; 101 when it was granted. */
function upgrade(
  at: TestGate,
  { method = 'GET', path = '/mcp/rec', headers = {} },
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }> {
  const all = Object.entries({ ...UPGRADE, ...headers }).filter(([, value]) => value !== undefined);
  return new Promise((done, fail) => {
    const sent = request(at.url + path, {
      method,
      headers: Object.fromEntries(all) as Record<string, string>,
    });
    sent.once('upgrade', (response, socket) => {
      socket.destroy();
      done({ status: response.statusCode ?? 0, headers: response.headers });
    });
    sent.once('response', (response) => {
      response.resume();
      done({ status: response.statusCode ?? 0, headers: response.headers });
    });
    sent.once('error', fail);
    sent.end();
  });
}

describe('an upgrade', () => {
  test.each([
    { name: 'as it should be', status: 101 },
    { name: 'of another page', headers: { origin: 'https://evil.example' }, status: 403 },
    { name: 'of a page that hides', headers: { origin: 'null' }, status: 403 },
    { name: 'of a page of this machine', headers: { origin: 'http://localhost:3000' }, status: 101 },
    { name: 'to another host', headers: { host: 'evil.example' }, status: 403 },
    { name: 'without the subprotocol', headers: { 'sec-websocket-protocol': undefined }, status: 400 },
    { name: 'with another subprotocol', headers: { 'sec-websocket-protocol': 'mcp2, soap' }, status: 400 },
    { name: 'to HTTP/2', headers: { upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }, status: 400 },
    { name: 'by POST', method: 'POST', status: 400 },
    { name: 'with a body announced', headers: { 'content-length': '5' }, status: 400 },
    {
      name: 'that names other headers as of this hop',
      headers: { connection: 'Upgrade, Authorization' },
      status: 400,
    },
    { name: 'of no server', path: '/mcp/none', status: 404 },
    { name: 'below a server', path: '/mcp/rec/sse', status: 101 },
    { name: 'of a route that is none', path: '/mcp/rec/', status: 404 },
  ])('$name is answered $status', async ({ status, ...how }) => {
    verifies('R33', 'ws');
    const answer = await upgrade(gate, how as object);
    expect(answer.status).toBe(status);
    if (status === 101) expect(answer.headers).toMatchObject({ 'sec-websocket-protocol': 'mcp' });
    else expect(answer.headers['connection']).toBe('close');
  });

  test('compresses nothing', async () => {
    const offered = { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' };
    const { status, headers } = await upgrade(gate, { headers: offered });
    expect({ status, extensions: headers['sec-websocket-extensions'] }).toEqual({
      status: 101,
      extensions: undefined,
    });
  });

  test('of nobody known is refused before there is a socket', async () => {
    verifies('R35', 'ws');
    const answer = await upgrade(keyed, {});
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/./);
    const peer = await connected(keyed, { 'x-api-key': credentials.keyOf('carol') });
    peer.send(toolCall(1, 'echo'));
    expect(await peer.next()).toMatchObject({ id: 1, result: {} });
    const sent = upstream.requests.map(({ headers }) => JSON.stringify(headers)).join();
    expect(sent).not.toContain(credentials.keyOf('carol'));
    expect(JSON.stringify(keyed.record())).not.toContain(credentials.keyOf('carol'));
  });
});

describe('messages', () => {
  test.each([
    ['garbage', 'garbage', 'GW_FRAME_SYNTAX'],
    [
      'two documents',
      `${JSON.stringify(toolCall(1, 'a'))}${JSON.stringify(toolCall(2, 'b'))}`,
      'GW_FRAME_SYNTAX',
    ],
    [
      'two names',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
      'GW_FRAME_DUPLICATE',
    ],
    ['a batch after 2025-03-26', `[${JSON.stringify(toolCall(1, 'a'))}]`, 'GW_FRAME_BATCH'],
  ])('%s is answered without an id and reaches nobody', async (_, message, code) => {
    verifies('R02', 'ws');
    const peer = await connected();
    const before = upstream.requests.filter(({ message: { method } }) => method === 'tools/call').length;
    peer.send(message);
    expect(await peer.next()).toMatchObject({ id: null, error: { data: { code } } });
    peer.send(toolCall(9, 'echo'));
    expect(await peer.next()).toMatchObject({ id: 9, result: {} });
    expect(upstream.requests.filter(({ message: { method } }) => method === 'tools/call')).toHaveLength(
      before + 1,
    );
  });

  test('a binary one ends the connection', async () => {
    const peer = await connected();
    peer.socket.send(Buffer.from(JSON.stringify(toolCall(1, 'echo'))));
    expect(await peer.closed).toBe(1003);
  });

  test('one over the limit ends the connection', async () => {
    verifies('R38', 'ws');
    const peer = await connected();
    peer.send(toolCall(1, 'echo', { text: 'x'.repeat(20_000) }));
    expect(await peer.closed).toBe(1009);
  });

  test('one in fragments is one', async () => {
    const peer = await connected();
    const text = JSON.stringify(toolCall(1, 'echo'));
    peer.socket.send(text.slice(0, 20), { fin: false });
    peer.socket.send(text.slice(20), { fin: true });
    expect(await peer.next()).toMatchObject({ id: 1, result: {} });
  });

  test('a blocked note is answered by nothing; a blocked call under its id', async () => {
    verifies('R18', 'ws');
    const peer = await connected();
    peer.send({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
    peer.send({ jsonrpc: '2.0', id: 77, result: {} });
    peer.send(toolCall('1', 'forbidden'));
    expect(await peer.next()).toMatchObject({ id: '1', result: { isError: true } });
  });

  test('an id that is in use is refused, and both answers have their own', async () => {
    verifies('R30', 'ws');
    const peer = await connected();
    let answer = () => {};
    upstream.on('tools/call held', (held) => {
      answer = () => held.result({ content: [{ type: 'text', text: 'first' }] });
    });
    peer.send(toolCall(5, 'held'));
    await upstream.arrived('tools/call held');
    peer.send(toolCall(5, 'echo'));
    expect(await peer.next()).toMatchObject({ id: null, error: { data: { code: 'GW_FRAME_ID' } } });
    answer();
    expect(await peer.next()).toMatchObject({ id: 5, result: { content: [{ text: 'first' }] } });
  });
});

describe('the end of a connection', () => {
  test('ends its session at the server', async () => {
    verifies('R41', 'ws');
    const peer = await connected();
    const ended = upstream.arrived('DELETE');
    peer.socket.close();
    expect((await ended).headers['mcp-session-id']).toMatch(/^session-/);
  });

  test('cancels what a modern client still waits for', async () => {
    verifies('R28', 'ws');
    const peer = await connect();
    upstream.on('tools/call endless', () => {});
    peer.send(modern(1, 'tools/call', { name: 'endless' }).body);
    const { gone } = await upstream.arrived('tools/call endless');
    peer.socket.close();
    await gone;
  });

  test('a note cancels one request of a modern client, and its answer comes to nobody', async () => {
    verifies('R28', 'ws');
    const peer = await connect();
    upstream.on('tools/call endless', () => {});
    peer.send(modern(1, 'tools/call', { name: 'endless' }).body);
    const { gone } = await upstream.arrived('tools/call endless');
    peer.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await gone;
    peer.send(modern(2, 'tools/call', { name: 'echo' }).body);
    expect(await peer.next()).toMatchObject({ id: 2 });
  });

  test('the gate’s own end is theirs, at once', async () => {
    const own = await startGate({ bundle: sayBundle(), config: { servers: { rec: { url: upstream.url } } } });
    const peer = await connected(own);
    await own.close();
    expect(await peer.closed).toBe(1006);
  });
});

test('streams of a session are heard, and heard again where they broke off', async () => {
  verifies('R27', 'ws');
  const note = (n: number) => ({
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { level: 'info', data: n },
  });
  upstream.on('GET', (get) => {
    const sse = get.sse();
    const from = Number(get.headers['last-event-id'] ?? 0) + 1;
    sse.write(`id: ${from}\nretry: 10\ndata: ${JSON.stringify(note(from))}\n\n`);
    if (from < 3) sse.end();
  });
  const peer = await connected();
  expect([await peer.next(), await peer.next(), await peer.next()]).toEqual([note(1), note(2), note(3)]);
  upstream.on('GET', (get) => get.send(405, {}));
});
