/** Texts that are lists: a title perhaps, and a line for each entry. */

/** Before an entry: a dash, or its number. */
export const MARK = /^\s*(?:[-*•]|\d{1,4}[.)])\s+/;
/** Characters: what is longer is no entry for people. */
export const MAX_LINE = 2_000;
/** Characters of a line that may stand above a list. */
const MAX_TITLE = 300;
/** What is longer is no list for people. */
const MAX_ENTRIES = 5_000;

export interface Line {
  readonly line: string;
  readonly start: number;
}

/** Those that are not empty. */
export function* linesOf(text: string): Iterable<Line> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    if (line.trim() !== '') yield { line, start };
    start = end + 1;
  }
}

/** Between lines one is empty: what stands behind it may be somebody's text. */
export function hasGaps(text: string): boolean {
  return GAP.test(text);
}

const GAP = /\S[ \t\r]*\n[ \t\r]*\n\s*\S/;

/** The lines at the top of a text: most texts need no further look. */
export function topOf(text: string): readonly string[] {
  return text
    .slice(0, 2 * MAX_TITLE)
    .trimStart()
    .split('\n', 5);
}

/** `2 files`, `Found **2** files:`, `Successfully processed: 2 messages` */
const SAID =
  /^(?:#{1,6} )?(?:[^\d\n#]{0,30}\b(?:found|got|retrieved|fetched|loaded|listed|listing|showing|displaying|returned|returning|matched|processed|read|total|are)\b[:\s*_]*|[^\p{L}\d#\n]{0,10})(\d{1,4})\b(?![.)\]/-])/iu;
/** `Messages: 2`, `Messages (2)`, `Messages (2 results)` */
const BEHIND = /^(?:#{1,6} )?[^\d\n#(:]{1,40}(?:\((\d{1,4})(?: [^)\d]{1,20})?\)|:\s*\**(\d{1,4})\**\s*$)/;

/**
 * How many entries come, as the server says above them. Whoever writes one more breaks the list. What only has a number,
 * as `Email #2`, `Thread 7`, counts nothing.
 */
export function countIn(title: string): number | undefined {
  if (title.length > MAX_TITLE) return undefined;
  const behind = BEHIND.exec(title);
  const number = SAID.exec(title)?.[1] ?? behind?.[1] ?? behind?.[2];
  return number === undefined ? undefined : Number(number);
}

export interface List<T> {
  readonly entries: readonly T[];
  /** How many a line above them says there are. */
  readonly count: number | undefined;
}

/**
 * @param read a line, undefined for one that is no entry.
 * @returns undefined for text that has a line which is neither an entry nor a title, unless its entries are numbered from
 * one on, as many as its title says: then what stands below each of them does not count.
 */
export function listIn<T>(text: string, read: (line: Line) => T | undefined): List<T> | undefined {
  const numbered = numberedIn(text);
  const entries: T[] = [];
  let title: string | undefined;
  for (const line of numbered ?? linesOf(text)) {
    const entry = read(line);
    const isTitle = numbered === undefined && title === undefined && entries.length === 0;
    if (entry !== undefined && entries.length < MAX_ENTRIES) entries.push(entry);
    else if (isTitle && line.line.length <= MAX_TITLE) title = line.line;
    else return undefined;
  }
  return { entries, count: numbered?.length ?? countIn(title ?? '') };
}

const NUMBER = /^\s*(\d{1,4})[.)]\s/;

function numberedIn(text: string): readonly Line[] | undefined {
  const [title = ''] = topOf(text);
  const count = NUMBER.test(title) ? undefined : countIn(title);
  if (count === undefined || count === 0) return undefined;
  const entries: Line[] = [];
  for (const line of linesOf(text)) {
    const number = NUMBER.exec(line.line)?.[1];
    if (number === undefined) continue;
    if (Number(number) !== entries.length + 1 || entries.length === count) return undefined;
    entries.push(line);
  }
  return entries.length === count ? entries : undefined;
}
