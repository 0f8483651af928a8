/**
 * `portcullis wrap`, run as a host runs it: standard output carries MCP and nothing else whatever happens, and nothing
 * is left running when the host has gone.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { startScriptedUpstream } from '../support/scripted-upstream.ts';
import { initialize, toolCall } from './_client.ts';
import { block, sayBundle } from './_policies.ts';

const CLI = join(import.meta.dirname, '../../cli/portcullis.ts');
const SERVER = join(import.meta.dirname, '../fixtures/stdio/scripted.ts');
const folder = mkdtempSync(join(tmpdir(), 'portcullis-wrap-'));
const running: ChildProcessWithoutNullStreams[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = join(folder, 'data.json');
writeFileSync(data, JSON.stringify({ say: { request: { forbidden: block('no.tool') } } }));
const config = join(folder, 'portcullis.json');
writeFileSync(
  config,
  JSON.stringify({
    servers: { scripted: { command: process.execPath, args: [SERVER] } },
    policy: { bundle: sayBundle(), data: 'data.json' },
    audit: { file: 'audit.jsonl' },
  }),
);

interface Wrapped {
  readonly child: ChildProcessWithoutNullStreams;
  say(message: unknown): void;
  /** The next line of standard output. */
  hear(): Promise<{
    id?: unknown;
    result?: { content?: { text: string }[] };
    error?: { code: number; data?: { code: string } };
  }>;
  readonly errors: () => string;
  /** Exit code, after everything it wrote. */
  readonly exited: Promise<number | null>;
}

/** Started in the root folder, as hosts do. */
function wrap(args: readonly string[], env: Record<string, string> = {}): Wrapped {
  const state = { XDG_STATE_HOME: join(folder, 'state') };
  const child = spawn(process.execPath, [CLI, 'wrap', ...args], {
    cwd: '/',
    env: { ...process.env, ...state, ...env },
  });
  running.push(child);
  const lines: string[] = [];
  const wanted: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const take = wanted.shift();
    if (take) take(line);
    else lines.push(line);
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += String(text);
  });
  return {
    child,
    say: (message) =>
      void child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
    hear: async () => JSON.parse(lines.shift() ?? (await new Promise<string>((take) => wanted.push(take)))),
    errors: () => errors,
    exited: once(child, 'close').then(([code]) => code as number | null),
  };
}

async function greeted(args: readonly string[], env?: Record<string, string>): Promise<Wrapped> {
  const wrapped = wrap(args, env);
  wrapped.say(initialize);
  expect(await wrapped.hear()).toMatchObject({ id: 0, result: {} });
  wrapped.say({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return wrapped;
}

const CONFIGURED = ['--config', config, '--server', 'scripted'];
const pidOf = async (wrapped: Wrapped) => {
  wrapped.say(toolCall('pid', 'pid'));
  return Number((await wrapped.hear()).result?.content?.[0]?.text);
};
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a command', () => {
  test('is judged by what the policy grants, and the record lies where the user keeps state', async () => {
    verifies('R36', 'stdio');
    const wrapped = await greeted(['--', process.execPath, SERVER]);
    wrapped.say(toolCall(1, 'echo', { text: 'hi' }));
    const refused = await wrapped.hear();
    expect(refused.result?.content?.[0]?.text).toContain('policy.no_grant');
    wrapped.child.stdin.end();
    expect(await wrapped.exited).toBe(0);
    const record = readFileSync(join(folder, 'state/portcullis/audit.jsonl'), 'utf8');
    expect(record).toContain('"server":"node"');
  });

  test('needs a name or a server of the configuration', async () => {
    const wrapped = wrap(['--config', config]);
    expect(await wrapped.exited).toBe(1);
    expect(wrapped.errors()).toContain('name one with --server (scripted)');
  });
});

