/** What is wrong with the data of a policy, by file and line: names and shapes that the library would not understand. */
import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { policyDataProblems } from '../../proxy/config/policy-data.ts';
import type { Finding } from './lint.ts';
import { dataFiles } from './sources.ts';

/** @param paths the author's folders and files. */
export function checkData(paths: readonly string[]): readonly Finding[] {
  return paths.flatMap(dataFiles).flatMap(findingsOf);
}

function findingsOf(file: string): readonly Finding[] {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
  const data: unknown = document.toJS();
  const problems = policyDataProblems(data, ['pack_settings']).map(({ path, message }) => ({
    check: 'data',
    file,
    line: lineOf(document, lines, path.split('.')),
    message: `${path}: ${message}.`,
    fix: 'docs/policy/data.md says what each name holds. Data of your own goes by another name.',
  }));
  return [...problems, ...tooManyGlobs(file, data)];
}

/** Globs that one decision may have to try; the engine compiles a handful well, and refuses the frame at 95. */
const MAX_GLOBS = 50;

function tooManyGlobs(file: string, data: unknown): readonly Finding[] {
  const globs = new Set(texts(data).filter(needsGlobEngine));
  if (globs.size <= MAX_GLOBS) return [];
  return [
    {
      check: 'patterns',
      file,
      line: 1,
      message: `The data has ${globs.size} distinct globs that are more than a name or a prefix. The engine holds ${MAX_GLOBS} at a time and then starts anew, and a decision that tries 95 of them is refused.`,
      fix: 'Write names and prefixes ("mail__*", "/srv/**"), which are compared as text, or fewer globs.',
    },
  ];
}

function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** As policies/mcp/lib tells them apart: names, prefixes, folders and endings never reach the engine. */
function needsGlobEngine(text: string): boolean {
  return /[*?[{]/.test(text.replace(/\/?\*+$/, '').replace(/^(?:\*\*\/)?(?:\*\.)?/, ''));
}

/** Of the nearest thing that is there. */
function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly string[],
): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const keys = path.slice(0, depth).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    const node = document.getIn(keys, true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
