/**
 * Changes as `git diff` prints them: the files they are in. Only where every line is of a change, below one title at most:
 * what somebody wrote into a file stands behind a blank, a plus or a minus.
 *
 * @see git-diff(1), "Generating patch text with -p"
 */
import type { Labelled } from './labels.ts';
import { type Line, linesOf } from './lines.ts';

const FILE = /^diff --git a\/(\S+) b\/(\S+)$/;
const OF_A_CHANGE =
  /^(?:[ +\\-]|@@ |diff --git |index |(?:old|new|deleted file|new file) mode |(?:dis)?similarity index |(?:rename|copy) (?:from|to) |Binary files )/;
const MAX_TITLE = 300;

/** @returns the names of the files after the change, in order; none for text that is no such list. */
export function diffsIn(text: string): readonly Labelled[] {
  if (!text.slice(0, 2 * MAX_TITLE).includes('diff --git a/')) return [];
  const found: Labelled[] = [];
  let isFirst = true;
  for (const line of linesOf(text)) {
    const file = fileOf(line);
    if (file !== undefined) found.push(file);
    else if (!OF_A_CHANGE.test(line.line) && (!isFirst || line.line.length > MAX_TITLE)) return [];
    isFirst = false;
  }
  return found;
}

function fileOf({ line, start }: Line): Labelled | undefined {
  const [all, , name] = FILE.exec(line) ?? [];
  if (all === undefined || name === undefined) return undefined;
  return { label: 'path', start: start + all.length - name.length, end: start + all.length };
}
