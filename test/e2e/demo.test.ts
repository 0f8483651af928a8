/** `make run`: what it prints is true. The three calls are run exactly as printed, in a shell that has no Node. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connect } from '../support/clients.ts';
import { type Running, run, runUntil } from '../support/command.ts';

const ROOT = join(import.meta.dirname, '../..');
const WORKSPACE = join(ROOT, 'examples/workspace');
/** As the Makefile sets it. */
const ENV = { PATH: `${join(ROOT, 'node_modules/.bin')}:/usr/bin:/bin` };

vi.setConfig({ testTimeout: 30_000 });
let demo: Running;

beforeAll(async () => {
  const args = ['scripts/demo.ts', '--listen', '127.0.0.1:0'];
  demo = await runUntil(/Ctrl-C ends it/, process.execPath, args, { cwd: ROOT, env: ENV });
}, 30_000);
afterAll(() => demo?.stop());

/** The line below the comment that begins with this word. */
function printed(promise: string): string {
  const command = new RegExp(`^# ${promise}: .*\n(.*)$`, 'm').exec(demo.stdout)?.[1];
  if (command === undefined) throw new Error(`nothing was printed that is ${promise}:\n${demo.stdout}`);
  return command;
}

function paste(promise: string) {
  return run(printed(promise), [], { shell: true, cwd: '/', env: { PATH: '/usr/bin:/bin' } });
}

test('the snippet for a client leads to the demo', async () => {
  const { stdout } = demo;
  const snippet = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1));
  expect(Object.keys(snippet)).toEqual(['mcpServers']);
  const { type, url } = snippet.mcpServers.filesystem;
  expect(type).toBe('http');
  const client = await connect('sdk-v2-auto', url);
  expect(await client.tools()).toContain('read_text_file');
  expect(await client.tools()).not.toContain('move_file');
  await client.end();
});

test('the allowed call prints the file as it is', async () => {
  const readme = readFileSync(join(WORKSPACE, 'README.md'), 'utf8');
  expect(await paste('allowed')).toEqual({ exitCode: 0, stdout: `${readme}\n`, stderr: '' });
});

test('the redacted call prints the file without its secrets', async () => {
  const file = readFileSync(join(WORKSPACE, 'deploy/staging.env'), 'utf8');
  const { exitCode, stdout } = await paste('redacted');
  expect(exitCode).toBe(0);
  expect(file).toMatch(/AKIA[A-Z0-9]{16}/);
  const masked = file
    .replace(/(?<=_KEY_ID=).*/, '[REDACTED:aws_access_key]')
    .replace(/(?<=SECRET_ACCESS_KEY=).*/, '[REDACTED:aws_secret_key]');
  expect(stdout).toBe(`${masked}\n`);
});

test('the blocked call changes nothing, and its reason says what to do', async () => {
  const before = readFileSync(join(WORKSPACE, 'README.md'), 'utf8');
  const { exitCode, stdout } = await paste('blocked');
  expect(exitCode).toBe(1);
  expect(stdout).toBe(
    'Blocked by policy. (GW_POLICY_BLOCKED)\n' +
      `- scopes.outside: ${WORKSPACE}/README.md is outside what filesystem may write. ` +
      `Use a path inside ["${WORKSPACE}/drafts/**"].\n`,
  );
  expect(readFileSync(join(WORKSPACE, 'README.md'), 'utf8')).toBe(before);
});

test('a taken port is said, with another one to try', async () => {
  const listen = /127\.0\.0\.1:\d+/.exec(demo.stdout)?.[0] as string;
  const PORT = listen.split(':')[1];
  const ran = await run(process.execPath, ['scripts/demo.ts'], { cwd: ROOT, env: { ...ENV, PORT } });
  expect(ran).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `${listen} is taken; choose another address with --listen\nFor example: make run PORT=8081\n`,
  });
});

test('Ctrl-C ends it, and the servers it started', async () => {
  const url = /http:\S+/.exec(demo.stdout)?.[0] as string;
  await connect('sdk-v1', url); // leaves without a goodbye, so its server is still there
  const children = (await run('pgrep', ['-P', String(demo.pid)])).stdout.trim().split('\n').map(Number);
  expect(children.length).toBeGreaterThan(0);
  expect((await demo.stop('SIGINT')).exitCode).toBe(0);
  for (const pid of children) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
