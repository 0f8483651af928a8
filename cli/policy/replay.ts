/**
 * `portcullis policy replay`: what was decided, decided again by another policy. For a pull request this is the answer to
 * "what would have come out otherwise last week".
 */
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Flips, ReplayCounts } from './replay/compare.ts';
import { replayLog } from './replay/replay-log.ts';

interface ReplayCommandOptions {
  readonly bundle?: string;
  readonly data?: string;
  readonly failOn: 'any' | 'looser' | 'tighter' | 'none';
  readonly allowFlips: number;
  readonly markdown?: string;
  readonly json?: boolean;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('judge every recorded decision again and tell what comes out otherwise')
    .argument('<log...>', 'records of a gate, e.g. var/audit.jsonl')
    .option('--bundle <file>', 'the policy to try; the shipped one by default')
    .option('--data <file>', 'data laid over that of the bundle, as policy.data in the configuration')
    .addOption(
      new Option('--fail-on <direction>', 'flips that make this fail')
        .choices(['any', 'looser', 'tighter', 'none'])
        .default('any'),
    )
    .option('--allow-flips <count>', 'as many are accepted', toCount, 0)
    .option('--markdown <file>', 'write the report as Markdown too, e.g. for a pull request')
    .option('--json', 'print the report as JSON')
    .action(async (logs: string[], options: ReplayCommandOptions) => {
      const began = performance.now();
      const counts = await replayLog(logs, {
        bundle: options.bundle,
        data: options.data,
        cwd: process.cwd(),
        onProgress: (lines) => process.stderr.write(`${lines.toLocaleString('en')} lines\n`),
      });
      const seconds = (performance.now() - began) / 1000;
      const ok = passes(counts, options);
      if (options.markdown) writeFileSync(options.markdown, toMarkdown(counts, ok));
      if (options.json) process.stdout.write(`${JSON.stringify({ ok, seconds, ...counts })}\n`);
      else process.stdout.write(toText(counts, seconds, ok));
      if (!ok) process.exitCode = 1;
    });
}

/** A log that cannot be read, or a policy that fails on it, proves nothing: that never passes. */
export function passes(
  counts: ReplayCounts,
  { failOn, allowFlips }: Pick<ReplayCommandOptions, 'failOn' | 'allowFlips'>,
): boolean {
  const flips = {
    any: counts.looser + counts.tighter,
    looser: counts.looser,
    tighter: counts.tighter,
    none: 0,
  }[failOn];
  return flips <= allowFlips && counts.failedNow === 0 && counts.unreadable === 0 && counts.decisions > 0;
}

function toText(counts: ReplayCounts, seconds: number, ok: boolean): string {
  const lines = [
    `${counts.decisions} decisions judged again in ${seconds.toFixed(1)} s: ${counts.same} the same, ` +
      `${counts.looser} looser, ${counts.tighter} tighter, ${counts.changed} with the same verdict and other reasons or edits.`,
    ...table('rule', counts.rules),
    ...table('tool', counts.tools),
    ...remarks(counts).map((remark) => `- ${remark}`),
  ];
  return `${lines.join('\n')}\n${ok ? 'ok' : 'FAIL'}\n`;
}

function table(title: string, flips: Readonly<Record<string, Flips>>): readonly string[] {
  const rows = sorted(flips);
  if (rows.length === 0) return [];
  const width = Math.max(title.length, ...rows.map(([key]) => key.length));
  return [
    `${title.padEnd(width)}   looser  tighter  e.g.`,
    ...rows.map(
      ([key, { looser, tighter, example }]) =>
        `${key.padEnd(width)}  ${String(looser).padStart(7)}  ${String(tighter).padStart(7)}  ${example}`,
    ),
  ];
}

function sorted(flips: Readonly<Record<string, Flips>>): readonly [string, Flips][] {
  return Object.entries(flips).sort(([, a], [, b]) => b.looser + b.tighter - (a.looser + a.tighter));
}

function remarks(counts: ReplayCounts): readonly string[] {
  const said: [number, string][] = [
    [counts.failedNow, `decisions on which this policy fails, first ${counts.firstFailure}`],
    [counts.unreadable, 'lines that could not be read'],
    [counts.failedThen, 'decisions left out: the engine had failed when they were made'],
    [counts.masked, 'inputs with masked secrets: a rule on their text may say otherwise than it would have'],
    [counts.historyRebuilt, 'inputs recorded without a history: it was rebuilt from the log before them'],
  ];
  const none = counts.decisions === 0 ? ['there is no decision in the log'] : [];
  return [...none, ...said.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)];
}

/** The report for a pull request. */
export function toMarkdown(counts: ReplayCounts, ok: boolean): string {
  const cells = (flips: Readonly<Record<string, Flips>>) =>
    sorted(flips).map(
      ([key, { looser, tighter, example }]) => `| \`${key}\` | ${looser} | ${tighter} | \`${example}\` |`,
    );
  const section = (title: string, flips: Readonly<Record<string, Flips>>) =>
    Object.keys(flips).length === 0
      ? []
      : ['', `| ${title} | looser | tighter | for example |`, '|---|---|---|---|', ...cells(flips)];
  return [
    `### Replay: ${ok ? 'passed' : 'failed'}`,
    '',
    `| decisions | same | looser | tighter | other reasons or edits |`,
    '|---|---|---|---|---|',
    `| ${counts.decisions} | ${counts.same} | ${counts.looser} | ${counts.tighter} | ${counts.changed} |`,
    ...section('rule', counts.rules),
    ...section('tool', counts.tools),
    '',
    ...remarks(counts).map((remark) => `- ${remark}`),
    '',
  ].join('\n');
}

function toCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('is not a number of decisions');
  return Number(text);
}
