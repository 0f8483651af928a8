/**
 * Answers that come as server-sent events: each event judged and passed on before the next one exists, in the gate's
 * own framing; streams that break, resume and replay; what the server asks of the client; and who slows down whom.
 */
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import {
  type ScriptedUpstream,
  type SseWriter,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { Client, modernCall, textOf, toolCall } from './_client.ts';
import { block, sayBundle } from './_policies.ts';

const REDACTED = { verdict: 'allow', reasons: [], reply: { redact: [{ pattern: 'SECRET-[0-9]+' }] } };

let upstream: ScriptedUpstream;
let gate: TestGate;
let client: Client;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await startGate({
    bundle: sayBundle(),
    data: {
      say: {
        request: { careful: REDACTED },
        notification: { 'notifications/message': block('no.logs') },
        server_request: { 'sampling/createMessage': block('no.sampling') },
        client_response: { 'roots/list': block('no.roots') },
      },
    },
    config: { servers: { rec: { url: upstream.url, connections: 4 } }, limits: { maxEventBytes: 200_000 } },
  });
  client = await new Client(gate.server('rec')).open();
});
afterAll(async () => {
  client.close();
  await gate.close();
  await upstream.close();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The next call of this tool is answered on a stream that the test holds. */
function hold(tool: string): Promise<SseWriter & { gone: Promise<void> }> {
  return new Promise((resolve) => {
    upstream.on(`tools/call ${tool}`, (request) => resolve({ ...request.sse(), gone: request.gone }));
  });
}

const progress = (n: number, token: string | number = 't') => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: token, progress: n },
});
const answer = (id: string | number, text = 'done') => ({
  jsonrpc: '2.0',
  id,
  result: { content: [{ type: 'text', text }] },
});

async function freshClient(): Promise<Client> {
  const own = await new Client(gate.server('rec')).open();
  onTestFinished(() => own.close());
  return own;
}

