/**
 * Lists with one line for each entry, as servers write them for people: `- Name: "Plan" (ID: 1x, Size: 3)`, `ID: 7 | Ann |
 * Date: …`. Only where a text has nothing else, and where what somebody else has written into an entry, such as the name of
 * a file, cannot pass for more labels: it stands in quotation marks, or all lines have the same labels in the same order.
 */
import { type Labelled, toLabel } from './labels.ts';

const MARK = /^\s*(?:[-*•]|\d{1,4}[.)])\s+/;
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
  /^(?:name|title|subject|summary|file|filename|path|key|number|event|document|folder|(?:\w+_)?id)$/;
/** Has one of those further below. */
const BEGINS = /^\[[\w.@:+-]*\d|[([](?:[A-Za-z]+[ _])?id[ :=]/i;
const LEAST_LABELS = 2;
/** At the beginning of a line, what tells entries apart; whatever somebody wrote comes after it. */
const ID = /^((?:[A-Za-z]+[ _]){0,2}id):\s+([\w.@:/+-]+)(?=\s*(?:[,;|(]|$))/i;
const BARE_ID = /^\[()([\w.@:+-]*\d[\w.@:+-]*)\](?=\s)/;
/** In brackets: `Plan.docx (id 1x), by Ann`, `- Plan (document) [ID: 1x]`. */
const BRACKETED = /[([]((?:[A-Za-z]+[ _])?id)[:=]?\s*\b([\w.@:/+-]+)[)\]]/gi;
/** Characters. */
const MAX_TITLE = 300;
const MAX_LINE = 2_000;

interface Entry {
  readonly pairs: readonly Labelled[];
  /** What somebody else may have written stands in quotation marks, and nothing in it looks like one. */
  readonly isQuoted: boolean;
}

/** @returns what follows each label, in order; none for text that is no such list. */
export function entriesIn(text: string): readonly Labelled[] {
  if (!mayBegin(text)) return [];
  const lines = linesOf(text);
  const entries = lines.flatMap(({ line, start }) => toEntry(line, start) ?? []);
  const [first] = entries;
  if (entries.length < lines.length || first === undefined) return idsOf(lines);
  const areQuoted = entries.every(({ isQuoted }) => isQuoted);
  const areAlike = entries.length > 1 && entries.every((entry) => isLike(entry, first));
  return areQuoted || areAlike ? entries.flatMap(({ pairs }) => pairs) : idsOf(lines);
}

interface Line {
  readonly line: string;
  readonly start: number;
}

/** Those that are not empty, without a title above them. */
function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    if (line.trim() !== '') lines.push({ line, start });
    start = end + 1;
  }
  const [title] = lines;
  if (title === undefined || title.line.length > MAX_TITLE) return lines;
  return (toEntry(title.line, 0) ?? idBefore(title) ?? idInBrackets(title)) ? lines : lines.slice(1);
}

/**
 * Where there is an id in all lines, that is the server's: all begin with it, whatever comes after it, or each has it in
 * brackets, and in no line there is another.
 */
function idsOf(lines: readonly Line[]): readonly Labelled[] {
  for (const read of [idBefore, idInBrackets]) {
    const ids = lines.flatMap((line) => read(line) ?? []);
    const areAlike =
      ids.length > 1 && ids.length === lines.length && ids.every(({ label }) => label === ids[0]?.label);
    if (areAlike) return ids;
  }
  return [];
}

function idBefore({ line, start }: Line): Labelled | undefined {
  const mark = MARK.exec(line)?.[0].length ?? 0;
  const found = ID.exec(line.slice(mark)) ?? BARE_ID.exec(line.slice(mark));
  if (found === null) return undefined;
  const [whole, name = '', value = ''] = found;
  const from = start + mark + whole.lastIndexOf(value);
  return { label: toLabel(name) || 'id', start: from, end: from + value.length };
}

function idInBrackets({ line, start }: Line): Labelled | undefined {
  const [found, ...others] = line.length > MAX_LINE ? [] : line.matchAll(BRACKETED);
  if (found === undefined || others.length > 0) return undefined;
  const [whole, name = '', value = ''] = found;
  const end = start + found.index + whole.length - 1;
  return { label: toLabel(name), start: end - value.length, end };
}

/** The first line begins as an entry does, or the line after a title: most texts need no further look. */
function mayBegin(text: string): boolean {
  const lines = text
    .slice(0, 2 * MAX_TITLE)
    .trimStart()
    .split('\n', 3);
  return lines.some((line) => MARK.test(line) || LABEL.test(line) || BEGINS.test(line));
}

function toEntry(line: string, from: number): Entry | undefined {
  if (line.length > MAX_LINE) return undefined;
  const mark = MARK.exec(line)?.[0].length ?? 0;
  const title = TITLE.exec(line.slice(mark))?.[0].length ?? 0;
  if (mark === 0 && !LABEL.test(line)) return undefined;
  const rest = line.slice(mark + title);
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
