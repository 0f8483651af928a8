/** `docs/policy/reference.md`: input, answer, helpers and rules, from the schemas and the METADATA of the library. */
import { globSync } from 'node:fs';
import { policyDecision, policyInput } from '../proxy/decide/contract.ts';
import { settingRows } from './configuration-page.ts';
import { type Annotation, readAnnotations } from './metadata.ts';

export function referencePage(): string {
  return [
    '<!-- Generated from proxy/decide/contract.ts and policies/mcp by `make generate`; do not edit. -->',
    '# Reference for policy authors',
    '',
    'How these work together: [policy](../policy.md). What the default policy reads: [data](data.md).',
    '',
    '## Input',
    '',
    'Members that do not apply are absent, never null. `<name>` is any name, `[]` any element.',
    '',
    '| member | | what it is |',
    '|---|---|---|',
    ...settingRows(policyInput),
    '',
    '## Answer',
    '',
    'What `data.mcp.main.decision` gives; the library makes it from the sets that rules add to.',
    '',
    '| member | | what it is |',
    '|---|---|---|',
    ...settingRows(policyDecision),
    '',
    '## Helpers',
    ...globSync('policies/mcp/lib/*.rego').toSorted().flatMap(helpers),
    '',
    '## Rules of the default policy',
    '',
    'Codes are stable; alerts and tests may rely on them. Those of packs: [packs](packs.md).',
    '',
    '| code | rule | phases |',
    '|---|---|---|',
    ...globSync('policies/mcp/{rules/**,main}/*.rego').toSorted().flatMap(readAnnotations).flatMap(ruleRow),
    '',
  ].join('\n');
}

function helpers(file: string): readonly string[] {
  const [about, ...rules] = readAnnotations(file);
  const path = /lib\/(\w+)\.rego$/.exec(file)?.[1];
  return [
    '',
    `### ${path}`,
    '',
    `\`import data.mcp.lib.${path}\``,
    '',
    ...(about?.description === undefined ? [] : [prose(about.description), '']),
    '| | |',
    '|---|---|',
    ...rules.map(({ description = '', title = '', above }) => {
      const what = (description || title).trim().replaceAll('\n', ' ').replaceAll('|', '\\|');
      return `| \`${path}.${signature(above)}\` | ${what} |`;
    }),
  ];
}

/** `after(label, seconds) if …` is called as `after(label, seconds)`. */
function signature(above: string): string {
  return above.replace(/\s*(:=|=|\bif\b|\bcontains\b).*$/, '').replace('default ', '');
}

/** Indented lines of a description are code. */
function prose(description: string): string {
  return description.trimEnd().replaceAll(/(?:^ {4}.*(?:\n|$))+/gm, (code) => {
    return `\n\`\`\`text\n${code.replaceAll(/^ {4}/gm, '').trimEnd()}\n\`\`\`\n`;
  });
}

function ruleRow({ title, custom }: Annotation): readonly string[] {
  return custom?.code === undefined
    ? []
    : [`| \`${custom.code}\` | ${title ?? ''} | ${custom.phases?.join(', ') ?? ''} |`];
}
