/**
 * Tasks in both designs: what the decision on a call asked for its answer holds when the answer is fetched later, in
 * whatever message it surfaces, and a task answers to nobody but the caller whose call made it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { modern } from '../support/modern.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, toolCall } from './_client.ts';
import { ruleBundle } from './_policies.ts';

/** Only the call itself is told what becomes of its answer; requests about the task are told nothing. */
const RULES = `default decision := {"verdict": "allow", "reasons": []}

decision := {"verdict": "allow", "reasons": [], "reply": {"redact": [{"pattern": "SECRET-[0-9]+"}]}} if {
	input.method == "tools/call"
	input.phase == "request"
	input.tool == "careful"
} else := {"verdict": "allow", "reasons": [], "reply": {"inspect": true}} if {
	input.method == "tools/call"
	input.phase == "request"
	input.tool == "looked"
} else := {"verdict": "block", "reasons": [{"code": "no.answer", "message": "No.", "rule": "test"}]} if {
	input.phase == "response"
	input.tool == "looked"
	contains(input.result.text_sample, "SECRET")
}
`;
const RESULT = { content: [{ type: 'text', text: 'SECRET-1' }] };
const HIDDEN = { content: [{ type: 'text', text: '[REDACTED:pattern]' }] };

let upstream: ScriptedUpstream;
let gate: TestGate;
const clients: Client[] = [];
const credentials = createCredentials(0);

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await startGate({
    bundle: ruleBundle(RULES, 'tasks'),
    config: { servers: { rec: { url: upstream.url } }, auth: credentials.auth.api_keys },
  });
});
afterAll(async () => {
  for (const client of clients) client.close();
  await gate.close();
  await upstream.close();
  credentials.remove();
});

function as(name: 'carol' | 'dave'): Client {
  const client = new Client(gate.server('rec'), { 'x-api-key': credentials.keyOf(name) });
  clients.push(client);
  return client;
}

let made = 0;
/** A task of the modern extension, made by a call of the tool. */
async function make(client: Client, tool: string): Promise<string> {
  const taskId = `task-${++made}`;
  upstream.on(`tools/call ${tool}`, (request) =>
    request.result({ resultType: 'task', taskId, status: 'working' }),
  );
  const { body, headers } = modern(1, 'tools/call', { name: tool });
  expect((await client.post(body, headers)).json.result.taskId).toBe(taskId);
  return taskId;
}

async function get(client: Client, taskId: string, method = 'tasks/get') {
  const { body, headers } = modern(2, method, { taskId });
  return client.post(body, headers);
}

describe('modern', () => {
  test('what was to be edited is edited in tasks/get', async () => {
    verifies('R24', 'http');
    const carol = as('carol');
    const taskId = await make(carol, 'careful');
    upstream.on('tasks/get', (request) =>
      request.result({ resultType: 'complete', taskId, status: 'completed', result: RESULT }),
    );
    expect((await get(carol, taskId)).json.result.result).toEqual(HIDDEN);
    expect((await get(carol, 'another')).json.result.result).toEqual(RESULT);
  });

  test('what was to be seen by the policy is seen, as an answer of its tool', async () => {
    verifies('R24', 'http');
    const carol = as('carol');
    const taskId = await make(carol, 'looked');
    upstream.on('tasks/get', (request) => request.result({ taskId, status: 'completed', result: RESULT }));
    const answer = await get(carol, taskId);
    expect(answer.json.error.data.reasons).toEqual([{ code: 'no.answer', message: 'No.' }]);
    expect(answer.text).not.toContain('SECRET-1');
  });

  test('a notification on a stream of changes is edited, and is for its owner', async () => {
    verifies('R24', 'http');
    const [carol, dave] = [as('carol'), as('dave')];
    const taskId = await make(carol, 'careful');
    const ack = { jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: {} };
    const note = {
      jsonrpc: '2.0',
      method: 'notifications/tasks',
      params: { taskId, status: 'completed', result: RESULT },
    };
    upstream.on('subscriptions/listen', (request) => {
      const sse = request.sse();
      sse.event(ack);
      sse.event(note);
      sse.event({ jsonrpc: '2.0', id: request.message.id, result: {} });
      sse.end();
    });
    const { body, headers } = modern(3, 'subscriptions/listen', { notifications: {} });
    const seen = async (client: Client) =>
      (await (await client.stream(body, headers)).rest()).map((event) => event.json);
    expect(await seen(carol)).toEqual([
      ack,
      { ...note, params: { ...note.params, result: HIDDEN } },
      expect.anything(),
    ]);
    expect(await seen(dave)).toEqual([ack, expect.objectContaining({ id: 3 })]);
  });

  test.each(['tasks/get', 'tasks/cancel', 'tasks/update'])(
    '%s of somebody else’s finds nothing',
    async (method) => {
      verifies('R24', 'http');
      const taskId = await make(as('carol'), 'careful');
      const before = upstream.requests.length;
      const answer = await get(as('dave'), taskId, method);
      expect(answer.json.error).toEqual({ code: -32602, message: 'Task not found' });
      expect(upstream.requests).toHaveLength(before);
    },
  );
});

