/**
 * `portcullis policy ci`: check, test with coverage, build, replay of the committed records, and what has changed, in one
 * run with one report. Every step runs, also after one that failed, so that a change is mended once and not three times.
 */
import { appendFileSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { buildBundle } from './build.ts';
import { checkPolicy } from './check.ts';
import { compareSides } from './diff/compare.ts';
import { type Parsed, readSide } from './diff/side.ts';
import { toMarkdown as diffMarkdown } from './diff.ts';
import { findOpa } from './opa.ts';
import { replayLog } from './replay/replay-log.ts';
import { passes, toMarkdown as replayMarkdown } from './replay.ts';
import { testPolicy } from './test.ts';

interface CiOptions {
  readonly tests?: readonly string[];
  readonly recorded: string;
  readonly data?: string;
  readonly against?: string;
  readonly coverage: string;
  readonly allowFlips: string;
  readonly failOn: 'any' | 'looser' | 'tighter' | 'none';
  readonly library?: string;
  readonly opa?: string;
  readonly markdown?: string;
  readonly json?: boolean;
}

interface Step {
  readonly name: string;
  readonly ok: boolean;
  readonly summary: string;
  /** Markdown. */
  readonly details: string;
}

export function ciCommand(): Command {
  return new Command('ci')
    .description('check, test, build and replay, with one report')
    .argument('[paths...]', 'folders and files of Rego and data', ['policies'])
    .option('-t, --tests <path...>', 'where the tests are; tests/ if there is one')
    .option('--recorded <folder>', 'records to replay, *.jsonl', 'recorded')
    .option('--data <file>', 'data laid over the policy for the replay, as policy.data in the configuration')
    .option('--against <old>', 'tell what has changed since this bundle or folder')
    .option('--coverage <percent>', 'lines of the policy that tests must reach', '80')
    .option('--fail-on <direction>', 'flips that make this fail: any, looser, tighter or none', 'any')
    .option('--allow-flips <count>', 'as many flips are accepted', '0')
    .option('--library <folder>', 'the library to build on; library/ if there is one, else the shipped one')
    .option('--opa <path>', 'the OPA to use')
    .option('--markdown <file>', 'append the report as Markdown, e.g. to $GITHUB_STEP_SUMMARY')
    .option('--json', 'print the report as JSON')
    .action(async (paths: string[], options: CiOptions) => {
      const steps = await runSteps(paths, options, process.cwd());
      const ok = steps.every((step) => step.ok);
      if (options.markdown) appendFileSync(options.markdown, toMarkdown(steps, ok));
      if (options.json) process.stdout.write(`${JSON.stringify({ ok, steps })}\n`);
      else {
        for (const { name, summary, ok: fine, details } of steps) {
          process.stdout.write(
            `${fine ? 'ok  ' : 'FAIL'} ${name.padEnd(6)} ${summary}\n${fine ? '' : `${details}\n`}`,
          );
        }
        process.stdout.write(ok ? 'ok\n' : 'FAIL\n');
      }
      if (!ok) process.exitCode = 1;
    });
}

async function runSteps(paths: readonly string[], options: CiOptions, cwd: string): Promise<readonly Step[]> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-ci-'));
  const bundle = join(folder, 'bundle.tar.gz');
  try {
    return [
      await step('check', () => check(paths, options, cwd)),
      await step('test', () => test(paths, options, cwd)),
      await step('build', () => build(paths, options, bundle, cwd)),
      await step('replay', () => replay(options, bundle, cwd)),
      ...(options.against === undefined ? [] : [await step('diff', () => diff(options, bundle))]),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function step(name: string, run: () => Promise<Omit<Step, 'name'>>): Promise<Step> {
  try {
    return { name, ...(await run()) };
  } catch (cause) {
    const { message } = cause as Error;
    return {
      name,
      ok: false,
      summary: message.split('\n', 1)[0] ?? '',
      details: `\`\`\`\n${message}\n\`\`\``,
    };
  }
}

async function check(paths: readonly string[], options: CiOptions, cwd: string) {
  const findings = await checkPolicy(paths, options, cwd);
  const rows = findings.map(
    ({ check: name, file, line, message, fix }) => `- \`${file}:${line}\` **${name}**: ${message} ${fix}`,
  );
  return { ok: findings.length === 0, summary: `${findings.length} findings`, details: rows.join('\n') };
}

async function test(paths: readonly string[], options: CiOptions, cwd: string) {
  const { engines, coverage, ok } = await testPolicy(
    paths,
    { ...options, coverage: Number(options.coverage) },
    cwd,
  );
  const told = engines.map(({ engine, passed, failed, skipped: names }) =>
    passed + failed.length === 0 && names.length > 0
      ? `${engine} skipped`
      : `${engine} ${passed} passed, ${failed.length} failed`,
  );
  const failed = engines.flatMap(({ engine, failed: names }) =>
    names.map((name) => `- ${engine}: \`${name}\``),
  );
  const skipped = engines.flatMap(({ engine, skipped: names }) =>
    names.map((name) => `- ${engine} skipped: ${name}`),
  );
  const unreached = coverage.unreached.map(
    ({ file, lines }) => `- not reached: \`${file}\` ${lines.join(', ')}`,
  );
  return {
    ok,
    summary: `${told.join('; ')}; coverage ${coverage.percent.toFixed(1)} % of ${options.coverage} % wanted`,
    details: [...failed, ...unreached, ...skipped].join('\n'),
  };
}

async function build(paths: readonly string[], options: CiOptions, output: string, cwd: string) {
  const { library, opa } = options;
  const built = await buildBundle(
    paths,
    { output, ...(library ? { library } : {}), ...(opa ? { opa } : {}) },
    cwd,
  );
  return { ok: true, summary: `revision ${built.revision}, ${built.bytes} bytes`, details: '' };
}

async function replay(options: CiOptions, bundle: string, cwd: string) {
  const logs = existsSync(options.recorded) ? globSync(join(options.recorded, '**/*.jsonl')) : [];
  if (logs.length === 0) {
    return { ok: true, summary: `skipped: there are no *.jsonl in ${options.recorded}`, details: '' };
  }
  if (!existsSync(bundle)) return { ok: false, summary: 'there is no bundle to judge with', details: '' };
  const counts = await replayLog(logs.toSorted(), { bundle, data: options.data, cwd });
  const ok = passes(counts, { failOn: options.failOn, allowFlips: Number(options.allowFlips) });
  const summary = `${counts.decisions} decisions: ${counts.same} the same, ${counts.looser} looser, ${counts.tighter} tighter`;
  return { ok, summary, details: replayMarkdown(counts, ok) };
}

/** Tells, and does not fail: what a change is meant to alter is for its reviewer to say. */
async function diff({ against = '', library, opa }: CiOptions, bundle: string) {
  const found = findOpa(opa, process.env);
  const parsed: Parsed = new Map();
  const before = await readSide(found, against, library, parsed);
  const difference = compareSides(before, await readSide(found, bundle, library, parsed));
  const { rules, data } = difference;
  const summary = `${rules.length} rules and ${data.length} names of data can decide otherwise`;
  return { ok: true, summary, details: diffMarkdown(difference) };
}

function toMarkdown(steps: readonly Step[], ok: boolean): string {
  const rows = steps.map(({ name, ok: fine, summary }) => `| ${fine ? '✅' : '❌'} ${name} | ${summary} |`);
  const details = steps
    .filter((each) => each.details !== '')
    .map((each) => `\n### ${each.name}\n\n${each.details}`);
  return `## Policy: ${ok ? 'passed' : 'failed'}\n\n| step | |\n|---|---|\n${rows.join('\n')}\n${details.join('\n')}\n`;
}
