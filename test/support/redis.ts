/** A real Redis on a free port of loopback, with nothing in it and nothing kept. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** Path of a `redis-server`, which `make test` finds or installs; undefined where there is none. */
export const REDIS_SERVER = process.env['REDIS_SERVER'] ?? onPath();

function onPath(): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v redis-server'], { encoding: 'utf8' }).stdout.trim();
  return found === '' ? undefined : found;
}

export interface TestRedis {
  readonly url: string;
  /** A command as a line, its answer as text. */
  ask(line: string): Promise<string>;
  /** Stops it as a crash would. */
  kill(): Promise<void>;
}

/** @param settings as on its command line, e.g. `['--requirepass', 'x']`. */
export async function startRedis(settings: readonly string[] = [], port?: number): Promise<TestRedis> {
  const at = port ?? (await freePort());
  const args = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...settings];
  const child = spawn(REDIS_SERVER as string, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  for (let tries = 0; !(await answers(at)); tries++) {
    if (tries > 200 || child.exitCode !== null) throw new Error('redis-server did not start');
    await sleep(25);
  }
  return {
    url: `redis://127.0.0.1:${at}`,
    ask: (line) => ask(at, line),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  return ask(port, 'PING').then(
    () => true,
    () => false,
  );
}

/** The protocol's inline form, closed by QUIT. @see https://redis.io/docs/latest/develop/reference/protocol-spec/ */
function ask(port: number, line: string): Promise<string> {
  return new Promise((done, fail) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\nQUIT\r\n`));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('close', () => done(text.replace(/\+OK\r\n$/, '')));
    socket.on('error', fail);
  });
}
