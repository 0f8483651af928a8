/** `portcullis validate`: everything that is wrong with a configuration, before anything runs on it. */
import { Command } from 'commander';
import { toIdentityOptions } from '../proxy/config/auth.ts';
import type { Problem } from '../proxy/config/interpolate.ts';
import { type Loaded, loadConfig } from '../proxy/config/load.ts';
import type { Config } from '../proxy/config/schema.ts';
import { createIdentity } from '../proxy/services/identity/create-identity.ts';
import { loadPolicy, readPolicyData } from '../proxy/services/policy/load-policy.ts';

export const DEFAULT_CONFIG = 'portcullis.yaml';

export function validateCommand(): Command {
  return new Command('validate')
    .description('check a configuration and print every problem with its path')
    .argument('[file]', 'portcullis.yaml, .mcp.json or mcp.json', DEFAULT_CONFIG)
    .option('--json', 'print the result as JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const loaded = await loadWithFiles(file, process.env, process.cwd());
      if (json) process.stdout.write(`${JSON.stringify(summary(loaded))}\n`);
      else if (loaded.kind === 'problems') process.stderr.write(`${describeProblems(file, loaded)}\n`);
      else {
        for (const warning of loaded.warnings) process.stderr.write(`${file}: ${warning}\n`);
        process.stdout.write(`${file} is valid: ${Object.keys(loaded.config.servers).join(', ')}\n`);
      }
      if (loaded.kind === 'problems') process.exitCode = 1;
    });
}

/** The files it names too: what does not load now would keep the gate from starting. */
async function loadWithFiles(file: string, env: NodeJS.ProcessEnv, cwd: string): Promise<Loaded> {
  const loaded = loadConfig(file, { env, cwd });
  if (loaded.kind === 'problems') return loaded;
  const problems = await fileProblems(loaded.config, env, cwd);
  return problems.length === 0 ? loaded : { kind: 'problems', problems };
}

async function fileProblems(
  { policy, auth }: Config,
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  async function attempt(path: string, load: () => unknown): Promise<void> {
    try {
      await load();
    } catch (cause) {
      problems.push({ path, message: (cause as Error).message.replace(/^auth: /, '') });
    }
  }
  await attempt('policy.data', () => readPolicyData(policy.data, cwd));
  const data = problems.length === 0 ? policy.data : undefined;
  await attempt('policy.bundle', async () => (await loadPolicy({ ...policy, data }, cwd)).close());
  await attempt('auth', () =>
    createIdentity(toIdentityOptions(auth, { env, baseDir: cwd }), { now: Date.now }).close(),
  );
  return problems;
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
