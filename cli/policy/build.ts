/** `portcullis policy build`: Rego and data in, the bundle that the gate runs out; made by OPA, with our built-ins. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { loadPolicy } from '../../proxy/services/policy/load-policy.ts';
import { findOpa, runOpa } from './opa.ts';
import { requireProjectFile } from './project.ts';
import { gatherSources } from './sources.ts';

interface BuildCommandOptions {
  readonly output: string;
  readonly revision?: string;
  readonly library?: string;
  readonly opa?: string;
  readonly json?: boolean;
}

export interface Built {
  readonly bundle: string;
  readonly revision: string;
  readonly digest: string;
  readonly bytes: number;
}

export function buildCommand(): Command {
  return new Command('build')
    .description('build the bundle that the gate runs')
    .argument('[paths...]', 'folders and files of Rego and data', ['policies'])
    .option('-o, --output <file>', 'where the bundle goes', 'bundle.tar.gz')
    .option('--revision <name>', "the bundle's name for itself; by default a digest of its content")
    .option('--library <folder>', 'the library to build on; library/ if there is one, else the shipped one')
    .option('--opa <path>', 'the OPA to build with')
    .option('--json', 'print the result as JSON')
    .action(async (paths: string[], options: BuildCommandOptions) => {
      const built = await buildBundle(paths, options, process.cwd());
      if (options.json) process.stdout.write(`${JSON.stringify(built)}\n`);
      else {
        process.stdout.write(
          `${built.bundle}: revision ${built.revision}, ${built.bytes} bytes, ${built.digest}\n`,
        );
      }
    });
}

/** Builds, then loads what was built into the engine of the gate and asks it once. @throws Error in OPA's words. */
export async function buildBundle(
  paths: readonly string[],
  options: {
    readonly output: string;
    readonly revision?: string;
    readonly library?: string;
    readonly opa?: string;
  },
  cwd: string,
): Promise<Built> {
  const opa = findOpa(options.opa, process.env);
  const sources = gatherSources(paths, options.library, cwd);
  try {
    mkdirSync(dirname(options.output), { recursive: true });
    await build(opa, sources.all, options.output, options.revision ?? '');
    // The name is of what the module and its data say, so that the same sources have the same name everywhere.
    const revision = options.revision ?? contentName(options.output);
    if (options.revision === undefined) await build(opa, sources.all, options.output, revision);
    const handle = await loadPolicy(
      { bundle: options.output, isolation: 'inline', deadlineMs: 250, maxPages: 512 },
      cwd,
    );
    const { digest } = handle;
    await handle.close();
    return { bundle: options.output, revision, digest, bytes: statSync(options.output).size };
  } finally {
    sources.close();
  }
}

async function build(opa: string, paths: readonly string[], output: string, revision: string): Promise<void> {
  const args = ['build', '--target', 'wasm', '--entrypoint', 'mcp/main/decision', '--ignore', '*_test.rego'];
  args.push('--capabilities', requireProjectFile('config/opa-capabilities.json'));
  args.push('--revision', revision, '--output', output, ...paths);
  const { status, stdout, stderr } = await runOpa(opa, args);
  if (status !== 0) throw new Error(`the policy does not build:\n${stderr || stdout}`.trimEnd());
}

function contentName(bundle: string): string {
  return `policy-${createHash('sha256').update(readFileSync(bundle)).digest('hex').slice(0, 12)}`;
}
