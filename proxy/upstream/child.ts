/**
 * One child process that speaks MCP on its standard streams: one JSON message a line, nothing else. It starts
 * without a shell and with only the environment it was given; what it writes to stderr is log, line by line and
 * bounded; it ends by a closed stdin, then SIGTERM, then SIGKILL, and never outlives us.
 *
 * @see MCP 2025-11-25, basic/transports, "stdio"
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { LogPort } from '../pipeline/ports.ts';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly maxLineBytes: number;
}

export interface ChildEvents {
  /** One line from stdout, without its end. */
  onLine(line: Buffer): void;
  /** The process is gone, or has broken the framing and is being ended; called once. */
  onExit(why: string): void;
}

export interface Child {
  /** @returns false when the process is gone. */
  write(line: Uint8Array | string): boolean;
  /** Stops reading until everybody who paused has resumed: many calls share one pipe. */
  pause(): void;
  resume(): void;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

const GRACE_MS = 2_000;
const MAX_LOG_LINE = 2_000;
const running = new Set<ChildProcessWithoutNullStreams>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function startChild(options: ChildOptions, events: ChildEvents, log: LogPort): Child {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    shell: false,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  let over = false;
  let pauses = 0;
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
    lines(options.maxLineBytes, events.onLine, () => abandon('a line is too long')),
  );
  child.stderr.on(
    'data',
    lines(
      64 * 1024,
      (line) => logLine(log, options.command, line),
      () => {},
    ),
  );

  return {
    write(line) {
      if (over) return false;
      child.stdin.cork();
      child.stdin.write(line);
      child.stdin.write('\n');
      child.stdin.uncork();
      return true;
    },
    pause() {
      if (++pauses === 1) child.stdout.pause();
    },
    resume() {
      if (--pauses === 0) child.stdout.resume();
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

/** Splits chunks into lines. A line over the limit is told once and everything after it is ignored. */
function lines(
  maxBytes: number,
  onLine: (line: Buffer) => void,
  onTooLong: () => void,
): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let size = 0;
  let broken = false;
  return (chunk) => {
    let from = 0;
    while (!broken) {
      const end = chunk.indexOf(0x0a, from);
      const part = chunk.subarray(from, end < 0 ? undefined : end);
      size += part.length;
      if (size > maxBytes) {
        broken = true;
        parts = [];
        return onTooLong();
      }
      if (end < 0) {
        if (part.length > 0) parts.push(part);
        return;
      }
      const line = parts.length === 0 ? part : Buffer.concat([...parts, part]);
      parts = [];
      size = 0;
      from = end + 1;
      const whole = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
      if (whole.length > 0) onLine(whole);
    }
  };
}

function logLine(log: LogPort, command: string, line: Buffer): void {
  log.info('server_stderr', { command, line: line.toString('utf8', 0, MAX_LOG_LINE) });
}
