/**
 * Configuration and policy swapped while calls are under way: a good one takes over whole, a bad one changes nothing,
 * and every call is judged by exactly one policy.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Config, configSchema } from '../../proxy/config/schema.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import {
  type ScriptedUpstream,
  type SseWriter,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { Client, textOf, toolCall } from './_client.ts';
import { ruleBundle } from './_policies.ts';

/** Policies that put their own name on every call, once as a reason and once as a label. */
const named = (name: string) =>
  ruleBundle(
    `
decision := {"verdict": "block", "reasons": [{"code": "by.${name}", "message": "${name}", "rule": "${name}"}]} if {
	input.tool == "ask-${name}"
} else := {"verdict": "allow", "reasons": [{"code": "by.${name}", "message": "${name}", "rule": "${name}"}]}
`,
    name,
  );
const BUNDLES = { a: named('a'), b: named('b') };

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterAll(() => upstream.close());

async function open(): Promise<{ gate: TestGate; client: Client; config: (more?: object) => Config }> {
  const gate = await startGate({ bundle: BUNDLES.a, config: { servers: { rec: { url: upstream.url } } } });
  const client = await new Client(gate.server('rec')).open();
  onTestFinished(async () => {
    client.close();
    await gate.close();
  });
  const config = (more: object = {}) =>
    configSchema.parse({
      listen: '127.0.0.1:0',
      servers: { rec: { url: upstream.url } },
      policy: { bundle: BUNDLES.a, data: join(gate.folder, 'data.json') },
      audit: { file: join(gate.folder, 'audit.jsonl') },
      ...more,
    });
  return { gate, client, config };
}

type Line = Readonly<Record<string, unknown>> & {
  readonly decision_id: string;
  readonly bundles?: { readonly portcullis: { readonly revision: string } };
  readonly result?: { readonly reasons: readonly { readonly rule: string }[] };
  readonly custom: Readonly<Record<string, unknown>>;
};

describe('a bad one', () => {
  test('changes nothing', async () => {
    const { gate, client, config } = await open();
    const before = gate.revision();
    const broken = join(gate.folder, 'broken.tar.gz');
    writeFileSync(broken, 'not a bundle');
    const silent = ruleBundle('decision := {"verdict": "allow", "reasons": []} if input.never', 'silent');
    const wrong = join(gate.folder, 'wrong.yaml');
    writeFileSync(wrong, '- a list\n');
    const policy = (more: object) => config({ policy: { bundle: BUNDLES.b, ...more } });
    for (const [next, message] of [
      [policy({ bundle: broken }), /broken\.tar\.gz/],
      [policy({ bundle: join(gate.folder, 'none.tar.gz') }), /none\.tar\.gz/],
      [policy({ bundle: silent }), /does not answer the simplest input/],
      [policy({ data: wrong }), /is not a mapping/],
      [policy({ data: join(gate.folder, 'none.yaml') }), /none\.yaml/],
      [
        config({
          servers: { rec: { url: upstream.url, auth: { type: 'bearer', token_env: 'NOT_SET_ANYWHERE' } } },
        }),
        /NOT_SET_ANYWHERE/,
      ],
      [config({ servers: { rec: { url: upstream.url, routes: ['/mcp'] } } }), /around the policy/],
      [
        config({
          servers: {
            rec: { url: upstream.url, routes: ['/messages'] },
            old: { type: 'sse', url: `${upstream.origin}/sse` },
          },
        }),
        /around the policy/,
      ],
      [config({ auth: { kind: 'api_keys', file: join(gate.folder, 'none.yaml') } }), /none\.yaml/],
      [config({ listen: '0.0.0.0:0' }), /configure auth/],
    ] as const) {
      await expect(gate.reload(next)).rejects.toThrow(message);
      expect(gate.revision()).toMatchObject({ revision: 'a', digest: before.digest });
      expect(textOf(await client.call('ask-a'))).toContain('by.a');
      expect(textOf(await client.call('echo'))).toBe('ran echo');
    }
  });
});

