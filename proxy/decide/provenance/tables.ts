/**
 * Text that is nothing but a table, as servers write lists: a line of names, perhaps one of dashes, and lines with as many
 * cells; in Markdown below a title, too, and where that says how many rows there are, with text behind them. With one line
 * that has more or fewer it is text like any other: somebody's words could have made it look so.
 *
 * @see RFC 4180
 */
import { type Labelled, toLabel } from './labels.ts';
import { countIn } from './lines.ts';

const MARKS = ['|', '\t', ',', ';'] as const;
const DASHES = /^[\s|:-]+$/;
const LEAST_COLUMNS = { '|': 2, '\t': 2, ',': 3, ';': 3 };
/** In these tables what has a mark or a line break in it stands in quotation marks. */
const QUOTING: ReadonlySet<string> = new Set([',', ';']);
const MAX_COLUMNS = 64;
/** Characters. */
const MAX_HEAD = 4_000;
/** `## Users`, `5 hotels near the station:`. */
const TITLE = /^[^|\n]{1,200}\n\s*(?=\|)/;
const NAME = /^"?(?:#$|[A-Za-z][\w .#/-]{0,30}"?$)/;

interface Cell {
  readonly start: number;
  readonly end: number;
}

/** @returns each cell with the name of its column, in order; none for text that is no table. */
export function cellsIn(text: string): readonly Labelled[] {
  const title = text.includes('|') ? (TITLE.exec(text)?.[0] ?? '') : '';
  const from = title.length;
  const end = text.indexOf('\n', from);
  if (end < 0 || end > MAX_HEAD) return [];
  const line = text
    .slice(from)
    .trimStart()
    .slice(0, end - from);
  for (const mark of MARKS) {
    if (!line.includes(mark)) continue;
    const cells = cellsOf(text, from, mark, countIn(title));
    if (cells.length > 0) return cells;
  }
  return [];
}

/** @param count of rows, where a title says so: nobody's words could have made one of them. */
function cellsOf(
  text: string,
  from: number,
  mark: (typeof MARKS)[number],
  count: number | undefined,
): readonly Labelled[] {
  const found: Labelled[] = [];
  let rows = 0;
  /** What comes now is text without a mark. */
  let isOver = false;
  let names: readonly string[] | undefined;
  for (const row of rowsOf(text, from, mark)) {
    const written = row.map(({ start, end }) => text.slice(start, end));
    if (names === undefined) {
      names = written;
      const isHead = names.length >= LEAST_COLUMNS[mark] && names.length <= MAX_COLUMNS;
      if (!isHead || !names.every((name) => NAME.test(name))) return [];
    } else if (isOver || row.length !== names.length) {
      if (rows !== count || row.length > 1) return [];
      isOver = true;
    } else if (!written.every((cell) => DASHES.test(cell))) {
      rows++;
      for (const [at, cell] of row.entries()) {
        if (cell.end > cell.start) found.push({ label: toLabel(names[at] as string), ...cell });
      }
    }
  }
  return found;
}

/** Lines that are not empty, in cells without the space around them. */
function* rowsOf(text: string, from: number, mark: string): Iterable<readonly Cell[]> {
  let row: Cell[] = [];
  let start = from;
  let isQuoted = false;
  for (let at = from; at <= text.length; at++) {
    const unit = text[at];
    if (unit === '"' && QUOTING.has(mark)) isQuoted = !isQuoted;
    if (unit !== undefined && (isQuoted || (unit !== mark && unit !== '\n'))) continue;
    row.push(trimmed(text, start, at));
    start = at + 1;
    if (unit === mark) continue;
    const cells = mark === '|' ? withoutEdges(row) : row;
    if (cells.some((cell) => cell.end > cell.start)) yield cells;
    row = [];
  }
  if (isQuoted) yield [];
}

/** `| a | b |` has two cells. */
function withoutEdges(row: readonly Cell[]): readonly Cell[] {
  const isEmpty = (cell: Cell | undefined) => cell !== undefined && cell.start === cell.end;
  const from = row.length > 1 && isEmpty(row[0]) ? 1 : 0;
  return row.slice(from, row.length > 1 + from && isEmpty(row.at(-1)) ? -1 : undefined);
}

function trimmed(text: string, from: number, until: number): Cell {
  let start = from;
  let end = until;
  while (start < end && /\s/.test(text[start] as string)) start++;
  while (end > start && /\s/.test(text[end - 1] as string)) end--;
  return { start, end };
}