describe('event by event', () => {
  test('the first reaches the client before the second exists', async () => {
    const held = hold('steps');
    const asked = client.stream(toolCall(1, 'steps'));
    const server = await held;
    const stream = await asked;
    expect(stream).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/event-stream',
        'x-accel-buffering': 'no',
        'cache-control': 'no-cache, no-transform',
      },
    });
    for (const step of [1, 2, 3]) {
      server.event(progress(step));
      expect((await stream.next())?.json).toEqual(progress(step));
    }
    server.event(answer(1));
    expect((await stream.next())?.json).toEqual(answer(1));
    expect(await stream.next()).toBeUndefined();
    expect(stream.complete).toBe(true);
  });

  test('ids, retry and priming events stay, in order', async () => {
    const held = hold('primed');
    const asked = client.stream(toolCall(1, 'primed'));
    const server = await held;
    server.write('id: p-0\nretry: 250\ndata: \n\n');
    server.write(`id: p-1\ndata: ${JSON.stringify(progress(1))}\n\n`);
    server.write(`id: p-2\ndata: ${JSON.stringify(answer(1))}\n\n`);
    const events = await (await asked).rest();
    expect(events.map((event) => event.raw)).toEqual([
      'id: p-0\nretry: 250\ndata: ',
      `id: p-1\ndata: ${JSON.stringify(progress(1))}`,
      `id: p-2\ndata: ${JSON.stringify(answer(1))}`,
    ]);
  });

  test('a frame the policy drops leaves its id behind, and without an id leaves nothing', async () => {
    const held = hold('logs');
    const asked = client.stream(toolCall(1, 'logs'));
    const server = await held;
    const log = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } };
    server.event(log, { id: 'l-1' });
    server.event(log);
    server.event(answer(1), { id: 'l-2' });
    const events = await (await asked).rest();
    expect(events.map((event) => event.raw)).toEqual([
      'id: l-1\ndata: ',
      `id: l-2\ndata: ${JSON.stringify(answer(1))}`,
    ]);
  });

  const text = JSON.stringify(answer(1));
  const half = text.indexOf(',"result"') + 1;
  test.each([
    { name: 'LF', bytes: `data: ${text}\n\n` },
    { name: 'CRLF', bytes: `data: ${text}\r\n\r\n` },
    { name: 'CR', bytes: `data: ${text}\r\r` },
    { name: 'a mixture', bytes: `event: message\rdata: ${text}\r\n\n` },
    { name: 'no blank after the colon', bytes: `data:${text}\n\n` },
    { name: 'a byte order mark', bytes: `\ufeffdata: ${text}\n\n` },
    { name: 'fields nobody knows', bytes: `x-secret: y\ndata: ${text}\nfoo\n: hidden\n\n` },
    { name: 'event: message', bytes: `event: message\ndata: ${text}\n\n` },
    { name: 'blank lines before', bytes: `\n\n\ndata: ${text}\n\n` },
  ])('$name is one event to the gate and to the client', async ({ bytes }) => {
    for (const pieces of [[bytes], [...Buffer.from(bytes)].map((byte) => Buffer.of(byte))]) {
      upstream.on('tools/call framed', (request) => {
        const server = request.sse();
        for (const piece of pieces) server.write(piece);
        server.end();
      });
      const stream = await client.stream(toolCall(1, 'framed'));
      expect((await stream.rest()).map((event) => event.raw)).toEqual([`data: ${text}`]);
    }
  });

  test('several data lines are one message, joined as they were', async () => {
    upstream.on('tools/call framed', (request) => {
      const server = request.sse();
      server.write(`data: ${text.slice(0, half)}\r\ndata:\r\ndata:  ${text.slice(half)}\r\n\r\n`);
      server.end();
    });
    const [event] = await (await client.stream(toolCall(1, 'framed'))).rest();
    expect(event?.data).toBe(`${text.slice(0, half)}\n\n ${text.slice(half)}`);
  });

  test('comments and events of other types end at the gate', async () => {
    upstream.on('tools/call framed', (request) => {
      const server = request.sse();
      server.write(
        `: SECRET in a comment\n\nevent: endpoint\ndata: http://evil\n\nevent: Message\ndata: ${text}\n\n`,
      );
      server.event(answer(1, 'the real one'));
      server.end();
    });
    const stream = await client.stream(toolCall(1, 'framed'));
    expect((await stream.rest()).map((event) => event.json)).toEqual([answer(1, 'the real one')]);
  });

  test('an id that could break the framing does not travel', async () => {
    const held = hold('ids');
    const asked = client.stream(toolCall(1, 'ids'));
    const server = await held;
    for (const id of ['a\u0007b', 'é', 'x'.repeat(1025)]) server.event(progress(1), { id });
    server.event(answer(1));
    const events = await (await asked).rest();
    expect(events.map((event) => event.id)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('a silent stream is kept alive by comments', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const held = hold('quiet');
    const asked = client.stream(toolCall(1, 'quiet'));
    const server = await held;
    const stream = await asked;
    vi.advanceTimersByTime(20_000);
    server.event(answer(1));
    const events = await stream.rest();
    expect(events.map((event) => event.raw)).toEqual([': keep-alive', `data: ${text}`]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what cannot be read is not passed on', () => {
  const long = JSON.stringify(answer(1, 'x'.repeat(250_000)));
  test.each([
    { name: 'an event over the limit', write: [`data: ${long}\n\n`] },
    {
      name: 'an event over the limit, line by line',
      write: Array.from({ length: 30 }, () => `data: ${'x'.repeat(10_000)}\n`),
    },
    {
      name: 'bytes that are no UTF-8',
      write: [
        Buffer.from('data: {"jsonrpc":"2.0","id":1,"result":{"content":[],"a":"\xc0\xaf"}}\n\n', 'latin1'),
      ],
    },
    { name: 'data that is no JSON', write: ['data: hello\n\n'] },
    {
      name: 'a member that stands twice',
      write: [`data: {"jsonrpc":"2.0","id":1,"result":{"content":[],"content":[1]}}\n\n`],
    },
    { name: 'a batch', write: [`data: [${JSON.stringify(answer(1))}]\n\n`] },
    { name: 'a second mark of byte order', write: [`data: \ufeff${JSON.stringify(answer(1))}\n\n`] },
  ])('$name', async ({ write }) => {
    const held = hold('broken');
    const asked = client.stream(toolCall(1, 'broken'));
    const server = await held;
    for (const piece of write) server.write(piece);
    const events = await (await asked).rest();
    expect(events).toHaveLength(1);
    expect(events[0]?.json).toMatchObject({ id: 1, result: { isError: true } });
    expect(textOf(events[0] as never)).toContain('GW_UPSTREAM_ANSWER');
    await server.gone;
  });

  test('also where the stream could be resumed: the same event would only come again', async () => {
    const held = hold('broken');
    const asked = client.stream(toolCall(1, 'broken'));
    const server = await held;
    server.event(progress(1), { id: 'b-1' });
    server.write(`id: b-2\ndata: ${long}\n\n`);
    const events = await (await asked).rest();
    expect(events.map((event) => event.id)).toEqual(['b-1', undefined]);
    expect(textOf(events[1] as never)).toContain('GW_UPSTREAM_ANSWER');
  });

  test('answers to what was not asked on this stream are dropped, and told in the record', async () => {
    const held = hold('mixed');
    const asked = client.stream(toolCall(1, 'mixed'));
    const server = await held;
    const before = gate.record().length;
    for (const id of ['1', 2]) server.event(answer(id, 'not yours'));
    server.event(answer(1, 'yours'));
    server.event(answer(1, 'and again'));
    const events = await (await asked).rest();
    expect(events.map((event) => event.json)).toEqual([answer(1, 'yours')]);
    const lines = gate.record().slice(before) as { custom: { record: string } }[];
    expect(lines.filter(({ custom }) => custom.record === 'dropped')).toHaveLength(2);
  });
});

describe('a stream that breaks before its answer', () => {
  test.each([
    { name: 'ends', breakOff: (server: SseWriter) => server.end() },
    { name: 'is cut', breakOff: (server: SseWriter) => server.destroy() },
    {
      name: 'ends inside an event',
      breakOff(server: SseWriter) {
        server.write(`data: ${JSON.stringify(answer(1))}\n`);
        server.end();
      },
    },
  ])('and $name is answered in the request’s own terms', async ({ breakOff }) => {
    const held = hold('cut');
    const asked = client.stream(toolCall(1, 'cut'));
    const server = await held;
    server.event(progress(1));
    const stream = await asked;
    await stream.next();
    breakOff(server);
    const [event] = await stream.rest();
    expect(event?.json).toMatchObject({ jsonrpc: '2.0', id: 1, result: { isError: true } });
    expect(textOf(event as never)).toContain('GW_UPSTREAM_GONE');
    expect(stream.complete).toBe(true);
  });

  test('other methods get an error', async () => {
    upstream.on('prompts/get', (request) => request.sse().end());
    const stream = await client.stream({
      jsonrpc: '2.0',
      id: 'p',
      method: 'prompts/get',
      params: { name: 'x' },
    });
    expect((await stream.rest())[0]?.json).toMatchObject({ id: 'p', error: { code: -31502 } });
  });

  /** A POST stream with one event, broken off by the server; the answer is still owed. */
  async function owed(own: Client, tool = 'careful') {
    const held = hold(tool);
    const asked = own.stream(toolCall(5, tool));
    const server = await held;
    server.event(progress(1), { id: 'r-1' });
    const stream = await asked;
    expect((await stream.next())?.id).toBe('r-1');
    return { server, stream };
  }

  /** The stream that resumes it. */
  async function resume(own: Client) {
    const opened = new Promise<SseWriter>((resolve) => {
      upstream.on('GET', (request) => {
        expect(request.headers).toMatchObject({ 'last-event-id': 'r-1', 'mcp-session-id': own.session });
        resolve(request.sse());
      });
    });
    const stream = await own.listen({ 'last-event-id': 'r-1' });
    return { server: await opened, stream };
  }

  test('stays open to resume when it has ids, and the replay is judged as the answer to what was asked', async () => {
    verifies('R27', 'http');
    const own = await freshClient();
    const { server, stream } = await owed(own);
    server.destroy();
    expect(await stream.rest()).toEqual([]);
    const resumed = await resume(own);
    resumed.server.event(answer(6, 'never asked'), { id: 'r-2' });
    resumed.server.event(answer(5, 'the SECRET-123'), { id: 'r-3' });
    expect((await resumed.stream.next())?.raw).toBe('id: r-2\ndata: ');
    const replayed = await resumed.stream.next();
    expect(replayed?.id).toBe('r-3');
    expect(textOf(replayed as never)).toMatch(/^the \S+$/);
    expect(textOf(replayed as never)).not.toContain('SECRET');
    resumed.server.end();
    expect(await resumed.stream.next()).toBeUndefined();
  });

  test('another session cannot have the answer', async () => {
    const own = await freshClient();
    const { server, stream } = await owed(own);
    server.destroy();
    await stream.rest();
    const other = await freshClient();
    const resumed = await resume(other);
    resumed.server.event(answer(5), { id: 'r-2' });
    resumed.server.end();
    expect((await resumed.stream.rest()).map((event) => event.raw)).toEqual(['id: r-2\ndata: ']);
  });

  test('a client that lost its connection finds the answer by resuming', async () => {
    const own = await freshClient();
    const { server, stream } = await owed(own);
    const recorded = gate.record().length;
    stream.abort();
    // Nothing tells the server; it goes on, and what it says reaches nobody.
    server.event(progress(2), { id: 'r-2' });
    server.event(answer(5, 'SECRET-9'), { id: 'r-3' });
    server.end();
    const resumed = await resume(own);
    resumed.server.event(progress(2), { id: 'r-2' });
    resumed.server.event(answer(5, 'SECRET-9'), { id: 'r-3' });
    resumed.server.end();
    const events = await resumed.stream.rest();
    expect(events.map((event) => event.id)).toEqual(['r-2', 'r-3']);
    expect(events[1]?.json.result.content).toHaveLength(1);
    expect(textOf(events[1] as never)).not.toContain('SECRET');
    const outcomes = gate.record().slice(recorded) as { custom: { status?: string } }[];
    expect(outcomes.map(({ custom }) => custom.status)).toContain('answered');
  });

  test('an answer that was written and may have been lost is replayed, by resuming only', async () => {
    const own = await freshClient();
    const { server, stream } = await owed(own);
    server.event(answer(5, 'SECRET-9'), { id: 'r-2' });
    expect((await stream.next())?.id).toBe('r-2');
    const unasked = new Promise<SseWriter>((resolve) =>
      upstream.on('GET', (request) => resolve(request.sse())),
    );
    const plain = await own.listen();
    const fresh = await unasked;
    fresh.event(answer(5, 'another'));
    fresh.end();
    expect(await plain.rest()).toEqual([]);
    const resumed = await resume(own);
    resumed.server.event(answer(5, 'SECRET-9'), { id: 'r-2' });
    resumed.server.end();
    const [event] = await resumed.stream.rest();
    expect(event?.id).toBe('r-2');
    expect(event?.json.result.content).toHaveLength(1);
    expect(textOf(event as never)).not.toContain('SECRET');
  });

  test('of two answers to one request the second is dropped', async () => {
    const own = await freshClient();
    const { server, stream } = await owed(own);
    server.destroy();
    await stream.rest();
    const opened = new Promise<SseWriter>((resolve) =>
      upstream.on('GET', (request) => resolve(request.sse())),
    );
    const listening = await own.listen();
    const late = await opened;
    late.event(answer(5, 'first'));
    late.event(answer(5, 'second'));
    late.end();
    expect((await listening.rest()).map((event) => event.json)).toEqual([answer(5, 'first')]);
  });
});

describe('the stream for what a server says unasked', () => {
  async function listening(own: Client) {
    const opened = new Promise<SseWriter & { gone: Promise<void> }>((resolve) => {
      upstream.on('GET', (request) => resolve({ ...request.sse(), gone: request.gone }));
    });
    const stream = await own.listen();
    return { stream, server: await opened };
  }

  test('carries judged notifications, and ends at the server when the client has gone', async () => {
    const own = await freshClient();
    const { stream, server } = await listening(own);
    const changed = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    server.event({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { level: 'info', data: 'blocked' },
    });
    server.event(changed);
    expect((await stream.next())?.json).toEqual(changed);
    stream.abort();
    await server.gone;
  });

  test('unreadable events are dropped and told in the record; the stream goes on', async () => {
    const own = await freshClient();
    const { stream, server } = await listening(own);
    const before = gate.record().length;
    server.write('data: {"jsonrpc":"2.0","method":"a","method":"b"}\n\n');
    server.event(progress(1));
    expect((await stream.next())?.json).toEqual(progress(1));
    expect(gate.record().slice(before)[0]).toMatchObject({
      custom: { record: 'dropped', code: 'GW_FRAME_DUPLICATE', server: 'rec' },
    });
    stream.abort();
    await server.gone;
  });

  test('a server that has none says 405', async () => {
    upstream.on('GET', (request) => request.send(405, {}));
    const own = await freshClient();
    expect((await own.send('GET', undefined, { accept: 'text/event-stream' })).status).toBe(405);
  });

  test('2026-07-28 has none', async () => {
    const headers = { accept: 'text/event-stream', 'mcp-protocol-version': '2026-07-28' };
    expect(await client.send('GET', undefined, headers)).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    });
    expect(await client.send('DELETE', undefined, headers)).toMatchObject({ status: 405 });
  });
});

describe('what a server asks of the client', () => {
  const question = (id: string | number, method: string, params: object = {}) => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  });
  const sampling = question('s-1', 'sampling/createMessage', { messages: [], maxTokens: 10 });
  const elicitation = question(1, 'elicitation/create', {
    message: 'Name?',
    requestedSchema: { type: 'object', properties: {} },
  });

  async function asking(own: Client, tool: string, ...questions: object[]) {
    const held = hold(tool);
    const asked = own.stream(toolCall(9, tool));
    const server = await held;
    for (const one of questions) server.event(one);
    return { server, stream: await asked };
  }

  test('blocked: the client never sees it, and the server is told', async () => {
    const own = await freshClient();
    const { server, stream } = await asking(own, 'sampler', sampling);
    const told = await upstream.arrived('answer', ({ headers }) => headers['mcp-session-id'] === own.session);
    expect(told.message).toEqual({
      jsonrpc: '2.0',
      id: 's-1',
      error: { code: -31403, message: 'Blocked by policy.', data: { code: 'GW_POLICY_BLOCKED' } },
    });
    server.event(answer(9));
    expect((await stream.rest()).map((event) => event.json)).toEqual([answer(9)]);
    expect(await own.post({ jsonrpc: '2.0', id: 's-1', result: {} })).toMatchObject({ status: 400 });
  });

  test('allowed: it passes, and may be answered once, by whom it was shown to', async () => {
    const own = await freshClient();
    const { server, stream } = await asking(own, 'elicitor', elicitation);
    expect((await stream.next())?.json).toEqual(elicitation);
    const reply = '{"jsonrpc":"2.0", "id":1, "result":{"action":"accept","content":{"n":1.0}}}';
    const other = await freshClient();
    const refused = { status: 400, json: { error: { data: { code: 'GW_FRAME_DIRECTION' } } } };
    expect(await other.post(reply)).toMatchObject(refused);
    expect(await own.post(reply.replace('"id":1', '"id":"1"'))).toMatchObject(refused);
    expect(await own.post(reply)).toMatchObject({ status: 202, text: '' });
    const received = await upstream.arrived(
      'answer',
      ({ headers }) => headers['mcp-session-id'] === own.session,
    );
    expect(received.body.toString()).toBe(reply);
    expect(await own.post(reply)).toMatchObject(refused);
    server.event(answer(9));
    await stream.rest();
  });

  test('the client’s answer is judged too; a blocked one reaches the server as an error', async () => {
    const own = await freshClient();
    const { server, stream } = await asking(own, 'rooter', question('r', 'roots/list'));
    await stream.next();
    const refused = await own.post({
      jsonrpc: '2.0',
      id: 'r',
      result: { roots: [{ uri: 'file:///home/SECRET' }] },
    });
    expect(refused).toMatchObject({
      status: 403,
      json: { id: null, error: { data: { code: 'GW_POLICY_BLOCKED' } } },
    });
    const received = await upstream.arrived(
      'answer',
      ({ headers }) => headers['mcp-session-id'] === own.session,
    );
    expect(received.message).toMatchObject({ id: 'r', error: { code: -32600 } });
    expect(received.body.toString()).not.toContain('SECRET');
    server.event(answer(9));
    await stream.rest();
  });

  test('an answer the policy cannot see whole is refused to both sides', async () => {
    const own = await freshClient();
    const { server, stream } = await asking(own, 'elicitor', elicitation);
    await stream.next();
    const long = { jsonrpc: '2.0', id: 1, result: { action: 'accept', content: { n: 'x'.repeat(20_000) } } };
    expect(await own.post(long)).toMatchObject({ status: 413 });
    const received = await upstream.arrived(
      'answer',
      ({ headers }) => headers['mcp-session-id'] === own.session,
    );
    expect(received.message).toMatchObject({ id: 1, error: { code: -31413 } });
    server.event(answer(9));
    await stream.rest();
  });

  test('a question the policy cannot see whole is refused to the server', async () => {
    const own = await freshClient();
    const long = question('long', 'elicitation/create', { message: 'x'.repeat(70_000) });
    const { server, stream } = await asking(own, 'elicitor', long);
    const received = await upstream.arrived(
      'answer',
      ({ headers }) => headers['mcp-session-id'] === own.session,
    );
    expect(received.message).toMatchObject({ id: 'long', error: { code: -31413 } });
    server.event(answer(9));
    expect((await stream.rest()).map((event) => event.json)).toEqual([answer(9)]);
  });

  test('two questions under one id: the second is refused, unless it is the first replayed', async () => {
    const own = await freshClient();
    const other = question(1, 'elicitation/create', {
      message: 'Password?',
      requestedSchema: { type: 'object', properties: {} },
    });
    const { server, stream } = await asking(own, 'elicitor', elicitation, other, elicitation);
    const received = await upstream.arrived(
      'answer',
      ({ headers }) => headers['mcp-session-id'] === own.session,
    );
    expect(received.message).toMatchObject({ id: 1, error: { message: 'That id is already in use' } });
    server.event(answer(9));
    expect((await stream.rest()).map((event) => event.json)).toEqual([elicitation, elicitation, answer(9)]);
    expect((await own.post({ jsonrpc: '2.0', id: 1, result: { action: 'decline' } })).status).toBe(202);
    expect((await own.post({ jsonrpc: '2.0', id: 1, result: { action: 'accept' } })).status).toBe(400);
  });

  test('methods only a client may send are not taken from a server', async () => {
    const own = await freshClient();
    const { server, stream } = await asking(own, 'caller', question('x', 'tools/call', { name: 'delete' }));
    const received = await upstream.arrived(
      'answer',
      ({ headers }) => headers['mcp-session-id'] === own.session,
    );
    expect(received.message).toMatchObject({ id: 'x', error: {} });
    server.event(answer(9));
    expect((await stream.rest()).map((event) => event.json)).toEqual([answer(9)]);
  });

  test.each(['sampling/createMessage', 'elicitation/create', 'roots/list'])(
    '%s is blocked by the shipped policy until it is granted',
    async (method) => {
      const asked = question('q', method, method === 'roots/list' ? {} : { message: 'x' });
      const seen = async (grants: object[]) => {
        const own = await startGate({
          data: { grants: [{ tools: ['*'] }, ...grants] },
          config: { servers: { rec: { url: upstream.url } } },
        });
        const caller = await new Client(own.server('rec')).open();
        const { server, stream } = await asking(caller, 'asker', asked);
        if (grants.length === 0)
          await upstream.arrived('answer', ({ headers }) => headers['mcp-session-id'] === caller.session);
        server.event(answer(9));
        const messages = (await stream.rest()).map((event) => event.json);
        caller.close();
        await own.close();
        return messages;
      };
      expect(await seen([])).toEqual([answer(9)]);
      expect(await seen([{ server_requests: [method] }])).toEqual([asked, answer(9)]);
    },
  );

  test('inside a modern result they are judged one by one', async () => {
    const ask = async (inputRequests: unknown) => {
      upstream.on('tools/call mrtr', (request) =>
        request.result({ resultType: 'input_required', inputRequests }),
      );
      const { body, headers } = modernCall(1, 'mrtr');
      return client.post(body, headers);
    };
    const fine = { method: 'elicitation/create', params: { message: 'x' } };
    expect((await ask({ a: fine })).json.result.inputRequests).toEqual({ a: fine });
    expect((await ask(null)).json.result).toEqual({ resultType: 'input_required', inputRequests: null });
    const sampling = { method: 'sampling/createMessage', params: {} };
    expect(textOf(await ask({ a: fine, b: sampling }))).toContain('no.sampling');
    const misplaced = [
      { a: { params: {} } },
      { a: 7 },
      { a: fine, b: { method: 'tools/call' } },
      [fine],
      'x',
    ];
    for (const requests of misplaced) {
      const answer = await ask(requests);
      expect(textOf(answer)).toContain('(GW_FRAME_DIRECTION) (GW_UPSTREAM_ANSWER)');
      expect(answer.text).not.toContain('inputRequests');
    }
  });
});

