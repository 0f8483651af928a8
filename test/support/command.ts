/** Commands as a shell runs them, to the end or for as long as a test needs them. */
import { type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';

export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number | undefined;
  /** What it printed until it was ready. */
  readonly stdout: string;
  stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<Ran>;
}

type Options = Pick<SpawnOptionsWithoutStdio, 'cwd' | 'env' | 'shell'>;

export function run(command: string, args: readonly string[], options: Options = {}): Promise<Ran> {
  return begin(command, args, options).done;
}

/** @param ready what stdout holds once it can be used. @throws Error with its stderr when it ends before. */
export async function runUntil(
  ready: RegExp,
  command: string,
  args: readonly string[],
  options: Options = {},
): Promise<Running> {
  const { child, done, output } = begin(command, args, options);
  await new Promise<void>((resolve, fail) => {
    child.stdout.on('data', () => ready.test(output.stdout) && resolve());
    done.then(({ stderr }) => fail(new Error(`${command} ended early:\n${stderr}`)), fail);
  });
  return {
    pid: child.pid,
    stdout: output.stdout,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return done;
    },
  };
}

function begin(command: string, args: readonly string[], options: Options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const done = new Promise<Ran>((resolve, fail) => {
    child.once('error', fail);
    child.once('close', (exitCode) => resolve({ exitCode, ...output }));
  });
  return { child, done, output };
}
