/**
 * One server process for a session, for a caller, or for everybody: who shares what, whose message is whose, and how
 * sessions go on when the process does not.
 */
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { Client, modernCall, type Stream, textOf, toolCall } from './_client.ts';
import { sayBundle } from './_policies.ts';

const SERVER = join(import.meta.dirname, '../fixtures/stdio/sharing.ts');
const credentials = createCredentials(0);
afterAll(() => credentials.remove());

type Instance = 'per_session' | 'per_caller' | 'shared';

async function open(instance: Instance, more: object = {}): Promise<TestGate> {
  const server = { command: process.execPath, args: [SERVER], instance, ...more };
  const gate = await startGate({
    bundle: sayBundle(),
    config: { servers: { rec: server }, auth: credentials.auth.api_keys },
  });
  onTestFinished(() => gate.close());
  return gate;
}

async function as(gate: TestGate, name: string): Promise<Client> {
  const client = await new Client(gate.server('rec'), { 'x-api-key': credentials.keyOf(name) }).open();
  onTestFinished(() => client.close());
  return client;
}

const pid = async (client: Client) => Number(textOf(await client.call('pid')));
const seen = async (client: Client) => textOf(await client.call('seen')).split(' ');

async function listening(client: Client): Promise<Stream> {
  const stream = await client.listen();
  onTestFinished(() => stream.abort());
  return stream;
}

describe('who shares a process', () => {
  test.each([
    { instance: 'per_session' as const, want: { own: 'other', others: 'other' } },
    { instance: 'per_caller' as const, want: { own: 'same', others: 'other' } },
    { instance: 'shared' as const, want: { own: 'same', others: 'same' } },
  ])('$instance', async ({ instance, want }) => {
    verifies('R30', 'http');
    const gate = await open(instance);
    const first = await as(gate, 'carol');
    const [one, two, three] = [
      await pid(first),
      await pid(await as(gate, 'carol')),
      await pid(await as(gate, 'dave')),
    ];
    const compare = (a: number, b: number) => (a === b ? 'same' : 'other');
    expect({ own: compare(one, two), others: compare(one, three) }).toEqual(want);
  });

  test('a shared one is greeted once, and every client gets its answer under its own id', async () => {
    const gate = await open('shared');
    const clients = await Promise.all(['carol', 'dave', 'carol'].map((name) => as(gate, name)));
    expect(new Set(clients.map(({ session }) => session)).size).toBe(3);
    const greetings = (await seen(clients[0] as Client)).filter((method) => method.includes('initialize'));
    expect(greetings).toEqual(['initialize', 'notifications/initialized']);
  });

  test('a session that ends leaves the process to the others', async () => {
    const gate = await open('shared');
    const [one, two] = [await as(gate, 'carol'), await as(gate, 'dave')];
    const before = await pid(two);
    expect((await one.send('DELETE')).status).toBe(200);
    expect((await one.call('pid')).status).toBe(404);
    expect(await pid(two)).toBe(before);
  });
});

