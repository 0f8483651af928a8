/**
 * The record against the wire: what is on disk at the moment a frame leaves, in the shape OPA's decision logs have,
 * with secrets masked, and a line for everything that never came to a decision.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, textOf, toolCall } from './_client.ts';
import { ALLOW, block, sayBundle } from './_policies.ts';

// biome-ignore lint/suspicious/noExplicitAny: lines have several shapes
type Line = any;

const credentials = createCredentials(0);
let upstream: ScriptedUpstream;
let gate: TestGate;
let client: Client;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await startGate({
    bundle: sayBundle('r-7'),
    data: {
      say: {
        request: {
          refused: block('no.way', 'Not like this.'),
          asking: { verdict: 'require_approval', reasons: [{ code: 'ask', message: 'Ask.', rule: 'test' }] },
          cleaned: { ...ALLOW, reply: { redact: [{ detector: 'email' }] } },
          inspected: { ...ALLOW, reply: { inspect: true } },
          edited: { verdict: 'redact', reasons: [], redact: [{ at: '/args/token' }] },
        },
        list: { hidden: block('hidden') },
        notification: { 'notifications/roots/list_changed': block('no.roots') },
      },
    },
    config: {
      servers: { rec: { url: upstream.url } },
      auth: credentials.auth.api_keys,
      limits: { maxDepth: 20 },
    },
  });
  client = await new Client(gate.server('rec'), { 'x-api-key': credentials.keyOf('carol') }).open();
});
afterAll(async () => {
  client.close();
  await gate.close();
  await upstream.close();
  credentials.remove();
});

/** Lines written while `act` runs. */
async function linesOf(act: () => Promise<unknown>): Promise<Line[]> {
  const before = gate.record().length;
  await act();
  return [...gate.record().slice(before)];
}

const kinds = (lines: Line[]) => lines.map((line) => line.custom.record);

describe('before anything leaves', () => {
  test('the decision is on disk when the server sees the request, the outcome when the client has the answer', async () => {
    let seenByServer: Line[] = [];
    const before = gate.record().length;
    upstream.on('tools/call timed', (request) => {
      seenByServer = [...gate.record().slice(before)];
      request.result({ content: [] });
    });
    await client.call('timed', { n: 1 });
    const after: Line[] = gate.record().slice(before) as Line[];
    expect(kinds(seenByServer)).toEqual(['decision']);
    expect(kinds(after)).toEqual(['decision', 'outcome']);
    expect(after[1].decision_id).toBe(after[0].decision_id);
    expect(seenByServer[0]).toEqual(after[0]);
  });

  test('on a stream, each note before it is written and the outcome before the answer is', async () => {
    upstream.on('tools/call streamed', (request) => {
      const server = request.sse();
      server.event({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1 },
      });
      server.event({ jsonrpc: '2.0', id: request.message.id, result: { content: [] } });
      server.end();
    });
    const before = gate.record().length;
    const stream = await client.stream(toolCall(1, 'streamed'));
    const seen: string[][] = [];
    for (let event = await stream.next(); event; event = await stream.next()) {
      seen.push(kinds(gate.record().slice(before) as Line[]));
    }
    expect(seen[0]?.slice(0, 2)).toEqual(['decision', 'decision']);
    expect(seen[1]).toEqual(['decision', 'decision', 'outcome']);
  });

  test('a refusal is on disk before the caller reads it', async () => {
    const lines = await linesOf(() => client.call('refused'));
    expect(kinds(lines)).toEqual(['decision']);
  });
});

describe('a slow disk', () => {
  test.each([
    { line: 'decision', seen: 0 },
    { line: 'outcome', seen: 1 },
  ])('holds back what waits for its $line, and nothing else', async ({ line, seen }) => {
    let held: (() => void) | undefined;
    const isHeld = Promise.withResolvers<void>();
    const slow = await startGate({
      bundle: sayBundle(),
      config: { servers: { rec: { url: upstream.url } } },
      replace: {
        record: {
          append(text) {
            const { input, custom } = JSON.parse(text) as Line;
            const wanted = custom.record === line && (line === 'outcome' ? armed : input.tool === 'waits');
            if (!wanted || held) return Promise.resolve();
            isHeld.resolve();
            return new Promise((resolve) => {
              held = resolve;
            });
          },
        },
      },
    });
    let armed = false;
    const one = await new Client(slow.server('rec')).open();
    armed = true;
    const before = upstream.requests.length;
    let answer: string | undefined;
    const asked = one.call('waits').then((received) => {
      answer = textOf(received);
    });
    await isHeld.promise;
    expect(upstream.requests.length - before).toBe(seen);
    for (let call = 0; call < 20; call++) await one.call('echo');
    expect(answer).toBeUndefined();
    expect(upstream.requests.length - before).toBe(seen + 20);
    held?.();
    await asked;
    expect(answer).toBe('ran waits');
    one.close();
    await slow.close();
  });
});

