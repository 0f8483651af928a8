/**
 * What each argument of a tool holds, worked out once per declaration and schema. Comes in: the operator's
 * declaration and the server's input schema, which is hostile and can only add kinds, never take one away. Goes
 * out: a tree of slots beside the tree of arguments; names not in it are judged by name when they turn up.
 */
import { isObject, type Json, type JsonObject } from '../../frame/json.ts';
import { EXACT, HOST, kindOfName, MAYBE_PATH, PATH, PROSE, SQL, URL } from './_argument-names.ts';
import {
  type ArgKind,
  type PathOp,
  SQL_DIALECTS,
  type SqlDialect,
  type ToolDeclaration,
} from './declaration.ts';

/** What is known of one argument before its value is seen. */
export interface Slot {
  readonly bits: number;
  /** The operator said so: names and looks no longer count. */
  readonly strict: boolean;
  readonly lookalike: boolean;
  /** The schema, or a plural name, makes a list of values here ordinary. */
  readonly list: boolean;
  readonly op: PathOp | undefined;
  readonly dialect: SqlDialect | undefined;
}

export interface PlanNode {
  readonly slot: Slot | undefined;
  readonly members: ReadonlyMap<string, PlanNode>;
  /** Any element or member without a node of its own. */
  readonly any: PlanNode | undefined;
  /** Kinds the schema adds to whatever the name or the list above already says. */
  readonly extra: number;
}

/** Declared prose: no look at the value at all. */
export const TEXT = 256;
/** Declared as something this version does not know. */
export const UNREADABLE_KIND = 512;

const MAX_SCHEMA_DEPTH = 8;
const MAX_SCHEMA_NODES = 2000;
const FORMATS: ReadonlyMap<string, number> = new Map([
  ...['uri', 'url', 'iri', 'uri-reference', 'iri-reference'].map((name) => [name, URL] as const),
  ...['path', 'file-path', 'filepath', 'directory-path', 'file', 'directory'].map(
    (name) => [name, PATH] as const,
  ),
  ...['hostname', 'idn-hostname', 'ipv4', 'ipv6'].map((name) => [name, HOST] as const),
  ['sql', SQL],
]);

const NO_KEY = {};
const plans = new WeakMap<object, WeakMap<object, PlanNode>>();

export function planFor(declared: ToolDeclaration | undefined, schema: JsonObject | undefined): PlanNode {
  let bySchema = plans.get(declared ?? NO_KEY);
  if (bySchema === undefined) {
    bySchema = new WeakMap();
    plans.set(declared ?? NO_KEY, bySchema);
  }
  let plan = bySchema.get(schema ?? NO_KEY);
  if (plan === undefined) {
    plan = finish(makePlan(declared, schema));
    bySchema.set(schema ?? NO_KEY, plan);
  }
  return plan;
}

const byName = new Map<string, Slot>();
const MAX_REMEMBERED = 4096;

/** The slot of an argument that no declaration and no schema speaks of. */
export function slotByName(name: string): Slot {
  const known = byName.get(name);
  if (known !== undefined) return known;
  const slot = nameSlot(name, 0, false, false);
  if (byName.size >= MAX_REMEMBERED) byName.clear();
  byName.set(name, slot);
  return slot;
}

interface Draft {
  bits: number;
  list: boolean;
  /** The schema has this very name, so its case is the server's own choice and no alias. */
  listed: boolean;
  declared: ArgKind | undefined;
  readonly members: Map<string, Draft>;
  any: Draft | undefined;
}

function makePlan(declared: ToolDeclaration | undefined, schema: JsonObject | undefined): Draft {
  const root = newDraft();
  const budget = { nodes: MAX_SCHEMA_NODES };
  if (schema !== undefined) addSchema(root, schema, 0, budget);
  for (const [name, kind] of Object.entries(declared?.args ?? {})) {
    let at = root;
    for (const step of name.startsWith('/') ? name.slice(1).split('/').map(unescapePointer) : [name]) {
      at = step === '*' || step === '-' ? elementOf(at) : memberOf(at, step);
    }
    at.declared = kind;
  }
  return root;
}

