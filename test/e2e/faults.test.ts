/**
 * Everything on the path broken once: the gate closes, says so under the code of that fault and no other, lets nothing
 * through in either direction, and never writes a failure down as the policy's own word.
 */
import { createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { RecordFailed } from '../../proxy/errors.ts';
import type { StartOptions } from '../../proxy/main.ts';
import type { PolicyHandle } from '../../proxy/pipeline/ports.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import {
  type ScriptedUpstream,
  startScriptedUpstream,
  type UpstreamRequest,
} from '../support/scripted-upstream.ts';
import { type Answer, Client, modernCall, textOf, toolCall } from './_client.ts';
import { ALLOW, block, sayBundle } from './_policies.ts';

type Line = Readonly<Record<string, unknown>> & { readonly custom: Readonly<Record<string, unknown>> };

let upstream: ScriptedUpstream;
let shared: TestGate;
let client: Client;

/** What the policy says when asked about these tools. */
const SAY = {
  'unknown-verdict': { ...ALLOW, verdict: 'alow' },
  'no-verdict': { reasons: [] },
  'no-reasons': { verdict: 'allow' },
  'bad-reason': { verdict: 'block', reasons: [{ code: 'x' }] },
  'unknown-member': { ...ALLOW, grant: true },
  'unknown-obligation': { ...ALLOW, redact: [{ scramble: '/args/text' }] },
  'unknown-detector': { ...ALLOW, reply: { redact: [{ detector: 'everything' }] } },
  'allow-with-edits': { ...ALLOW, redact: [{ detector: 'email' }] },
  'bad-labels': { ...ALLOW, labels: { add: 'x' } },
  'bad-show': { ...block('x'), show: 'maybe' },
  'not-object': 'allow',
  'uncompilable-request': { verdict: 'redact', reasons: [], redact: [{ pattern: '(' }] },
  'closed-member': { verdict: 'redact', reasons: [], redact: [{ pattern: 'closed-[a-z]+' }] },
  'no-such-place': { verdict: 'redact', reasons: [], redact: [{ at: '/method' }] },
  'uncompilable-reply': { ...ALLOW, reply: { redact: [{ pattern: '(' }] } },
  'empty-pattern': { ...ALLOW, reply: { redact: [{ pattern: 'x*' }] } },
  'closed-reply': { ...ALLOW, reply: { redact: [{ pattern: '"?chosen-[0-9]+' }] } },
  inspected: { ...ALLOW, reply: { inspect: true } },
  'inspected-badly': { ...ALLOW, reply: { inspect: true } },
};

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  shared = await open();
  client = await new Client(shared.server('rec')).open();
});
afterAll(async () => {
  client.close();
  await shared.close();
  await upstream.close();
});

function open(options: { config?: object; replace?: StartOptions['replace'] } = {}): Promise<TestGate> {
  return startGate({
    bundle: sayBundle(),
    data: { say: { request: SAY, response: { 'inspected-badly': { verdict: 'alow', reasons: [] } } } },
    config: { servers: { rec: { url: upstream.url } }, ...options.config },
    ...(options.replace ? { replace: options.replace } : {}),
  });
}

async function own(options: Parameters<typeof open>[0]): Promise<{ gate: TestGate; client: Client }> {
  const gate = await open(options);
  const one = await new Client(gate.server('rec')).open();
  onTestFinished(async () => {
    one.close();
    await gate.close();
  });
  return { gate, client: one };
}

/** The answer is this code in the gate's own words, without any reason of the policy. */
function expectRefused(answer: Answer, code: string): void {
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({
    jsonrpc: '2.0',
    result: { isError: true, content: [{ type: 'text' }] },
  });
  const text = textOf(answer);
  expect(text).toContain(`(${code})`);
  expect(text).not.toMatch(/^- /m);
  expect(text).not.toMatch(/\n\s+at /);
}

const decisions = (gate: TestGate) =>
  (gate.record() as Line[]).filter((line) => line.custom['record'] === 'decision');
