/**
 * Text that begins as messages do, with lines of `Name: value` up to an empty one, as servers write who a mail is from
 * and what its id is. What comes after is its writer's, who could write such lines as well: only where a text has nothing
 * else are the paragraphs that follow labelled, too, as the entries of a list.
 *
 * @see RFC 5322 section 2.2
 */

import type { Line as ListLine } from './lines.ts';

/** What follows a label. */
export interface Labelled {
  /** In lower case, with `_` for what stands between words. */
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** As it is, in a list with or without numbers, or in bold Markdown. */
const LINE =
  /^(?:[-*] +|\d{1,4}[.)] +)?(?:\*\*)?([A-Za-z][A-Za-z0-9 _-]{0,30})(?:\*\*)?:(?:\*\*)?(?=\s|$)\s*/;
const FOLDED = /^[ \t]+\S/;
const MAX_TITLE = 200;
const LEAST = 2;

/** @returns in order; none for text that does not begin so. */
export function labelledIn(text: string): readonly Labelled[] {
  const found = mayBegin(text) ? blocksIn(text) : [];
  if (found.length === 0 && !text.includes(FIRST_OF)) return found;
  return [...found, ...sectionsIn(text, found)];
}

function blocksIn(text: string): readonly Labelled[] {
  let first: readonly Labelled[] | undefined;
  const entries: Labelled[] = [];
  let isTitle = true;
  for (const paragraph of paragraphsOf(text)) {
    const { block, isAll } = toBlock(paragraph);
    if (first !== undefined) {
      if (!isAll || block[0]?.label !== first[0]?.label) return first;
      entries.push(...block);
    } else if (block.length >= LEAST) {
      if (!isAll) return block;
      first = block;
    } else if (!isTitle || paragraph.lines.length > 1 || paragraph.length > MAX_TITLE) return [];
    // `Found 3 messages:`
    isTitle = false;
  }
  return [...(first ?? []), ...entries];
}

/** `=== Message 2 ===`, `--- Comment 1 of 3 ---`, `### Result 1 of 2` */
const SECTION = /^(?:={2,}|-{2,}|#{2,}) *([A-Za-z]+) (\d{1,4})(?: of (\d{1,4}))? *(?:={2,}|-{2,}|#{2,})?$/gm;
/** Some texts have no other head. No blank before it, which a search would stop at all the time. */
const FIRST_OF = '1 of ';
/** `From: Ann Lee (ID: U7)`: what the server adds comes last. */
const WITH_ID = /\(ID: ([\w-]+)\)$/i;

interface Section {
  readonly name: string;
  readonly number: number;
  /** How many there are, by what it says itself. */
  readonly of: number | undefined;
  readonly from: number;
}

/**
 * The heads of numbered parts, where the head of all or each of them says how many there are, as in `Messages: 2`: with one
 * more in what somebody wrote, nobody could tell which are the server's.
 */
function sectionsIn(text: string, head: readonly Labelled[]): readonly Labelled[] {
  const sections = Array.from(
    text.matchAll(SECTION),
    ({ 0: line, 1: name = '', 2: number, 3: of, index }): Section => ({
      name: toLabel(name),
      number: Number(number),
      of: of === undefined ? undefined : Number(of),
      from: index + line.length,
    }),
  );
  const [first] = sections;
  const areAll = sections.every(({ name, number }, at) => name === first?.name && number === at + 1);
  if (!areAll || !areCounted(text, sections, head)) return [];
  return sections.flatMap(({ from }, at) => {
    const [paragraph] = paragraphsOf(text.slice(from, sections[at + 1]?.from));
    const { block } = paragraph === undefined ? NO_BLOCK : toBlock(paragraph);
    // Below a label for prose somebody else writes.
    const prose = block.findIndex(({ label }) => isProse(label));
    const own = prose < 0 ? block : block.slice(0, prose);
    return own.flatMap(({ label, start, end }) => {
      const labelled = { label, start: start + from, end: end + from };
      const [behind, id] = WITH_ID.exec(text.slice(labelled.start, labelled.end)) ?? [];
      if (behind === undefined || id === undefined) return [labelled];
      const begin = labelled.end - behind.length;
      return [
        { ...labelled, end: begin },
        { label: `${label}_id`, start: labelled.end - 1 - id.length, end: labelled.end - 1 },
      ];
    });
  });
}

function areCounted(text: string, sections: readonly Section[], head: readonly Labelled[]): boolean {
  if (sections.length > 0 && sections.every(({ of }) => of === sections.length)) return true;
  const count = head.find(({ label }) => label === `${sections[0]?.name}s`);
  return count !== undefined && text.slice(count.start, count.end).trim() === String(sections.length);
}

const NO_BLOCK = { block: [] };

/** The first line has a label, or is a title: most texts need no further look. */
function mayBegin(text: string): boolean {
  const start = text.search(/\S/);
  const end = text.indexOf('\n', start);
  if (start < 0 || end < 0) return false;
  const line = text.slice(start, Math.min(end, start + MAX_TITLE));
  return LINE.test(line) || /^[ \t\r]*$/.test(lineAfter(text, end));
}

function lineAfter(text: string, newline: number): string {
  const end = text.indexOf('\n', newline + 1);
  return text.slice(newline + 1, end < 0 ? text.length : end).slice(0, MAX_TITLE);
}

interface Paragraph {
  readonly length: number;
  readonly lines: readonly Line[];
}
interface Line {
  readonly text: string;
  readonly start: number;
}

function* paragraphsOf(text: string): Iterable<Paragraph> {
  let lines: Line[] = [];
  let length = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    if (line.trim() !== '') {
      lines.push({ text: line, start });
      length += line.length;
    } else if (lines.length > 0) {
      yield { length, lines };
      lines = [];
      length = 0;
    }
    start = end + 1;
  }
  if (lines.length > 0) yield { length, lines };
}