function addSchema(at: Draft, schema: Json | undefined, depth: number, budget: { nodes: number }): void {
  if (!isObject(schema) || depth > MAX_SCHEMA_DEPTH || budget.nodes <= 0) return;
  budget.nodes -= 1;
  const { format, type, properties, items, additionalProperties } = schema;
  if (typeof format === 'string') at.bits |= FORMATS.get(format) ?? 0;
  if (type === 'array' || (Array.isArray(type) && type.includes('array'))) at.list = true;
  for (const name of isObject(properties) ? Object.keys(properties) : []) {
    if (budget.nodes <= 0) return;
    const inner = memberOf(at, name);
    inner.listed = true;
    addSchema(inner, (properties as JsonObject)[name], depth + 1, budget);
  }
  if (isObject(items)) addSchema(elementOf(at), items, depth + 1, budget);
  if (isObject(additionalProperties)) addSchema(elementOf(at), additionalProperties, depth + 1, budget);
  for (const word of ['anyOf', 'oneOf', 'allOf'] as const) {
    const choices = schema[word];
    if (Array.isArray(choices))
      for (const choice of choices) addSchema(at, choice as Json, depth + 1, budget);
  }
}

/** The slot of a member: declared, or by its name plus what the schema adds. */
export function memberSlot(node: PlanNode | undefined, name: string): Slot {
  if (node?.slot !== undefined) return node.slot;
  return withExtra(slotByName(name), node);
}

/** The slot of an element: declared for it, or that of its list plus what the schema adds. */
export function elementSlot(node: PlanNode | undefined, list: Slot): Slot {
  if (node?.slot?.strict === true) return node.slot;
  return withExtra(list, node);
}

function withExtra(slot: Slot, node: PlanNode | undefined): Slot {
  if (node === undefined || slot.strict || (slot.bits | node.extra) === slot.bits) return slot;
  return { ...slot, bits: slot.bits | node.extra };
}

function finish(draft: Draft, name?: string): PlanNode {
  const members = new Map<string, PlanNode>();
  for (const [key, inner] of draft.members) members.set(key, finish(inner, key));
  return {
    slot: toSlot(draft, name),
    members,
    any: draft.any === undefined ? undefined : finish(draft.any),
    extra: draft.bits,
  };
}

function toSlot(draft: Draft, name: string | undefined): Slot | undefined {
  if (draft.declared !== undefined)
    return declaredSlot(draft.declared, draft.list || name?.endsWith('s') === true);
  return name === undefined ? undefined : nameSlot(name, draft.bits, draft.list, draft.listed);
}

function nameSlot(name: string, bits: number, list: boolean, listed: boolean): Slot {
  const kind = kindOfName(name);
  return {
    bits: kind.bits | bits,
    strict: false,
    lookalike: kind.lookalike && !(listed && /^[\x20-\x7e]*$/.test(name)),
    list: list || name.endsWith('s'),
    op: undefined,
    dialect: undefined,
  };
}

function declaredSlot(kind: ArgKind, list: boolean): Slot {
  const [base = '', detail] = String(kind).split(':', 2);
  const slot = { strict: true, lookalike: false, list, op: undefined, dialect: undefined };
  const broken = { ...slot, bits: UNREADABLE_KIND };
  if (base === 'path') {
    if (detail === undefined) return { ...slot, bits: PATH | EXACT };
    return detail === 'read' || detail === 'write' || detail === 'delete'
      ? { ...slot, bits: PATH | EXACT, op: detail }
      : broken;
  }
  if (base === 'sql') {
    const dialect = SQL_DIALECTS.find((known) => known === detail);
    return detail !== undefined && dialect === undefined ? broken : { ...slot, bits: SQL | EXACT, dialect };
  }
  const bits = { url: URL | EXACT, host: HOST | EXACT, opaque: PROSE, text: TEXT }[String(kind)];
  return bits === undefined ? broken : { ...slot, bits };
}

function newDraft(): Draft {
  return { bits: 0, list: false, listed: false, declared: undefined, members: new Map(), any: undefined };
}

function memberOf(draft: Draft, name: string): Draft {
  let inner = draft.members.get(name);
  if (inner === undefined) {
    inner = newDraft();
    draft.members.set(name, inner);
  }
  return inner;
}

function elementOf(draft: Draft): Draft {
  draft.any ??= newDraft();
  return draft.any;
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** True when the slot says what the value is, so that its facts are not just a look. */
export function isDeclaredPath(slot: Slot): boolean {
  return (slot.bits & (PATH | MAYBE_PATH)) !== 0;
}
