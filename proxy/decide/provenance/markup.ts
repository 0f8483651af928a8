/**
 * Lists in XML, as servers print them for models: `<issue id="BE-7" createdBy="Ann"><title>…</title></issue>`. Only where a
 * text is well-formed from its first mark to its last: what somebody wrote in between could not be left open.
 *
 * @see XML 1.0 section 2.1
 */
import { type Labelled, toLabel } from './labels.ts';

/** `Here is the result:` above it. */
const BEFORE = /^(?:[^\n]*\n)?\s*$/;
/** @see XML 1.0 section 2.8 */
const DECLARATION = /<\?xml [^<>]*\?>\s*/y;
const MAX_TITLE = 300;
const TAG = /<(\/?)([A-Za-z][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*"[^"<]*")*)\s*(\/?)>/y;
const ATTRIBUTE = /\s([\w.:-]+)\s*=\s*"([^"]*)"/g;
/** Characters. */
const MAX_TEXT = 64 * 1_024;
const MAX_DEPTH = 16;

interface Open {
  readonly name: string;
  /** Where its content begins. */
  readonly from: number;
  isLeaf: boolean;
}

/** @returns attributes, and the text of elements that hold nothing else, in order; none for text that is no such list. */
export function markupIn(text: string): readonly Labelled[] {
  const begin = text.length > MAX_TEXT ? -1 : text.indexOf('<');
  if (begin < 0 || begin > MAX_TITLE || !BEFORE.test(text.slice(0, begin))) return [];
  const end = text.trimEnd().length;
  const found: Labelled[] = [];
  const open: Open[] = [];
  DECLARATION.lastIndex = begin;
  const declared = DECLARATION.exec(text)?.[0].length ?? 0;
  for (let at = begin + declared; at < end; ) {
    TAG.lastIndex = at;
    const [tag, closes, name = '', attributes = '', isEmpty] = TAG.exec(text) ?? [];
    if (tag === undefined) return [];
    at += tag.length;
    if (closes === '/') {
      const last = open.pop();
      if (last?.name !== name) return [];
      if (last.isLeaf) addText(text, last, at - tag.length, found);
    } else {
      const above = open.at(-1);
      if (above !== undefined) above.isLeaf = false;
      addAttributes(attributes, at - tag.length + 1 + name.length, found);
      if (isEmpty !== '/') open.push({ name, from: at, isLeaf: true });
      if (open.length > MAX_DEPTH) return [];
    }
    const next = text.indexOf('<', at);
    const until = next < 0 ? end : next;
    // Between elements of the outermost level stands nothing.
    if (open.length === 0 && text.slice(at, until).trim() !== '') return [];
    at = until;
  }
  return open.length === 0 ? found : [];
}

function addAttributes(written: string, from: number, found: Labelled[]): void {
  for (const { 0: whole, 1: name = '', 2: value = '', index } of written.matchAll(ATTRIBUTE)) {
    const end = from + index + whole.length - 1;
    found.push({ label: toLabel(name), start: end - value.length, end });
  }
}

function addText(text: string, { name, from }: Open, until: number, found: Labelled[]): void {
  const content = text.slice(from, until);
  const value = content.trim();
  const start = from + content.indexOf(value);
  if (value !== '') found.push({ label: toLabel(name), start, end: start + value.length });
}