describe('a client that goes away', () => {
  test('of 2026-07-28 has cancelled: the server’s request ends at once', async () => {
    const held = hold('long');
    const { body, headers } = modernCall(1, 'long');
    const asked = client.stream(body, headers);
    const server = await held;
    server.event(progress(1));
    const stream = await asked;
    await stream.next();
    stream.abort();
    await server.gone;
  });

  test('of 2026-07-28 has cancelled also before the first byte of an answer', async () => {
    const { body, headers } = modernCall(1, 'silent-one');
    upstream.on('tools/call silent-one', () => {});
    const sent = client.request('POST', { 'content-type': 'application/json' }, headers);
    sent.on('error', () => {});
    sent.end(JSON.stringify(body));
    const request = await upstream.arrived('tools/call silent-one');
    sent.destroy();
    await request.gone;
  });

  test('of 2026-07-28, while its call waits for a free connection: it is never sent', async () => {
    const busy = await startGate({
      bundle: sayBundle(),
      config: { servers: { rec: { url: upstream.url, connections: 1 } } },
    });
    const own = await new Client(busy.server('rec')).open();
    upstream.on('tools/call first', () => {});
    const first = own.call('first');
    const blocking = await upstream.arrived('tools/call first');
    const { body, headers } = modernCall(2, 'unwanted');
    const lines = busy.record().length;
    const sent = own.request('POST', { 'content-type': 'application/json' }, headers);
    sent.on('error', () => {});
    sent.end(JSON.stringify(body));
    await until(() => busy.record().length > lines, own);
    const closed = new Promise<void>((resolve) => sent.once('close', () => resolve()));
    sent.destroy();
    await closed;
    await until(() => busy.record().length > lines + 1, own);
    blocking.result({ content: [] });
    await first;
    expect(textOf(await own.call('afterwards'))).toBe('ran afterwards');
    expect(upstream.keys()).not.toContain('tools/call unwanted');
    own.close();
    await busy.close();
  });

  test('of 2025-11-25 has not: the server may end its work, and the record says what became of it', async () => {
    const own = await freshClient();
    const held = hold('legacy-long');
    const asked = own.stream(toolCall(1, 'legacy-long'));
    const server = await held;
    server.event(progress(1));
    const stream = await asked;
    await stream.next();
    let gone = false;
    void server.gone.then(() => {
      gone = true;
    });
    const lines = gate.record().length;
    stream.abort();
    for (let call = 0; call < 20; call++) await own.call('echo');
    expect(gone).toBe(false);
    server.event(answer(1));
    server.end();
    await until(
      () => outcomes(lines).some(({ custom }) => custom['bytes'] === JSON.stringify(answer(1)).length),
      own,
    );
  });

  function outcomes(from: number) {
    const lines = gate.record().slice(from) as { custom: Record<string, unknown> }[];
    return lines.filter(({ custom }) => custom['record'] === 'outcome');
  }
});