describe('whose message is whose', () => {
  test('what the server asks reaches the only client it can be for', async () => {
    verifies('R12', 'http');
    const gate = await open('shared');
    const [one, two] = [await as(gate, 'carol'), await as(gate, 'dave')];
    const heard = await listening(two);
    const stream = await one.stream(toolCall(1, 'ask'));
    const question = await stream.next();
    expect(question?.json).toMatchObject({ method: 'elicitation/create' });
    const id: string = question?.json.id;
    // Another client cannot answer what it was not asked.
    expect(
      (await two.post({ jsonrpc: '2.0', id, result: { action: 'accept', content: { by: 'dave' } } })).status,
    ).toBe(400);
    await one.post({ jsonrpc: '2.0', id, result: { action: 'accept', content: { by: 'carol' } } });
    expect(textOf({ json: (await stream.next())?.json })).toBe(
      '{"action":"accept","content":{"by":"carol"}}',
    );
    heard.abort();
    expect(await heard.rest()).toEqual([]);
  });

  test('where it could be for several, the server is told that it is for none', async () => {
    verifies('R12', 'http');
    const gate = await open('shared');
    const [one, two] = [await as(gate, 'carol'), await as(gate, 'dave')];
    const holding = two.call('hold');
    holding.catch(() => {});
    await expect
      .poll(() => gate.record().filter((line) => JSON.stringify(line).includes('"tool":"hold"')).length)
      .toBe(1);
    expect(textOf(await one.call('ask'))).toBe('-32603');
  });

  test.each([
    ['a changed list', 'notifications/tools/list_changed', {}, [true, true]],
    ['a resource', 'notifications/resources/updated', { uri: 'test://of-carol' }, [true, false]],
    [
      'a resource nobody subscribed to',
      'notifications/resources/updated',
      { uri: 'test://x' },
      [false, false],
    ],
    [
      'what the server logs',
      'notifications/message',
      { level: 'info', data: 'about carol’s call' },
      [true, false],
    ],
  ] as const)('%s is told to whom it concerns', async (_, method, params, [carol, dave]) => {
    verifies('R30', 'http');
    const gate = await open('shared');
    const [one, two] = [await as(gate, 'carol'), await as(gate, 'dave')];
    await one.post({
      jsonrpc: '2.0',
      id: 1,
      method: 'resources/subscribe',
      params: { uri: 'test://of-carol' },
    });
    const [first, second] = [await listening(one), await listening(two)];
    await one.call('tell', { method, params });
    await one.call('tell', { method: 'notifications/prompts/list_changed', params: {} });
    const heard = async (stream: Stream) => {
      const next = (await stream.next())?.json;
      return next.method === method;
    };
    expect([await heard(first), await heard(second)]).toEqual([carol, dave]);
  });

  test('a subscription of two ends with the second', async () => {
    const gate = await open('shared');
    const [one, two] = [await as(gate, 'carol'), await as(gate, 'dave')];
    const ask = (client: Client, method: string) =>
      client.post({ jsonrpc: '2.0', id: 1, method, params: { uri: 'test://a' } });
    await ask(one, 'resources/subscribe');
    await ask(two, 'resources/subscribe');
    expect((await ask(one, 'resources/unsubscribe')).json).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    expect((await seen(one)).filter((method) => method.includes('unsubscribe'))).toEqual([]);
    await ask(two, 'resources/unsubscribe');
    expect((await seen(one)).filter((method) => method.includes('unsubscribe'))).toEqual([
      'resources/unsubscribe(test://a)',
    ]);
  });

  test('a cancellation reaches its sender’s own request only', async () => {
    verifies('R30', 'http');
    const gate = await open('shared');
    const [one, two] = [await as(gate, 'carol'), await as(gate, 'dave')];
    const held = [
      one.post(toolCall(7, 'work', { value: 'carol', steps: 3, ms: 30 })),
      two.post(toolCall(7, 'work', { value: 'dave', steps: 3, ms: 30 })),
    ];
    for (const requestId of [8, '7', 'portcullis-1', 'portcullis-2'])
      await two.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    expect((await seen(one)).filter((method) => method.includes('cancelled'))).toEqual([]);
    expect((await Promise.all(held)).map(textOf)).toEqual(['carol', 'dave']);
  });

  test('1,000 exchanges of two clients with the same ids never cross', { timeout: 60_000 }, async () => {
    verifies('R30', 'http');
    const gate = await open('shared');
    const work = async (client: Client, name: string) => {
      const failures: string[] = [];
      const one = async (id: number) => {
        const value = `${name} ${id}`;
        const args = { value, steps: id % 4, ms: (id * 7) % 5 };
        const stream = await client.stream(toolCall(id, 'work', args, { progressToken: id }));
        const messages = (await stream.rest()).map(({ json }) => json);
        const answer = messages.length > 0 ? messages.at(-1) : undefined;
        const right =
          answer?.id === id &&
          textOf({ json: answer }) === value &&
          messages
            .slice(0, -1)
            .every(
              ({ params }, index) =>
                params.progressToken === id && params.progress === index + 1 && params.message === value,
            );
        if (!right) failures.push(JSON.stringify(messages));
      };
      // JSON answers are streams of no events here, so every call reports at least once.
      for (let from = 0; from < 500; from += 25) {
        await Promise.all(Array.from({ length: 25 }, (_, at) => one((from + at) * 4 + 1 + (at % 3))));
      }
      return failures;
    };
    const [carol, dave] = [await as(gate, 'carol'), await as(gate, 'dave')];
    expect(await Promise.all([work(carol, 'carol'), work(dave, 'dave')])).toEqual([[], []]);
  });
});

describe('a process that ends', () => {
  test('is started again, greeted as before, and knows what was subscribed to', async () => {
    const gate = await open('shared');
    const [one, two] = [await as(gate, 'carol'), await as(gate, 'dave')];
    await one.post({ jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri: 'test://a' } });
    await one.post({ jsonrpc: '2.0', id: 2, method: 'logging/setLevel', params: { level: 'debug' } });
    const before = await pid(one);
    expect(textOf(await two.call('crash'))).toContain('GW_UPSTREAM_GONE');
    expect(await pid(one)).not.toBe(before);
    expect((await seen(two)).toSorted()).toEqual(
      [
        'initialize',
        'notifications/initialized',
        'resources/subscribe(test://a)',
        'logging/setLevel',
      ].toSorted(),
    );
  });

  test('again and again is left alone for a while', async () => {
    const gate = await open('per_caller');
    const client = await as(gate, 'carol');
    const answers: string[] = [];
    for (let crash = 0; crash < 4; crash++) answers.push(textOf(await client.call('crash')));
    expect(answers[0]).toContain('GW_UPSTREAM_GONE');
    expect(answers.at(-1)).toMatch(/GW_UPSTREAM_UNREACHABLE/);
    expect(answers.at(-1)).toMatch(/starts again in \d+ s/);
    await expect.poll(async () => textOf(await client.call('pid')), { timeout: 5_000 }).toMatch(/^\d+$/);
  });

  test('an idle one makes room, of the caller who has most', async () => {
    const gate = await open('per_session', { max_processes: 3 });
    const dave = await as(gate, 'dave');
    const carols = [await as(gate, 'carol'), await as(gate, 'carol')];
    const more = await as(gate, 'carol');
    expect((await dave.call('pid')).status).toBe(200);
    expect((await more.call('pid')).status).toBe(200);
    const statuses = await Promise.all(carols.map(async (client) => (await client.call('pid')).status));
    expect(statuses.toSorted()).toEqual([200, 404]);
  });
});

test('modern calls of a shared process are kept apart too', async () => {
  verifies('R30', 'http');
  const gate = await open('shared');
  const [carol, dave] = ['carol', 'dave'].map(
    (name) => new Client(gate.server('rec'), { 'x-api-key': credentials.keyOf(name) }),
  ) as [Client, Client];
  onTestFinished(() => {
    carol.close();
    dave.close();
  });
  const call = (client: Client, value: string) => {
    const { body, headers } = modernCall(1, 'work', { value, steps: 0, ms: 5 });
    return client.post(body, headers);
  };
  const answers = await Promise.all([call(carol, 'carol'), call(dave, 'dave')]);
  expect(answers.map(textOf)).toEqual(['carol', 'dave']);
});
