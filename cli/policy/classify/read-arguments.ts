/**
 * The arguments that an input schema lets a caller give, as a flat list. Comes in: JSON Schema as a server wrote it,
 * hostile. Goes out: every value that can hold text or a number, by JSON pointer. References inside the schema are
 * followed, a cycle once; what is deeper or more than the bounds is not looked at, and said so. Nothing is fetched.
 */
import { isObject, type Json, type JsonObject } from '../../../proxy/frame/json.ts';

export interface Argument {
  /** Into the arguments: `/event/attendees`. What is inside an array, or a map, goes by the pointer of that. */
  readonly pointer: string;
  /** The same with the way inside the array, for people: `/event/attendees/…/email`. */
  readonly place: string;
  /** The name nearest to it. */
  readonly name: string;
  readonly kind: 'text' | 'number' | 'any';
  readonly format: string | undefined;
  readonly description: string;
}

export interface Arguments {
  readonly list: readonly Argument[];
  /** False when there was more than is looked at. */
  readonly whole: boolean;
  /** Something holds itself; only the outermost of it is in the list. */
  readonly circular: boolean;
  /** No schema, or one that names no argument and does not say that there are none. */
  readonly unknown: boolean;
}

const MAX_DEPTH = 12;
const MAX_SCHEMAS = 20_000;
const MAX_DESCRIPTION = 2000;

interface Walk {
  readonly root: JsonObject;
  readonly found: Map<string, Argument>;
  schemas: number;
  whole: boolean;
  circular: boolean;
}

/** Where the walk is. */
interface Place {
  readonly pointer: string;
  readonly place: string;
  /** Inside an array or a map. */
  readonly inside: boolean;
  readonly name: string;
  readonly description: string;
  readonly depth: number;
  /** References that lead here: one that comes again is a cycle. */
  readonly refs: readonly string[];
}

export function readArguments(schema: Json | undefined): Arguments {
  if (!isObject(schema)) return { list: [], whole: true, circular: false, unknown: true };
  const walk: Walk = { root: schema, found: new Map(), schemas: 0, whole: true, circular: false };
  visit(walk, schema, {
    pointer: '',
    place: '',
    inside: false,
    name: '',
    description: '',
    depth: 0,
    refs: [],
  });
  const list = [...walk.found.values()].filter(({ pointer }) => pointer !== '');
  const { whole, circular } = walk;
  return { list, whole, circular, unknown: list.length === 0 && schema['properties'] === undefined };
}

function visit(walk: Walk, schema: Json | undefined, place: Place): void {
  if (schema === false || schema === undefined) return;
  walk.schemas += 1;
  if (walk.schemas > MAX_SCHEMAS || place.depth > MAX_DEPTH) {
    walk.whole = false;
    return;
  }
  if (!isObject(schema)) return keep(walk, {}, place);
  const own = textOf(schema['description']);
  const here = { ...place, depth: place.depth + 1, description: own === '' ? place.description : own };
  if (typeof schema['$ref'] === 'string') followReference(walk, schema['$ref'], here);
  for (const word of ['anyOf', 'oneOf', 'allOf', 'if', 'then', 'else']) {
    const those = schema[word];
    for (const one of Array.isArray(those) ? those : [those as Json | undefined]) visit(walk, one, here);
  }
  visitMembers(walk, schema, here);
  visitElements(walk, schema, here);
  keep(walk, schema, here);
}

function visitMembers(walk: Walk, schema: JsonObject, here: Place): void {
  const { properties, additionalProperties, patternProperties } = schema as Readonly<Record<string, Json>>;
  for (const [name, inner] of isObject(properties) ? Object.entries(properties) : []) {
    const pointer = here.inside ? here.pointer : `${here.pointer}/${escaped(name)}`;
    const place = `${here.place}/${escaped(name)}`;
    visit(walk, inner, { ...here, pointer, place, name, description: '' });
  }
  const others = isObject(patternProperties) ? Object.values(patternProperties) : [];
  for (const inner of [additionalProperties, ...others]) {
    if (isObject(inner)) visit(walk, inner, within(here));
  }
}

function visitElements(walk: Walk, schema: JsonObject, here: Place): void {
  const { items, prefixItems } = schema as Readonly<Record<string, Json>>;
  for (const inner of [items, prefixItems].flat() as readonly (Json | undefined)[]) {
    visit(walk, inner, within(here));
  }
}

function within(here: Place): Place {
  return { ...here, place: here.inside ? here.place : `${here.place}/…`, inside: true };
}

function followReference(walk: Walk, ref: string, place: Place): void {
  if (place.refs.includes(ref)) {
    walk.circular = true;
    return;
  }
  const target = resolve(walk.root, ref);
  if (target === undefined) keep(walk, {}, place);
  else visit(walk, target, { ...place, refs: [...place.refs, ref] });
}

/** Inside the same schema only: `#/$defs/Address`. */
function resolve(root: JsonObject, ref: string): Json | undefined {
  if (ref !== '#' && !ref.startsWith('#/')) return undefined;
  let at: Json | undefined = root;
  for (const part of ref.slice(1).split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) at = (at as readonly Json[])[Number(name)];
    else at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

/** Closed lists and booleans decide little and carry nothing; they are left out. */
function keep(walk: Walk, schema: JsonObject, place: Place): void {
  if (schema['enum'] !== undefined || schema['const'] !== undefined) return;
  const kind = toKind(schema);
  if (kind === undefined) return;
  const { pointer, name, description } = place;
  const format = typeof schema['format'] === 'string' ? schema['format'] : undefined;
  const shown = place.place.replace(/\/…$/, '');
  // Two may share a pointer inside an array, and a hostile name may look like the way into one.
  const at = `${pointer} ${shown}`;
  const before = walk.found.get(at);
  if (before === undefined) walk.found.set(at, { pointer, place: shown, name, kind, format, description });
  else if (before.kind === 'any' || before.format === undefined)
    walk.found.set(at, { ...before, kind, format: format ?? before.format });
}

const SHAPES = [
  '$ref',
  'anyOf',
  'oneOf',
  'allOf',
  'properties',
  'additionalProperties',
  'patternProperties',
  'items',
  'prefixItems',
];

function toKind(schema: JsonObject): Argument['kind'] | undefined {
  const types = [schema['type']].flat() as readonly (Json | undefined)[];
  if (types.includes('string')) return 'text';
  if (types.includes('number') || types.includes('integer')) return 'number';
  // An object without members that it names may hold anything; so may what has no type at all.
  if (types.includes('object')) return isOpen(schema) ? 'any' : undefined;
  if (types.includes('array'))
    return schema['items'] === undefined && schema['prefixItems'] === undefined ? 'any' : undefined;
  return types[0] === undefined && !SHAPES.some((word) => schema[word] !== undefined) ? 'any' : undefined;
}

function isOpen(schema: JsonObject): boolean {
  return (
    schema['properties'] === undefined &&
    !isObject(schema['additionalProperties']) &&
    schema['additionalProperties'] !== false
  );
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value.slice(0, MAX_DESCRIPTION) : '';
}

/** @see RFC 6901, section 3 */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
