/**
 * `portcullis policy diff`: what a change can alter. Where `replay` tells what did come out otherwise on recorded calls,
 * this tells what may on others: rules that are new, gone or changed, by themselves or by the helpers and data below.
 */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Json } from '../../proxy/frame/json.ts';
import {
  compareSides,
  type DataChange,
  type Difference,
  type Direction,
  type RuleChange,
} from './diff/compare.ts';
import { type Parsed, readSide } from './diff/side.ts';
import { findOpa } from './opa.ts';

interface DiffOptions {
  readonly library?: string;
  readonly opa?: string;
  readonly markdown?: string;
  readonly json?: boolean;
  readonly failOnLooser?: boolean;
}

export function diffCommand(): Command {
  return new Command('diff')
    .description('tell what a change can alter: rules that are new, gone or reached by it')
    .argument('<old>', 'a bundle or a folder of Rego and data')
    .argument('<new>', 'a bundle or a folder of Rego and data')
    .option(
      '--library <folder>',
      'the library folders build on; library/ if there is one, else the shipped one',
    )
    .option('--opa <path>', 'the OPA to use')
    .option('--fail-on-looser', 'end with 1 when anything can become looser')
    .option('--markdown <file>', 'write it as Markdown too, e.g. for a pull request')
    .option('--json', 'print it as JSON')
    .action(async (old: string, next: string, options: DiffOptions) => {
      const opa = findOpa(options.opa, process.env);
      const parsed: Parsed = new Map();
      const [before, after] = await Promise.all([
        readSide(opa, old, options.library, parsed),
        readSide(opa, next, options.library, parsed),
      ]);
      const difference = compareSides(before, after);
      if (options.markdown) writeFileSync(options.markdown, toMarkdown(difference));
      process.stdout.write(options.json ? `${JSON.stringify(difference)}\n` : toText(difference));
      if (options.failOnLooser && canBeLooser(difference)) process.exitCode = 1;
    });
}

function canBeLooser({ everything, moduleOnly, rules, data }: Difference): boolean {
  const named = new Set(rules.flatMap(({ by }) => by));
  // Data that no rule is known to read may be read by one we cannot see.
  const unread = data.some(({ path }) => !named.has(path));
  return everything || moduleOnly || unread || rules.some(({ can }) => can === 'looser' || can === 'either');
}

const SAYS: Readonly<Record<Direction, string>> = {
  looser: 'Can let more pass',
  either: 'Can go either way',
  tighter: 'Can refuse or ask more',
  edits: 'Can edit or label otherwise',
  words: 'Says it in other words',
};
const SIGN = { new: '+', gone: '-', changed: '~' } as const;
const MODULE =
  'All rules that can be compared are the same, and the compiled modules differ: another OPA built one, or its entrypoint was changed.';
const EVERYTHING = 'How rules are found and combined has changed: any decision can come out otherwise.';

function toText(difference: Difference): string {
  const { everything, moduleOnly, rules, data, asleep } = difference;
  if (isEmpty(difference)) return 'Nothing that decides has changed.\n';
  const groups = Object.entries(SAYS).flatMap(([can, title]) => {
    const rows = rules.filter((rule) => rule.can === can);
    return rows.length === 0 ? [] : [`${title}:`, ...rows.flatMap(ruleLines), ''];
  });
  return `${[
    ...(everything ? [EVERYTHING, ''] : []),
    ...(moduleOnly ? [MODULE, ''] : []),
    ...groups,
    ...(data.length > 0 ? ['Data:', ...data.map((change) => `  ${dataLine(change)}`), ''] : []),
    ...sleeping(asleep),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function isEmpty({ everything, moduleOnly, rules, data, asleep }: Difference): boolean {
  return !everything && !moduleOnly && rules.length === 0 && data.length === 0 && asleep === 0;
}

function ruleLines({ change, rule, code, title, phases, file, line, by }: RuleChange): readonly string[] {
  const why = change === 'changed' ? [`      by ${by.join(', ')}`] : [];
  return [
    `  ${SIGN[change]} ${code || title || 'a rule without a title'} (${[rule, ...phases].join(', ')}; ${file}:${line})`,
    ...why,
  ];
}

function dataLine({ path, before, after }: DataChange): string {
  if (Array.isArray(before) && Array.isArray(after)) {
    const texts = [before, after].map((list) => list.map((item) => JSON.stringify(item)));
    const [was = [], is = []] = texts;
    const lost = was.filter((item) => !is.includes(item)).map((item) => `-${brief(item)}`);
    const won = is.filter((item) => !was.includes(item)).map((item) => `+${brief(item)}`);
    return lost.length + won.length > 0
      ? `~ ${path}: ${[...lost, ...won].join(' ')}`
      : `~ ${path}: reordered`;
  }
  if (before === undefined) return `+ ${path}: ${show(after)}`;
  if (after === undefined) return `- ${path}: ${show(before)}`;
  return `~ ${path}: ${show(before)} → ${show(after)}`;
}

function show(value: Json | undefined): string {
  return brief(JSON.stringify(value) ?? 'nothing');
}

function brief(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function sleeping(count: number): readonly string[] {
  return count === 0
    ? []
    : [`${count} changes are in packs that neither side's data names: they alter nothing.`];
}

/** For a pull request. */
export function toMarkdown(difference: Difference): string {
  const { everything, moduleOnly, rules, data, asleep } = difference;
  if (isEmpty(difference)) return '### Policy diff\n\nNothing that decides has changed.\n';
  const rows = rules.map(
    ({ can, change, code, title, rule, by }) =>
      `| ${SAYS[can]} | ${SIGN[change]} \`${code || title || rule}\` | ${change === 'changed' ? by.map((name) => `\`${name}\``).join(', ') : change} |`,
  );
  return [
    '### Policy diff',
    '',
    ...(everything ? [EVERYTHING, ''] : []),
    ...(moduleOnly ? [MODULE, ''] : []),
    ...(rows.length > 0 ? ['| | rule | by |', '|---|---|---|', ...rows, ''] : []),
    ...(data.length > 0 ? ['```diff', ...data.map(dataLine), '```', ''] : []),
    ...sleeping(asleep),
    '',
  ].join('\n');
}