describe('a good one', () => {
  test('judges every call by exactly one policy, and none fails', { timeout: 30_000 }, async () => {
    const { gate, config } = await open();
    const clients = await Promise.all(Array.from({ length: 8 }, () => new Client(gate.server('rec')).open()));
    let answered = 0;
    const calls = clients.map(async (client) => {
      for (let call = 0; call < 250; call++) {
        expect(textOf(await client.call('echo', { call }))).toBe('ran echo');
        answered++;
      }
    });
    let reloads = 0;
    const reloading = (async () => {
      for (; reloads < 50; reloads++) {
        // Spread over the calls by their number and not by time.
        const due = (reloads * 2_000) / 50;
        while (answered < due) await new Promise(setImmediate);
        await gate.reload(config({ policy: { bundle: reloads % 2 === 0 ? BUNDLES.b : BUNDLES.a } }));
      }
    })();
    await Promise.all([...calls, reloading]);
    expect({ answered, reloads }).toEqual({ answered: 2_000, reloads: 50 });

    const lines = gate.record() as Line[];
    const judged = lines.filter((line) => (line['input'] as { tool?: string } | undefined)?.tool === 'echo');
    expect(judged).toHaveLength(2_000);
    expect(new Set(judged.map((line) => line.bundles?.portcullis.revision))).toEqual(new Set(['a', 'b']));
    for (const line of judged) expect(line.result?.reasons[0]?.rule).toBe(line.bundles?.portcullis.revision);
    const outcomes = lines.filter(
      (line) => line.custom['record'] === 'outcome' && line.custom['status'] === 'answered',
    );
    const answeredIds = new Set(outcomes.map((line) => line.decision_id));
    expect(judged.every((line) => answeredIds.has(line.decision_id))).toBe(true);
    for (const client of clients) client.close();
  });

  test('judges the next frame, and keeps sessions, labels and calls in flight', async () => {
    const { gate, client, config } = await open();
    upstream.on('tools/call hold', () => {});
    const held = client.call('hold');
    const request = await upstream.arrived('tools/call hold');
    await gate.reload(config({ policy: { bundle: BUNDLES.b } }));
    expect(gate.revision().revision).toBe('b');
    expect(textOf(await client.call('ask-a'))).toBe('ran ask-a');
    expect(textOf(await client.call('ask-b'))).toContain('by.b');
    request.result({ content: [{ type: 'text', text: 'begun before' }] });
    expect(textOf(await held)).toBe('begun before');
  });

  test('adds and removes servers', async () => {
    const { gate, client, config } = await open();
    const { url } = upstream;
    await gate.reload(config({ servers: { rec: { url }, added: { url } } }));
    const added = await new Client(gate.server('added')).open();
    expect(textOf(await added.call('echo'))).toBe('ran echo');
    upstream.on('tools/call hold', () => {});
    const held = client.call('hold');
    const request = await upstream.arrived('tools/call hold');
    await gate.reload(config({ servers: { added: { url } } }));
    expect(await client.call('echo')).toMatchObject({
      status: 404,
      json: { error: { data: { code: 'GW_SERVER_UNKNOWN' } } },
    });
    expect(textOf(await added.call('echo'))).toBe('ran echo');
    // What is under way may end on the server it began on.
    request.result({ content: [{ type: 'text', text: 'ended' }] });
    expect(textOf(await held)).toBe('ended');
    added.close();
  });

  test('takes over limits, origins and credentials', async () => {
    const { gate, client, config } = await open();
    await gate.reload(config({ limits: { maxBodyBytes: 2048 }, origins: ['https://app.example.com'] }));
    expect((await client.call('echo', { text: 'x'.repeat(3000) })).status).toBe(413);
    expect((await client.call('echo', {}, { origin: 'http://localhost' })).status).toBe(403);
    expect((await client.call('echo', {}, { origin: 'https://app.example.com' })).status).toBe(200);
  });

  test('says what needs a restart', async () => {
    const { gate, config } = await open();
    await gate.reload(config({ listen: '127.0.0.1:1' }));
    expect(gate.logged).toContainEqual({
      level: 'warn',
      event: 'needs_restart',
      fields: { setting: 'listen' },
    });
  });

  test('a stream that was open before goes on, judged by the policy of the day', async () => {
    const { gate, client, config } = await open();
    const opened = new Promise<SseWriter>((resolve) =>
      upstream.on('GET', (request) => resolve(request.sse())),
    );
    const listening = await client.listen();
    const server = await opened;
    const held = new Promise<SseWriter>((resolve) => {
      upstream.on('tools/call stream', (request) => resolve(request.sse()));
    });
    const asked = client.stream(toolCall(1, 'stream'));
    const answering = await held;

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await gate.reload(config({ policy: { bundle: BUNDLES.b } }));
    // Long enough for everything the old configuration held to be closed.
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();

    const note = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    server.event(note);
    expect((await listening.next())?.json).toEqual(note);
    const progress = {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 1, progress: 1 },
    };
    answering.event(progress);
    expect((await (await asked).next())?.json).toEqual(progress);
    const [last] = (gate.record() as Line[]).slice(-1);
    expect(last?.bundles?.portcullis.revision).toBe('b');
    server.end();
    answering.end();
  });
});
