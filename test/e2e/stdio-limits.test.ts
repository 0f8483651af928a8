/**
 * How many processes of a server there may be, and what happens at that number: the one idle for longest makes room,
 * and only where none is idle is a client turned away. Most clients never say that they have finished.
 */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { type Answer, Client, initialize, modernCall, textOf, toolCall } from './_client.ts';
import { sayBundle } from './_policies.ts';

const SERVER = join(import.meta.dirname, '../fixtures/stdio/scripted.ts');

async function open(server: object, auth: object = {}): Promise<TestGate> {
  const gate = await startGate({
    bundle: sayBundle(),
    config: { servers: { rec: { command: process.execPath, args: [SERVER], ...server } }, ...auth },
  });
  onTestFinished(() => gate.close());
  return gate;
}

function clientOf(gate: TestGate, headers: Record<string, string> = {}): Client {
  const client = new Client(gate.server('rec'), headers);
  onTestFinished(() => client.close());
  return client;
}

function modern(client: Client, tool: string, args: object = {}): Promise<Answer> {
  const { body, headers } = modernCall(1, tool, args);
  return client.post(body, { ...headers, 'mcp-session-id': undefined });
}

const pidOf = async (answer: Promise<Answer>) => Number(textOf(await answer));

const BUSY = { code: -31503, data: { code: 'GW_SERVER_BUSY' } };

test('the session idle for longest makes room, and its client can initialize anew', async () => {
  const gate = await open({ max_processes: 2 });
  const [first, second] = [await clientOf(gate).open(), await clientOf(gate).open()];
  const pid = await pidOf(first.call('pid'));
  const ended = waitForEnd(await pidOf(second.call('pid')));
  expect(await pidOf(first.call('pid'))).toBe(pid);
  const third = await clientOf(gate).open();
  await ended;
  expect((await second.call('pid')).status).toBe(404);
  expect(await pidOf(first.call('pid'))).toBe(pid);
  const old = second.session;
  second.session = undefined;
  await second.open();
  expect(second.session).not.toBe(old);
  expect(await pidOf(second.call('pid'))).toBeGreaterThan(0);
  expect((await third.call('pid')).status).toBe(404);
  expect(gate.logged.filter(({ level }) => level !== 'info')).toEqual([]);
});

test('any number of clients that never end their session are served, one after another', async () => {
  const gate = await open({ max_processes: 2 });
  for (let client = 0; client < 8; client++) {
    expect(await pidOf((await clientOf(gate).open()).call('pid'))).toBeGreaterThan(0);
  }
});

test('what ended lately is not idle for long, however long ago it began', async () => {
  const gate = await open({ max_processes: 2 });
  const [first, second] = [await clientOf(gate).open(), await clientOf(gate).open()];
  const held = first.post(toolCall(1, 'hold'));
  await until(first, 1);
  const pid = await pidOf(first.call('pid'));
  await second.call('echo');
  process.kill(pid, 'SIGUSR2');
  await held;
  await clientOf(gate).open();
  expect((await second.call('echo')).status).toBe(404);
  expect((await first.call('echo')).status).toBe(200);
});

test('where each has something to do a client is turned away, until one has finished', async () => {
  const gate = await open({ max_processes: 2 });
  const [caller, listener] = [await clientOf(gate).open(), await clientOf(gate).open()];
  const held = caller.post(toolCall(1, 'hold', { text: 'kept' }));
  await until(caller, 1);
  const stream = await listener.listen();
  const late = clientOf(gate);
  expect(await late.post(initialize)).toMatchObject({ status: 200, json: { id: 0, error: BUSY } });
  expect(textOf(await modern(late, 'pid'))).toBe(
    'Too many processes of this server are running. (2 instances of rec run already) (GW_SERVER_BUSY)\n' +
      'End sessions with DELETE, or raise servers.<name>.max_processes.',
  );
  expect(gate.sessions()).toBe(2);
  await caller.call('release');
  expect(textOf(await held)).toBe('released kept');
  await late.open();
  expect((await caller.call('pid')).status).toBe(404);
  expect((await listener.call('pid')).status).toBe(200);
  stream.abort();
});

test('the process of a modern caller makes room too, and is started again without a word', async () => {
  const credentials = createCredentials(0);
  onTestFinished(() => credentials.remove());
  const gate = await open({ max_processes: 1 }, { auth: credentials.auth.api_keys });
  const as = (name: string) => clientOf(gate, { 'x-api-key': credentials.keyOf(name) });
  const [carol, dave] = [as('carol'), as('dave')];
  const pid = await pidOf(modern(carol, 'pid'));
  const ended = waitForEnd(pid);
  expect(await pidOf(modern(dave, 'pid'))).not.toBe(pid);
  await ended;
  expect(await pidOf(modern(carol, 'pid'))).not.toBe(pid);
  const session = await as('dave').open();
  expect(await pidOf(modern(carol, 'pid'))).not.toBe(pid);
  expect((await session.call('pid')).status).toBe(404);
});

test('calls of one caller that wait together for room share the process they get', async () => {
  const gate = await open({ max_processes: 1, env: { STUBBORN: '1' } });
  const first = await clientOf(gate).open();
  const pid = await pidOf(first.call('pid'));
  const second = await clientOf(gate).open();
  const calls = [clientOf(gate), clientOf(gate)].map((client) => pidOf(modern(client, 'pid')));
  await second.call('echo');
  process.kill(await pidOf(second.call('pid')), 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  const pids = await Promise.all(calls);
  expect(pids[0]).toBe(pids[1]);
  process.kill(pids[0] as number, 'SIGKILL');
});

test('those that are slow to end are waited for, so that nobody has any number of them', async () => {
  const gate = await open({ max_processes: 1, env: { STUBBORN: '1' } });
  const first = await clientOf(gate).open();
  const pids = [await pidOf(first.call('pid'))];
  const second = await clientOf(gate).open();
  pids.push(await pidOf(second.call('pid')));
  const third = clientOf(gate).open();
  for (let call = 0; call < 20; call++) expect((await second.call('echo')).status).toBe(200);
  process.kill(pids[0] as number, 'SIGKILL');
  pids.push(await pidOf((await third).call('pid')));
  expect((await second.call('echo')).status).toBe(404);
  for (const pid of pids.slice(1)) process.kill(pid, 'SIGKILL');
});

test('one that crashed is replaced, and warned of; one the gate ended is not', async () => {
  const gate = await open({ max_processes: 1 });
  const first = await clientOf(gate).open();
  expect(textOf(await first.call('crash'))).toContain('GW_UPSTREAM_GONE');
  const second = await clientOf(gate).open();
  const ended = waitForEnd(await pidOf(second.call('pid')));
  await second.send('DELETE');
  await ended;
  const levels = () => gate.logged.filter(({ event }) => event === 'server_ended').map(({ level }) => level);
  for (let tries = 0; tries < 1000 && levels().length < 2; tries++) await second.send('PUT');
  expect(levels()).toEqual(['warn', 'info']);
});

/** Waits until the server holds so many calls. */
async function until(client: Client, held: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (JSON.parse(textOf(await client.call('state'))).held.length === held) return;
  }
  throw new Error('the server never held them');
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