const outcomes = (gate: TestGate) =>
  (gate.record() as Line[]).filter((line) => line.custom['record'] === 'outcome');

describe('the policy', () => {
  test.each([
    { tool: 'silent', code: 'GW_POLICY_UNDEFINED', error: 'policy.undefined' },
    { tool: 'conflict', code: 'GW_POLICY_FAILED', error: 'engine.threw' },
    { tool: 'grow', code: 'GW_POLICY_FAILED', error: 'engine.memory' },
    ...[
      ...[
        'unknown-verdict',
        'no-verdict',
        'no-reasons',
        'bad-reason',
        'unknown-member',
        'unknown-obligation',
      ],
      ...['unknown-detector', 'allow-with-edits', 'bad-labels', 'bad-show', 'not-object'],
    ].map((tool) => ({ tool, code: 'GW_POLICY_FAILED', error: 'policy.contract' })),
  ])('$tool: $error', async ({ tool, code, error }) => {
    const before = upstream.requests.length;
    expectRefused(await client.call(tool), code);
    expect(upstream.requests.length).toBe(before);
    const line = decisions(shared).at(-1);
    expect(line).toMatchObject({
      input: { tool },
      error: { code: error },
      custom: { action: 'answer', code },
    });
    expect(line).not.toHaveProperty('result');
    expect(textOf(await client.call('echo'))).toBe('ran echo');
  });

  test('a decision without end is killed, and the next one stands', { timeout: 20_000 }, async () => {
    const { gate, client: one } = await own({ config: { policy: { isolation: 'worker', deadlineMs: 400 } } });
    const before = upstream.requests.length;
    const items = Object.fromEntries(Array.from({ length: 60 }, (_none, at) => [`k${at}`, `v${at}`]));
    expectRefused(await one.call('endless', { items }), 'GW_POLICY_FAILED');
    expect(upstream.requests.length).toBe(before);
    expect(decisions(gate).at(-1)).toMatchObject({ error: { code: 'engine.timeout' } });
    expect(decisions(gate).at(-1)).not.toHaveProperty('result');
    expect(textOf(await one.call('echo'))).toBe('ran echo');
  });

  const broken: {
    name: string;
    current: (honest: PolicyHandle) => PolicyHandle | undefined;
    code: string;
    error?: string;
  }[] = [
    { name: 'none is loaded', current: () => undefined, code: 'GW_POLICY_MISSING', error: 'engine.missing' },
    {
      name: 'the instance traps',
      current: (honest) => ({
        ...honest,
        evaluate: () => ({
          kind: 'failed',
          code: 'engine.trap',
          cause: new Error('unreachable SECRET-CAUSE'),
        }),
      }),
      code: 'GW_POLICY_FAILED',
      error: 'engine.trap',
    },
    {
      name: 'the evaluator itself throws',
      current: (honest) => ({
        ...honest,
        evaluate() {
          throw new Error('SECRET-CAUSE');
        },
      }),
      code: 'GW_INTERNAL',
    },
    {
      name: 'asking for it throws',
      current() {
        throw new Error('SECRET-CAUSE');
      },
      code: 'GW_INTERNAL',
    },
  ];
  test.each(broken)('$name', async ({ current, code, error }) => {
    let isBroken = false;
    const { gate, client: one } = await own({
      replace: {
        policy: (loaded) => ({
          current() {
            const honest = loaded.current() as PolicyHandle;
            return isBroken ? current(honest) : honest;
          },
        }),
      },
    });
    isBroken = true;
    const before = upstream.requests.length;
    const answers = [
      await one.call('echo'),
      await one.post({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      await one.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
    ];
    expect(upstream.requests.length).toBe(before);
    expectRefused(answers[0] as Answer, code);
    expect(answers[1]).toMatchObject({ status: 200, json: { id: 1, error: { data: { code } } } });
    expect(answers[2]?.status).toBeGreaterThanOrEqual(500);
    expect(answers[2]?.json).toMatchObject({ id: null, error: { data: { code } } });
    expect(answers.map((answer) => answer.text).join()).not.toContain('SECRET-CAUSE');
    if (error) {
      expect(decisions(gate).at(-1)).toMatchObject({ error: { code: error } });
      expect(decisions(gate).at(-1)).not.toHaveProperty('result');
    }
    isBroken = false;
    expect(textOf(await one.call('echo'))).toBe('ran echo');
  });

  test('a list whose entries cannot be judged comes back empty, and whole once they can', async () => {
    let isBroken = true;
    const failed = { kind: 'failed', code: 'engine.trap', cause: new Error('x') } as const;
    const { client: one } = await own({
      replace: {
        policy(loaded) {
          let handle: PolicyHandle | undefined;
          const evaluate = (input: string) =>
            isBroken && input.includes('"phase":"list"')
              ? failed
              : (loaded.current() as PolicyHandle).evaluate(input);
          return {
            current() {
              // One handle, as the shipped one is: verdicts on entries are kept for as long as it lives.
              handle ??= { ...(loaded.current() as PolicyHandle), evaluate };
              return handle;
            },
          };
        },
      },
    });
    upstream.on('tools/list', (request) =>
      request.result({ tools: [{ name: 'a', inputSchema: {} }], nextCursor: 'n' }),
    );
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    expect((await one.post(list)).json.result).toEqual({ tools: [], nextCursor: 'n' });
    isBroken = false;
    expect((await one.post(list)).json.result.tools).toHaveLength(1);
  });

  test('an answer whose judgement fails does not reach the client', async () => {
    upstream.on('tools/call inspected-badly', (request) =>
      request.result({ content: [{ type: 'text', text: 'SECRET' }] }),
    );
    const answer = await client.call('inspected-badly');
    expectRefused(answer, 'GW_POLICY_FAILED');
    expect(answer.text).not.toContain('SECRET');
    expect(decisions(shared).at(-1)).toMatchObject({
      input: { phase: 'response' },
      error: { code: 'policy.contract' },
    });
    expect(outcomes(shared).at(-1)).toMatchObject({
      custom: { status: 'refused', code: 'GW_POLICY_FAILED' },
    });
  });
});

describe('the redactor', () => {
  test.each(['uncompilable-request', 'closed-member', 'no-such-place'])('on a request: %s', async (tool) => {
    const before = upstream.requests.length;
    expectRefused(await client.call(tool, { text: 'x' }), 'GW_REDACTION_FAILED');
    expect(upstream.requests.length).toBe(before);
    expect(decisions(shared).at(-1)).toMatchObject({
      custom: { action: 'answer', code: 'GW_REDACTION_FAILED' },
    });
  });

  test.each(['uncompilable-reply', 'empty-pattern', 'closed-reply'])('on an answer: %s', async (tool) => {
    upstream.on(`tools/call ${tool}`, (request) => {
      request.result({
        content: [{ type: 'text', text: 'SECRET chosen-1' }],
        _meta: { progressToken: 'chosen-2' },
      });
    });
    const answer = await client.call(tool);
    expectRefused(answer, 'GW_REDACTION_FAILED');
    expect(answer.text).not.toMatch(/SECRET|chosen-/);
    expect(outcomes(shared).at(-1)).toMatchObject({
      custom: { status: 'failed', code: 'GW_REDACTION_FAILED' },
    });
  });

  test('an edited modern call does not leave in a header what was taken out', async () => {
    const { body, headers } = modernCall(1, 'mirrored', { token: 'SECRET' });
    const edited = await startGate({
      bundle: sayBundle(),
      data: {
        say: { request: { mirrored: { verdict: 'redact', reasons: [], redact: [{ at: '/args/token' }] } } },
      },
      config: { servers: { rec: { url: upstream.url } } },
    });
    onTestFinished(() => edited.close());
    const other = new Client(edited.server('rec'));
    onTestFinished(() => other.close());
    expect(textOf(await other.post(body, { ...headers, 'mcp-param-token': 'SECRET' }))).toBe('ran mirrored');
    expect(upstream.requests.at(-1)?.body.toString()).not.toContain('SECRET');
    expect(upstream.requests.at(-1)?.headers['mcp-param-token']).toBeUndefined();
  });
});

describe('the record', () => {
  /** Fails from the n-th line after `fail` on. */
  function failing() {
    let left = Number.POSITIVE_INFINITY;
    const lines: string[] = [];
    return {
      lines,
      failAfter(more: number) {
        left = more;
      },
      record: {
        async append(line: string) {
          if (left-- <= 0) throw new RecordFailed('no space left on device');
          lines.push(line);
        },
      },
    };
  }

  test('a decision that is not on disk does not leave', async () => {
    const disk = failing();
    const { client: one } = await own({ replace: { record: disk.record } });
    disk.failAfter(0);
    const before = upstream.requests.length;
    expectRefused(await one.call('echo'), 'GW_RECORD_FAILED');
    expect(
      await one.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
    ).toMatchObject({
      status: 503,
      json: { error: { data: { code: 'GW_RECORD_FAILED' } } },
    });
    expectRefused(await one.call('unknown-verdict'), 'GW_RECORD_FAILED');
    expect(await one.post('{')).toMatchObject({
      status: 503,
      json: { error: { data: { code: 'GW_RECORD_FAILED' } } },
    });
    expect(upstream.requests.length).toBe(before);
    disk.failAfter(Number.POSITIVE_INFINITY);
    expect(textOf(await one.call('echo'))).toBe('ran echo');
  });

  test('an answer whose outcome is not on disk does not leave', async () => {
    const disk = failing();
    const { client: one } = await own({ replace: { record: disk.record } });
    upstream.on('tools/call told', (request) =>
      request.result({ content: [{ type: 'text', text: 'SECRET' }] }),
    );
    disk.failAfter(1);
    const answer = await one.call('told');
    expectRefused(answer, 'GW_RECORD_FAILED');
    expect(answer.text).not.toContain('SECRET');
  });

  test('nor on a stream, which ends with an error that can be read', async () => {
    const disk = failing();
    const { client: one } = await own({ replace: { record: disk.record } });
    upstream.on('tools/call told', (request) => {
      const server = request.sse();
      server.event({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1 },
      });
      server.event({
        jsonrpc: '2.0',
        id: request.message.id,
        result: { content: [{ type: 'text', text: 'SECRET' }] },
      });
      server.end();
    });
    disk.failAfter(2);
    const stream = await one.stream(toolCall(1, 'told'));
    const events = await stream.rest();
    expect(events).toHaveLength(2);
    expect(events[1]?.json).toMatchObject({ id: 1, result: { isError: true } });
    expect(textOf(events[1] as never)).toContain('GW_RECORD_FAILED');
    expect(stream.complete).toBe(true);
  });

  test('an unknown caller is refused all the same, on every method', async () => {
    const credentials = createCredentials(0);
    onTestFinished(() => credentials.remove());
    const disk = failing();
    const gate = await startGate({
      bundle: sayBundle(),
      config: { servers: { rec: { url: upstream.url } }, auth: credentials.auth.api_keys },
      replace: { record: disk.record },
    });
    onTestFinished(() => gate.close());
    const one = new Client(gate.server('rec'));
    onTestFinished(() => one.close());
    disk.failAfter(0);
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? toolCall(1, 'echo') : undefined;
      const answer = await one.send(method, body, { accept: '*/*' });
      expect(answer).toMatchObject({ status: 503, json: { error: { data: { code: 'GW_RECORD_FAILED' } } } });
    }
  });

  test('a full disk', async () => {
    const gate = await open({ config: { audit: { file: '/dev/full' } } });
    onTestFinished(() => gate.close());
    const one = new Client(gate.server('rec'));
    onTestFinished(() => one.close());
    const before = upstream.requests.length;
    expectRefused(await one.call('echo'), 'GW_RECORD_FAILED');
    expect(upstream.requests.length).toBe(before);
  });
});