describe('legacy', () => {
  test('tasks/result, tasks/get and the status on the stream', async () => {
    verifies('R24', 'http');
    const carol = await as('carol').open();
    const taskId = `task-${++made}`;
    upstream.on('tools/call careful', (request) => request.result({ task: { taskId, status: 'working' } }));
    await carol.post(toolCall(1, 'careful'));
    upstream.on('tasks/result', (request) => request.result(RESULT));
    upstream.on('tasks/get', (request) => request.result({ taskId, statusMessage: 'found SECRET-2' }));
    const ask = (method: string) => carol.post({ jsonrpc: '2.0', id: 5, method, params: { taskId } });
    expect((await ask('tasks/result')).json.result).toEqual(HIDDEN);
    expect((await ask('tasks/get')).json.result.statusMessage).toBe('found [REDACTED:pattern]');

    const status = {
      jsonrpc: '2.0',
      method: 'notifications/tasks/status',
      params: { taskId, statusMessage: 'SECRET-3' },
    };
    upstream.on('GET', (request) => {
      const sse = request.sse();
      sse.event(status);
      sse.end();
    });
    const [told] = await (await carol.listen()).rest();
    expect(told?.json.params.statusMessage).toBe('[REDACTED:pattern]');
  });

  test('a list holds no tasks of others, whatever the server lists', async () => {
    verifies('R24', 'http');
    const [carol, dave] = [await as('carol').open(), await as('dave').open()];
    const of = async (client: Client, taskId: string) => {
      upstream.on('tools/call made', (request) => request.result({ task: { taskId } }));
      await client.post(toolCall(1, 'made'));
    };
    await of(carol, 'of-carol');
    await of(dave, 'of-dave');
    const tasks = ['of-carol', 'of-dave', 'of-nobody'].map((taskId) => ({ taskId }));
    upstream.on('tasks/list', (request) => request.result({ tasks }));
    const list = async (client: Client) =>
      (await client.post({ jsonrpc: '2.0', id: 2, method: 'tasks/list' })).json.result.tasks;
    expect(await list(carol)).toEqual([{ taskId: 'of-carol' }, { taskId: 'of-nobody' }]);
    expect(await list(dave)).toEqual([{ taskId: 'of-dave' }, { taskId: 'of-nobody' }]);
  });

  test('a server that gives an id twice hands over nothing', async () => {
    const [carol, dave] = [await as('carol').open(), await as('dave').open()];
    upstream.on('tools/call twice', (request) => request.result({ task: { taskId: 'twice' } }));
    await carol.post(toolCall(1, 'twice'));
    await dave.post(toolCall(1, 'twice'));
    const answer = await dave.post({
      jsonrpc: '2.0',
      id: 5,
      method: 'tasks/result',
      params: { taskId: 'twice' },
    });
    expect(answer.json.error.message).toBe('Task not found');
  });
});
