/**
 * Servers that are commands: a process for each legacy session and one for each modern caller, started without a shell
 * and with next to no environment, told apart by ids on a shared wire, and never trusted to write proper lines.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type GateOptions, startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { type Answer, Client, initialize, modernCall, type Stream, textOf, toolCall } from './_client.ts';
import { sayBundle } from './_policies.ts';

const SERVER = join(import.meta.dirname, '../fixtures/stdio/scripted.ts');
const credentials = createCredentials(0);
let gate: TestGate;
let client: Client;

function open(server: object = {}, more: Partial<GateOptions> & { limits?: object } = {}): Promise<TestGate> {
  const { limits, ...rest } = more;
  return startGate({
    bundle: sayBundle(),
    config: {
      servers: { rec: { command: process.execPath, args: [SERVER], ...server } },
      limits: { maxEventBytes: 400_000, ...limits },
      ...rest.config,
    },
    ...(rest.env ? { env: rest.env } : {}),
  });
}

async function own(
  server: object = {},
  more: Partial<GateOptions> & { limits?: object } = {},
): Promise<TestGate> {
  const gate = await open(server, more);
  onTestFinished(() => gate.close());
  return gate;
}

function clientOf(at: TestGate, headers: Record<string, string> = {}): Client {
  const one = new Client(at.server('rec'), headers);
  onTestFinished(() => one.close());
  return one;
}

beforeAll(async () => {
  gate = await open();
  client = await new Client(gate.server('rec')).open();
});
afterAll(async () => {
  client.close();
  await gate.close();
  credentials.remove();
});

/** A modern call and its answer. */
function modern(one: Client, id: string | number, tool: string, args: object = {}, meta: object = {}) {
  const { body, headers } = modernCall(id, tool, args, meta);
  return one.post(body, { ...headers, 'mcp-session-id': undefined });
}
function modernStream(one: Client, id: string | number, tool: string, args: object = {}, meta: object = {}) {
  const { body, headers } = modernCall(id, tool, args, meta);
  return one.stream(body, { ...headers, 'mcp-session-id': undefined });
}
const text = async (answer: Promise<Answer>) => textOf(await answer);

describe('processes', () => {
  test('a legacy session has its own, from initialize to its end', async () => {
    const two = await clientOf(gate).open();
    expect(two.session).not.toBe(client.session);
    const pids = [await text(client.call('pid')), await text(two.call('pid'))];
    expect(new Set(pids).size).toBe(2);
    expect(await text(client.call('pid'))).toBe(pids[0]);
    const ended = waitForEnd(Number(pids[1]));
    expect((await two.send('DELETE')).status).toBe(200);
    await ended;
    expect((await two.call('pid')).status).toBe(404);
    expect(await text(client.call('pid'))).toBe(pids[0]);
  });

  test('modern calls of one caller share one; another caller has another', async () => {
    const shared = await own({}, { config: { auth: credentials.auth.api_keys } });
    const as = (name: string) => clientOf(shared, { 'x-api-key': credentials.keyOf(name) });
    const [carol, again, dave] = [as('carol'), as('carol'), as('dave')] as const;
    const pids = [
      await text(modern(carol, 1, 'pid')),
      await text(modern(again, 1, 'pid')),
      await text(modern(dave, 1, 'pid')),
    ];
    expect(pids[0]).toMatch(/^\d+$/);
    expect(pids[1]).toBe(pids[0]);
    expect(pids[2]).not.toBe(pids[0]);
  });

  test('legacy needs a session, and a stream needs one too', async () => {
    const bare = clientOf(gate);
    expect(await text(bare.call('pid'))).toContain('GW_SESSION_REQUIRED');
    expect((await bare.send('GET', undefined, { accept: 'text/event-stream' })).status).toBe(405);
  });

  test('a session that made room for a newer one takes its process along', async () => {
    const small = await own({}, { limits: { maxSessionsPerCaller: 1 } });
    const first = await clientOf(small).open();
    const ended = waitForEnd(Number(await text(first.call('pid'))));
    await clientOf(small).open();
    await ended;
  });

  test('a server that refuses initialize, or does not know discovery, keeps no process', async () => {
    const small = await own({ max_processes: 1, env: { LEGACY: '1' } });
    const one = clientOf(small);
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    const discover = { jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: meta } };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' };
    expect(await one.post(discover, headers)).toMatchObject({ json: { error: { code: -32601 } } });
    await one.open();
    expect(await text(one.call('echo', { text: 'here' }))).toBe('here');
  });

  test('a command that does not exist is unreachable', async () => {
    const none = await own({ command: 'no-such-command-of-any-kind', args: [] });
    const answer = await clientOf(none).post(initialize);
    expect(answer).toMatchObject({
      status: 200,
      json: { id: 0, error: { data: { code: 'GW_UPSTREAM_UNREACHABLE' } } },
    });
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    expect(none.sessions()).toBe(0);
  });

  test('the gate’s end is theirs', async () => {
    const brief = await open();
    const one = await new Client(brief.server('rec')).open();
    const ended = waitForEnd(Number(await text(one.call('pid'))));
    one.close();
    await brief.close();
    await ended;
  });

  test('a command is no shell’s', async () => {
    const args = [SERVER, '$(touch /tmp/owned)', '; exit 1', '`id`'];
    const one = await clientOf(await own({ args })).open();
    expect(await text(one.call('echo', { text: 'fine' }))).toBe('fine');
  });
});