describe('the state', () => {
  test('without room for another caller, that caller’s calls stay; the others’ go on', async () => {
    const credentials = createCredentials(0);
    onTestFinished(() => credentials.remove());
    const gate = await startGate({
      bundle: sayBundle(),
      config: {
        servers: { rec: { url: upstream.url } },
        auth: credentials.auth.api_keys,
        limits: { maxCallers: 1 },
      },
    });
    onTestFinished(() => gate.close());
    const as = (name: string) => new Client(gate.server('rec'), { 'x-api-key': credentials.keyOf(name) });
    const [carol, dave] = [await as('carol').open(), await as('dave').open()] as const;
    expect(textOf(await carol.call('echo'))).toBe('ran echo');
    const before = upstream.requests.length;
    expectRefused(await dave.call('echo'), 'GW_STATE_FULL');
    expect(upstream.requests.length).toBe(before);
    expect(outcomes(gate).at(-1)).toMatchObject({ custom: { status: 'failed', code: 'GW_STATE_FULL' } });
    expect(textOf(await carol.call('echo'))).toBe('ran echo');
    carol.close();
    dave.close();
  });

  test('that cannot be read closes the gate', async () => {
    let isBroken = false;
    const { client: one } = await own({
      replace: {
        state: {
          read() {
            if (isBroken) throw new Error('gone');
            return { labels: '{}', history: '{"calls":[],"counts":{}}' };
          },
          remember: () => undefined,
        },
      },
    });
    isBroken = true;
    const before = upstream.requests.length;
    expectRefused(await one.call('echo'), 'GW_INTERNAL');
    expect(upstream.requests.length).toBe(before);
  });
});