describe('standard output', () => {
  test('carries messages, one a line, whatever the server says beside them', async () => {
    verifies('R36', 'stdio');
    verifies('R02', 'stdio');
    verifies('R18', 'stdio');
    const wrapped = await greeted(CONFIGURED);
    wrapped.say(toolCall(1, 'noise'));
    expect((await wrapped.hear()).result?.content?.[0]?.text).toBe('after the noise');
    wrapped.say(toolCall(2, 'forbidden'));
    expect(await wrapped.hear()).toMatchObject({ id: 2, result: { isError: true } });
    wrapped.say('garbage');
    expect(await wrapped.hear()).toMatchObject({ id: null, error: { data: { code: 'GW_FRAME_SYNTAX' } } });
    wrapped.say('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}');
    expect(await wrapped.hear()).toMatchObject({ id: null, error: { data: { code: 'GW_FRAME_DUPLICATE' } } });
  });

  test('pretty-printed answers of an HTTP server arrive as one line', async () => {
    verifies('R36', 'stdio');
    const upstream = await startScriptedUpstream();
    upstream.on('tools/call pretty', (request) => {
      const body = JSON.stringify(
        { jsonrpc: '2.0', id: request.message.id, result: { content: [{ type: 'text', text: 'a\u2028b' }] } },
        null,
        2,
      );
      request.send(200, { 'content-type': 'application/json' }, body);
    });
    const file = join(folder, 'http.json');
    writeFileSync(
      file,
      JSON.stringify({ servers: { web: { url: upstream.url } }, policy: { bundle: sayBundle() } }),
    );
    const wrapped = await greeted([
      '--config',
      file,
      '--server',
      'web',
      '--audit',
      join(folder, 'web.jsonl'),
    ]);
    wrapped.say(toolCall(1, 'pretty'));
    expect((await wrapped.hear()).result?.content?.[0]?.text).toBe('a\u2028b');
    const ended = upstream.arrived('DELETE');
    wrapped.child.stdin.end();
    await ended;
    expect(await wrapped.exited).toBe(0);
    await upstream.close();
  });

  test.each([
    ['a configuration that is not there', ['--config', '/nowhere.yaml', '--server', 'a'], /nowhere\.yaml/],
    ['a configuration with mistakes', ['--config', join(folder, 'bad.json'), '--server', 'a'], /lissten/],
    ['a policy that is not there', ['--config', join(folder, 'gone.json'), '--server', 'a'], /gone\.tar\.gz/],
    ['data that is not there', ['--data', '/nowhere.yaml', '--', 'x'], /nowhere\.yaml/],
  ])('stays empty for %s', async (_, args, message) => {
    verifies('R39', 'stdio');
    writeFileSync(join(folder, 'bad.json'), '{"lissten": 1, "servers": {"a": {"command": "x"}}}');
    writeFileSync(
      join(folder, 'gone.json'),
      '{"policy": {"bundle": "gone.tar.gz"}, "servers": {"a": {"command": "x"}}}',
    );
    const wrapped = wrap(args);
    let written = '';
    wrapped.child.stdout.on('data', (text) => {
      written += String(text);
    });
    expect(await wrapped.exited).toBe(1);
    expect(wrapped.errors()).toMatch(message);
    expect(written).toBe('');
  });

  test('a crash of the server is told to those who wait, and the next call finds it again', async () => {
    verifies('R36', 'stdio');
    const wrapped = await greeted(CONFIGURED);
    const before = await pidOf(wrapped);
    wrapped.say(toolCall(1, 'crash'));
    expect((await wrapped.hear()).result?.content?.[0]?.text).toContain('GW_UPSTREAM_GONE');
    const after = await pidOf(wrapped);
    expect(after).not.toBe(before);
  });
});

describe('the end', () => {
  test.each(['stdin', 'SIGTERM', 'SIGINT'] as const)('by %s leaves nothing running', async (how) => {
    verifies('R36', 'stdio');
    const wrapped = await greeted(CONFIGURED);
    const pid = await pidOf(wrapped);
    expect(isRunning(pid)).toBe(true);
    if (how === 'stdin') wrapped.child.stdin.end();
    else wrapped.child.kill(how);
    expect(await wrapped.exited).toBe(0);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test('of the input lets answers under way be written', async () => {
    const wrapped = wrap(CONFIGURED);
    for (const message of [
      initialize,
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      toolCall(1, 'pid'),
    ])
      wrapped.say(message);
    wrapped.child.stdin.end();
    expect(await wrapped.hear()).toMatchObject({ id: 0 });
    expect(await wrapped.hear()).toMatchObject({ id: 1, result: {} });
    expect(await wrapped.exited).toBe(0);
  });

  test('of a host that reads no more', async () => {
    const wrapped = await greeted(CONFIGURED);
    const pid = await pidOf(wrapped);
    wrapped.child.stdout.destroy();
    wrapped.say(toolCall(1, 'pid'));
    await wrapped.exited;
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test('comes with a line that is longer than may be', async () => {
    verifies('R38', 'stdio');
    const file = join(folder, 'short.json');
    writeFileSync(file, readFileSync(config, 'utf8').replace('{', '{"limits": {"maxBodyBytes": 2000},'));
    const wrapped = await greeted(['--config', file, '--server', 'scripted']);
    wrapped.say(toolCall(1, 'echo', { text: 'x'.repeat(3_000) }));
    expect(await wrapped.exited).toBe(0);
  });
});

test('where callers must show who they are, the token of the environment is shown', async () => {
  const credentials = createCredentials(0);
  const file = join(folder, 'auth.json');
  writeFileSync(
    file,
    readFileSync(config, 'utf8').replace('{', `{"auth": ${JSON.stringify(credentials.auth.api_keys)},`),
  );
  const args = ['--config', file, '--server', 'scripted'];
  const known = await greeted(args, { PORTCULLIS_TOKEN: credentials.keyOf('carol') });
  known.child.stdin.end();
  const unknown = wrap(args);
  unknown.say(initialize);
  expect(await unknown.hear()).toMatchObject({ id: 0, error: { code: -31401 } });
  credentials.remove();
});
