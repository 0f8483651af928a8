/**
 * The stream a legacy session opens with GET, beside the requests of that session: a request sent after the GET may not
 * reach the server before it, or the server would have nowhere to ask what it wants to ask.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startGate, type TestGate } from '../support/gate.ts';
import {
  type ScriptedUpstream,
  startScriptedUpstream,
  type UpstreamRequest,
} from '../support/scripted-upstream.ts';
import { Client, textOf, toolCall } from './_client.ts';
import { sayBundle } from './_policies.ts';

let upstream: ScriptedUpstream;
let gate: TestGate;

beforeAll(async () => {
  upstream = await startScriptedUpstream({ GET: () => {} });
  gate = await startGate({ bundle: sayBundle(), config: { servers: { rec: { url: upstream.url } } } });
});
afterAll(async () => {
  await gate.close();
  await upstream.close();
});

async function clientOf(): Promise<Client> {
  const client = await new Client(gate.server('rec')).open();
  onTestFinished(() => client.close());
  return client;
}

/** Asks for the stream and waits until the server has the GET, which it does not answer yet. */
async function opening(client: Client) {
  const sent = client.listen();
  const get = await upstream.arrived('GET', ({ headers }) => headers['mcp-session-id'] === client.session);
  return { sent, get };
}

/** How often a tool has been called at the server. */
const calls = (tool: string) => upstream.keys().filter((key) => key === `tools/call ${tool}`).length;

describe('while the stream is being opened', () => {
  test.each<[string, (get: UpstreamRequest) => void, number]>([
    ['until the server has begun the stream', (get) => void get.sse(), 200],
    ['until the server has refused it', (get) => get.send(405, {}), 405],
    ['until the connection has broken', (get) => void get.response.destroy(), 502],
  ])('a request of the session waits %s', async (why, answer, status) => {
    const [client, other] = [await clientOf(), await clientOf()];
    const { sent, get } = await opening(client);
    const asked = client.call(why);
    for (let call = 0; call < 10; call++) expect(textOf(await other.call('other'))).toBe('ran other');
    expect(calls(why)).toBe(0);
    answer(get);
    expect(textOf(await asked)).toBe(`ran ${why}`);
    const stream = await sent;
    expect(stream.status).toBe(status);
    stream.abort();
  });

  test('what the server asks because of the request finds the stream', async () => {
    const client = await clientOf();
    const { sent, get } = await opening(client);
    let own: ReturnType<UpstreamRequest['sse']> | undefined;
    upstream.on('tools/call ask', (request) => {
      own?.event({ jsonrpc: '2.0', id: 1, method: 'elicitation/create', params: { message: 'Name?' } });
      request.result({ content: [{ type: 'text', text: own ? 'asked' : 'nobody listens' }] });
    });
    const asked = client.call('ask');
    await (await clientOf()).call('other');
    own = get.sse();
    const stream = await sent;
    expect(textOf(await asked)).toBe('asked');
    expect((await stream.next())?.json).toMatchObject({ id: 1, method: 'elicitation/create' });
    stream.abort();
  });

  test('notifications do not wait', async () => {
    const client = await clientOf();
    const { sent, get } = await opening(client);
    const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 9 } };
    expect((await client.post(note)).status).toBe(202);
    get.sse();
    (await sent).abort();
  });

  test('a second stream is waited for by itself, whatever becomes of the first', async () => {
    const [client, other] = [await clientOf(), await clientOf()];
    const [first, second] = [await opening(client), await opening(client)];
    first.get.send(405, {});
    expect((await first.sent).status).toBe(405);
    const asked = client.call('second');
    for (let call = 0; call < 10; call++) await other.call('other');
    expect(calls('second')).toBe(0);
    second.get.sse();
    expect(textOf(await asked)).toBe('ran second');
    (await second.sent).abort();
  });

  test('a server that answers the GET only with its first event is not waited for', async () => {
    const client = await clientOf();
    const { sent, get } = await opening(client);
    expect(textOf(await client.post(toolCall(1, 'late')))).toBe('ran late');
    expect(textOf(await client.post(toolCall(2, 'later')))).toBe('ran later');
    get.sse();
    (await sent).abort();
  });
});
