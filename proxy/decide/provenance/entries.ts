/**
 * Lists with one line for each entry, as servers write them for people: `- Name: "Plan" (ID: 1x, Size: 3)`, `ID: 7 | Ann |
 * Date: …`. Only where a text has nothing else, and where what somebody else has written into an entry, such as the name of
 * a file, cannot pass for more labels: it stands in quotation marks, or all lines have the same labels in the same order.
 */
import { type Labelled, toLabel } from './labels.ts';
import { listIn, MARK, MAX_LINE, topOf } from './lines.ts';

const NAME = '[A-Za-z]+(?:[ _][A-Za-z]+){0,2}';
const LABEL = new RegExp(`^${NAME}:\\s`);
/** At the beginning: how an entry is called. */
const TITLE = /^"[^"]*"\s*/;
/** A label stands at the beginning, or behind a mark; its value ends at the next. */
const PAIR = new RegExp(
  `(?<=^|[(,;|)"[\\]]\\s*)(${NAME}):\\s+(?:"([^"]*)"|([^\\s,;()|"[\\]][^,;()|"[\\]]*))(?=[\\s,;|()[\\]]|$)`,
  'g',
);
const CELL = new RegExp(`(?<=^|\\|)\\s*(${NAME}):\\s+([^|\\s][^|]*)`, 'g');
/** Of an entry, not of somebody who speaks. */
const FIRST =
  /^(?:name|title|subject|summary|file|filename|path|key|number|event|document|folder|chat|channel|group|room|(?:\w+_)?id)$/;
/** Columns are set apart by more than one blank. */
const COLUMNS = /\S {2,}(?=\S)/g;
const LEAST_LABELS = 2;

interface Entry {
  readonly pairs: readonly Labelled[];
  /** What somebody else may have written stands in quotation marks, and nothing in it looks like one. */
  readonly isQuoted: boolean;
}

/** @returns what follows each label, in order; none for text that is no such list. */
export function entriesIn(text: string): readonly Labelled[] {
  if (!topOf(text).some((line) => MARK.test(line) || LABEL.test(line))) return [];
  const list = listIn(text, ({ line, start }) => toEntry(line, start));
  const [first] = list?.entries ?? [];
  if (list === undefined || first === undefined) return [];
  const { entries } = list;
  const areQuoted = entries.every(({ isQuoted }) => isQuoted);
  const areAlike = entries.length > 1 && entries.every((entry) => isLike(entry, first));
  return areQuoted || areAlike ? entries.flatMap(({ pairs }) => pairs) : [];
}

function toEntry(line: string, from: number): Entry | undefined {
  if (line.length > MAX_LINE) return undefined;
  const mark = MARK.exec(line)?.[0].length ?? 0;
  const title = TITLE.exec(line.slice(mark))?.[0].length ?? 0;
  if (mark === 0 && !LABEL.test(line)) return undefined;
  const rest = line.slice(mark + title).replaceAll(COLUMNS, asCells);
  const pairs = title === 0 && rest.includes('|') ? cellsOf(rest) : pairsOf(rest);
  const labels = new Set(pairs.map(({ label }) => label));
  const isEntry = title > 0 || FIRST.test(pairs[0]?.label ?? '');
  if (!isEntry || labels.size < pairs.length || labels.size < LEAST_LABELS) return undefined;
  const quotes = line.split('"').length - 1;
  const isQuoted = quotes === 2 && (title > 0 || rest[(pairs[0] as Labelled).start - 1] === '"');
  const shift = from + mark + title;
  return {
    pairs: pairs.map(({ label, start, end }) => ({ label, start: start + shift, end: end + shift })),
    isQuoted,
  };
}

/** As long as it was. */
function asCells(gap: string): string {
  return `${gap[0]} |${' '.repeat(gap.length - 3)}`.slice(0, gap.length);
}

function pairsOf(line: string): readonly Labelled[] {
  return Array.from(line.matchAll(PAIR), ({ 0: whole, 1: label = '', 2: quoted, 3: plain = '', index }) => {
    const value = quoted ?? plain.trimEnd();
    const end = index + whole.length - (quoted === undefined ? plain.length - value.length : 1);
    return { label: toLabel(label), start: end - value.length, end };
  });
}

function cellsOf(line: string): readonly Labelled[] {
  return Array.from(line.matchAll(CELL), ({ 0: whole, 1: label = '', 2: written = '', index }) => {
    const value = written.trimEnd();
    const end = index + whole.length - (written.length - value.length);
    return { label: toLabel(label), start: end - value.length, end };
  });
}

function isLike(one: Entry, other: Entry): boolean {
  return (
    one.pairs.length === other.pairs.length &&
    one.pairs.every(({ label }, at) => label === other.pairs[at]?.label)
  );
}
