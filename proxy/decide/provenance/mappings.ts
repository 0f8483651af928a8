/**
 * Text in YAML, as servers print their entries: mappings, or lists of them. What somebody else wrote cannot begin a line
 * there: whoever prints YAML sets further lines of a value further in than its key, and what looks like a key in quotation
 * marks. With one line that is none of this it is text like any other.
 *
 * @see YAML 1.2.2 sections 7.3 and 8.2
 */
import { type Labelled, toLabel } from './labels.ts';

const BEGINS = /^(?:- )?[A-Za-z_][\w-]*:(?:\s|$)/;
const DASH = '- ';
const KEY = /^([A-Za-z_][\w-]*):(?: +(\S.*))?$/;
/** Characters. */
const MAX_TEXT = 64 * 1_024;
const MAX_DEPTH = 8;
const LEAST_KEYS = 2;

/** A key or the dash of an element, of which more may come in lines that begin further in. */
interface Open {
  readonly indent: number;
  readonly label: string;
  /** The value began on the line of the key, so that what is further in is the rest of it. */
  readonly isScalar: boolean;
  readonly isElement: boolean;
}

/** @returns what follows each key, in order; what is inside others is called after them, too: `sender_name`. */
export function mappingsIn(text: string): readonly Labelled[] {
  if (text.length > MAX_TEXT || !BEGINS.test(text)) return [];
  const reader = new Reader(text);
  return reader.readAll() && reader.keys >= LEAST_KEYS ? reader.found : [];
}

class Reader {
  readonly found: Labelled[] = [];
  keys = 0;
  readonly #text: string;
  readonly #open: Open[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns false for text that is no YAML. */
  readAll(): boolean {
    const { length } = this.#text.trimEnd();
    let blanks = 0;
    for (let start = 0; start < length; ) {
      const newline = this.#text.indexOf('\n', start);
      const end = newline < 0 ? length : newline;
      const line = this.#text.slice(start, end).trimEnd();
      if (line === '') blanks++;
      else if (this.#goesOn(line)) blanks = 0;
      // Between entries nobody prints empty lines; what stands behind one is somebody's text.
      else if (blanks > 0 || !this.#readLine(line, start)) return false;
      start = end + 1;
    }
    return true;
  }

  #goesOn(line: string): boolean {
    const last = this.#open.at(-1);
    return last?.isScalar === true && indentOf(line) > last.indent;
  }

  #readLine(line: string, start: number): boolean {
    const indent = indentOf(line);
    if (!line.startsWith(DASH, indent)) return this.#readKey(line, indent, start);
    this.#beginElement(indent);
    const at = indent + DASH.length;
    return this.#readKey(line, at, start) || this.#readElement(line, at, start);
  }

  #beginElement(indent: number): void {
    // A list may stand as far in as its key.
    while (this.#isDone(indent)) this.#open.pop();
    const above = this.#open.at(-1);
    if (above?.isElement && above.indent === indent) return;
    this.#open.push({ indent, label: above?.label ?? '', isScalar: false, isElement: true });
  }

  #isDone(indent: number): boolean {
    const last = this.#open.at(-1);
    return last !== undefined && (last.indent > indent || (last.indent === indent && last.isScalar));
  }

  #readKey(line: string, at: number, start: number): boolean {
    const [, name, value] = KEY.exec(line.slice(at)) ?? [];
    if (name === undefined) return false;
    while ((this.#open.at(-1)?.indent ?? -1) >= at) this.#open.pop();
    const above = this.#open.at(-1);
    const isMisplaced = above === undefined ? at > 0 : above.isScalar;
    if (isMisplaced || this.#open.length >= MAX_DEPTH) return false;
    const label =
      above === undefined || above.label === '' ? toLabel(name) : `${above.label}_${toLabel(name)}`;
    this.#open.push({ indent: at, label, isScalar: value !== undefined, isElement: false });
    this.keys++;
    if (value !== undefined) this.#add(label, start + line.length - value.length, value);
    return true;
  }

  #readElement(line: string, at: number, start: number): boolean {
    const label = this.#open.at(-1)?.label ?? '';
    if (label === '') return false;
    this.#add(label, start + at, line.slice(at));
    return true;
  }

  #add(label: string, start: number, value: string): void {
    const isWrapped =
      value.length > 1 && WRAPPED.some((pair) => value[0] === pair[0] && value.at(-1) === pair[1]);
    const by = isWrapped ? 1 : 0;
    this.found.push({ label, start: start + by, end: start + value.length - by });
  }
}

const WRAPPED = ["''", '""', '[]'];

function indentOf(line: string): number {
  let at = 0;
  while (line[at] === ' ') at++;
  return at;
}
