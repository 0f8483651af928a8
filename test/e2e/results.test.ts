/**
 * Results that an edit would break: structured content that no longer fits its tool's schema, and content that is known
 * by its digest. They are refused whole, where what an edit leaves sound passes.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, textOf, toolCall } from './_client.ts';
import { ALLOW, sayBundle } from './_policies.ts';

const HIDES = { ...ALLOW, reply: { redact: [{ pattern: 'SECRET-[0-9]+' }] } };
const MEMBER = (schema: object) => ({ type: 'object', properties: { key: schema }, required: ['key'] });

const TOOLS = {
  plain: MEMBER({ type: 'string' }),
  short: MEMBER({ type: 'string', maxLength: 9 }),
  pattern: MEMBER({ type: 'string', pattern: '^SECRET-' }),
  slow: MEMBER({ type: 'string', pattern: '^(S|SE|[A-Z])*$' }),
  remote: { $ref: 'https://schemas.example/remote.json' },
  broken: { type: 'nonsense' },
  huge: { anyOf: Array.from({ length: 200 }, () => ({ not: { type: 'null' } })) },
};

let upstream: ScriptedUpstream;
let gate: TestGate;
let client: Client;

beforeAll(async () => {
  const methods = ['tools/call', 'resources/read', 'skills/get'];
  upstream = await startScriptedUpstream();
  gate = await startGate({
    bundle: sayBundle(),
    data: { say: { request: Object.fromEntries(methods.map((method) => [method, HIDES])) } },
    config: { servers: { rec: { url: upstream.url } } },
  });
  client = await new Client(gate.server('rec')).open();
  const tools = Object.entries(TOOLS).map(([name, outputSchema]) => ({
    name,
    inputSchema: { type: 'object' },
    outputSchema,
  }));
  upstream.on('tools/list', (request) => request.result({ tools }));
  await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
});
afterAll(async () => {
  client.close();
  await gate.close();
  await upstream.close();
});

test.each([
  { tool: 'plain', key: 'SECRET-1', want: { key: '[REDACTED:pattern]' } },
  { tool: 'plain', key: 'nothing', want: { key: 'nothing' } },
  { tool: 'short', key: 'SECRET-1', want: undefined, why: 'the mask is longer than may be' },
  {
    tool: 'short',
    key: 'SECRET-12345',
    want: { key: '[REDACTED:pattern]' },
    why: 'the server broke its promise before',
  },
  { tool: 'pattern', key: 'SECRET-1', want: undefined },
  { tool: 'pattern', key: 'no SECRET-1', want: { key: 'no [REDACTED:pattern]' }, why: 'as above' },
  {
    tool: 'slow',
    key: `${'SE'.repeat(2_000)} SECRET-1`,
    want: { key: `${'SE'.repeat(2_000)} [REDACTED:pattern]` },
    why: 'linear',
  },
  { tool: 'remote', key: 'SECRET-1', want: undefined, why: 'what cannot be checked does not fit' },
  { tool: 'broken', key: 'SECRET-1', want: undefined },
  { tool: 'huge', key: 'SECRET-1', want: undefined },
  { tool: 'unlisted', key: 'SECRET-1', want: { key: '[REDACTED:pattern]' } },
])('structured content of $tool: $key', async ({ tool, key, want }) => {
  verifies('R23', 'http');
  const result = { content: [{ type: 'text', text: JSON.stringify({ key }) }], structuredContent: { key } };
  upstream.on(`tools/call ${tool}`, (request) => request.result(result));
  const answer = await client.post(toolCall(2, tool));
  expect(answer.json.result.structuredContent).toEqual(want);
  expect(answer.text).not.toContain('SECRET-1');
  if (want === undefined) expect(textOf(answer)).toContain('GW_REDACTION_FAILED');
});

const DIGEST = `sha256:${'ab'.repeat(32)}`;

test.each([
  {
    name: 'a skill and its digest',
    method: 'skills/get',
    params: { name: 's' },
    result: { skill: { uri: 'x://s', digest: DIGEST, text: 'SECRET-1' } },
    passes: false,
  },
  {
    name: 'a file of it, known by its digest',
    method: 'resources/read',
    params: { uri: 'x://s/a.md' },
    result: { contents: [{ uri: 'x://s/a.md', text: 'SECRET-1' }] },
    passes: false,
  },
  {
    name: 'another file',
    method: 'resources/read',
    params: { uri: 'x://t' },
    result: { contents: [{ uri: 'x://t', text: 'SECRET-1' }] },
    passes: true,
  },
  {
    name: 'a text about digests',
    method: 'resources/read',
    params: { uri: 'x://u' },
    result: { contents: [{ uri: 'x://u', text: `digest: ${DIGEST} SECRET-1` }] },
    passes: true,
  },
  {
    name: 'any file of a skill',
    method: 'resources/read',
    params: { uri: 'skill://s/b' },
    result: { contents: [{ uri: 'skill://s/b', text: 'SECRET-1' }] },
    passes: false,
  },
  {
    name: 'the same without anything to edit',
    method: 'resources/read',
    params: { uri: 'x://s/a.md' },
    result: { contents: [{ uri: 'x://s/a.md', text: 'plain' }] },
    passes: true,
  },
])('$name', async ({ method, params, result, passes }) => {
  verifies('R25', 'http');
  const index = { skills: [{ uri: 'x://s', files: [{ path: 'a.md', digest: DIGEST, size: 8 }] }] };
  upstream.on('skills/list', (request) => request.result(index));
  expect((await client.post({ jsonrpc: '2.0', id: 3, method: 'skills/list' })).json.result).toEqual(index);
  upstream.on(method, (request) => request.result(result));
  const answer = await client.post({ jsonrpc: '2.0', id: 4, method, params });
  expect(answer.text).not.toContain('SECRET-1');
  expect(answer.json.error?.data.code).toBe(passes ? undefined : 'GW_REDACTION_FAILED');
});
