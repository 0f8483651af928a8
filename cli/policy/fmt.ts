/** `portcullis policy fmt`: Rego in the one form OPA writes it. */
import { Command } from 'commander';
import { findOpa, runOpa } from './opa.ts';

interface FmtOptions {
  readonly check?: boolean;
  readonly opa?: string;
  readonly json?: boolean;
}

export function fmtCommand(): Command {
  return new Command('fmt')
    .description('write Rego in the one form OPA gives it')
    .argument('[paths...]', 'folders and files of Rego', ['policies'])
    .option('--check', 'change nothing; fail when something would change')
    .option('--opa <path>', 'the OPA to use')
    .option('--json', 'print the result as JSON')
    .action(async (paths: string[], options: FmtOptions) => {
      const opa = findOpa(options.opa, process.env);
      const changed = await unformatted(opa, paths);
      if (!options.check && changed.length > 0) {
        const { status, stderr } = await runOpa(opa, ['fmt', '--write', ...paths]);
        if (status !== 0) throw new Error(stderr.trim());
      }
      if (options.json) process.stdout.write(`${JSON.stringify({ changed, written: !options.check })}\n`);
      else for (const file of changed) process.stdout.write(`${file}\n`);
      if (options.check && changed.length > 0) process.exitCode = 1;
    });
}

/** Files OPA would write differently. @throws Error for Rego that cannot be read. */
export async function unformatted(opa: string, paths: readonly string[]): Promise<readonly string[]> {
  const { status, stdout, stderr } = await runOpa(opa, ['fmt', '--list', ...paths]);
  if (status !== 0) throw new Error(stderr.trim());
  return stdout.split('\n').filter(Boolean);
}
