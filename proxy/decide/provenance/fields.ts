/**
 * The fields of a message: every string, number and member name with a pointer to where it stands, in which an element's
 * number is `*`. JSON inside a text block is structure and has pointers of its own; JSON inside one of its strings is
 * text, or whoever writes the string could make fields.
 */
import { isObject, type Json } from '../../frame/json.ts';
import { countIn } from './lines.ts';

/** Where leaves stand in one message; the same place is the same object, however many rows a table has. */
export class Field<Note = unknown> {
  /** e.g. `/messages/*\/body` */
  readonly pointer: string;
  /** In text there, the label before it. */
  readonly label: string | undefined;
  /** For whoever visits, to note something of the place. */
  readonly notes: Note[] = [];
  #children: Map<string, Field<Note>> | undefined;
  #labelled: Map<string, Field<Note>> | undefined;

  constructor(pointer: string, label?: string) {
    this.pointer = pointer;
    this.label = label;
  }

  find(name: string): Field<Note> | undefined {
    return this.#children?.get(name);
  }

  child(name: string): Field<Note> {
    return this.find(name) ?? this.#make(name);
  }

  /** What follows this label in texts that stand here. */
  labelled(label: string): Field<Note> {
    this.#labelled ??= new Map();
    let field = this.#labelled.get(label);
    if (field === undefined) {
      field = new Field<Note>(this.pointer, label);
      this.#labelled.set(label, field);
    }
    return field;
  }

  #make(name: string): Field<Note> {
    const child = new Field<Note>(pointerTo(this.pointer, name));
    this.#children ??= new Map();
    this.#children.set(name, child);
    return child;
  }
}

/** Pointers longer than this are cut: they are only shown. */
const MAX_POINTER = 256;
const MAX_DEPTH = 64;

function pointerTo(at: string, name: string): string {
  return at.length >= MAX_POINTER ? at : `${at}/${escaped(name)}`.slice(0, MAX_POINTER);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** @param isDocument a text by itself, whose lines may be entries; the lines of a string in a structure are its writer's. */
export type Visit<Note> = (field: Field<Note>, text: string, isDocument: boolean) => void;

/** @param payload the `result` or `error` of an answer. */
export function fieldsOfResult<Note>(payload: Json, visit: Visit<Note>): void {
  const root = new Field<Note>('');
  if (!isObject(payload)) return walk(payload, root, root, visit, 0);
  for (const [name, value] of Object.entries(payload)) {
    if (name === 'structuredContent') walkStructure(value, root, visit);
    else if (name !== '_meta') walk(value, root.child(name), root, visit, 0);
  }
}

/** @param texts where the structure of text blocks begins; undefined where a text is a text. */
function walk<Note>(
  value: Json,
  at: Field<Note>,
  texts: Field<Note> | undefined,
  visit: Visit<Note>,
  depth: number,
): void {
  if (typeof value === 'string') return visit(at, value, false);
  if (typeof value === 'number') return visit(at, String(value), false);
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    const inside = at.child('*');
    for (const element of value as readonly Json[]) walk(element, inside, texts, visit, depth + 1);
  } else if (isObject(value)) {
    for (const name of Object.keys(value)) {
      const member = value[name] as Json;
      if (texts === undefined) {
        // In the rows of a table, once.
        if (at.find(name) === undefined) visit(at, name, false);
      } else if (name === '_meta') continue;
      else if (name === 'text' && typeof member === 'string') {
        textBlock(member, at.child(name), texts, visit);
        continue;
      }
      walk(member, at.child(name), texts, visit, depth + 1);
    }
  }
}

function textBlock<Note>(text: string, at: Field<Note>, texts: Field<Note>, visit: Visit<Note>): void {
  const inner = toStructure(text) ?? toObjects(text);
  if (inner !== undefined) return walkStructure(inner, texts, visit);
  const found = toCounted(text) ?? toMarked(text);
  if (found === undefined) return visit(at, text, true);
  visit(at, found.around, true);
  walkStructure(found.inner, texts, visit);
}

