/**
 * `portcullis policy explain`: why a frame was decided as it was. Which rules fired, and which almost did and for want of
 * what, in words.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { PolicyDecision } from '../../proxy/decide/contract.ts';
import { maskSecrets } from '../../proxy/decide/redact/mask-secrets.ts';
import { readPolicyData } from '../../proxy/services/policy/load-policy.ts';
import { mergeData } from '../../proxy/services/policy/merge.ts';
import { findInput } from './explain/find-input.ts';
import { type NearGrant, nearGrants, tellGrant } from './explain/near-grants.ts';
import { type NearMiss, nearMisses } from './explain/near-misses.ts';
import { tellOrigin, type ValueOrigin, valueOrigins } from './explain/origins.ts';
import { readRules } from './explain/rules.ts';
import { findOpa, runOpa } from './opa.ts';
import { dataFiles, gatherSources, type PolicySources, regoFiles } from './sources.ts';

interface ExplainOptions {
  readonly policy: readonly string[];
  readonly data?: string;
  readonly log: string;
  readonly library?: string;
  readonly opa?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

interface Explanation {
  readonly decision: PolicyDecision;
  readonly recorded: PolicyDecision | undefined;
  /** Where nothing was granted: entries of the data that would have, but for one thing. */
  readonly grants: readonly NearGrant[];
  /** Where the values came from that the refusal is about. */
  readonly origins: readonly ValueOrigin[];
  readonly almost: readonly {
    readonly rule: string;
    readonly code: string;
    readonly title: string;
    readonly file: string;
    readonly line: number;
    readonly held: number;
    readonly of: number;
    readonly wanted: string;
    readonly because: readonly string[];
  }[];
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('tell why a frame is decided as it is: what fired, and what almost did')
    .argument(
      '<input|decision-id>',
      'a policy input or a line of the record as a file, - for standard input, or an id',
    )
    .option('-p, --policy <path...>', 'own folders and files of Rego', [])
    .option('--data <file>', 'data laid over it, as policy.data in the configuration')
    .option('--log <file>', 'the record to look a decision up in', 'var/audit.jsonl')
    .option('--library <folder>', 'the library to build on; library/ if there is one, else the shipped one')
    .option('--opa <path>', 'the OPA to use')
    .option('--all', 'tell of every rule, not only of the five nearest')
    .option('--json', 'print it as JSON')
    .action(async (what: string, options: ExplainOptions) => {
      const explanation = await explain(what, options, process.cwd());
      process.stdout.write(
        options.json ? `${JSON.stringify(explanation)}\n` : toText(explanation, options.all === true),
      );
    });
}

const NEAREST = 5;

