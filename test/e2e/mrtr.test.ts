/**
 * Multi-round-trip requests: what a server asks inside a result and what the client answers inside its retry, each judged
 * as if it had come by itself; and what must travel untouched meanwhile.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { modern } from '../support/modern.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, textOf } from './_client.ts';
import { ruleBundle } from './_policies.ts';

const RULES = `default decision := {"verdict": "allow", "reasons": []}

_no(code) := {"verdict": "block", "reasons": [{"code": code, "message": "No.", "rule": "test"}]}

decision := _no("no.sampling") if {
	input.phase == "server_request"
	input.method == "sampling/createMessage"
} else := {"verdict": "redact", "reasons": [], "redact": [{"pattern": "SECRET-[0-9]+"}]} if {
	input.phase == "server_request"
} else := _no("no.roots") if {
	input.phase == "client_response"
	input.method == "roots/list"
} else := {"verdict": "redact", "reasons": [], "redact": [{"at": "/params/content/pin"}]} if {
	input.phase == "client_response"
	input.method == "elicitation/create"
	input.params.content.pin
} else := _no("no.path") if {
	input.phase == "request"
	input.args.path == "/etc/passwd"
}
`;

let upstream: ScriptedUpstream;
let gate: TestGate;
let client: Client;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await startGate({
    bundle: ruleBundle(RULES, 'mrtr'),
    config: { servers: { rec: { url: upstream.url } } },
  });
  client = new Client(gate.server('rec'));
});
afterAll(async () => {
  client.close();
  await gate.close();
  await upstream.close();
});
beforeEach(() => void (upstream.requests as unknown[]).splice(0));

const phases = () =>
  gate.record().flatMap((line) => {
    const input = line['input'] as { phase: string; method: string } | undefined;
    return input ? [`${input.phase} ${input.method}`] : [];
  });

function post(id: number, params: Record<string, unknown> = {}) {
  const { body, headers } = modern(id, 'tools/call', { name: 'ask', arguments: { path: '/a' }, ...params });
  return client.post(body, headers);
}

/** The next result of the tool, as text so that its bytes can be compared. */
function answers(result: string): void {
  upstream.on('tools/call ask', (request) => {
    const body = `{"jsonrpc":"2.0","id":${JSON.stringify(request.message.id)},"result":${result}}`;
    request.send(200, { 'content-type': 'application/json' }, body);
  });
}

const ELICIT = '{"method":"elicitation/create","params":{"message":"for SECRET-1?","n":1.50}}';

test.each([
  {
    name: 'an elicitation is edited where it stands, and every other byte stays',
    result: `{ "resultType":"input_required","inputRequests":{"a/b~c":${ELICIT} },"requestState":"s\\u0041=" }`,
    want: `{ "resultType":"input_required","inputRequests":{"a/b~c":${ELICIT.replace('SECRET-1', '[REDACTED:pattern]')} },"requestState":"s\\u0041=" }`,
  },
  {
    name: 'one without params',
    result: '{"resultType":"input_required","inputRequests":{"r":{"method":"roots/list"}}}',
    want: '{"resultType":"input_required","inputRequests":{"r":{"method":"roots/list"}}}',
  },
])('$name', async ({ result, want }) => {
  verifies('R13', 'http');
  verifies('R15', 'http');
  answers(result);
  const { text } = await post(1);
  expect(text).toBe(`{"jsonrpc":"2.0","id":1,"result":${want}}`);
});

test.each([
  [
    'what the policy refuses',
    '{"s":{"method":"sampling/createMessage","params":{"messages":[]}}}',
    'no.sampling',
  ],
  [
    'what the policy refuses, beside what it does not',
    `{"e":${ELICIT},"s":{"method":"sampling/createMessage"}}`,
    'no.sampling',
  ],
  ['what only a client may ask', '{"t":{"method":"tools/call","params":{"name":"x"}}}', 'GW_UPSTREAM_ANSWER'],
  ['what nobody knows', '{"t":{"method":"sampling/CreateMessage"}}', 'GW_UPSTREAM_ANSWER'],
  ['what is no request', '{"t":"sampling/createMessage"}', 'GW_UPSTREAM_ANSWER'],
  ['what is no object', '[{"method":"elicitation/create"}]', 'GW_UPSTREAM_ANSWER'],
  [
    'too many',
    JSON.stringify(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [i, { method: 'roots/list' }]))),
    'GW_POLICY_ARGS',
  ],
])('a result that asks for %s does not pass', async (_, requests, code) => {
  verifies('R12', 'http');
  answers(`{"resultType":"input_required","inputRequests":${requests}}`);
  const answer = await post(1);
  expect(answer.json.result.isError).toBe(true);
  expect(textOf(answer)).toContain(code);
  expect(answer.text).not.toContain('messages');
});

