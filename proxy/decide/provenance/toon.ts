/**
 * Text in TOON, which servers write to save words: `key: value`, and tables that say how many rows they have,
 * `issues[2]{id,key}:`. What somebody else wrote stands in quotation marks where it could be taken for more; with one line
 * that is none of this or empty, one row more than there should be, or a key twice, it is text like any other.
 *
 * @see TOON specification 2.0 sections 6, 7.1 and 9.3
 */
import { type Labelled, toLabel } from './labels.ts';
import { hasGaps, type Line, linesOf } from './lines.ts';

const NAME = '[A-Za-z_][\\w.-]*';
const HEAD = new RegExp(`^( *)(?:${NAME})?\\[(\\d{1,5})([|\\t]?)\\]\\{([^{}]+)\\}:$`);
const PAIR = new RegExp(`^( *)(${NAME})(?:\\[\\d{1,5}[|\\t]?\\])?:(?: (\\S.*))?$`);
/** Most texts need no further look. */
const MAY_BE = /\[\d{1,5}[|\t]?\]\{/;
const CELLS = {
  ',': /("(?:[^"\\]|\\.)*"|[^",]*)(,|$)/y,
  '|': /("(?:[^"\\]|\\.)*"|[^"|]*)(\||$)/y,
  '\t': /("(?:[^"\\]|\\.)*"|[^"\t]*)(\t|$)/y,
};
/** Characters. */
const MAX_TEXT = 64 * 1_024;
const MAX_TOP = 1_000;
const MAX_COLUMNS = 64;

interface Table {
  readonly indent: number;
  readonly mark: keyof typeof CELLS;
  readonly names: readonly string[];
  rows: number;
}

/** @returns what follows each key, and each cell with the name of its column; none for text that is no TOON. */
export function toonIn(text: string): readonly Labelled[] {
  if (text.length > MAX_TEXT || !MAY_BE.test(text.slice(0, MAX_TOP)) || hasGaps(text)) return [];
  const found: Labelled[] = [];
  const keys = new Set<string>();
  let table: Table | undefined;
  for (const line of linesOf(text)) {
    if (table !== undefined && table.rows > 0) {
      const cells = rowOf(line, table);
      if (cells === undefined) return [];
      found.push(...cells);
      table.rows--;
      continue;
    }
    table = tableOf(line.line.trimEnd());
    if (table !== undefined) continue;
    const pair = PAIR.exec(line.line.trimEnd());
    if (pair === null) return [];
    const [whole, indent, name = '', value] = pair;
    if (indent === '' && keys.has(name)) return [];
    keys.add(name);
    const end = line.start + whole.length;
    if (value !== undefined)
      found.push(unquoted({ label: toLabel(name), start: end - value.length, end }, value));
  }
  return table === undefined || table.rows === 0 ? found : [];
}

function tableOf(line: string): Table | undefined {
  const [head, indent = '', rows, mark, names = ''] = HEAD.exec(line) ?? [];
  if (head === undefined) return undefined;
  const between = mark === '|' || mark === '\t' ? mark : ',';
  const columns = names.split(between, MAX_COLUMNS).map(toLabel);
  return { indent: indent.length, mark: between, names: columns, rows: Number(rows) };
}

/** Its cells, as many as there are names. */
function rowOf({ line, start }: Line, { indent, mark, names }: Table): readonly Labelled[] | undefined {
  const written = line.trimEnd();
  const from = written.length - written.trimStart().length;
  if (from <= indent) return undefined;
  const cells: Labelled[] = [];
  const pattern = CELLS[mark];
  pattern.lastIndex = from;
  for (const label of names) {
    const at = pattern.lastIndex;
    const [cell, value = '', ends] = pattern.exec(written) ?? [];
    const isLast = cells.length === names.length - 1;
    if (cell === undefined || isLast !== (ends === '')) return undefined;
    cells.push(unquoted({ label, start: start + at, end: start + at + value.length }, value));
  }
  return cells;
}

function unquoted({ label, start, end }: Labelled, value: string): Labelled {
  const by = value.length > 1 && value.startsWith('"') && value.endsWith('"') ? 1 : 0;
  return { label, start: start + by, end: end - by };
}
