/**
 * Lists in whose lines there is an id, that is the server's: all begin with it, whatever comes after it, or each has it
 * somewhere, and in no line there is another. `Chat ID: 7, Title: …`, `[7] ann: …`, `Plan.docx (id 1x), by Ann`, `Plan id=1x`.
 */
import { type Labelled, toLabel } from './labels.ts';
import { type Line, listIn, MARK, MAX_LINE, topOf } from './lines.ts';

/** Somebody else's words come after it. */
const BEFORE = /^((?:[A-Za-z]+[ _]){0,2}id):\s+([\w.@:/+-]+)(?=\s*(?:[,;|(]|$))/i;
const BARE = /^[[(]()(?=[^\d\s]*\d)([\w.@:+-]+)[\])](?=\s)/;
/** Long enough, and with a digit, to be nothing anybody would say. */
const OPAQUE = /^()((?=[\w-]*\d)(?:[\w-]{16,}(?=\s+\S)|[\w-]{8,}(?=\s{2,}\S)))/;
const NAMED =
  /(?:[([]((?:[A-Za-z]+[ _])?id)[:=]?\s*|(?:^|\s)((?:[A-Za-z]+_)?id)=)\b([\w.@:/+-]+)(?=[\s,;)\]]|$)/gi;
/** Has one of those: most texts need no further look. */
const BEGINS = /^(?:[\w-]{16,}\s|[\w-]{8,}\s{2}|[[(][\w.@:+-]*\d)/;
const NAMES = /\bid[ :=]/i;
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

function idBefore({ line, start }: Line): Labelled | undefined {
  if (line.length > MAX_LINE) return undefined;
  const mark = MARK.exec(line)?.[0].length ?? 0;
  const found = [BEFORE, BARE, OPAQUE]
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
  const [whole, inBrackets, bare, value = ''] = found;
  const name = inBrackets ?? bare ?? '';
  const end = start + found.index + whole.length;
  return { label: toLabel(name), start: end - value.length, end };
}
