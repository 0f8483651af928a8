/**
 * One gate in front of the servers people really run: filesystem, memory and everything as commands, everything once
 * more over HTTP, and the fixture that speaks every revision; with a policy that grants a part of each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEverything } from '../fixtures/everything/server.ts';
import { freePort } from './free-port.ts';
import { startGate, type TestGate } from './gate.ts';

/** From the AWS documentation; opens nothing. */
export const SECRET = 'AKIAIOSFODNN7EXAMPLE';
export const MASKED = '[REDACTED:aws_access_key]';

const BIN = join(import.meta.dirname, '../../node_modules/.bin');

export interface ClientLab {
  readonly gate: TestGate;
  /** What the filesystem server serves. */
  readonly files: string;
  readonly home: string;
  close(): Promise<void>;
}

export async function startClientLab(): Promise<ClientLab> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-clients-')));
  const files = join(home, 'files');
  mkdirSync(join(files, 'private'), { recursive: true });
  writeFileSync(join(files, 'hello.txt'), 'hello\n');
  writeFileSync(join(files, 'keys.env'), `key=${SECRET}\n`);
  writeFileSync(join(files, 'private/note.txt'), 'not for agents\n');
  const memory = join(home, 'memory.jsonl');
  const entity = { type: 'entity', name: 'keys', entityType: 'note', observations: [`key ${SECRET}`] };
  writeFileSync(memory, `${JSON.stringify(entity)}\n`);

  const [overHttp, fixture] = await Promise.all([startOverHttp(), startEverything()]);
  const gate = await startGate({
    env: { PATH: `${BIN}:${process.env['PATH']}` },
    config: {
      servers: {
        filesystem: { command: 'mcp-server-filesystem', args: [files] },
        memory: { command: 'mcp-server-memory', env: { MEMORY_FILE_PATH: memory } },
        everything: { command: 'mcp-server-everything', args: ['stdio'] },
        everything_http: { url: overHttp.url },
        fixture: { url: fixture.url },
      },
    },
    data: policyData(files),
  });
  return {
    gate,
    files,
    home,
    async close() {
      await gate.close();
      await Promise.all([overHttp.close(), fixture.close()]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function policyData(files: string): Record<string, unknown> {
  const everything = [
    'echo',
    'get-structured-content',
    'toggle-simulated-logging',
    'trigger-long-running-operation',
  ];
  const fixture = [
    'test_x_mcp_header',
    'test_tool_with_progress',
    'test_tool_with_logging',
    'test_reconnection',
  ];
  const prompts = ['simple-prompt', 'args-prompt', 'completable-prompt'];
  const both = (names: readonly string[]) =>
    names.flatMap((name) => [`everything__${name}`, `everything_http__${name}`]);
  return {
    grants: [
      { tools: ['filesystem__read_text_file', 'filesystem__list_directory'] },
      { tools: ['memory__create_entities', 'memory__search_nodes'], resources: ['memory://knowledge-graph'] },
      {
        tools: both(everything),
        prompts: both(prompts),
        resources: ['demo://resource/static/document/features.md'],
      },
      {
        tools: fixture.map((name) => `fixture__${name}`),
        prompts: ['fixture__test_simple_prompt'],
        resources: ['test://static-text'],
      },
    ],
    scopes: { filesystem: { read: [`${files}/**`], deny: [`${files}/private`] } },
    block_patterns: [{ name: 'no codenames', text: 'bluebird' }],
  };
}

/** `mcp-server-everything streamableHttp`, which wants to be given a port and says when it listens. */
async function startOverHttp(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(join(BIN, 'mcp-server-everything'), ['streamableHttp'], {
    env: { PATH: `${BIN}:${process.env['PATH']}`, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await saying(child, `listening on port ${port}`);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

function saying(child: ChildProcess, words: string): Promise<void> {
  return new Promise((done, fail) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes(words)) done();
    });
    child.once('exit', () => fail(new Error(`ended before it said "${words}":\n${said}`)));
  });
}
