/**
 * Entries of several lines with somebody's text in them, below a line that says how many there are, as servers write
 * mails and events for people. Whoever begins one more in what he has written makes the number wrong, and then nobody can
 * tell which are the server's; whoever adds a label to one makes it unlike the others.
 */
import { isProse, type Labelled, labelOf } from './labels.ts';
import { countIn, type Line, linesOf, topOf } from './lines.ts';

/** Above the first entry there is at most a heading. */
const MOST_BEFORE = 2;
const QUOTED = /^[-*•] "/;
const MAX_LABELS = 64;
/** What is an id, and how many entries must have it after somebody's text, which would all have to be his. */
const ID = /(?:^|_)id$/;
const LEAST_LATE = 3;

/** @returns what follows the labels at the head of each entry, in order; none for text that is no such list. */
export function countedIn(text: string): readonly Labelled[] {
  const [title = '', ...top] = topOf(text).filter((line) => line.trim() !== '');
  const count = countIn(title);
  if (count === undefined || count === 0 || filledLabelOf({ line: title, start: 0 }) !== undefined) return [];
  if (!top.some((line) => kindOf({ line, start: 0 }) !== undefined)) return [];
  const entries = partsOf(text, count);
  const heads = entries.map(({ head }) => onlyOnce(head));
  const areAlike = heads.length > 1 && heads.every((head) => sequenceOf(head) === sequenceOf(heads[0] ?? []));
  if (areAlike) return heads.flat();
  // What comes after somebody's text is the server's where other entries have it without.
  const sure = new Set(heads.flatMap(beforeProse).map(({ label }) => label));
  const late = lateIds(entries);
  return entries.flatMap(({ head, rest }, at) => {
    const all = [...head, ...rest];
    const resumed = afterTimes(all);
    const own = (heads[at] ?? []).filter(({ label }) => sure.has(label));
    return [
      ...(resumed === undefined ? own : [...beforeProse(onlyOnce(all)), ...resumed]),
      ...all.filter(({ label }) => late.has(label) && !sure.has(label)),
    ];
  });
}

const START = /^starts?(?:_time|_date|_at)?$/;
const END = /^ends?(?:_time|_date|_at)?$/;
const OTHER_TIME = /^(?:when|date|time|starts?_on|from|to)$/;

/**
 * Whatever prints an event prints once when it begins and ends: where that comes behind somebody's text, the server goes on
 * from there, since with another beginning in the text there would be two.
 *
 * @returns undefined where it does not.
 */
function afterTimes(all: readonly Labelled[]): readonly Labelled[] | undefined {
  const labels = onlyOnce(all);
  const prose = labels.findIndex(({ label }) => isProse(label));
  const start = labels.findIndex(({ label }) => START.test(label));
  const isPair = start > prose && END.test(labels[start + 1]?.label ?? '');
  if (prose < 0 || !isPair || all.some(({ label }) => OTHER_TIME.test(label))) return undefined;
  return beforeProse(labels.slice(start));
}

/** Ids that every entry has exactly once, wherever. */
function lateIds(entries: readonly Entry[]): ReadonlySet<string> {
  if (entries.length < LEAST_LATE) return NONE;
  const each = entries.map(
    ({ head, rest }) => new Set(onlyOnce([...head, ...rest]).map(({ label }) => label)),
  );
  const ids = [...(each[0] ?? NONE)].filter((label) => ID.test(label));
  return new Set(ids.filter((id) => each.every((labels) => labels.has(id))));
}

const NONE: ReadonlySet<string> = new Set();

/** The labels of one: up to its first line without one, and after that. */
interface Entry {
  readonly head: Labelled[];
  readonly rest: Labelled[];
}

/** None where there are more entries or fewer. */
function partsOf(text: string, count: number): readonly Entry[] {
  const entries: Entry[] = [];
  let kind: string | undefined;
  let before = 0;
  let isHead = false;
  for (const line of linesOf(text)) {
    kind ??= before > 0 ? kindOf(line) : undefined;
    if (kind === undefined && ++before > MOST_BEFORE) return [];
    const begins = kind !== undefined && kindOf(line) === kind;
    if (begins && entries.push({ head: [], rest: [] }) > count) return [];
    const labelled = filledLabelOf(line);
    isHead = begins || (isHead && labelled !== undefined);
    const entry = entries.at(-1);
    if (labelled === undefined || entry === undefined) continue;
    if ((isHead ? entry.head : entry.rest).push(labelled) === MAX_LABELS) return [];
  }
  return entries.length === count ? entries : [];
}

/** Those that are there twice are nobody's. */
function onlyOnce(head: readonly Labelled[]): readonly Labelled[] {
  const labels = head.map(({ label }) => label);
  return head.filter(({ label }) => labels.indexOf(label) === labels.lastIndexOf(label));
}

/** By which lines that begin entries are told: how far in they are, and their label or mark. */
function kindOf(line: Line): string | undefined {
  const text = line.line.trimStart();
  const indent = line.line.length - text.length;
  if (QUOTED.test(text)) return `${indent} "`;
  const label = filledLabelOf(line)?.label;
  return label === undefined ? undefined : `${indent} ${text.startsWith('[') ? '[' : ''}${label}`;
}

/** With nothing behind its label a line is a heading, or somebody's text begins below it. */
function filledLabelOf(line: Line): Labelled | undefined {
  const labelled = labelOf(line);
  return labelled === undefined || labelled.start === labelled.end ? undefined : labelled;
}

function sequenceOf(head: readonly Labelled[]): string {
  return head.map(({ label }) => label).join();
}

function beforeProse(head: readonly Labelled[]): readonly Labelled[] {
  const prose = head.findIndex(({ label }) => isProse(label));
  return prose < 0 ? head : head.slice(0, prose);
}