describe('the server', () => {
  const json = { 'content-type': 'application/json' };
  const good = (request: UpstreamRequest, id: unknown = request.message.id) =>
    JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'SECRET' }] } });
  const cases: { name: string; script: (request: UpstreamRequest) => void; code: string; status?: number }[] =
    [
      {
        name: 'redirects',
        script: (r) => r.send(307, { location: 'http://169.254.169.254/' }, ''),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'redirects with an answer',
        script: (r) => r.send(302, { ...json, location: '/x' }, good(r)),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'compresses',
        script: (r) => r.send(200, { ...json, 'content-encoding': 'gzip' }, gzipSync(good(r))),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'claims to compress',
        script: (r) => r.send(200, { ...json, 'content-encoding': 'br' }, good(r)),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'does not know the gate',
        script: (r) => r.send(401, { ...json, 'www-authenticate': 'Bearer' }, good(r)),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'forbids',
        script: (r) => r.send(403, { 'content-type': 'text/html' }, 'SECRET'),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'fails in HTML',
        script: (r) => r.send(500, { 'content-type': 'text/html' }, '<pre>SECRET</pre>'),
        code: 'GW_UPSTREAM_ANSWER',
        status: 500,
      },
      {
        name: 'answers in text',
        script: (r) => r.send(200, { 'content-type': 'text/plain' }, good(r)),
        code: 'GW_UPSTREAM_ANSWER',
      },
      { name: 'names no type', script: (r) => r.send(200, {}, good(r)), code: 'GW_UPSTREAM_ANSWER' },
      { name: 'answers nothing', script: (r) => r.send(200, json, ''), code: 'GW_UPSTREAM_ANSWER' },
      { name: 'only accepts', script: (r) => r.send(202, {}, ''), code: 'GW_UPSTREAM_ANSWER' },
      {
        name: 'truncates',
        script: (r) => r.send(200, json, good(r).slice(0, -5)),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'says two things',
        script: (r) => r.send(200, json, good(r) + good(r)),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'says it in UTF-16',
        script: (r) => r.send(200, json, Buffer.from(good(r), 'utf16le')),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'answers another id',
        script: (r) => r.send(200, json, good(r, 'other')),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'answers the id as text',
        script: (r) => r.send(200, json, good(r, String(r.message.id))),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'answers a batch',
        script: (r) => r.send(200, json, `[${good(r)}]`),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'answers with a request',
        script: (r) => r.send(200, json, '{"jsonrpc":"2.0","id":1,"method":"ping"}'),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'answers with a notification',
        script: (r) =>
          r.send(200, json, '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"SECRET"}}'),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'answers too much',
        script: (r) => r.send(200, json, good(r).replace('SECRET', 'x'.repeat(70_000))),
        code: 'GW_UPSTREAM_ANSWER',
      },
      {
        name: 'stops in the middle',
        script(r) {
          r.response.writeHead(200, { ...json, 'content-length': 500 });
          r.response.write(good(r).slice(0, 20), () => r.response.destroy());
        },
        code: 'GW_UPSTREAM_GONE',
      },
      { name: 'hangs up', script: (r) => r.response.destroy(), code: 'GW_UPSTREAM_UNREACHABLE' },
      {
        name: 'streams with an error status',
        script: (r) => r.send(500, { 'content-type': 'text/event-stream' }, `data: ${good(r)}\n\n`),
        code: 'GW_UPSTREAM_ANSWER',
        status: 500,
      },
    ];

  let strict: { gate: TestGate; client: Client };
  beforeAll(async () => {
    const gate = await open({ config: { limits: { maxBodyBytes: 60_000, requestDeadlineMs: 300 } } });
    strict = { gate, client: await new Client(gate.server('rec')).open() };
  });
  afterAll(async () => {
    strict.client.close();
    await strict.gate.close();
  });

  test.each(cases)('$name: $code', async ({ script, code, status = 200 }) => {
    upstream.on('tools/call broken', script);
    const answer = await strict.client.call('broken');
    expect(answer.status).toBe(status);
    expectRefused({ ...answer, status: 200 }, code);
    expect(answer.text).not.toMatch(/SECRET|169\.254/);
    expect(outcomes(strict.gate).at(-1)).toMatchObject({ custom: { status: 'failed', code } });
    expect(
      decisions(strict.gate).findLast((line) => (line['input'] as { tool?: string }).tool === 'broken'),
    ).toMatchObject({
      result: ALLOW,
    });
    expect(textOf(await strict.client.call('echo'))).toBe('ran echo');
  });

  test.each([
    { name: 'before its answer', script: () => {} },
    {
      name: 'in the middle of it',
      script: (r: UpstreamRequest) => void r.response.writeHead(200, json).write('{"jsonrpc"'),
    },
  ])('falls silent $name', async ({ script }) => {
    upstream.on('tools/call broken', script);
    expectRefused(await strict.client.call('broken'), 'GW_UPSTREAM_TIMEOUT');
    expect(textOf(await strict.client.call('echo'))).toBe('ran echo');
  });

  test('falls silent on a stream', async () => {
    upstream.on('tools/call broken', (request) => void request.sse().write(': \n\n'));
    const stream = await strict.client.stream(toolCall(1, 'broken'));
    expect(textOf((await stream.rest())[0] as never)).toContain('GW_UPSTREAM_TIMEOUT');
  });

  test('is not there', async () => {
    const free = createTcpServer();
    await new Promise<void>((done) => free.listen(0, '127.0.0.1', done));
    const { port } = free.address() as { port: number };
    await new Promise((done) => free.close(done));
    const gate = await open({ config: { servers: { rec: { url: `http://127.0.0.1:${port}/mcp` } } } });
    onTestFinished(() => gate.close());
    const one = new Client(gate.server('rec'));
    onTestFinished(() => one.close());
    expectRefused(await one.call('echo'), 'GW_UPSTREAM_UNREACHABLE');
    expect(await one.send('GET', undefined, { accept: 'text/event-stream' })).toMatchObject({ status: 502 });
  });
});
