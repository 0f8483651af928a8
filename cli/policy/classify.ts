/**
 * `portcullis policy classify`: what each tool of a server does and what its results are worth, proposed from what the
 * server says of them, for a person to correct before the policy goes by it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { collectHeader, toUrl } from '../connect.ts';
import { classifyTools } from './classify/classify-tool.ts';
import type { Proposal } from './classify/tool-class.ts';
import { toData, toReasons, writeClasses } from './classify/write-classes.ts';
import { listTools } from './list-tools.ts';

interface ClassifyOptions {
  readonly server?: string;
  readonly header: Readonly<Record<string, string>>;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function classifyCommand(version: string): Command {
  return new Command('classify')
    .description('propose a class for each tool of a server, as policy data to read and correct')
    .argument('<url>', 'of the server, or at a gate, e.g. http://127.0.0.1:8080/mcp/filesystem', toUrl)
    .option('--server <name>', "the server's name in the configuration; by default the last part of the URL")
    .option('-H, --header <name:value>', 'send a header, e.g. "Authorization: Bearer …"', collectHeader, {})
    .option('--out <file>', 'write to a file instead of printing')
    .option('--force', 'write over a file that exists')
    .option('--json', 'print the classes and the reasons as JSON')
    .action((url: URL, options: ClassifyOptions) => classify(url, options, version));
}

async function classify(url: URL, options: ClassifyOptions, version: string): Promise<void> {
  const { out, force = false } = options;
  if (out !== undefined && !force && existsSync(out)) throw exists(out);
  const server = options.server ?? url.pathname.split('/').filter(Boolean).at(-1);
  if (server === undefined) throw new Error(`${url} does not name a server; add --server <name>`);
  const proposals = classifyTools(await listTools(url, options.header, version), server);
  const text = options.json
    ? `${JSON.stringify({ ...toData(proposals, server), reasons: toReasons(proposals, server) })}\n`
    : writeClasses(proposals, server);
  if (out === undefined) process.stdout.write(text);
  else write(out, text, force);
  process.stderr.write(`${summary(proposals)}\n`);
}

function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'EEXIST' ? exists(file) : cause;
  }
}

function exists(file: string): Error {
  return new Error(
    `${file} exists already, and may hold corrections; name another file, or --force to write over it`,
  );
}

function summary(proposals: readonly Proposal[]): string {
  const told = proposals.filter((proposal) => proposal.told);
  const acting = told.filter((proposal) => proposal.class.effects.length > 0).length;
  const counts = `${proposals.length} tools: ${acting} with effects, ${told.length - acting} that only read`;
  return `${counts}, ${proposals.length - told.length} that could not be told
read it before you use it: policy.data in portcullis.yaml takes it`;
}