test('prompts, resources and tasks may ask as well', async () => {
  const result = { resultType: 'input_required', inputRequests: { s: { method: 'sampling/createMessage' } } };
  for (const [method, params] of [
    ['prompts/get', { name: 'p' }],
    ['resources/read', { uri: 'test://a' }],
    ['tasks/get', { taskId: 't' }],
  ] as const) {
    upstream.on(method, (request) => request.result(result));
    const { body, headers } = modern(1, method, params);
    expect((await client.post(body, headers)).json.error.data.code).toBe('GW_POLICY_BLOCKED');
  }
  upstream.on('tasks/get', (request) => request.result({ taskId: 't', result }));
  const { body, headers } = modern(1, 'tasks/get', { taskId: 't' });
  expect((await client.post(body, headers)).json.error.data.code).toBe('GW_POLICY_BLOCKED');
});

test('an answer is judged under what it answers, edited in place, and the state travels as it is', async () => {
  verifies('R11', 'http');
  verifies('R15', 'http');
  const before = phases().length;
  const inputResponses = { 'e/1': { action: 'accept', content: { pin: '4711', n: 1 } } };
  await post(2, { requestState: 'opaque=é', inputResponses });
  const [sent] = upstream.requests;
  const params = sent?.message.params as Record<string, unknown>;
  expect(params['requestState']).toBe('opaque=é');
  expect(params['inputResponses']).toEqual({
    'e/1': { action: 'accept', content: { pin: '[REDACTED]', n: 1 } },
  });
  expect(phases().slice(before)).toEqual(['client_response elicitation/create', 'request tools/call']);
});

test.each([
  ['the policy refuses', { r: { roots: [] } }, 'no.roots'],
  ['has the shape of two', { r: { roots: [], action: 'accept' } }, 'GW_FRAME_PARAMS'],
  ['has the shape of none', { r: { ok: true } }, 'GW_FRAME_PARAMS'],
  ['is no object', { r: 'accept' }, 'GW_FRAME_PARAMS'],
  ['is in a list', [{ action: 'accept' }], 'GW_FRAME_PARAMS'],
])('an answer that %s does not reach the server', async (_, inputResponses, code) => {
  verifies('R11', 'http');
  const answer = await post(3, { inputResponses });
  expect(answer.text).toContain(code);
  expect(upstream.requests).toEqual([]);
});

test('a retry is judged afresh on its own arguments', async () => {
  verifies('R14', 'http');
  answers('{"resultType":"input_required","inputRequests":{"r":{"method":"roots/list"}},"requestState":"x"}');
  expect((await post(4)).json.result.requestState).toBe('x');
  const retry = await post(5, { arguments: { path: '/etc/passwd' }, requestState: 'x', inputResponses: {} });
  expect(textOf(retry)).toContain('no.path');
  expect(upstream.requests).toHaveLength(1);
});

test('a cursor travels as it is, an empty one too', async () => {
  verifies('R15', 'http');
  upstream.on('tools/list', (request) =>
    request.result({ tools: [], nextCursor: '', ttlMs: 5, cacheScope: 'public' }),
  );
  const { body, headers } = modern(6, 'tools/list', { cursor: '' });
  const answer = await client.post(body, headers);
  expect(upstream.requests[0]?.message.params?.['cursor']).toBe('');
  // A page of a list: other pages of it may have been cut.
  expect(answer.json.result).toEqual({ tools: [], nextCursor: '', ttlMs: 5, cacheScope: 'private' });
});
