/**
 * Text that is nothing but a table in columns, as tools of the command line print: a line of names in capitals, and lines
 * whose cells begin below them, with room before each. One line that is not so, or empty, makes it text like any
 * other.
 */
import { type Labelled, toLabel } from './labels.ts';
import { hasGaps, linesOf } from './lines.ts';

const NAME = /[A-Z][A-Z0-9_()%/#.-]*(?: [A-Z0-9_()%/#.-]+)*/.source;
const HEAD = new RegExp(`^${NAME}(?: {2,}${NAME})+ *$`);
const EACH = new RegExp(NAME, 'g');
/** Characters. */
const MAX_HEAD = 1_000;
const MAX_TEXT = 64 * 1_024;
/** Blanks before a cell. */
const ROOM = 2;

interface Column {
  readonly label: string;
  readonly from: number;
}

/** @returns each cell with the name of its column, in order; none for text that is no such table. */
export function columnsIn(text: string): readonly Labelled[] {
  const end = text.indexOf('\n');
  const isHead = end >= 0 && end <= MAX_HEAD && HEAD.test(text.slice(0, end).trimEnd());
  if (!isHead || text.length > MAX_TEXT || hasGaps(text)) return [];
  const columns = Array.from(
    text.slice(0, end).matchAll(EACH),
    ({ 0: name, index }): Column => ({ label: toLabel(name), from: index }),
  );
  const found: Labelled[] = [];
  for (const { line, start } of linesOf(text)) {
    if (start === 0) continue;
    if (!fits(line, columns)) return [];
    for (const [at, { label, from }] of columns.entries()) {
      const cell = line.slice(from, columns[at + 1]?.from);
      const shown = cell.trim();
      if (shown === '') continue;
      const begins = start + from + cell.indexOf(shown);
      found.push({ label, start: begins, end: begins + shown.length });
    }
  }
  return found;
}

/** The first cell is never empty; the others have room before them. */
function fits(line: string, columns: readonly Column[]): boolean {
  if (/^\s/.test(line) || line.includes('\t')) return false;
  return columns.every(({ from }) => from === 0 || line.slice(from - ROOM, from).trim() === '');
}
