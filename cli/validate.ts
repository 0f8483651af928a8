/** `portcullis validate`: everything that is wrong with a configuration, before anything runs on it. */
import { Command } from 'commander';
import { type Loaded, loadConfig } from '../proxy/config/load.ts';

export const DEFAULT_CONFIG = 'portcullis.yaml';

export function validateCommand(): Command {
  return new Command('validate')
    .description('check a configuration and print every problem with its path')
    .argument('[file]', 'portcullis.yaml, .mcp.json or mcp.json', DEFAULT_CONFIG)
    .option('--json', 'print the result as JSON')
    .action((file: string, { json }: { json?: boolean }) => {
      const loaded = loadConfig(file, { env: process.env, cwd: process.cwd() });
      if (json) process.stdout.write(`${JSON.stringify(summary(loaded))}\n`);
      else if (loaded.kind === 'problems') process.stderr.write(`${describeProblems(file, loaded)}\n`);
      else {
        for (const warning of loaded.warnings) process.stderr.write(`${file}: ${warning}\n`);
        process.stdout.write(`${file} is valid: ${Object.keys(loaded.config.servers).join(', ')}\n`);
      }
      if (loaded.kind === 'problems') process.exitCode = 1;
    });
}

/** One line for each problem: file, path, what to do. */
export function describeProblems(file: string, loaded: Extract<Loaded, { kind: 'problems' }>): string {
  return loaded.problems
    .map(({ path, message }) => [file, path, message].filter(Boolean).join(': '))
    .join('\n');
}

/** Names only: a configuration may hold secrets. */
function summary(loaded: Loaded): object {
  return loaded.kind === 'problems'
    ? { valid: false, problems: loaded.problems }
    : { valid: true, servers: Object.keys(loaded.config.servers), warnings: loaded.warnings };
}