/** @returns the labels it begins with. */
function toBlock({ lines }: Paragraph): { readonly block: readonly Labelled[]; readonly isAll: boolean } {
  const block: Labelled[] = [];
  for (const { text, start } of lines) {
    const last = block.at(-1);
    const bar = text.indexOf('|');
    // What is in further cells follows another label, or none.
    const end = start + (bar < 0 ? text : text.slice(0, bar)).trimEnd().length;
    const line = LINE.exec(text);
    if (line !== null) block.push({ label: toLabel(line[1] as string), start: start + line[0].length, end });
    else if (last !== undefined && FOLDED.test(text)) block[block.length - 1] = { ...last, end };
    else return { block, isAll: false };
  }
  return { block, isAll: block.length >= LEAST };
}

/** Further in, or behind when it was: `[8 October 2025 at 08:12] From: Ann`. */
const INDENTED = new RegExp(
  LINE.source.replace('^', '^[ \\t]*(?:\\[[^\\]\\n]{0,60}\\d[^\\]\\n]{0,60}\\] +)?'),
);

/**
 * What follows the label of one line, however far in it begins. In `Line items: Description: …` it is the second that says
 * whose words come.
 */
export function labelOf({ line, start }: ListLine): Labelled | undefined {
  const found = INDENTED.exec(line);
  if (found === null) return undefined;
  const bar = line.indexOf('|');
  const end = start + (bar < 0 ? line : line.slice(0, bar)).trimEnd().length;
  const from = start + found[0].length;
  const inner = LINE.exec(line.slice(found[0].length));
  const isInner = inner !== null && isProse(toLabel(inner[1] as string));
  const label = toLabel((isInner ? inner[1] : found[1]) as string);
  return { label, start: Math.min(isInner ? from + inner[0].length : from, end), end };
}

const PROSE: ReadonlySet<string> = new Set(
  'body content contents text message description summary snippet notes note comment comments details preview'.split(
    ' ',
  ),
);

/** A label for sentences, in which somebody may have written whatever comes after it. */
export function isProse(label: string): boolean {
  return PROSE.has(label);
}

/** As names of labels are compared. */
export function toLabel(name: string): string {
  return name.replaceAll('"', '').trim().toLowerCase().replaceAll(/[ -]+/g, '_').replace(/_+$/, '');
}
