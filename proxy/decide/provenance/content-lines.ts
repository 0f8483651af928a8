/**
 * Calendars and cards as they are kept, a property in each line. What somebody has written into one has no line of its own:
 * where it has several they are one, with `\n` for its ends or set further in. A property that may be there only once and
 * is there twice, or a line that is none, makes it text like any other.
 *
 * @see RFC 5545 section 3.1, RFC 6350 section 3.3
 */
import { type Labelled, toLabel } from './labels.ts';
import { hasGaps, type Line, linesOf } from './lines.ts';

const BEGINS = /^BEGIN:V(?:CALENDAR|CARD)\r?\n/;
/** Several may be set apart by empty lines. */
const BETWEEN = /(?<=^END:V(?:CALENDAR|CARD)\r?\n)\s+(?=BEGIN:V)/gm;
const LINE =
  /^(?:[A-Za-z][A-Za-z0-9-]*\.)?([A-Za-z][A-Za-z0-9-]*)(?:;[A-Za-z0-9-]+=(?:"[^"\n]*"|[^";:\n]*))*:/;
const FOLDED = /^[ \t]/;
const MAILTO = /^mailto:/i;
/** Characters. */
const MAX_TEXT = 64 * 1_024;
const MAX_DEPTH = 8;
/** What a component has one of at most. */
const ONLY_ONCE = new Set(['uid', 'organizer', 'recurrence_id']);

interface Property extends Labelled {
  readonly value: string;
}

/** A component that has begun, and what it has of what it may have only once. */
interface Open {
  readonly name: string;
  readonly met: Set<string>;
}

/** @returns what each property has, in order; none for text that is nothing of the kind. */
export function contentLinesIn(text: string): readonly Labelled[] {
  if (text.length > MAX_TEXT || !BEGINS.test(text) || hasGaps(text.replace(BETWEEN, ''))) return [];
  const found: Labelled[] = [];
  const open: Open[] = [];
  for (const line of linesOf(text)) {
    if (FOLDED.test(line.line)) {
      // Its value has its ends in two lines, and is none that could be found.
      if (isNextTo(found.at(-1), line, text)) found.pop();
      continue;
    }
    const property = propertyOf(line);
    if (property === undefined || !takesPlace(property, open)) return [];
    const { label, start, end } = property;
    if (label !== 'begin' && label !== 'end' && start < end) found.push({ label, start, end });
  }
  return open.length === 0 ? found : [];
}

function propertyOf({ line, start }: Line): Property | undefined {
  const written = line.trimEnd();
  const [head, property] = LINE.exec(written) ?? [];
  if (head === undefined || property === undefined) return undefined;
  const value = written.slice(head.length);
  const scheme = MAILTO.exec(value)?.[0].length ?? 0;
  return {
    label: toLabel(property),
    value,
    start: start + head.length + scheme,
    end: start + written.length,
  };
}

/** @returns false where there can be no such property. */
function takesPlace({ label, value }: Property, open: Open[]): boolean {
  if (label === 'begin') return open.push({ name: value, met: new Set() }) <= MAX_DEPTH;
  const inside = open.at(-1);
  if (inside === undefined) return false;
  if (label === 'end') return open.pop()?.name === value;
  if (!ONLY_ONCE.has(label)) return true;
  const isFirst = !inside.met.has(label);
  inside.met.add(label);
  return isFirst;
}

/** Nothing but the end of a line between them. */
function isNextTo(found: Labelled | undefined, { start }: Line, text: string): boolean {
  return found !== undefined && start - found.end <= 2 && text.slice(found.end, start).trim() === '';
}
