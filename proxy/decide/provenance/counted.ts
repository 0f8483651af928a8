/**
 * Entries of several lines with somebody's text in them, below a line that says how many there are, as servers write
 * mails and events for people. Whoever begins one more in what he has written makes the number wrong, and then nobody can
 * tell which are the server's; whoever adds a label to one makes it unlike the others.
 */
import { isProse, type Labelled, labelOf } from './labels.ts';
import { countIn, type Line, linesOf, MAX_TITLE } from './lines.ts';

/** Above the first entry: the number, and perhaps a heading. */
const MOST_BEFORE = 2;
const QUOTED = /^[-*•] "/;

/** @returns what follows the labels at the head of each entry, in order; none for text that is no such list. */
export function countedIn(text: string): readonly Labelled[] {
  const title = text.slice(0, MAX_TITLE).trimStart().split('\n', 1)[0] ?? '';
  const count = countIn(title);
  if (count === undefined || count === 0 || filledLabelOf({ line: title, start: 0 }) !== undefined) return [];
  const [, ...lines] = linesOf(text);
  const first = lines.slice(0, MOST_BEFORE).findIndex((line) => kindOf(line) !== undefined);
  const kind = first < 0 ? undefined : kindOf(lines[first] as Line);
  const begins = lines.flatMap((line, at) => (kindOf(line) === kind ? at : []));
  if (kind === undefined || begins.length !== count) return [];
  const heads = begins.map((at, entry) => headOf(lines.slice(at, begins[entry + 1]), kind));
  const areAlike = heads.length > 1 && heads.every((head) => sequenceOf(head) === sequenceOf(heads[0] ?? []));
  if (areAlike) return heads.flat();
  // What comes after somebody's text is the server's where other entries have it without.
  const sure = new Set(heads.flatMap(beforeProse).map(({ label }) => label));
  return heads.flatMap((head) => head.filter(({ label }) => sure.has(label)));
}

/** By which lines that begin entries are told: how far in they are, and their label or mark. */
function kindOf(line: Line): string | undefined {
  const text = line.line.trimStart();
  const indent = line.line.length - text.length;
  if (QUOTED.test(text)) return `${indent} "`;
  const label = filledLabelOf(line)?.label;
  return label === undefined ? undefined : `${indent} ${label}`;
}

/** With nothing behind its label a line is a heading, or somebody's text begins below it. */
function filledLabelOf(line: Line): Labelled | undefined {
  const labelled = labelOf(line);
  return labelled === undefined || labelled.start === labelled.end ? undefined : labelled;
}

/** Its labels, up to the first line without one; those that are there twice are nobody's. */
function headOf(lines: readonly Line[], kind: string): readonly Labelled[] {
  const head: Labelled[] = [];
  const isTitled = kind.endsWith('"');
  for (const line of isTitled ? lines.slice(1) : lines) {
    const labelled = filledLabelOf(line);
    if (labelled === undefined) break;
    head.push(labelled);
  }
  const labels = head.map(({ label }) => label);
  return head.filter(({ label }) => labels.indexOf(label) === labels.lastIndexOf(label));
}

function sequenceOf(head: readonly Labelled[]): string {
  return head.map(({ label }) => label).join();
}

function beforeProse(head: readonly Labelled[]): readonly Labelled[] {
  const prose = head.findIndex(({ label }) => isProse(label));
  return prose < 0 ? head : head.slice(0, prose);
}
