/**
 * Legacy sessions: bound to the caller whose `initialize` opened them and to the server that gave them out. To
 * anybody else they answer exactly like one that never was.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { sendRaw } from '../support/raw-http.ts';
import { INITIALIZED, type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, initialize, textOf, toolCall } from './_client.ts';
import { sayBundle } from './_policies.ts';

const credentials = createCredentials(0);
let upstream: ScriptedUpstream;
let gate: TestGate;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await open();
});
afterAll(async () => {
  await gate.close();
  await upstream.close();
  credentials.remove();
});

function open(limits: object = {}): Promise<TestGate> {
  return startGate({
    bundle: sayBundle(),
    config: {
      servers: { rec: { url: upstream.url }, other: { url: upstream.url } },
      auth: credentials.auth.api_keys,
      limits,
    },
  });
}

function clientOf(caller: string, server = 'rec', at = gate): Client {
  const client = new Client(at.server(server), { 'x-api-key': credentials.keyOf(caller) });
  onTestFinished(() => client.close());
  return client;
}

const NOT_FOUND = {
  status: 404,
  json: { jsonrpc: '2.0', id: null, error: { code: -31404, data: { code: 'GW_SESSION' } } },
};

describe('a session answers to its own caller at its own server', () => {
  let alice: Client;
  beforeAll(async () => {
    alice = new Client(gate.server('rec'), { 'x-api-key': credentials.keyOf('carol') });
    await alice.open();
  });
  afterAll(() => alice.close());

  const stolen = (caller: string, server: string, session = alice.session) => {
    const client = clientOf(caller, server);
    client.session = session;
    return client;
  };

  test.each([
    { name: 'another caller', caller: 'dave', server: 'rec' },
    { name: 'the same caller at another server', caller: 'carol', server: 'other' },
    { name: 'another caller at another server', caller: 'dave', server: 'other' },
  ])('not to $name', async ({ caller, server }) => {
    verifies('R29', 'http');
    const thief = stolen(caller, server);
    const before = upstream.requests.length;
    for (const answer of [
      await thief.call('echo'),
      await thief.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
      await thief.post({ jsonrpc: '2.0', id: 1, result: {} }),
      await thief.post(initialize),
      await thief.send('GET', undefined, { accept: 'text/event-stream' }),
      await thief.send('DELETE'),
    ]) {
      expect(answer).toMatchObject(NOT_FOUND);
    }
    expect(upstream.requests.length).toBe(before);
    expect(textOf(await alice.call('echo'))).toBe('ran echo');
  });

  test.each([
    { name: 'nobody ever had', session: 'session-none' },
    { name: 'in another case', session: 'SESSION-1' },
    { name: 'empty', session: '' },
    { name: 'a name of Object.prototype', session: '__proto__' },
    { name: 'with a server in it', session: 'rec/session-1' },
  ])('an id $name is answered the same', async ({ session }) => {
    const own = stolen('carol', 'rec', session);
    expect(await own.call('echo')).toMatchObject(NOT_FOUND);
    expect(await own.send('DELETE')).toMatchObject(NOT_FOUND);
    expect((await own.call('echo')).text).toBe((await stolen('dave', 'rec').call('echo')).text);
  });

  test('what the policy and the record are told is the session’s', async () => {
    await alice.call('echo');
    const decision = gate.record().findLast((line) => 'input' in line) as { input: { session: object } };
    expect(decision.input.session).toEqual({ id: alice.session, age_s: expect.any(Number) });
  });
});

test('the revision is the one the server agreed to, whatever the headers say later', async () => {
  upstream.on('initialize', (request) => {
    request.result({ ...INITIALIZED, protocolVersion: '2025-06-18' }, { 'mcp-session-id': 'agreed' });
  });
  const own = await clientOf('carol').open();
  await own.call('echo', {}, { 'mcp-protocol-version': '2025-11-25' });
  expect(upstream.requests.at(-1)?.headers['mcp-protocol-version']).toBe('2025-06-18');
  upstream.on('initialize', (request) =>
    request.result(INITIALIZED, { 'mcp-session-id': `s-${Math.random()}` }),
  );
});

describe('a session ends', () => {
  test('by DELETE, here and at its server', async () => {
    const own = await clientOf('carol').open();
    const open = gate.sessions();
    expect((await own.send('DELETE')).status).toBe(200);
    expect(upstream.requests.at(-1)).toMatchObject({
      httpMethod: 'DELETE',
      headers: { 'mcp-session-id': own.session, 'mcp-protocol-version': '2025-11-25' },
    });
    expect(gate.sessions()).toBe(open - 1);
    expect(await own.call('echo')).toMatchObject(NOT_FOUND);
    expect(await own.send('DELETE')).toMatchObject(NOT_FOUND);
  });

  test('not by DELETE where the server does not let clients end sessions', async () => {
    upstream.on('DELETE', (request) => request.send(405, { allow: 'GET, POST' }));
    const own = await clientOf('carol').open();
    expect(await own.send('DELETE')).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } });
    expect(textOf(await own.call('echo'))).toBe('ran echo');
    upstream.on('DELETE', (request) => request.send(200, {}));
  });

  test('DELETE without a session names none', async () => {
    expect(await clientOf('carol').send('DELETE')).toMatchObject({
      status: 400,
      json: { error: { data: { code: 'GW_SESSION_REQUIRED' } } },
    });
  });

  test.each([
    { name: 'without a body', send: { type: 'text/plain', body: '' } },
    { name: 'with words', send: { type: 'text/html', body: '<h1>Not found</h1>' } },
    {
      name: 'with a JSON-RPC error',
      send: {
        type: 'application/json',
        body: '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"gone"}}',
      },
    },
  ])('when its server answers 404 $name', async ({ send }) => {
    const own = await clientOf('carol').open();
    upstream.on('tools/call gone', (request) => request.send(404, { 'content-type': send.type }, send.body));
    const answer = await own.call('gone');
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('<h1>');
    expect(await own.call('echo')).toMatchObject(NOT_FOUND);
  });

  test('when its server answers 404 to a notification, or to the stream', async () => {
    upstream.on('notifications/cancelled', (request) => request.send(404, {}));
    const one = await clientOf('carol').open();
    const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 9 } };
    expect(await one.post(note)).toMatchObject(NOT_FOUND);
    expect(await one.call('echo')).toMatchObject(NOT_FOUND);
    upstream.on('GET', (request) => request.send(404, {}));
    const two = await clientOf('carol').open();
    expect(await two.send('GET', undefined, { accept: 'text/event-stream' })).toMatchObject(NOT_FOUND);
    expect(await two.call('echo')).toMatchObject(NOT_FOUND);
    upstream.on('GET', (request) => request.send(405, {}));
  });
});

describe('bounded', () => {
  test('for each caller, where the oldest makes room and its server is told', async () => {
    const small = await open({ maxSessionsPerCaller: 2 });
    onTestFinished(() => small.close());
    const [first, second] = [
      await clientOf('carol', 'rec', small).open(),
      await clientOf('carol', 'rec', small).open(),
    ];
    const other = await clientOf('dave', 'rec', small).open();
    const third = await clientOf('carol', 'rec', small).open();
    await upstream.arrived('DELETE', ({ headers }) => headers['mcp-session-id'] === first?.session);
    expect(await first?.call('echo')).toMatchObject(NOT_FOUND);
    for (const alive of [second, third, other])
      expect(textOf((await alive?.call('echo')) as never)).toBe('ran echo');
    expect(small.sessions()).toBe(3);
  });

  test('over all, where a new one is refused, ended at its server, and the old ones stay', async () => {
    const small = await open({ maxSessions: 1 });
    onTestFinished(() => small.close());
    const first = await clientOf('carol', 'rec', small).open();
    upstream.on('initialize', (request) => request.result(INITIALIZED, { 'mcp-session-id': 'one-too-many' }));
    const answer = await clientOf('dave', 'rec', small).post(initialize);
    expect(answer).toMatchObject({
      status: 200,
      json: { id: 0, error: { data: { code: 'GW_SESSIONS_FULL' } } },
    });
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    await upstream.arrived('DELETE', ({ headers }) => headers['mcp-session-id'] === 'one-too-many');
    expect(textOf(await first.call('echo'))).toBe('ran echo');
  });
});

describe('a server that gives out session ids carelessly', () => {
  test('one that exists already is given to nobody else', async () => {
    upstream.on('initialize', (request) =>
      request.result(INITIALIZED, { 'mcp-session-id': 'always-the-same' }),
    );
    const first = await clientOf('carol').open();
    const second = clientOf('dave');
    const answer = await second.post(initialize);
    expect(answer).toMatchObject({
      status: 200,
      json: { id: 0, error: { data: { code: 'GW_UPSTREAM_ANSWER' } } },
    });
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    second.session = 'always-the-same';
    expect(await second.call('echo')).toMatchObject(NOT_FOUND);
    expect(textOf(await first.call('echo'))).toBe('ran echo');
  });

  test.each([
    { name: 'with a blank', id: 'a b' },
    { name: 'beyond ASCII', id: 'sé' },
    { name: 'of 257 characters', id: 'x'.repeat(257) },
  ])('one $name does not travel', async ({ id }) => {
    upstream.on('initialize', (request) => request.result(INITIALIZED, { 'mcp-session-id': id }));
    const open = gate.sessions();
    const answer = await clientOf('carol').post(initialize);
    expect(answer.json.result).toEqual(INITIALIZED);
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    expect(gate.sessions()).toBe(open);
  });

  test('one on another answer opens nothing', async () => {
    const own = await clientOf('carol').open();
    upstream.on('tools/call fixate', (request) =>
      request.result({ content: [] }, { 'mcp-session-id': 'chosen' }),
    );
    expect((await own.call('fixate')).headers).not.toHaveProperty('mcp-session-id');
    own.session = 'chosen';
    expect(await own.call('echo')).toMatchObject(NOT_FOUND);
  });

  test('an initialize that comes as a stream opens one just the same', async () => {
    upstream.on('initialize', (request) => {
      const stream = request.sse({ 'mcp-session-id': 'by-stream' });
      stream.event({ jsonrpc: '2.0', id: request.message.id, result: INITIALIZED });
      stream.end();
    });
    const own = await clientOf('carol').open();
    expect(own.session).toBe('by-stream');
    expect(textOf(await own.call('echo'))).toBe('ran echo');
  });
});

describe('a server without sessions', () => {
  test('is served, each caller by itself', async () => {
    upstream.on('initialize', (request) => request.result(INITIALIZED));
    const [one, two] = [await clientOf('carol').open(), await clientOf('dave').open()];
    expect(one?.session).toBeUndefined();
    const answers = await Promise.all([one?.post(toolCall(1, 'a')), two?.post(toolCall(1, 'b'))]);
    expect(answers.map((answer) => textOf(answer as never))).toEqual(['ran a', 'ran b']);
    expect(upstream.requests.at(-1)?.headers['mcp-protocol-version']).toBe('2025-03-26');
  });
});

describe('ids', () => {
  test('one still waiting for its answer cannot be used again; afterwards it can', async () => {
    upstream.on('initialize', (request) =>
      request.result(INITIALIZED, { 'mcp-session-id': `s-${Math.random()}` }),
    );
    const own = await clientOf('carol').open();
    upstream.on('tools/call hold', () => {});
    const held = own.post(toolCall(7, 'hold'));
    const request = await upstream.arrived('tools/call hold');
    expect(await own.post(toolCall(7, 'echo'))).toMatchObject({
      json: { id: 7, error: { data: { code: 'GW_FRAME_ID' } } },
    });
    expect(textOf(await own.post(toolCall('7', 'echo')))).toBe('ran echo');
    request.result({ content: [{ type: 'text', text: 'late' }] });
    expect(textOf(await held)).toBe('late');
    expect(textOf(await own.post(toolCall(7, 'echo')))).toBe('ran echo');
  });

  test('of several that arrive in one turn under one id, one passes', async () => {
    const own = await clientOf('carol').open();
    const before = upstream.requests.length;
    const body = JSON.stringify(toolCall(8, 'echo'));
    const head = `POST /mcp/rec HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const frame = `${head}X-API-Key: ${credentials.keyOf('carol')}\r\nMcp-Session-Id: ${own.session}\r\n`;
    const last = `${frame}Connection: close\r\n\r\n${body}`;
    const answer = await sendRaw(Number(own.url.port), [`${frame}\r\n${body}`.repeat(2) + last]);
    expect(answer.text.match(/ran echo/g)).toHaveLength(1);
    expect(answer.text.match(/GW_FRAME_ID/g)).toHaveLength(2);
    expect(upstream.requests.length).toBe(before + 1);
  });
});
