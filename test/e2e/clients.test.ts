/**
 * Real clients through the gate to real servers: what is granted works as it does without a gate, what is not is
 * refused in words a client can show, and a secret in an answer reaches nobody, however it is carried.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClientLab, MASKED, SECRET, startClientLab } from '../support/client-lab.ts';
import {
  type Arguments,
  type ClientName,
  type Connected,
  connect,
  type Outcome,
} from '../support/clients.ts';
import { inspect } from '../support/inspector.ts';

let lab: ClientLab;
beforeAll(async () => {
  lab = await startClientLab();
}, 30_000);
afterAll(() => lab.close());

const CLIENTS: readonly ClientName[] = ['sdk-v2-auto', 'sdk-v2-legacy', 'sdk-v1'];

interface Call {
  readonly tool: string;
  readonly args: (files: string) => Arguments;
}

/** What each server offers under the policy of the lab, in the order of its list, and three calls to it. */
const SERVERS: readonly {
  readonly server: string;
  readonly tools: readonly string[];
  readonly allowed: Call & { readonly want: Omit<Outcome, 'isError'> };
  readonly blocked: Call & { readonly code: string };
  readonly redacted: Call & { readonly want: Omit<Outcome, 'isError'> };
  /** Exists there, and is granted to nobody. */
  readonly hidden: string;
}[] = [
  {
    server: 'filesystem',
    tools: ['read_text_file', 'list_directory'],
    allowed: {
      tool: 'read_text_file',
      args: (files) => ({ path: `${files}/hello.txt` }),
      want: { text: 'hello\n', structured: { content: 'hello\n' } },
    },
    blocked: {
      tool: 'read_text_file',
      args: (files) => ({ path: `${files}/private/note.txt` }),
      code: 'scopes.denied',
    },
    redacted: {
      tool: 'read_text_file',
      args: (files) => ({ path: `${files}/keys.env` }),
      want: { text: `key=${MASKED}\n`, structured: { content: `key=${MASKED}\n` } },
    },
    hidden: 'move_file',
  },
  {
    server: 'memory',
    tools: ['create_entities', 'search_nodes'],
    allowed: {
      tool: 'search_nodes',
      args: () => ({ query: 'nothing of the kind' }),
      want: {
        text: JSON.stringify({ entities: [], relations: [] }, null, 2),
        structured: { entities: [], relations: [] },
      },
    },
    blocked: { tool: 'search_nodes', args: () => ({ query: 'Bluebird' }), code: 'patterns.found' },
    redacted: {
      tool: 'search_nodes',
      args: () => ({ query: 'keys' }),
      want: { text: JSON.stringify(graph(), null, 2), structured: graph() },
    },
    hidden: 'delete_entities',
  },
  ...['everything', 'everything_http'].map((server) => ({
    server,
    tools: ['echo', 'get-structured-content', 'toggle-simulated-logging', 'trigger-long-running-operation'],
    allowed: {
      tool: 'get-structured-content',
      args: () => ({ location: 'Chicago' }),
      want: { text: JSON.stringify(chicago()), structured: chicago() },
    },
    blocked: { tool: 'echo', args: () => ({ message: 'tell them about bluebird' }), code: 'patterns.found' },
    redacted: {
      tool: 'echo',
      args: () => ({ message: `the key is ${SECRET}` }),
      want: { text: `Echo: the key is ${MASKED}`, structured: undefined },
    },
    hidden: 'get-env',
  })),
  {
    server: 'fixture',
    tools: ['test_tool_with_logging', 'test_tool_with_progress', 'test_reconnection', 'test_x_mcp_header'],
    allowed: {
      tool: 'test_x_mcp_header',
      args: () => ({ region: 'eu' }),
      want: { text: 'region=eu', structured: undefined },
    },
    blocked: { tool: 'test_x_mcp_header', args: () => ({ region: 'bluebird' }), code: 'patterns.found' },
    redacted: {
      tool: 'test_x_mcp_header',
      args: () => ({ region: SECRET }),
      want: { text: `region=${MASKED}`, structured: undefined },
    },
    hidden: 'test_error_handling',
  },
];

function chicago() {
  return { temperature: 36, conditions: 'Light rain / drizzle', humidity: 82 };
}

