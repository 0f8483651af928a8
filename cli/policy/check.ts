/**
 * `portcullis policy check`: everything that can be said about a policy without running it. OPA's own format and strict
 * checks come first, with the shape of the input and the built-ins the engine has; then the linter, which finds rules
 * that are correct Rego and never fire.
 */
import { Command } from 'commander';
import { checkData } from './check-data.ts';
import { unformatted } from './fmt.ts';
import { type Finding, lint } from './lint.ts';
import { findOpa, runOpa } from './opa.ts';
import { requireProjectFile } from './project.ts';
import { gatherSources } from './sources.ts';

interface CheckOptions {
  readonly library?: string;
  readonly opa?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

export function checkCommand(): Command {
  return new Command('check')
    .description('find what is wrong with a policy before it judges anything')
    .argument('[paths...]', 'folders and files of Rego and data', ['policies'])
    .option('--library <folder>', 'the library to build on; library/ if there is one, else the shipped one')
    .option('--opa <path>', 'the OPA to check with')
    .option('--json', 'print the findings as JSON')
    .action(async (paths: string[], options: CheckOptions) => {
      const findings = await checkPolicy(paths, options, process.cwd());
      if (options.json) process.stdout.write(`${JSON.stringify({ ok: findings.length === 0, findings })}\n`);
      else
        process.stdout.write(findings.length === 0 ? 'ok, no findings\n' : findings.map(describe).join(''));
      if (findings.length > 0) process.exitCode = 1;
    });
}

/** @returns findings in the order of files and lines. */
export async function checkPolicy(
  paths: readonly string[],
  options: { readonly library?: string; readonly opa?: string },
  cwd: string,
): Promise<readonly Finding[]> {
  const opa = findOpa(options.opa, process.env);
  const sources = gatherSources(paths, options.library, cwd);
  try {
    const broken = await strictly(opa, sources.all);
    // What does not compile cannot be looked at any closer.
    if (broken.length > 0) return broken;
    return [
      ...checkData(paths),
      ...(await badlyFormatted(opa, paths)),
      ...(await lint({ opa, own: paths, all: sources.all })),
    ];
  } finally {
    sources.close();
  }
}

async function badlyFormatted(opa: string, paths: readonly string[]): Promise<readonly Finding[]> {
  return (await unformatted(opa, paths)).map((file) => ({
    check: 'format',
    file,
    line: 1,
    message: 'The file is not in the one form OPA writes, so a diff of it shows more than was meant.',
    fix: 'Run portcullis policy fmt.',
  }));
}

interface OpaErrors {
  readonly errors?: readonly {
    readonly message: string;
    readonly code: string;
    readonly location?: { readonly file: string; readonly row: number };
    readonly details?: unknown;
  }[];
}

async function strictly(opa: string, paths: readonly string[]): Promise<readonly Finding[]> {
  const args = ['check', '--strict', '--format', 'json', '--ignore', '*_test.rego'];
  args.push('--schema', requireProjectFile('config/schema'));
  args.push('--capabilities', requireProjectFile('config/opa-capabilities.json'));
  const { status, stdout, stderr } = await runOpa(opa, [...args, ...paths]);
  if (status === 0) return [];
  const { errors = [] } = readErrors(stderr || stdout);
  if (errors.length === 0) throw new Error(`opa check failed:\n${stderr || stdout}`.trimEnd());
  return errors.map(({ message, code, location }) => ({
    check: code,
    file: location?.file ?? '',
    line: location?.row ?? 0,
    message,
    fix: instead(message) ?? 'OPA refuses it as it stands.',
  }));
}

function readErrors(text: string): OpaErrors {
  try {
    return JSON.parse(text) as OpaErrors;
  } catch {
    return {};
  }
}

/** What to write in place of built-ins that an engine inside a gate cannot have. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [
    /time\.(now_ns|clock|weekday|date)/,
    'Read input.time: hour, minute, weekday and epoch in the configured zone.',
  ],
  [/http\.send/, 'A decision cannot wait for a network. Put what is looked up into the data of the bundle.'],
  [/io\.jwt\./, 'The gate has verified the credential; read input.caller.'],
  [/crypto\./, 'Compare digests the host gives: input.tool_digest, or $opaque of an argument.'],
  [/rand\.|uuid\./, 'A decision has to come out the same when it is replayed; use what the input holds.'],
  [/opa\.runtime/, 'The engine has no environment; put the value into the data.'],
  [
    /regex\.(replace|template_match|globs_match|find_n)/,
    'Use regex.match, or let the gate rewrite: redact contains {"pattern": …}.',
  ],
  [
    /json\.(patch|match_schema|verify_schema)/,
    'Compare the members that matter; the gate has checked the arguments against limits.',
  ],
  [
    /net\.(lookup_ip_addr|cidr_expand|cidr_merge)/,
    'Read input.hosts: canonical names and addresses, with private.',
  ],
  [/graphql\.|providers\.|rego\./, 'Not in the engine; write the rule over input and data.'],
];

function instead(message: string): string | undefined {
  if (!message.includes('undefined function')) return undefined;
  return (
    INSTEAD.find(([name]) => name.test(message))?.[1] ?? 'Use a built-in of config/opa-capabilities.json.'
  );
}

function describe({ check, file, line, message, fix }: Finding): string {
  return `${file}:${line}: ${check}: ${message}\n    ${fix}\n`;
}
