/** `docs/policy/packs.md`: what each pack stops, its settings and its rules, from the METADATA in policies/packs. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { benignRate } from './benign-rates.ts';
import { type Annotation, readAnnotations } from './metadata.ts';

interface Pack {
  readonly name: string;
  readonly about: Annotation;
  readonly rules: readonly Annotation[];
}

/** Defaults of settings, by pack and name: what the packs themselves read. */
const { pack_settings: SETTINGS } = parseYaml(readFileSync('policies/data.yaml', 'utf8')) as {
  readonly pack_settings: Readonly<Record<string, Readonly<Record<string, { readonly default: unknown }>>>>;
};

/** The OWASP MCP Top 10, and what no pack does about each. */
const OWASP: readonly (readonly [string, string, string])[] = [
  [
    'MCP01',
    'Token mismanagement and secret exposure',
    'secrets without a known form; a secret cut over two answers',
  ],
  ['MCP02', 'Privilege escalation by scope creep', 'grants that are too wide: they are the operator’s'],
  ['MCP03', 'Tool poisoning', 'instructions in words the pack does not know, where tools are not pinned'],
  ['MCP04', 'Software supply chain', 'what a server does inside while its definitions stay the same'],
  ['MCP05', 'Command injection', 'commands inside arguments that only the server understands'],
  [
    'MCP06',
    'Prompt injection by context',
    'the injection itself: what follows from it is stopped, not that it is read',
  ],
  [
    'MCP07',
    'Insufficient authentication and authorisation',
    'not a pack: `auth` in the configuration, `grants` in the data',
  ],
  ['MCP08', 'Lack of audit and telemetry', 'not a pack: the [record](../record.md)'],
  ['MCP09', 'Shadow servers', 'servers that agents reach without the gate'],
  ['MCP10', 'Context injection and over-sharing', 'private content in words, sent where sending is allowed'],
];

export async function packsPage(): Promise<string> {
  const packs = globSync('policies/packs/*').toSorted().map(readPack);
  const rates: string[] = [];
  for (const { name } of packs) {
    const { total, stopped } = await benignRate([name]);
    const tools = [...new Set(stopped.map((line) => line.split(':')[0]))];
    rates.push(
      `| ${name} | ${stopped.length} of ${total} | ${tools.map((tool) => `\`${tool}\``).join(', ')} |`,
    );
  }
  return [
    '<!-- Generated from policies/packs by scripts/packs-page.ts; do not edit. -->',
    '# Packs',
    '',
    'Packs come with the default policy and sleep until the policy data names them; `{}` means the defaults. They refuse,',
    'ask, edit and label, and never grant. A pack or a setting that is misspelt refuses every request.',
    '',
    '```yaml',
    'packs:',
    '  filesystem: {}',
    '  egress: { allow: [docs.example.com] }',
    '```',
    '',
    '| pack | what it is for | OWASP MCP Top 10 |',
    '|---|---|---|',
    ...packs.map(
      ({ name, about }) =>
        `| [${name}](#${name}) | ${about.title} | ${about.custom?.owasp?.join(', ') ?? ''} |`,
    ),
    '',
    '## What is covered, and what is not',
    '',
    '| | | packs | not covered |',
    '|---|---|---|---|',
    ...OWASP.map(([id, title, not]) => {
      const names = packs.filter(({ about }) => about.custom?.owasp?.includes(id)).map(({ name }) => name);
      return `| ${id} | ${title} | ${names.join(', ')} | ${not} |`;
    }),
    '',
    '## How often they are in the way',
    '',
    'Honest work recorded on the real filesystem, memory, everything, git, fetch, sqlite and time servers, calls and tool',
    'definitions, judged with one pack at its defaults: everything that is refused or asked about counts, meant or not.',
    'Each is judged alone: what a pack does after something private was read is not in these numbers.',
    '',
    '| pack | stopped | which |',
    '|---|---|---|',
    ...rates,
    '',
    '`destructive` believes servers that call a tool destructive; name in `allow` the ones that may. `read_only` and `sql`',
    'are meant to stop changes; of theirs, `everything__echo` and `git__git_branch` only read, under names that do not say so.',
    ...packs.flatMap(section),
    '',
  ].join('\n');
}

function section({ name, about, rules }: Pack): readonly string[] {
  const settings = Object.entries(about.custom?.settings ?? {});
  return [
    '',
    `## ${name}`,
    '',
    about.description?.trim() ?? '',
    '',
    ...(settings.length > 0
      ? [
          '| setting | | default |',
          '|---|---|---|',
          ...settings.map(([key, what]) => {
            const value = JSON.stringify(SETTINGS[name]?.[key]?.default).replaceAll(',"', ', "');
            return `| \`${key}\` | ${what.replaceAll('|', '\\|')} | \`${value.replaceAll('|', '\\|')}\` |`;
          }),
          '',
        ]
      : []),
    '| code | rule | phases |',
    '|---|---|---|',
    ...rules
      .filter(({ custom }) => custom?.code !== undefined)
      .map(({ title, custom }) => `| \`${custom?.code}\` | ${title} | ${custom?.phases?.join(', ')} |`),
  ];
}

/** What a pack is stands in the file that has its name; rules may stand in others beside it as well. */
function readPack(folder: string): Pack {
  const name = basename(folder);
  const file = `${folder}/${name}.rego`;
  const [about, ...rules] = readAnnotations(file);
  if (about === undefined) throw new Error(`${file} has no METADATA`);
  const others = globSync(`${folder}/*.rego`)
    .toSorted()
    .filter((other) => basename(other) !== basename(file));
  return { name, about, rules: [...rules, ...others.flatMap(readAnnotations)] };
}