describe('the shape', () => {
  test('of a decision is that of OPA’s decision log, with the gate’s own under custom', async () => {
    const [decision, outcome] = await linesOf(() =>
      client.post(
        JSON.stringify(toolCall('shape', 'echo', { n: 1 })).replace('"n":1', '"n":9007199254740993'),
      ),
    );
    expect(decision).toEqual({
      decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      labels: { app: 'portcullis', id: expect.any(String), version: '0.0.0-test' },
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      bundles: { portcullis: { revision: 'r-7' } },
      path: 'mcp/main/decision',
      requested_by: 'carol',
      input: expect.objectContaining({
        v: 1,
        phase: 'request',
        method: 'tools/call',
        server: 'rec',
        tool: 'echo',
      }),
      result: ALLOW,
      metrics: { timer_rego_query_eval_ns: expect.any(Number) },
      custom: { record: 'decision', digest: gate.revision().digest, action: 'forward' },
    });
    expect(outcome).toEqual({
      decision_id: decision.decision_id,
      labels: decision.labels,
      timestamp: expect.any(String),
      custom: {
        record: 'outcome',
        status: 'answered',
        bytes: expect.any(Number),
        duration_ms: expect.any(Number),
      },
    });
    expect(rawLines().findLast((line) => line.includes('"input"'))).toContain('"n":9007199254740993');
  });

  test('of an answer is in its outcome: bytes, what was redacted, what was hidden', async () => {
    upstream.on('tools/call cleaned', (request) => {
      request.result({ content: [{ type: 'text', text: 'a@example.com and b@example.com' }] });
    });
    upstream.on('tools/list', (request) => {
      request.result({
        tools: [
          { name: 'shown', inputSchema: {} },
          { name: 'hidden', inputSchema: {} },
        ],
      });
    });
    let received = '';
    const [, cleaned] = await linesOf(async () => {
      received = (await client.call('cleaned')).text;
    });
    expect(cleaned.custom).toMatchObject({
      status: 'answered',
      bytes: received.length,
      redactions: [{ class: 'email', count: 2 }],
    });
    const listed = await linesOf(() => client.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }));
    expect(listed.at(-1).custom).toMatchObject({ record: 'outcome', hidden: ['hidden'] });
  });

  test('of refusals carries the policy’s own words, and what the gate did', async () => {
    const [refused] = await linesOf(() => client.call('refused'));
    expect(refused).toMatchObject({
      result: { verdict: 'block', reasons: [{ code: 'no.way' }] },
      custom: { action: 'answer', code: 'GW_POLICY_BLOCKED' },
    });
    expect(refused).not.toHaveProperty('error');
    const [asking] = await linesOf(() => client.call('asking'));
    verifies('R16', 'http');
    expect(asking).toMatchObject({
      result: { verdict: 'require_approval' },
      custom: { action: 'answer', code: 'GW_APPROVAL_UNAVAILABLE' },
    });
  });

  test('an inspected answer has a decision of its own', async () => {
    const lines = await linesOf(() => client.call('inspected'));
    expect(lines.map((line) => [line.custom.record, line.input?.phase])).toEqual([
      ['decision', 'request'],
      ['decision', 'response'],
      ['outcome', undefined],
    ]);
  });

  test('every line is one line, whatever the arguments say', async () => {
    const lines = await linesOf(async () => {
      await client.post(
        '{"jsonrpc":"2.0","id":1,\n"method":"tools/call",\r\n"params":{"name":"echo",\n"arguments":{"a":\n[1,\n2]}}}',
      );
      await client.call('echo', { text: 'x\n{"decision_id":"forged"}\r\u2028\u0085\u202e\u001b[2J' });
    });
    expect(kinds(lines)).toEqual(['decision', 'outcome', 'decision', 'outcome']);
    for (const line of rawLines()) expect(line).not.toMatch(/[\r\u0085\u2028\u2029\u202e\u001b]/);
  });
});

describe('secrets', () => {
  const token = `ghp_${'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5'}`;

  test('in arguments are masked, and the record says where', async () => {
    upstream.on('tools/call echo', (request) =>
      request.result({ content: [{ type: 'text', text: 'ran echo' }] }),
    );
    const [decision] = await linesOf(() =>
      client.call('echo', { auth: { token: `Bearer ${token}` }, note: 'plain' }),
    );
    expect(decision.masked).toEqual(['/input/args/auth/token']);
    expect(decision.input.args.note).toBe('plain');
    expect(upstream.requests.at(-1)?.body.toString()).toContain(token);
    expect(rawLines().join('\n')).not.toContain(token);
  });

  test('nor is any credential of a caller on disk', async () => {
    await client.call('echo', {}, { cookie: 'session=SECRET-COOKIE' });
    await client.send('POST', toolCall(1, 'echo'), { 'x-api-key': 'pk_not-a-known-key' });
    const all = rawLines().join('\n');
    expect(all).not.toContain(credentials.keyOf('carol'));
    expect(all).not.toContain('pk_not-a-known-key');
    expect(all).not.toContain('SECRET-COOKIE');
  });

  test('what a policy edited out of a request is not in its line either', async () => {
    const [decision] = await linesOf(() => client.call('edited', { token: 'not-known-as-a-secret' }));
    expect(decision.custom).toMatchObject({ action: 'forward', redactions: [{ class: 'at', count: 1 }] });
    expect(upstream.requests.at(-1)?.body.toString()).not.toContain('not-known-as-a-secret');
  });
});

