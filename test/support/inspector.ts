/** The Inspector's command line, as a person runs it against a URL; a new connection each time. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const BIN = join(import.meta.dirname, '../../node_modules/.bin');

export interface InspectorRun {
  /** 0, or 5 where the tool answered with `isError`. */
  readonly exitCode: number | null;
  readonly result: Record<string, unknown>;
  readonly stderr: string;
}

/** @param home a folder of the test's own, so that nothing of the user's is read or written. */
export function inspect(url: string, home: string, ...args: readonly string[]): Promise<InspectorRun> {
  const words = ['--cli', url, '--transport', 'http', '--format', 'json', '--quiet', ...args];
  const env = { PATH: `${BIN}:${process.env['PATH']}`, HOME: home };
  const child = spawn(join(BIN, 'mcp-inspector'), words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (exitCode) => done({ exitCode, result: resultOf(stdout), stderr }));
  });
}

function resultOf(stdout: string): Record<string, unknown> {
  if (stdout.trim() === '') return {};
  return (JSON.parse(stdout) as { result?: Record<string, unknown> }).result ?? {};
}
