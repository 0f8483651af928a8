/**
 * Lists with one line for each entry, as servers write them for people: `- Name: "Plan" (ID: 1x, Size: 3)`. Only where a
 * text has nothing else, and all its lines have the same labels in the same order: what somebody else has written into an
 * entry, such as the name of a file, would have to have more or others.
 */
import { type Labelled, toLabel } from './labels.ts';

const BEGIN = /^\s*(?:[-*•]|\d{1,4}[.)])\s+/;
/** A label stands at the beginning, or behind a mark; its value ends at the next. */
const PAIR =
  /(?<=^|[(,;|)"]\s*)([A-Za-z]+(?:[ _][A-Za-z]+){0,2}):\s+(?:"([^"]*)"|([^\s,;()|"][^,;()|"]*))(?=[\s,;|()]|$)/g;
/** Of an entry, not of somebody who speaks. */
const FIRST: ReadonlySet<string> = new Set(
  'name title id subject summary file filename path key number event document folder'.split(' '),
);
const LEAST_LABELS = 2;
/** Characters. */
const MAX_TITLE = 300;
const MAX_LINE = 2_000;

interface Entry {
  readonly pairs: readonly Labelled[];
  /** Its first value stands in quotation marks, so that it cannot go on with labels of its own. */
  readonly isQuoted: boolean;
}

/** @returns what follows each label, in order; none for text that is no such list. */
export function entriesIn(text: string): readonly Labelled[] {
  if (!mayBegin(text)) return [];
  const entries: Entry[] = [];
  let isTitle = true;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    if (BEGIN.test(line)) {
      const entry = toEntry(line, start);
      if (entry === undefined || !areLike(entry, entries[0] ?? entry)) return [];
      entries.push(entry);
    } else if (line.trim() !== '' && (!isTitle || line.length > MAX_TITLE)) return [];
    if (line.trim() !== '') isTitle = false;
    start = end + 1;
  }
  const isCertain = entries.length > 1 || entries[0]?.isQuoted === true;
  return isCertain ? entries.flatMap(({ pairs }) => pairs) : [];
}

/** The first line is an entry, or a title before one: most texts need no further look. */
function mayBegin(text: string): boolean {
  const first = text.slice(0, MAX_TITLE);
  return BEGIN.test(first) || /^[^\n]*\n\s*(?:[-*•]|\d{1,4}[.)])\s/.test(first);
}

function toEntry(line: string, from: number): Entry | undefined {
  if (line.length > MAX_LINE) return undefined;
  const mark = BEGIN.exec(line)?.[0].length ?? 0;
  const pairs: Labelled[] = [];
  let isQuoted = false;
  for (const match of line.slice(mark).matchAll(PAIR)) {
    const [whole, label = '', quoted, plain = ''] = match;
    const value = quoted ?? plain.trimEnd();
    const end =
      from + mark + match.index + whole.length - (quoted === undefined ? plain.length - value.length : 1);
    if (pairs.length === 0) isQuoted = quoted !== undefined;
    pairs.push({ label: toLabel(label), start: end - value.length, end });
  }
  const labels = new Set(pairs.map(({ label }) => label));
  const isEntry =
    FIRST.has(pairs[0]?.label ?? '') && labels.size === pairs.length && labels.size >= LEAST_LABELS;
  return isEntry ? { pairs, isQuoted } : undefined;
}

function areLike(one: Entry, other: Entry): boolean {
  return (
    one.pairs.length === other.pairs.length &&
    one.pairs.every(({ label }, at) => label === other.pairs[at]?.label)
  );
}
