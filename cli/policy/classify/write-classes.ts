/**
 * Proposals as policy data in YAML, with the reasons above each, and as plain data. Nothing of what a server says can
 * leave the comment it stands in, or hide in it.
 */
import { visible, visibleLine } from '../visible.ts';
import type { Proposal, ToolClass } from './tool-class.ts';

const NAME = 128;
const DESCRIPTION = 160;
const REASON = 400;

const HEAD = `# Proposed from what the server says of its own tools: names, schemas, annotations, descriptions. Read it before
# you use it, and correct it: a server may say anything. A tool that is not here, or only in a comment, is judged as having
# effects and showing what outsiders wrote. policy.data in portcullis.yaml takes the file.
`;

/** `{tools: {<server>: {<tool>: class}}}`: only of tools that could be told. */
export function toData(proposals: readonly Proposal[], server: string): { readonly tools: object } {
  const told = proposals.filter((proposal) => proposal.told);
  return { tools: { [server]: Object.fromEntries(told.map((one) => [one.name, one.class])) } };
}

/** By tool, of all of them. */
export function toReasons(proposals: readonly Proposal[], server: string): object {
  const reasons = proposals.map((one) => [
    visible(one.name),
    one.reasons.map((reason) => visibleLine(reason, REASON)),
  ]);
  return { [server]: Object.fromEntries(reasons) };
}

export function writeClasses(proposals: readonly Proposal[], server: string): string {
  const told = proposals.some((proposal) => proposal.told);
  const head = `${HEAD}tools:\n  ${key(server)}:${told ? '' : ' {}'}\n`;
  return head + proposals.map((proposal) => stanza(proposal)).join('');
}

function stanza(proposal: Proposal): string {
  const { name, description, reasons, told } = proposal;
  const comments = [
    ...(description.trim() === '' ? [] : [`"${visibleLine(description, DESCRIPTION)}"`]),
    ...reasons.map((reason) => visibleLine(reason, REASON)),
  ];
  const entry = [
    `${key(told ? name : visibleLine(name, NAME))}:`,
    ...writeClass(proposal.class).map((line) => `  ${line}`),
  ];
  const lines = [...comments.map((line) => `# ${line}`), ...entry.map((line) => (told ? line : `# ${line}`))];
  return `\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function writeClass({ effects, source, sinks }: ToolClass): readonly string[] {
  const pairs = Object.entries(sinks);
  return [
    `effects: [${effects.join(', ')}]`,
    `source: ${source}`,
    ...(pairs.length === 0
      ? []
      : ['sinks:', ...pairs.map(([pointer, kind]) => `  ${key(pointer)}: ${kind}`)]),
  ];
}

/** Plain where YAML cannot mistake it for anything but text, and quoted, with escapes, everywhere else. */
function key(text: string): string {
  const plain =
    /^(?:\/|[A-Za-z_])[\w/~-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n|~)$/i.test(text);
  return plain
    ? text
    : JSON.stringify(text).replaceAll(/[^\P{C}]|\p{Default_Ignorable_Code_Point}/gu, escaped);
}

function escaped(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