async function explain(what: string, options: ExplainOptions, cwd: string): Promise<Explanation> {
  const opa = findOpa(options.opa, process.env);
  const subject = await findInput(what, options.log);
  const sources = gatherSources(options.policy, options.library, cwd);
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'));
  try {
    const paths = await withData(opa, sources, options.data, folder, cwd);
    const { packs = {} } = JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8')) as { packs?: object };
    const awake = new Set(Object.keys(packs));
    const decision = await decide(opa, paths, subject.inputText, folder);
    const rules = await readRules(opa, [...sources.own, ...sources.library].flatMap(regoFiles));
    const misses = await nearMisses(opa, rules, paths, subject.inputText);
    const ungranted = decision.reasons.some(({ code }) => code === 'policy.no_grant');
    return {
      decision,
      recorded: subject.recorded,
      grants: ungranted ? await nearGrants(opa, paths, join(folder, 'input.json')) : [],
      origins: valueOrigins(JSON.parse(maskSecrets(subject.inputText, 'explain').text), decision),
      almost: misses.filter(isTelling(awake)).map(toJson(subject.inputText)),
    };
  } finally {
    sources.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rego from where it is, and all data in one file with the operator's laid over it: OPA would refuse to merge them. */
async function withData(
  opa: string,
  sources: PolicySources,
  overlay: string | undefined,
  folder: string,
  cwd: string,
): Promise<readonly string[]> {
  const rego = [...sources.own, ...sources.library].flatMap(regoFiles);
  const data = [...sources.own.flatMap(dataFiles), ...sources.defaults];
  const ran = await runOpa(opa, ['eval', '--format', 'raw', ...data.flatMap((path) => ['-d', path]), 'data']);
  if (ran.status !== 0) throw new Error(ran.stderr || ran.stdout);
  const file = join(folder, 'data.json');
  const merged = mergeData(JSON.parse(ran.stdout), readPolicyData(overlay, cwd));
  writeFileSync(file, JSON.stringify(merged));
  return [...rego, file];
}

async function decide(
  opa: string,
  paths: readonly string[],
  inputText: string,
  folder: string,
): Promise<PolicyDecision> {
  const input = join(folder, 'input.json');
  writeFileSync(input, inputText);
  const args = ['eval', '--format', 'raw', '-i', input, ...paths.flatMap((path) => ['-d', path])];
  const { status, stdout, stderr } = await runOpa(opa, [...args, 'data.mcp.main.decision']);
  if (status !== 0 || stdout.trim() === '')
    throw new Error(`the policy does not answer:\n${stderr || stdout}`);
  return JSON.parse(stdout) as PolicyDecision;
}

/**
 * Not what hands on an empty set, gathers words for others, would have found data malformed, or sleeps: nobody who asks
 * why their call passed wants to hear of that.
 */
function isTelling(awake: ReadonlySet<string>) {
  return function tells({ rule, wanted, held }: NearMiss): boolean {
    const [, kind, name] = rule.package.split('.');
    return (
      held > 0 &&
      rule.title !== '' &&
      !rule.code.endsWith('.malformed') &&
      !/^some \w+ in _\w+$/.test(wanted.text) &&
      (kind !== 'packs' || awake.has(name ?? '')) &&
      rule.package !== 'mcp.rules.packs'
    );
  };
}

function toJson(inputText: string) {
  const shown = JSON.parse(maskSecrets(inputText, 'explain').text) as Readonly<Record<string, unknown>>;
  return ({ rule, held, of, wanted }: NearMiss): Explanation['almost'][number] => ({
    rule: `${rule.package}.${rule.set}`,
    code: rule.code,
    title: rule.title,
    file: rule.file,
    line: rule.line,
    held,
    of,
    wanted: wanted.text,
    because:
      wanted.reads.length > 0
        ? wanted.reads.map((path) => tell(path, shown))
        : tellChains(wanted.text, shown),
  });
}

function tell(path: string, input: Readonly<Record<string, unknown>>): string {
  let value: unknown = input;
  for (const name of path.split('.').slice(1))
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  return value === undefined ? `there is no ${path}` : `${path} is ${brief(value)}`;
}

/** Helpers that look back say nothing of the input in their call. */
function tellChains(text: string, input: Readonly<Record<string, unknown>>): readonly string[] {
  if (!/\bchain\.|\blimits\./.test(text)) return [];
  const calls = (input['history'] as { calls?: readonly { name: string }[] } | undefined)?.calls;
  return [
    `input.labels is ${brief(input['labels'] ?? {})}`,
    calls === undefined
      ? 'there is no input.history'
      : `before it came ${brief(calls.slice(0, 5).map(({ name }) => name))}`,
  ];
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function toText({ decision, recorded, grants, origins, almost }: Explanation, all: boolean): string {
  const fired = decision.reasons.map(({ code, message, rule }) => `  ${code} (${rule})\n    ${message}`);
  const shown = all ? almost : almost.slice(0, NEAREST);
  const near = shown.map(
    ({ code, title, rule, file, line, wanted, because, held, of }) =>
      `  ${code || title || rule} (${rule}, ${file}:${line}; ${held} of ${of})\n    wanted: ${wanted}\n${because
        .map((reason) => `    but ${reason}\n`)
        .join('')}`,
  );
  const then =
    recorded === undefined ? [] : [`When it was recorded it was ${recorded.verdict}${codes(recorded)}.`];
  return [
    `The verdict is ${decision.verdict}${codes(decision)}.`,
    ...then,
    ...(fired.length > 0 ? ['', 'What fired:', ...fired] : ['', 'No rule objected.']),
    ...(origins.length > 0 ? ['', 'Where that came from:', ...origins.map(tellOrigin)] : []),
    ...(grants.length > 0 ? ['', 'What nearly granted it:', ...grants.map(tellGrant)] : []),
    ...(near.length > 0 ? ['', 'What almost did:', ...near] : []),
    all || almost.length <= NEAREST
      ? ''
      : `${almost.length - NEAREST} more were further off; --all tells of them.\n`,
  ].join('\n');
}

function codes({ reasons }: PolicyDecision): string {
  return reasons.length === 0 ? '' : ` for ${[...new Set(reasons.map(({ code }) => code))].join(', ')}`;
}
