/**
 * One child process that speaks MCP on its standard streams: one JSON message a line, nothing else. It starts
 * without a shell and with only the environment it was given; what it writes to stderr is log, line by line and
 * bounded; it ends by a closed stdin, then SIGTERM, then SIGKILL, and never outlives us.
 *
 * @see MCP 2025-11-25, basic/transports, "stdio"
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createLineSplitter } from '../frame/lines.ts';
import { oneLine } from '../frame/one-line.ts';
import type { LogPort } from '../pipeline/ports.ts';
import { countedFlow, type Link, type LinkEvents } from './link.ts';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly maxLineBytes: number;
}

const GRACE_MS = 2_000;
const MAX_LOG_LINE = 2_000;
const running = new Set<ChildProcessWithoutNullStreams>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function startChild(options: ChildOptions, events: LinkEvents, log: LogPort): Link {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    shell: false,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  let over = false;
  const gone = new Promise<void>((resolve) => {
    const exit = (why: string) => {
      running.delete(child);
      resolve();
      if (over) return;
      over = true;
      events.onExit(why);
    };
    child.once('error', (error: NodeJS.ErrnoException) => exit(error.code ?? 'spawn failed'));
    child.once('exit', (code, signal) => {
      const why = signal ?? `exit ${code}`;
      // Its last words may still be in the pipe, which closes after them, unless a child of its own holds it open.
      const late = setTimeout(exit, GRACE_MS, why);
      child.once('close', () => {
        clearTimeout(late);
        exit(why);
      });
    });
  });
  const abandon = (why: string) => {
    if (!over) {
      over = true;
      events.onExit(why);
    }
    child.kill('SIGKILL');
  };
  child.stdin.on('error', () => {}); // EPIPE: the exit that caused it is reported by itself
  child.stdout.on(
    'data',
    createLineSplitter(options.maxLineBytes, events.onMessage, () => abandon('a line is too long')),
  );
  child.stderr.on(
    'data',
    createLineSplitter(
      64 * 1024,
      (line) => logLine(log, options.command, line),
      () => {},
    ),
  );

  return {
    ...countedFlow(child.stdout),
    write(message) {
      if (over) return false;
      child.stdin.cork();
      child.stdin.write(oneLine(message));
      child.stdin.write('\n');
      child.stdin.uncork();
      return true;
    },
    async stop() {
      child.stdin.end();
      // Nobody will read on; what it still wants to say must not keep it from ending.
      child.stdout.resume();
      const term = setTimeout(() => child.kill('SIGTERM'), GRACE_MS);
      const kill = setTimeout(() => child.kill('SIGKILL'), 2 * GRACE_MS);
      await gone;
      clearTimeout(term);
      clearTimeout(kill);
    },
  };
}

function logLine(log: LogPort, command: string, line: Buffer): void {
  log.info('server_stderr', { command, line: line.toString('utf8', 0, MAX_LOG_LINE) });
}
