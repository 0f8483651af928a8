/** The Inspector's command line, as a person runs it against a URL; a new connection each time. */
import { join } from 'node:path';
import { type Ran, run } from './command.ts';

const BIN = join(import.meta.dirname, '../../node_modules/.bin');

export interface Inspected extends Ran {
  readonly result: Record<string, unknown>;
}

/**
 * Exits with 5 where the tool answered with `isError`.
 *
 * @param home a folder of the test's own, so that nothing of the user's is read or written.
 */
export async function inspect(url: string, home: string, ...args: readonly string[]): Promise<Inspected> {
  const words = ['--cli', url, '--transport', 'http', '--format', 'json', '--quiet', ...args];
  const ran = await run(join(BIN, 'mcp-inspector'), words, {
    env: { PATH: `${BIN}:${process.env['PATH']}`, HOME: home },
  });
  return { ...ran, result: resultOf(ran.stdout) };
}

function resultOf(stdout: string): Record<string, unknown> {
  if (stdout.trim() === '') return {};
  return (JSON.parse(stdout) as { result?: Record<string, unknown> }).result ?? {};
}