describe('a client that reads slowly', () => {
  test('slows the server down, loses nothing, and does not fill the gate’s memory', {
    timeout: 30_000,
  }, async () => {
    const held = hold('flood');
    const asked = client.stream(toolCall(1, 'flood'));
    const server = await held;
    const stream = await asked;
    const total = 800;
    // As large as a notification may be and still be judged whole.
    const filler = Array.from({ length: 4 }, () => 'x'.repeat(15_000));
    let written = 0;
    const writing = (async () => {
      for (; written < total; written++) {
        const flowing = server.event({
          ...progress(written),
          params: { progressToken: 't', progress: written, filler },
        });
        if (!flowing) await server.drained();
      }
      server.event(answer(1));
      server.end();
    })();
    // Twenty calls without one more event: whatever could be taken on the way has been taken.
    for (let before = -1; before !== written; ) {
      before = written;
      for (let call = 0; call < 20; call++) await client.call('echo');
    }
    expect(written).toBeLessThan(total / 2);
    let next = 0;
    for (let event = await stream.next(); event; event = await stream.next()) {
      if (next < total) expect(event.json.params.progress).toBe(next);
      next++;
    }
    await writing;
    expect(next).toBe(total + 1);
  });
});

describe('streams nobody wants', () => {
  test('one that answers a notification is ended, and its connection serves again', async () => {
    const own = await freshClient();
    for (let round = 0; round < 5; round++) {
      const held = new Promise<Promise<void>>((resolve) => {
        upstream.on('notifications/cancelled', (request) => {
          const server = request.sse();
          server.event(progress(1));
          resolve(request.gone);
        });
      });
      const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
      expect((await own.post(note)).status).toBe(202);
      await held.then((gone) => gone);
    }
    expect(textOf(await own.call('echo'))).toBe('ran echo');
    upstream.on('notifications/cancelled', (request) => request.send(202, {}));
  });

  test('interim answers are not the answer', async () => {
    upstream.on('tools/call hinted', (request) => {
      request.response.writeProcessing();
      request.response.writeEarlyHints({ link: '</x>; rel=preload' });
      request.result({ content: [{ type: 'text', text: 'after the hints' }] });
    });
    expect(textOf(await client.call('hinted'))).toBe('after the hints');
  });
});

/** Waits for something that only shows from outside, with harmless calls as the clock. */
async function until(holds: () => boolean, own: Client): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (holds()) return;
    await own.send('GET', undefined, { 'mcp-protocol-version': '2026-07-28' });
  }
  throw new Error('it never came to be');
}

test('progress does not buy a call more time than there is at most', async () => {
  verifies('R38', 'http');
  const limits = { requestDeadlineMs: 400, requestDeadlineMaxMs: 1_000 };
  const own = await startGate({
    bundle: sayBundle(),
    config: { servers: { rec: { url: upstream.url } }, limits },
  });
  onTestFinished(() => own.close());
  const caller = new Client(own.server('rec'));
  onTestFinished(() => caller.close());
  upstream.on('tools/call forever', (request) => {
    const sse = request.sse();
    const timer = setInterval(() => sse.event(progress(1)), 50);
    void request.gone.then(() => clearInterval(timer));
  });
  const events = await (await caller.stream(toolCall(9, 'forever'))).rest();
  expect(events.length).toBeGreaterThan(5);
  expect(events.at(-1)?.json).toMatchObject({ id: 9, result: { isError: true } });
  expect(textOf({ json: events.at(-1)?.json })).toContain('GW_UPSTREAM_TIMEOUT');
});
