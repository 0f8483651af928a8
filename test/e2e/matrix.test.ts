/**
 * Every edge in front of every upstream, in both eras: the same exchange of the official client with the same server,
 * judged by the same policy, must look the same from both ends.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET } from '../fixtures/matrix/server.ts';
import { EDGES, type Edge, verifies } from '../requirements.ts';
import { transportTo } from '../support/edges.ts';
import { type Everywhere, startEverywhere } from '../support/everywhere.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { bundleFile } from './_policies.ts';

const UPSTREAMS = ['http', 'sse', 'ws', 'stdio'] as const;
const CELLS = EDGES.flatMap((edge) =>
  UPSTREAMS.flatMap((upstream) => (['legacy', 'modern'] as const).map((era) => ({ edge, upstream, era }))),
);
const MASK = '[REDACTED:aws_access_key]';

const RULES = `package mcp.main

default decision := {"verdict": "allow", "reasons": [], "reply": {"redact": [{"detector": "secret"}]}}

decision := {"verdict": "block", "reasons": [{"code": "test.forbidden", "message": "Not this one.", "rule": "test"}]} if {
	input.phase == "request"
	input.tool == "forbidden"
} else := {"verdict": "block", "reasons": []} if {
	input.phase == "list"
	input.tool == "hidden"
} else := {"verdict": "redact", "reasons": [], "redact": [{"detector": "secret"}]} if {
	input.phase in ["server_request", "notification"]
	input.direction == "to_client"
}
`;

let everywhere: Everywhere;
let gate: TestGate;
let folder: string;
let configFile: string;

beforeAll(async () => {
  everywhere = await startEverywhere();
  folder = mkdtempSync(join(tmpdir(), 'portcullis-matrix-'));
  const bundle = bundleFile({ sources: { 'main.rego': RULES }, revision: 'matrix' });
  const servers = Object.fromEntries(UPSTREAMS.map((name) => [`over_${name}`, everywhere.servers[name]]));
  configFile = join(folder, 'portcullis.yaml');
  writeFileSync(
    configFile,
    JSON.stringify({ servers, policy: { bundle }, audit: { file: join(folder, 'wrap.jsonl') } }),
  );
  gate = await startGate({ bundle, config: { servers } });
}, 30_000);
afterAll(async () => {
  await gate.close();
  await everywhere.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(CELLS)('$edge in front of $upstream, $era', ({ edge, upstream, era }) => {
  let client: Client;
  const logged: unknown[] = [];
  const visited: string[] = [];

  beforeAll(async () => {
    client = new Client(
      { name: 'matrix-test', version: '1.0.0' },
      {
        capabilities: { elicitation: { form: {}, url: {} } },
        versionNegotiation: { mode: era === 'modern' ? 'auto' : 'legacy' },
      },
    );
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      if (params.mode !== 'url') return { action: 'accept', content: { name: String(params.message) } };
      visited.push(`${params.message} ${params.url}`);
      return { action: 'accept' };
    });
    client.setNotificationHandler('notifications/message', ({ params }) => void logged.push(params.data));
    await client.connect(transportTo(edge, { gateUrl: gate.url, server: `over_${upstream}`, configFile }));
  }, 20_000);
  afterAll(async () => {
    await client?.close();
  });

  const call = async (name: string, args: Record<string, unknown> = {}, options = {}) => {
    const result = await client.callTool({ name, arguments: args }, options);
    const [block] = result.content as { text: string }[];
    return {
      text: block?.text ?? '',
      isError: result.isError === true,
      structured: result.structuredContent,
    };
  };

  test('the era is the one that was offered', () => {
    verifies('R34', 'every');
    verifies('R41', 'sse', 'ws', 'stdio');
    expect(client.getProtocolEra()).toBe(era);
  });

  test('the list shows what may be used, in order', async () => {
    verifies('R19', 'every');
    const { tools } = await client.listTools();
    const all = [
      'echo',
      'trace',
      'leak',
      'forbidden',
      'steps',
      'log',
      'wait',
      'was_cancelled',
      'ask',
      'ask_url',
    ];
    expect(tools.map(({ name }) => name)).toEqual(all);
  });

  test('arguments arrive as they were sent', async () => {
    verifies('R01', 'every');
    const value = { deep: [1, 'é\u2028\n', { '': null }], big: 9007199254740991, text: 'a\u0085b' };
    expect(JSON.parse((await call('echo', { value })).text)).toEqual(value);
  });

  test('trace context arrives as it was sent', async () => {
    verifies('R40', 'every');
    const _meta = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1,b=2',
      baggage: 'k=v',
    };
    const result = await client.callTool({ name: 'trace', arguments: {}, _meta });
    expect(JSON.parse((result.content as { text: string }[])[0]?.text ?? '')).toEqual(_meta);
  });

  test('a secret in an answer is masked in text and in structure', async () => {
    verifies('R22', 'every');
    verifies('R03', 'every');
    expect(await call('leak')).toEqual({
      text: `{"key":"${MASK}"}`,
      isError: false,
      structured: { key: MASK },
    });
  });

  test('a refused call says by which rule', async () => {
    verifies('R17', 'every');
    const { text, isError } = await call('forbidden');
    expect(isError).toBe(true);
    expect(text).toContain('test.forbidden: Not this one.');
  });

  test('progress comes in order, before the answer', async () => {
    verifies('R26', 'every');
    const seen: unknown[] = [];
    const { text } = await call('steps', {}, { onprogress: (note: unknown) => void seen.push(note) });
    expect(text).toBe('done');
    expect(seen).toEqual(
      [1, 2, 3].map((progress) => ({ progress, total: 3, message: `step ${progress} of ${MASK}` })),
    );
  });

  test('a resource and a prompt', async () => {
    verifies('R22', 'every');
    const { contents } = await client.readResource({ uri: 'test://note' });
    expect(contents).toMatchObject([{ uri: 'test://note', text: `a note with ${MASK}` }]);
    const { messages } = await client.getPrompt({ name: 'greet', arguments: { name: 'you' } });
    expect(messages).toEqual([{ role: 'user', content: { type: 'text', text: `Hello you, ${MASK}` } }]);
  });

  test('what the server asks is judged, edited and answered', async () => {
    verifies('R11', 'every');
    verifies('R12', 'every');
    verifies('R13', 'every');
    expect((await call('ask')).text).toBe(`accept {"name":"Which one? (${MASK})"}`);
  });

  test('a link it asks to open as well', async () => {
    verifies('R12', 'every');
    verifies('R13', 'every');
    expect((await call('ask_url')).text).toBe('accept {}');
    expect(visited).toEqual([`Open it (${MASK}) https://example.com/consent`]);
  });

  test('completions are edited', async () => {
    verifies('R22', 'every');
    const ref = { type: 'ref/prompt' as const, name: 'greet' };
    const { completion } = await client.complete({ ref, argument: { name: 'name', value: 'Jo' } });
    expect(completion.values).toEqual(['Jona', `Jones ${MASK}`]);
  });

  test('log messages are edited too', async () => {
    verifies('R22', 'every');
    const _meta = era === 'modern' ? { _meta: { 'io.modelcontextprotocol/logLevel': 'debug' } } : {};
    await client.callTool({ name: 'log', arguments: {}, ..._meta });
    await expect.poll(() => logged).toContain(`logged ${MASK}`);
    expect(JSON.stringify(logged)).not.toContain(SECRET);
  });

  test('a cancelled call is cancelled at the server', async () => {
    verifies('R28', 'every');
    const label = `${edge} ${upstream} ${era}`;
    const abort = new AbortController();
    const waiting = call('wait', { label }, { signal: abort.signal });
    waiting.catch(() => {});
    expect((await call('echo', { value: 'under way' })).text).toBe('"under way"');
    abort.abort();
    await expect(waiting).rejects.toThrow();
    expect((await call('was_cancelled', { label })).text).toBe('yes');
  });
});

test('every edge is in the matrix', () => {
  expect(new Set(CELLS.map(({ edge }) => edge satisfies Edge))).toEqual(new Set(EDGES));
  expect(CELLS).toHaveLength(32);
});
