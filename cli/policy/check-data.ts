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
  return policyDataProblems(document.toJS()).map(({ path, message }) => ({
    check: 'data',
    file,
    line: lineOf(document, lines, path.split('.')),
    message: `${path}: ${message}.`,
    fix: 'docs/policy/data.md says what each name holds. Data of your own goes by another name.',
  }));
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