describe('what a process is given', () => {
  test('PATH, HOME, LANG, TMPDIR and its own variables, and nothing of the gate’s', async () => {
    const given = await own(
      { env: { OWN: 'x' } },
      { env: { SECRET_TOKEN: 'gate', NODE_OPTIONS: '', LANG: 'C', TMPDIR: '/tmp' } },
    );
    const one = await clientOf(given).open();
    const env = JSON.parse(await text(one.call('env'))) as Record<string, string>;
    expect(Object.keys(env).sort()).toEqual(['HOME', 'LANG', 'OWN', 'PATH', 'TMPDIR']);
    expect(env).toMatchObject({ OWN: 'x', LANG: 'C' });
  });

  test('what it says on stderr is log, line by line and bounded', async () => {
    const loud = await own({ env: { HELLO: 'started' } });
    const one = await clientOf(loud).open();
    await one.call('stderr');
    const lines = () =>
      loud.logged
        .filter(({ event }) => event === 'server_stderr')
        .map(({ fields }) => (fields as { line: string }).line);
    for (let tries = 0; tries < 1000 && lines().length < 4; tries++) await one.call('echo');
    expect(lines()).toEqual(['started', 'first line', 'second \u001b[31mline', 'y'.repeat(2000)]);
  });
});

describe('lines', () => {
  test('a request over several lines arrives as one', async () => {
    const body =
      '{\r\n  "jsonrpc": "2.0",\n  "id": 5,\n\t"method": "tools/call",\n  "params": {"name": "raw", "arguments": {"n": 1.0}}\n}\n';
    const answer = await client.post(body);
    expect(textOf(answer)).toBe(
      body
        .replaceAll(/[\r\n]/g, ' ')
        .trimEnd()
        .concat(' '),
    );
  });

  test('otherwise what arrives is what was sent', async () => {
    const body =
      ' {"params":{"arguments":{"a":12345678901234567890,"t":"\\u0041\\né😀"},"name":"raw"},"method":"tools/call","id":6,"jsonrpc":"2.0"}';
    expect(textOf(await client.post(body))).toBe(body);
  });

  // The fixture reads lines as careless servers do, with readline, which ends one at each of these.
  test.each(['\u2028', '\u2029', '\u0085'])(
    'an argument cannot hold a message of its own: %j',
    async (end) => {
      const smuggled = `${end}${JSON.stringify(toolCall('s', 'hold', {}))}${end}`;
      const answer = await client.call('echo', { text: smuggled });
      expect(textOf(answer)).toBe(smuggled);
      const escaped = JSON.stringify(toolCall(1, 'raw', { end })).replace(
        end,
        `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      expect(textOf(await client.post(toolCall(1, 'raw', { end })))).toBe(escaped);
      expect(JSON.parse(await text(client.call('state'))).held).toEqual([]);
    },
  );

  test('noise on stdout is dropped', async () => {
    expect(await text(client.call('noise'))).toBe('after the noise');
    expect(gate.logged.map(({ event }) => event)).toContain('unreadable_message');
  });

  test('a second answer is dropped', async () => {
    expect(await text(client.call('twice'))).toBe('first');
    expect(await text(client.call('echo', { text: 'next' }))).toBe('next');
  });

  test('CRLF ends a line too', async () => {
    expect((await client.call('carriage-return')).json.result).toEqual({ content: [] });
  });

  test.each(['duplicate-member', 'leading-space', 'byte-order-mark', 'no-utf8'])(
    'an unreadable line for a waiting id is a refusal, not a wait: %s',
    async (tool) => {
      const asked = client.post(toolCall('un"read\\able', tool));
      expect(await text(asked)).toContain('GW_UPSTREAM_ANSWER');
      expect(await text(client.call('echo', { text: 'goes on' }))).toBe('goes on');
    },
  );

  test('a line over the limit ends the process', async () => {
    const strict = await own({}, { limits: { maxEventBytes: 100_000 } });
    const one = await clientOf(strict).open();
    expect(await text(one.call('long-line'))).toContain('GW_UPSTREAM_GONE');
    expect(await text(one.call('echo', { text: 'anew' }))).toBe('anew');
  });
});

describe('a process that ends', () => {
  test('answers every call in flight with an error; the session goes on with a new one', async () => {
    const one = await clientOf(gate).open();
    const held = [one.call('hold', { text: 'a' }), one.call('hold', { text: 'b' })];
    await until(one, 2);
    expect(await text(one.call('crash'))).toContain('GW_UPSTREAM_GONE');
    for (const answer of await Promise.all(held)) expect(textOf(answer)).toContain('GW_UPSTREAM_GONE');
    const before = await text(one.call('pid'));
    expect(await text(one.call('echo', { text: 'anew' }))).toBe('anew');
    expect(await text(one.call('pid'))).toBe(before);
  });

  test('of a modern caller is started anew', async () => {
    const one = clientOf(gate);
    await modern(one, 1, 'echo');
    expect(await text(modern(one, 1, 'crash'))).toContain('GW_UPSTREAM_GONE');
    expect(await text(modern(one, 1, 'echo', { text: 'anew' }))).toBe('anew');
  });

  test('ends the stream of its session', async () => {
    const one = await clientOf(gate).open();
    const stream = await one.listen();
    expect(stream.status).toBe(200);
    await one.call('crash');
    expect(await stream.rest()).toEqual([]);
  });

  test('right after its last words has said them all', async () => {
    const one = await clientOf(gate).open();
    const stream = await one.stream(toolCall(1, 'last-words', {}, { progressToken: 'p' }));
    const events = await stream.rest();
    expect(events).toHaveLength(41);
    expect(textOf(events[40] as never)).toBe('burst');
  });
});

describe('what belongs to whom', () => {
  test('messages before the answer make it a stream; unasked ones wait for the session’s own', async () => {
    const one = await clientOf(gate).open();
    const stream = await one.stream(toolCall(1, 'log-first'));
    expect((await stream.rest()).map((event) => event.json.method ?? textOf(event as never))).toEqual([
      'notifications/message',
      'logged',
    ]);
    expect(await text(one.call('changed'))).toBe('soon');
    // The news may be late enough to find this call waiting; then it comes on its stream.
    const heard = (await one.call('echo')).text;
    if (heard.includes('list_changed')) return;
    const own = await one.listen();
    expect((await own.next())?.json.method).toBe('notifications/tools/list_changed');
    own.abort();
  });

  test('many notes in one breath, and what comes after them', async () => {
    const one = await clientOf(gate).open();
    for (let round = 0; round < 3; round++) {
      const stream = await one.stream(toolCall(round, 'burst', {}, { progressToken: 'p' }));
      const events = await stream.rest();
      expect(events.map((event) => event.json.params?.progress ?? textOf(event as never))).toEqual([
        ...Array.from({ length: 40 }, (_none, step) => step),
        'burst',
      ]);
    }
  });

  test('the same ids and tokens of two modern clients of one caller are kept apart', async () => {
    const shared = await own();
    const [a, b] = [clientOf(shared), clientOf(shared)] as const;
    const asked: Promise<Stream>[] = [];
    for (const [one, name] of [
      [a, 'a'],
      [b, 'b'],
    ] as const) {
      asked.push(modernStream(one, 7, 'hold', { text: name }, { progressToken: 'same' }));
      await until(a, asked.length, true);
    }
    const third = modernStream(b, '7', 'hold', { text: 'c' }, { progressToken: 7 });
    await until(a, 3, true);
    const stepped = modern(a, 8, 'step');
    const streams = await Promise.all([...asked, third]);
    for (const [at, token] of ['same', 'same', 7].entries()) {
      expect((await streams[at]?.next())?.json.params).toEqual({ progressToken: token, progress: 1 });
    }
    expect(await text(stepped)).toBe('stepped');
    await modern(a, 9, 'release');
    const last = await Promise.all(streams.map((stream) => stream.rest()));
    expect(last.map((events) => [events[0]?.json.id, textOf(events[0] as never)])).toEqual([
      [7, 'released a'],
      [7, 'released b'],
      ['7', 'released c'],
    ]);
  });

  test('what a modern client no longer waits for is cancelled, under the id the server knows', async () => {
    const shared = await own();
    const [a, b] = [clientOf(shared), clientOf(shared)] as const;
    const kept = modern(a, 7, 'hold', { text: 'kept' });
    await until(a, 1, true);
    const dropped = abortable(b, modernCall(7, 'hold', { text: 'dropped' }));
    await until(a, 2, true);
    const [, wire] = (await state(a)).held;
    dropped.destroy();
    await untilState(a, ({ cancelled }) => cancelled.length === 1);
    expect((await state(a)).cancelled).toEqual([wire]);
    expect(wire).not.toBe(7);
    await modern(a, 8, 'release');
    expect(await text(kept)).toBe('released kept');
  });

  test('the late answer to a cancelled call reaches nobody who uses its id next', async () => {
    const shared = await own();
    const one = clientOf(shared);
    const dropped = abortable(one, modernCall(7, 'hold', { text: 'old' }));
    await until(one, 1, true);
    dropped.destroy();
    await untilGone(shared, one);
    const next = modern(one, 7, 'hold', { text: 'new' });
    await until(one, 2, true);
    await modern(one, 8, 'release-oldest');
    expect(await text(next)).toBe('released new');
  });

  test('a cancellation of a legacy client reaches its session’s process', async () => {
    const one = await clientOf(gate).open();
    const held = one.post(toolCall(5, 'hold', { text: 'x', late: 'yes' }));
    await until(one, 1);
    const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 5 } };
    expect((await one.post(note)).status).toBe(202);
    expect(await text(held)).toBe('late x');
    expect(JSON.parse(await text(one.call('state'))).cancelled).toEqual([5]);
  });

  test('a legacy client that goes away has not cancelled', async () => {
    const one = await clientOf(gate).open();
    const gone = abortable(one, { body: toolCall(5, 'hold', { text: 'x' }), headers: {} });
    await until(one, 1);
    const closed = new Promise<void>((resolve) => gone.once('close', () => resolve()));
    gone.destroy();
    await closed;
    for (let call = 0; call < 20; call++) await one.call('echo');
    expect(JSON.parse(await text(one.call('state')))).toMatchObject({ cancelled: [], held: [5] });
  });

  test('a question of the server passes on the stream of the call, and its answer comes back', async () => {
    const one = await clientOf(gate).open();
    const stream = await one.stream(toolCall(1, 'ask'));
    expect((await stream.next())?.json).toMatchObject({ id: 1, method: 'elicitation/create' });
    const reply = { jsonrpc: '2.0', id: 1, result: { action: 'accept', content: { name: 'x' } } };
    expect((await one.post(reply)).status).toBe(202);
    expect(textOf((await stream.next()) as never)).toBe(JSON.stringify(reply.result));
    expect((await one.post(reply)).status).toBe(400);
  });
});

interface State {
  readonly cancelled: readonly unknown[];
  readonly held: readonly unknown[];
}

async function state(one: Client): Promise<State> {
  return JSON.parse(await text(modern(one, `state-${Math.random()}`, 'state'))) as State;
}

async function untilState(one: Client, holds: (state: State) => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) if (holds(await state(one))) return;
  throw new Error('the server never came to it');
}

/** Waits until the server holds so many calls. */
async function until(one: Client, held: number, isModern = false): Promise<void> {
  const read = async () => (isModern ? state(one) : (JSON.parse(await text(one.call('state'))) as State));
  for (let tries = 0; tries < 1000; tries++) if ((await read()).held.length === held) return;
  throw new Error('the server never held them');
}

/** Waits until the gate has noticed that a modern client has gone. */
async function untilGone(at: TestGate, one: Client): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const codes = at.record().map((line) => (line['custom'] as { code?: string }).code);
    if (codes.includes('GW_UPSTREAM_GONE')) return;
    await one.send('PUT');
  }
  throw new Error('the gate never noticed');
}

function abortable(one: Client, { body, headers }: { body: object; headers: object }) {
  const sent = one.request('POST', { 'content-type': 'application/json' }, headers as never);
  sent.on('error', () => {});
  sent.end(JSON.stringify(body));
  return sent;
}

/** Resolves when no process of this id is left. */
async function waitForEnd(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise(setImmediate);
  }
}