function graph() {
  return { entities: [{ name: 'keys', entityType: 'note', observations: [`key ${MASKED}`] }], relations: [] };
}

describe.each(SERVERS)('$server', ({ server, tools, allowed, blocked, redacted, hidden }) => {
  describe.each(CLIENTS)('with %s', (name) => {
    let client: Connected;
    beforeAll(async () => {
      client = await connect(name, lab.gate.server(server));
      // The SDKs check structuredContent against the output schema of a tool they have seen in a list.
      await client.tools();
    }, 20_000);
    afterAll(() => client?.end());

    const call = ({ tool, args }: Call) => client.call(tool, args(lab.files));

    test('speaks the newest revision that both ends know', () => {
      expect(client.era).toBe(server === 'fixture' && name === 'sdk-v2-auto' ? 'modern' : 'legacy');
    });

    test('is shown the tools it may use and no others', async () => {
      expect(await client.tools()).toEqual(tools);
    });

    test('gets the answer of a granted call unchanged', async () => {
      expect(await call(allowed)).toEqual({ isError: false, ...allowed.want });
    });

    test('gets a refused call as a tool error that names the rule', async () => {
      const { isError, text, structured } = await call(blocked);
      expect({ isError, structured }).toEqual({ isError: true, structured: undefined });
      expect(text).toContain('Blocked by policy. (GW_POLICY_BLOCKED)\n');
      expect(text).toContain(`- ${blocked.code}: `);
    });

    test('is told what would help when it calls what nobody granted', async () => {
      const { isError, text } = await client.call(hidden);
      expect(isError).toBe(true);
      expect(text).toContain(`- policy.no_grant: No grant lets anonymous call ${server}__${hidden}. `);
    });

    test('never sees a secret, in text or in structuredContent', async () => {
      expect(await call(redacted)).toEqual({ isError: false, ...redacted.want });
    });
  });
});

describe.each(['everything', 'everything_http'])('the rest of the protocol at %s', (server) => {
  describe.each(CLIENTS)('with %s', (name) => {
    let client: Connected;
    beforeAll(async () => {
      client = await connect(name, lab.gate.server(server));
    }, 20_000);
    afterAll(() => client?.end());

    const features = 'demo://resource/static/document/features.md';

    test('progress arrives while the call runs', async () => {
      const seen: number[] = [];
      const { text } = await client.call(
        'trigger-long-running-operation',
        { duration: 0.2, steps: 2 },
        (at) => seen.push(at),
      );
      expect(seen).toEqual([1, 2]);
      expect(text).toBe('Long running operation completed. Duration: 0.2 seconds, Steps: 2.');
    });

    test('resources are listed and read as far as they are granted', async () => {
      expect(await client.resources()).toEqual([features]);
      expect(await client.read(features)).toContain('# Everything Server');
      await expect(client.read('demo://resource/static/document/startup.md')).rejects.toThrow(
        'No grant lets anonymous',
      );
    });

    test('prompts are listed and fetched as far as they are granted', async () => {
      expect(await client.prompts()).toEqual(['simple-prompt', 'args-prompt', 'completable-prompt']);
      expect(await client.prompt('args-prompt', { city: 'Oslo' })).toContain('Oslo');
      await expect(client.prompt('resource-prompt')).rejects.toThrow('No grant lets anonymous');
    });

    test('a secret does not come back by a prompt either', async () => {
      expect(await client.prompt('args-prompt', { city: SECRET })).toContain(MASKED);
    });

    test('arguments of granted prompts are completed', async () => {
      const argument = { name: 'department', value: 'E' };
      expect(await client.completePrompt('completable-prompt', argument)).toEqual(['Engineering']);
      await expect(client.completePrompt('resource-prompt', argument)).rejects.toThrow(
        'No grant lets anonymous',
      );
    });

    test('log messages come at the level that was set', async () => {
      await client.setLogLevel('debug');
      await client.call('toggle-simulated-logging');
      await vi.waitFor(() => expect(client.logged).not.toEqual([]), 8_000);
      await client.call('toggle-simulated-logging');
    }, 10_000);
  });
});