/** A server that only has a text for a result may wrap it to make it structure, `{"result": "…"}`: it is a text block. */
function walkStructure<Note>(value: Json, texts: Field<Note>, visit: Visit<Note>): void {
  const only = isObject(value) && Object.keys(value).length === 1 ? value['result'] : undefined;
  if (typeof only === 'string') visit(texts.child('content').child('*').child('text'), only, true);
  else walk(value, texts, undefined, visit, 0);
}

/** Structure, and the text it stands in. */
interface Framed {
  readonly around: string;
  readonly inner: Json;
}

/** Characters: what is longer is no title. */
const MAX_TITLE = 300;

/**
 * `Found 2 bills:` and a list of two as JSON, be it the only member of an object, or a line for each. Without the number,
 * what is below a line of the server could be all that somebody has written.
 */
function toCounted(text: string): Framed | undefined {
  const newline = text.indexOf('\n');
  if (newline < 0 || newline > MAX_TITLE) return undefined;
  const title = text.slice(0, newline);
  const count = countIn(title);
  if (count === undefined) return undefined;
  const below = text.slice(newline + 1);
  const list = toStructure(below) ?? toObjects(below, count);
  if (list === undefined) return undefined;
  const [only, ...others] = isObject(list) ? Object.values(list) : [list];
  const isCounted = others.length === 0 && Array.isArray(only) && only.length === count;
  return isCounted ? { around: title, inner: list } : undefined;
}

/**
 * A line for each object, which nothing in one of them could break.
 *
 * @param count of lines, two or more by default.
 * @see https://jsonlines.org
 */
function toObjects(text: string, count?: number): readonly Json[] | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) return undefined;
  const lines = trimmed.split('\n');
  const isEnough = count === undefined ? lines.length > 1 : lines.length === count;
  if (!isEnough) return undefined;
  const found = lines.map(toStructure);
  return found.every(isObject) ? found : undefined;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const MARKED = new RegExp(`<([\\w-]{0,64}${UUID})>\\n([^\\n]*)\\n</\\1>`);

const MAX_LINES_BEFORE = 2;
const LABEL = /^\W{0,8}[A-Za-z][\w -]{0,30}:(?:\s|$)/;

/**
 * JSON between marks that nobody could have known when he wrote what is in it: `<untrusted-user-data-…>`. The server names
 * them before, in its own words and no more: further down, or below the head of a mail, somebody could have made up his own.
 */
function toMarked(text: string): Framed | undefined {
  const found = text.includes('</') ? MARKED.exec(text) : null;
  if (found === null) return undefined;
  const before = text.slice(0, found.index);
  const lines = before.split('\n').filter((line) => line.trim() !== '');
  const isServers =
    lines.length <= MAX_LINES_BEFORE &&
    !lines.some((line) => LABEL.test(line)) &&
    before.includes(`<${found[1]}>`);
  const inner = isServers ? toStructure(found[2] as string) : undefined;
  if (inner === undefined) return undefined;
  return { around: before + text.slice(found.index + found[0].length), inner };
}

/** What a text is as JSON, if it is an array, an object or a string. */
function toStructure(text: string): Json | undefined {
  const first = /^\s*([[{"])/.exec(text)?.[1];
  if (first === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** A leaf of a call's arguments, with a pointer into the policy's input. */
export interface Leaf {
  readonly at: string;
  readonly value: string | number;
}

/** @returns at most `max` leaves, in order. */
export function leavesOf(args: Json, at: string, max: number): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (value: Json, here: string, depth: number): void => {
    if (leaves.length >= max || depth > MAX_DEPTH) return;
    if (typeof value === 'string' || typeof value === 'number') leaves.push({ at: here, value });
    else if (Array.isArray(value)) {
      for (const [index, element] of (value as readonly Json[]).entries())
        visit(element, `${here}/${index}`, depth + 1);
    } else if (isObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        visit(member, `${here}/${escaped(name)}`, depth + 1);
      }
    }
  };
  visit(args, at, 0);
  return leaves;
}
