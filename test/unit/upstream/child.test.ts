/** The end of a child process: asked, then told, then made to; and what it says until then. */
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startChild } from '../../../proxy/upstream/child.ts';

const SERVER = join(import.meta.dirname, '../../fixtures/stdio/scripted.ts');

function start(env: Record<string, string> = {}) {
  const lines: string[] = [];
  const logged: string[] = [];
  const exits: string[] = [];
  const exited = Promise.withResolvers<string>();
  const waiting: { text: string; resolve: () => void }[] = [];
  const log = {
    info: (_event: string, fields?: Readonly<Record<string, unknown>>) => {
      logged.push(String(fields?.['line']));
      for (const one of waiting) if (logged.includes(one.text)) one.resolve();
    },
    warn() {},
    error() {},
  };
  const child = startChild(
    {
      command: process.execPath,
      args: [SERVER],
      env: { PATH: process.env['PATH'] ?? '', ...env },
      cwd: undefined,
      maxLineBytes: 1000,
    },
    {
      onMessage: (line) => void lines.push(line.toString()),
      onExit(why) {
        exits.push(why);
        exited.resolve(why);
      },
    },
    log,
  );
  onTestFinished(() => child.stop());
  const said = (text: string) =>
    new Promise<void>((resolve) => {
      if (logged.includes(text)) resolve();
      else waiting.push({ text, resolve });
    });
  return { child, lines, exits, exited: exited.promise, said };
}

test('a closed stdin is enough for most', async () => {
  const { child, exits } = start();
  await child.stop();
  expect(exits).toEqual(['exit 0']);
  expect(child.write('late')).toBe(false);
});

test('one that does not listen is killed in the end', async () => {
  const { child, exits, said } = start({ STUBBORN: '1', HELLO: 'ready' });
  await said('ready');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const stopped = child.stop();
  vi.advanceTimersByTime(2_000);
  await said('not yet');
  expect(exits).toEqual([]);
  vi.advanceTimersByTime(2_000);
  await stopped;
  expect(exits).toEqual(['SIGKILL']);
});

test('one that has something left to say does not stay for it', async () => {
  const { child, exits, said } = start({ HELLO: 'ready' });
  await said('ready');
  child.pause();
  child.write('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}');
  await child.stop();
  expect(exits).toEqual(['exit 0']);
});

test('a paused pipe resumes when everybody who paused it has resumed', async () => {
  const { child, lines, exited } = start();
  child.pause();
  child.pause();
  child.resume();
  child.write('{"jsonrpc":"2.0","id":1,"method":"ping"}');
  child.write('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"crash"}}');
  child.resume();
  expect(await exited).toBe('exit 3');
  expect(lines).toEqual(['{"jsonrpc":"2.0","id":1,"result":{}}']);
});

test('a command that cannot be started says so once', async () => {
  const exits: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = startChild(
    { command: '/no/such/command', args: [], env: {}, cwd: undefined, maxLineBytes: 1000 },
    {
      onMessage() {},
      onExit(why) {
        exits.push(why);
        resolve();
      },
    },
    { info() {}, warn() {}, error() {} },
  );
  await promise;
  await child.stop();
  expect(exits).toEqual(['ENOENT']);
});
