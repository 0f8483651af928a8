/**
 * The files of a working tree as `git status` prints them, each in a line of its own behind a tab. Only where every line is
 * git's, below a title that says what it is: names with a line break in them are written in quotation marks, without it.
 *
 * @see git-status(1), git-config(1) `core.quotePath`
 */
import type { Labelled } from './labels.ts';
import { linesOf } from './lines.ts';

const FILE =
  /^\t(?:(?:modified|new file|deleted|renamed|copied|typechange|both \w+|(?:added|deleted) by \w+): +)?(\S.*)$/;
const RENAMED = / -> /;
const OF_GIT = new RegExp(
  [
    '^(?:On branch |HEAD detached |Your branch |interactive rebase |You are currently |You have unmerged paths|All conflicts fixed',
    'Changes (?:to be committed|not staged for commit):$|Untracked files:$|Unmerged paths:$|Ignored files:$',
    'no changes added to commit|nothing (?:added )?to commit|nothing to commit| +\\(use "git |and have \\d+ and \\d+ different commits)',
  ].join('|'),
);
const MAY_BE = /^(?:On branch |HEAD detached )/m;
const TITLE = /^.{0,60}\bstatus\b.{0,60}:$/i;
/** Characters. */
const MAX_TOP = 600;

/** @returns the files, in order; none for text that is nothing else. */
export function changedIn(text: string): readonly Labelled[] {
  if (!MAY_BE.test(text.slice(0, MAX_TOP))) return [];
  const found: Labelled[] = [];
  let isFirst = true;
  for (const { line, start } of linesOf(text)) {
    const written = line.trimEnd();
    const [, name] = FILE.exec(written) ?? [];
    if (name !== undefined) {
      const end = start + written.length;
      if (!RENAMED.test(name) && !name.startsWith('"'))
        found.push({ label: 'path', start: end - name.length, end });
    } else if (!OF_GIT.test(written) && !(isFirst && TITLE.test(written))) return [];
    isFirst = false;
  }
  return found;
}
