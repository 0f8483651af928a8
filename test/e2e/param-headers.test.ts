/** Mirrored arguments through the gate: compared where they are declared, passed on where not, never left behind by an edit. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { modern } from '../support/modern.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client } from './_client.ts';
import { sayBundle } from './_policies.ts';

const EDITS = { verdict: 'redact', reasons: [], redact: [{ pattern: 'SECRET' }] };
let upstream: ScriptedUpstream;
let gate: TestGate;
let client: Client;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await startGate({
    bundle: sayBundle(),
    data: { say: { request: { routed: EDITS, unknown: EDITS } } },
    config: { servers: { rec: { url: upstream.url } } },
  });
  client = new Client(gate.server('rec'));
  const inputSchema = {
    type: 'object',
    properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  };
  upstream.on('tools/list', (request) => request.result({ tools: [{ name: 'routed', inputSchema }] }));
  const list = modern(1, 'tools/list');
  await client.post(list.body, list.headers);
});
afterAll(async () => {
  client.close();
  await gate.close();
  await upstream.close();
});
beforeEach(() => void (upstream.requests as unknown[]).splice(0));

function call(name: string, args: object, headers: Record<string, string>) {
  const { body, headers: own } = modern(2, 'tools/call', { name, arguments: args });
  return client.post(body, { ...own, ...headers });
}
const sent = () =>
  Object.fromEntries(
    Object.entries(upstream.requests[0]?.headers ?? {}).filter(([name]) => name.startsWith('mcp-param')),
  );

test.each([
  ['missing', {}],
  ['another', { 'mcp-param-region': 'us' }],
  ['twice', { 'mcp-param-region': ['eu', 'us'] as never }],
])('a declared one that is %s is refused', async (_, headers) => {
  verifies('R06', 'http');
  verifies('R09', 'http');
  const answer = await call('routed', { region: 'eu' }, headers);
  expect(answer.status).toBe(400);
  if (answer.json.error.data === undefined) expect(answer.json.error.code).toBe(-32020);
  expect(upstream.requests).toEqual([]);
});

test('a declared one that agrees goes on', async () => {
  verifies('R07', 'http');
  await call('routed', { region: 'eu' }, { 'mcp-param-region': '=?base64?ZXU=?=' });
  expect(sent()).toEqual({ 'mcp-param-region': 'eu' });
});

test('one that mirrors nothing of the body does not go on', async () => {
  verifies('R07', 'http');
  await call('routed', {}, { 'mcp-param-region': 'eu' });
  expect(sent()).toEqual({});
});

test('after an edit it says what the body says', async () => {
  verifies('R07', 'http');
  await call('routed', { region: 'a SECRET' }, { 'mcp-param-region': 'a SECRET' });
  expect(sent()).toEqual({ 'mcp-param-region': 'a [REDACTED:pattern]' });
  expect(JSON.stringify(upstream.requests[0]?.headers)).not.toContain('SECRET ');
});

test('undeclared ones pass untouched, and after an edit only with what is still there', async () => {
  verifies('R08', 'http');
  await call('unknown', { a: 'x' }, { 'mcp-param-a': 'x', 'mcp-param-other': '=?base64?4pyT?=' });
  expect(sent()).toEqual({ 'mcp-param-a': 'x', 'mcp-param-other': '=?base64?4pyT?=' });
  (upstream.requests as unknown[]).splice(0);
  await call('unknown', { a: 'x', b: 'SECRET' }, { 'mcp-param-a': 'x', 'mcp-param-b': 'SECRET' });
  expect(sent()).toEqual({ 'mcp-param-a': 'x' });
});

test('a client without headers has them written for it', async () => {
  verifies('R07', 'ws');
  const socket = new WebSocket(gate.server('rec').replace('http', 'ws'), ['mcp']);
  await new Promise((open) => socket.once('open', open));
  const answered = new Promise((answer) => socket.once('message', answer));
  socket.send(JSON.stringify(modern(3, 'tools/call', { name: 'routed', arguments: { region: 'eu' } }).body));
  await answered;
  socket.terminate();
  expect(sent()).toEqual({ 'mcp-param-region': 'eu' });
  expect(upstream.requests[0]?.headers).toMatchObject({ 'mcp-method': 'tools/call', 'mcp-name': 'routed' });
});