describe.each(CLIENTS)('streams, with %s', (name) => {
  test('a subscriber is told when a resource changes', async () => {
    const client = await connect(name, lab.gate.server('memory'));
    await client.subscribe('memory://knowledge-graph');
    await client.call('create_entities', {
      entities: [{ name: `seen by ${name}`, entityType: 'test', observations: [] }],
    });
    await vi.waitFor(() => expect(client.updated).toEqual(['memory://knowledge-graph']), 5_000);
    await client.end();
  }, 20_000);

  test('progress and log messages of the fixture arrive in order, in either era', async () => {
    const client = await connect(name, lab.gate.server('fixture'));
    const seen: number[] = [];
    await client.call('test_tool_with_progress', {}, (at) => seen.push(at));
    expect(seen).toEqual([0, 50, 100]);
    await client.call('test_tool_with_logging');
    expect(client.logged).toEqual([
      'Tool execution started',
      'Tool processing data',
      'Tool execution completed',
    ]);
    await client.end();
  });

  test('an answer whose stream was cut comes on the next one', async () => {
    const client = await connect(name, lab.gate.server('fixture'));
    const { text } = await client.call('test_reconnection');
    expect(text).toBe('Reconnection test completed successfully.');
    await client.end();
  });

  test.each(['filesystem', 'fixture'])(
    'at %s an ended session is over, and a new one can begin',
    async (server) => {
      const url = lab.gate.server(server);
      const before = lab.gate.sessions();
      const client = await connect(name, url);
      const id = client.sessionId();
      await client.end();
      expect(lab.gate.sessions()).toBe(before);
      if (id !== undefined) expect(await statusOfList(url, id)).toBe(404);
      const again = await connect(name, url);
      expect(await again.tools()).not.toEqual([]);
      expect(again.sessionId() === undefined).toBe(id === undefined);
      await again.end();
    },
    20_000,
  );
});

async function statusOfList(url: string, sessionId: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      'mcp-session-id': sessionId,
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  });
  await response.body?.cancel();
  return response.status;
}

describe.each(SERVERS)('the Inspector at $server', ({ server, tools, allowed, blocked, redacted }) => {
  const run = (...args: string[]) => inspect(lab.gate.server(server), lab.home, ...args);
  const call = ({ tool, args }: Call) =>
    run('--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(args(lab.files)));

  test('lists and calls what is granted, without the secrets, and shows why it was refused', async () => {
    const [list, good, bad, masked] = await Promise.all([
      run('--method', 'tools/list'),
      call(allowed),
      call(blocked),
      call(redacted),
    ]);
    expect((list.result['tools'] as { name: string }[]).map(({ name }) => name)).toEqual(tools);
    expect(good).toMatchObject({ exitCode: 0, result: wire(allowed.want) });
    expect(bad).toMatchObject({ exitCode: 5, result: { isError: true } });
    expect(JSON.stringify(bad.result)).toContain(`- ${blocked.code}: `);
    expect(masked).toMatchObject({ exitCode: 0, result: wire(redacted.want) });
    expect(JSON.stringify(masked.result)).not.toContain(SECRET);
  }, 30_000);
});

test('the Inspector speaks the newest revision, and reads resources and prompts', async () => {
  const run = (server: string, ...args: string[]) => inspect(lab.gate.server(server), lab.home, ...args);
  const [modern, resource, prompt, refused] = await Promise.all([
    run('fixture', '--protocol-era', 'modern', '--method', 'tools/list'),
    run('fixture', '--method', 'resources/read', '--uri', 'test://static-text'),
    run('everything', '--method', 'prompts/get', '--prompt-name', 'simple-prompt'),
    run('everything', '--method', 'prompts/get', '--prompt-name', 'resource-prompt'),
  ]);
  expect(modern.result['tools']).toHaveLength(4);
  expect(JSON.stringify(resource.result)).toContain('This is the content of the static text resource.');
  expect(prompt.result['messages']).toHaveLength(1);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain('No grant lets anonymous');
}, 30_000);

function wire({ text, structured }: Omit<Outcome, 'isError'>): Record<string, unknown> {
  return {
    content: [{ type: 'text', text }],
    ...(structured !== undefined && { structuredContent: structured }),
  };
}
