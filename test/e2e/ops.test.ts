/** The ops listener tells health and readiness, and nothing else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGate, type TestGate } from '../support/gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate({
    config: { ops: { listen: '127.0.0.1:0' }, servers: { one: { url: 'http://127.0.0.1:9/mcp' } } },
  });
});
afterAll(() => gate.close());

test.each([
  { path: '/healthz', status: 200, body: { status: 'ok' } },
  { path: '/readyz', status: 200, body: { status: 'ready', servers: ['one'], sessions: 0, in_flight: 0 } },
  { path: '/mcp/one', status: 404, body: { error: expect.any(String) } },
  { path: '/', status: 404, body: { error: expect.any(String) } },
])('GET $path answers $status', async ({ path, status, body }) => {
  const answer = await fetch(`${gate.opsUrl}${path}`);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject(body);
});

test('readiness names the policy that judges, and none of its data', async () => {
  const { policy } = (await (await fetch(`${gate.opsUrl}/readyz`)).json()) as { policy: object };
  expect(policy).toEqual(gate.revision());
});

test('only GET is served', async () => {
  expect((await fetch(`${gate.opsUrl}/healthz`, { method: 'POST' })).status).toBe(405);
});

test('a gate without the setting has no such listener', async () => {
  const plain = await startGate({ config: { servers: { one: { url: 'http://127.0.0.1:9/mcp' } } } });
  expect(plain.opsUrl).toBeUndefined();
  await plain.close();
});