describe('what never came to a decision has a line of its own', () => {
  const as = (key: string) => ({ 'x-api-key': key });
  const cases: { name: string; act: () => Promise<unknown>; want: object }[] = [
    {
      name: 'an unknown caller',
      act: () => client.call('echo', {}, as('pk_wrong')),
      want: { record: 'unauthenticated', code: 'auth.invalid', server: 'rec' },
    },
    {
      name: 'no credential',
      act: () => client.send('GET', undefined, { ...as(''), accept: 'text/event-stream' }),
      want: { record: 'unauthenticated', server: 'rec' },
    },
    {
      name: 'an unreadable frame',
      act: () => client.post('{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'),
      want: { record: 'unreadable', code: 'GW_FRAME_DUPLICATE', server: 'rec', subject: 'carol' },
    },
    {
      name: 'a frame nested too deeply',
      act: () => client.post(`${'['.repeat(30)}${']'.repeat(30)}`),
      want: { record: 'unreadable', code: 'GW_FRAME_DEPTH', server: 'rec', subject: 'carol' },
    },
    {
      name: 'arguments the policy cannot see whole',
      act: () => client.call('echo', { text: 'x'.repeat(20_000) }),
      want: { record: 'refused', code: 'GW_POLICY_ARGS', server: 'rec', subject: 'carol' },
    },
    {
      name: 'a request of a server’s, from a client',
      act: () => client.post({ jsonrpc: '2.0', id: 1, method: 'sampling/createMessage', params: {} }),
      want: { record: 'refused', code: 'GW_FRAME_DIRECTION', server: 'rec', subject: 'carol' },
    },
    {
      name: 'a call without an id',
      act: () => client.post({ jsonrpc: '2.0', method: 'tools/call', params: { name: 'echo' } }),
      want: { record: 'refused', code: 'GW_FRAME_ENVELOPE', server: 'rec', subject: 'carol' },
    },
    {
      name: 'a notification the policy cannot see whole',
      act: () =>
        client.post({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { message: 'x'.repeat(20_000) },
        }),
      want: { record: 'refused', code: 'GW_POLICY_ARGS', server: 'rec', subject: 'carol' },
    },
    {
      name: 'an answer to nothing',
      act: () => client.post({ jsonrpc: '2.0', id: 1, result: {} }),
      want: { record: 'refused', code: 'GW_FRAME_DIRECTION', server: 'rec', subject: 'carol' },
    },
    {
      name: 'a session that is not the caller’s',
      act: () => client.call('echo', {}, as(credentials.keyOf('dave'))),
      want: { record: 'refused', code: 'GW_SESSION', server: 'rec', subject: 'dave' },
    },
    {
      name: 'headers that name another revision than the gate speaks',
      act: () => client.call('echo', {}, { 'mcp-protocol-version': '2099-01-01' }),
      want: { record: 'refused', code: '-32022', server: 'rec', subject: 'carol' },
    },
  ];
  test.each(cases)('$name', async ({ act, want }) => {
    const before = upstream.requests.length;
    const lines = await linesOf(act);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      decision_id: expect.any(String),
      timestamp: expect.any(String),
      custom: want,
    });
    expect(lines[0]).not.toHaveProperty('result');
    expect(upstream.requests.length).toBe(before);
  });

  test('an answer nobody asked for, beside the outcome of what was', async () => {
    upstream.on('tools/call mixed', (request) => {
      const server = request.sse();
      server.event({ jsonrpc: '2.0', id: 'other', result: { secret: 1 } });
      server.event({ jsonrpc: '2.0', id: request.message.id, result: { content: [] } });
      server.end();
    });
    const lines = await linesOf(() => client.stream(toolCall(1, 'mixed')).then((stream) => stream.rest()));
    expect(kinds(lines)).toEqual(['decision', 'dropped', 'outcome']);
    expect(lines[1].custom).toMatchObject({ code: 'GW_FRAME_DIRECTION', server: 'rec' });
  });

  test('a blocked notification has a decision, and no outcome', async () => {
    const before = upstream.requests.length;
    const lines = await linesOf(() =>
      client.post({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' }),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ input: { phase: 'notification' }, custom: { action: 'answer' } });
    expect(upstream.requests.length).toBe(before);
  });
});

function rawLines(): string[] {
  return readFileSync(join(gate.folder, 'audit.jsonl'), 'utf8').split('\n').filter(Boolean);
}

test('textOf is what the client reads', async () => {
  expect(textOf(await client.call('refused'))).toBe(
    'Blocked by policy. (GW_POLICY_BLOCKED)\n- no.way: Not like this.',
  );
});
