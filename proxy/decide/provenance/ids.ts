/**
 * Lists in whose lines there is an id, that is the server's: all begin with it, whatever comes after it, or each has it
 * somewhere, and in no line there is another. `Chat ID: 7, Title: …`, `[7] ann: …`, `Plan.docx (id 1x), by Ann`, `Plan id=1x`.
 * Where as many lines begin with one as the line above them says, others may stand between them.
 */
import { type Labelled, toLabel } from './labels.ts';
import { countIn, type Line, linesOf, listIn, MARK, MAX_LINE, topOf } from './lines.ts';

/** Somebody else's words come after it. */
const BEFORE = /^[([]?((?:[A-Za-z]+[ _]){0,2}id):\s+([\w.@:/+-]+)(?=\s*(?:[,;|()\]]|$))/i;
const BARE = /^[[(]()(?=[^\d\s]*\d)([\w.@:+-]+)[\])](?=\s)/;
/** Long enough, and with a digit, to be nothing anybody would say. */
const OPAQUE = /^()((?=[\w-]*\d)(?:[\w-]{16,}(?=\s+\S)|[\w-]{8,}(?=\s{2,}\S)))/;
/** Of a tracker: `FJO-412: Title`. */
const KEYED = /^()([A-Z][A-Z0-9]{1,9}-\d{1,7})(?=:?\s)/;
/** `#40981`, `**#40981**` */
const MARKED = /^()(?:\*\*)?#(\d{1,12})(?:\*\*)?(?=[\s:,]|$)/;
/** The last is a room of Matrix: `Garden (!kQzW:chat.example)`. */
const NAMED =
  /(?:[([]((?:[A-Za-z]+[ _])?id)[:=]?\s*|(?:^|\s)((?:[A-Za-z]+_)?id)=)\b([\w.@:/+-]+)(?=[\s,;)\]]|$)|\((![\w=./+-]+:[\w.:-]+)\)/gi;
/** `[BE-7](https://tracker.example/issue/BE-7)` */
const LINKED = /^\[([\w.-]+)\]\((\S*[/=#]\1)\/?\)/;
const HEADING = /^#{1,6} +/;
/** `=== Document 7731 ===` */
const SECTION = /^(?:={2,}|-{2,}) *[A-Za-z]+ (?:#|no\. ?)?([\w.-]*\d[\w.-]*) *(?:={2,}|-{2,})$/i;
const SECTION_ID = 'section_id';
const HEADED =
  /^\s*(?:[#[(]|={2,} |-{2,} |(?:[-*•]|\d{1,4}[.)])\s+(?:[[(]|(?:\*\*)?#|[A-Z][A-Z0-9]{1,9}-\d)|.{0,40}\bid[ :])/i;
/** Has one of those: most texts need no further look. */
const BEGINS =
  /^(?:[\w-]{16,}\s|[\w-]{8,}\s{2}|[[(][\w.@:+-]*\d|(?:[-*•] +|\d{1,4}[.)] +)?(?:(?:\*\*)?#\d|[A-Z][A-Z0-9]{1,9}-\d))/;
const NAMES = /\bid[ :=]|\(!\w+:/i;
/** Without a number above them that says so, one alone could be anybody's. */
const LEAST = 2;

/** @returns the ids, in order; none for text that is no such list. */
export function idsIn(text: string): readonly Labelled[] {
  if (!topOf(text).some((line) => BEGINS.test(line) || NAMES.test(line))) return [];
  for (const read of [idBefore, idNamed]) {
    const { entries = [], count } = listIn(text, read) ?? {};
    const isEnough = entries.length >= LEAST || entries.length === count;
    if (isEnough && entries.every(({ label }) => label === entries[0]?.label)) return entries;
  }
  return [];
}

/**
 * Ids at the head of entries, which nobody's text comes before, and links that lead to them: whoever writes one more makes
 * the number wrong.
 */
export function headsIn(text: string): readonly Labelled[] {
  const lines = topOf(text).filter((line) => line.trim() !== '');
  if (!lines.some((line) => HEADED.test(line))) return [];
  const title = lines.find((line) => !HEADING.test(line)) ?? '';
  const count = headOf({ line: title, start: 0 }).length > 0 ? undefined : countIn(title);
  if (count === undefined) return [];
  const heads: (readonly Labelled[])[] = [];
  for (const line of linesOf(text)) {
    const head = headOf(line);
    if (head.length > 0 && heads.push(head) > count) return [];
  }
  const areAlike = heads.every((head) => head[0]?.label === heads[0]?.[0]?.label);
  return heads.length === count && areAlike && !areNumbers(heads, text) ? heads.flat() : [];
}

/** Of parts from one on: they name nothing. */
function areNumbers(heads: readonly (readonly Labelled[])[], text: string): boolean {
  return heads.every(([head], at) => {
    return head?.label === SECTION_ID && text.slice(head.start, head.end) === String(at + 1);
  });
}

function headOf({ line, start }: Line): readonly Labelled[] {
  if (line.length > MAX_LINE) return [];
  const section = SECTION.exec(line.trimEnd())?.[1];
  if (section !== undefined) {
    const from = start + line.lastIndexOf(section);
    return [{ label: SECTION_ID, start: from, end: from + section.length }];
  }
  const heading = HEADING.exec(line)?.[0].length ?? 0;
  const rest = { line: line.slice(heading), start: start + heading };
  const mark = MARK.exec(rest.line)?.[0].length ?? 0;
  const [found, id = '', target = ''] = LINKED.exec(rest.line.slice(mark)) ?? [];
  if (found === undefined) {
    const bare = idBefore(rest);
    return bare === undefined ? [] : [bare];
  }
  const from = rest.start + mark + 1;
  const link = from + id.length + ']('.length;
  return [
    { label: 'id', start: from, end: from + id.length },
    { label: 'link', start: link, end: link + target.length },
  ];
}

function idBefore({ line, start }: Line): Labelled | undefined {
  if (line.length > MAX_LINE) return undefined;
  const mark = MARK.exec(line)?.[0].length ?? 0;
  const found = [BEFORE, BARE, OPAQUE, MARKED, KEYED]
    .map((form) => form.exec(line.slice(mark)))
    .find((match) => match !== null);
  if (found === undefined || found === null) return undefined;
  const [whole, name = '', value = ''] = found;
  const from = start + mark + whole.lastIndexOf(value);
  return { label: toLabel(name) || 'id', start: from, end: from + value.length };
}

/** The only one of its line. */
function idNamed({ line, start }: Line): Labelled | undefined {
  const [found, ...others] = line.length > MAX_LINE ? [] : line.matchAll(NAMED);
  if (found === undefined || others.length > 0) return undefined;
  const [whole, inBrackets, bare, named, room] = found;
  const value = named ?? room ?? '';
  const name = inBrackets ?? bare ?? 'id';
  const end = start + found.index + whole.length - (room === undefined ? 0 : 1);
  return { label: toLabel(name), start: end - value.length, end };
}
