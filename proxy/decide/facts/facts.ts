/**
 * What the host can tell the policy about arguments before it judges them: canonical paths, the hosts of URLs,
 * the verbs and tables of SQL. Comes in: parsed arguments and what is known of the tool. Goes out: facts with JSON
 * pointers into the input, and the names of those that could not be derived. Absent never means harmless:
 * whatever could not be read is in `unknown`, so that a rule can refuse what it cannot see.
 *
 * Never judges, never resolves a name, never touches a disk, never throws.
 */
import { isObject, type Json, type JsonObject } from '../../frame/json.ts';
import type { HostFact, PathFact, SqlFact } from '../contract.ts';
import {
  EXACT,
  HOST,
  isReplaced,
  MAYBE_SQL,
  mayNameOthers,
  PATH,
  PROSE,
  SQL,
  URL,
} from './_argument-names.ts';
import { operationOf, operationOn } from './_operation.ts';
import { isFilterText, isOfOtherMeaning, isOwnPath, isPlainWord } from './_other-meanings.ts';
import {
  elementSlot,
  isDeclaredPath,
  memberSlot,
  type PlanNode,
  planFor,
  type Slot,
  slotByName,
  TEXT,
  UNREADABLE_KIND,
} from './_plan.ts';
import { canonicalPath, withPlainMarks } from './canonical-path.ts';
import type { PathOp, ToolDeclaration } from './declaration.ts';
import { type HostReading, hostsOfName, hostsOfUrl, isNetworkUri, looksLikeUrl } from './hosts.ts';
import { readSql } from './sql.ts';

export interface FactContext {
  readonly server: string;
  readonly tool: string;
  /** `data.tools.<server>.<tool>`. Pass the same object for the same tool: what it means is kept by identity. */
  readonly declared?: ToolDeclaration | undefined;
  /** The tool's `inputSchema` as the server gave it; kept by identity too. */
  readonly schema?: JsonObject | undefined;
  /** The URI of a `resources/*` request. */
  readonly uri?: string | undefined;
  /** Absolute, canonical base for relative paths. */
  readonly root?: string | undefined;
}

export interface Facts {
  readonly paths: readonly PathFact[];
  readonly hosts: readonly HostFact[];
  readonly sql: readonly SqlFact[];
  /** Of `paths`, `hosts`, `sql`: those that could not be derived. */
  readonly unknown: readonly string[];
}

const UNKNOWN_PATHS = 1;
const UNKNOWN_HOSTS = 2;
const UNKNOWN_SQL = 4;
const UNKNOWN_ALL = 7;
const UNKNOWN_NAMES = Array.from({ length: 8 }, (_, bits): readonly string[] =>
  ['paths', 'hosts', 'sql'].filter((_name, index) => (bits & (1 << index)) !== 0),
);

const MAX_DEPTH = 64;
const MAX_NODES = 2000;
/** Characters looked at in one call, SQL counting four times: as long as the longest policy input. */
const MAX_LOOKED_AT = 65_536;
/** A string of no declared kind beyond this is not looked at, and its facts are unknown. */
const MAX_UNDECLARED = 16_384;
/** PATH_MAX: nothing longer is a path any system opens. */
const MAX_PATH = 4096;

interface Walk {
  readonly context: FactContext;
  readonly paths: PathFact[];
  readonly hosts: HostFact[];
  readonly sql: SqlFact[];
  unknown: number;
  nodes: number;
  lookedAt: number;
  /** Inside a string that is itself JSON. */
  inString: boolean;
}

export function deriveFacts(args: JsonObject | undefined, context: FactContext): Facts {
  const walk: Walk = {
    context,
    paths: [],
    hosts: [],
    sql: [],
    unknown: 0,
    nodes: 0,
    lookedAt: 0,
    inString: false,
  };
  if (context.declared?.broken === true) walk.unknown = UNKNOWN_ALL;
  if (context.uri !== undefined) addUri(walk, context.uri);
  if (args !== undefined) visitMembers(walk, args, planFor(context.declared, context.schema), '/args', 1);
  const { paths, hosts, sql, unknown } = walk;
  return { paths, hosts, sql, unknown: UNKNOWN_NAMES[unknown] as readonly string[] };
}

function visitMembers(
  walk: Walk,
  of: JsonObject,
  plan: PlanNode | undefined,
  at: string,
  depth: number,
): void {
  for (const name in of) {
    const value = of[name] as Json;
    const node = plan?.members.get(name) ?? plan?.any;
    const slot = memberSlot(node, name);
    visit(walk, value, slot, node, name, at, depth);
  }
}

function visit(
  walk: Walk,
  value: Json,
  slot: Slot,
  node: PlanNode | undefined,
  name: string,
  parent: string,
  depth: number,
): void {
  walk.nodes += 1;
  if (walk.nodes > MAX_NODES || depth > MAX_DEPTH) {
    walk.unknown = UNKNOWN_ALL;
    return;
  }
  const marked = name.includes('/') || name.includes('~');
  const at = `${parent}/${marked ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name}`;
  if (marked || name.includes('\\')) addByLook(walk, name, slotByName(''), name, at);
  if (slot.bits >= UNREADABLE_KIND) walk.unknown = UNKNOWN_ALL;
  if (slot.lookalike) walk.unknown |= doubtOf(slot.bits & ~PATH);
  if (typeof value === 'string') return visitString(walk, value, slot, name, at);
  if (Array.isArray(value)) {
    if (isOfOtherMeaning(value, name)) return visitElements(walk, value, slotByName(''), node, '', at, depth);
    // One value was announced: a server that takes the first of the list, or the last, is not the policy's guess.
    if (!slot.list && (slot.bits & EXACT) !== 0) walk.unknown |= doubtOf(slot.bits);
    visitElements(walk, value, slot, node, name, at, depth);
    return;
  }
  if (isWrongType(value, slot)) walk.unknown |= doubtOf(slot.bits);
  if (isObject(value)) visitMembers(walk, value, node, at, depth + 1);
}

function visitElements(
  walk: Walk,
  list: readonly Json[],
  slot: Slot,
  node: PlanNode | undefined,
  name: string,
  at: string,
  depth: number,
): void {
  for (let index = 0; index < list.length; index += 1) {
    const value = list[index] as Json;
    const inner = node?.members.get(String(index)) ?? node?.any;
    const kind = elementSlot(inner, slot);
    const pointer = `${at}/${index}`;
    if (typeof value !== 'string' && !(isObject(value) && !kind.strict)) {
      visit(walk, value, kind, inner, String(index), at, depth + 1);
      continue;
    }
    walk.nodes += 1;
    if (walk.nodes > MAX_NODES) {
      walk.unknown = UNKNOWN_ALL;
      return;
    }
    if (typeof value === 'string') visitString(walk, value, kind, name, pointer);
    else visitMembers(walk, value, inner, pointer, depth + 1);
  }
}

function visitString(walk: Walk, text: string, slot: Slot, name: string, at: string): void {
  const { bits } = slot;
  if ((bits & TEXT) !== 0) return;
  if ((bits & PROSE) === 0) {
    walk.lookedAt += (bits & (SQL | MAYBE_SQL)) === 0 ? text.length : text.length * 4;
    if (walk.lookedAt > MAX_LOOKED_AT) {
      walk.unknown = UNKNOWN_ALL;
      return;
    }
  }
  if ((bits & PATH) !== 0) {
    addPath(walk, text, slot, name, at, true);
    if (looksLikeUrl(text)) addHosts(walk, hostsOfUrl(text, at), false);
    return;
  }
  if ((bits & SQL) !== 0 || ((bits & MAYBE_SQL) !== 0 && isSqlHere(walk, text))) {
    const { fact, unknown } = readSql(text, at, slot.dialect);
    walk.sql.push(fact);
    if (unknown) walk.unknown |= UNKNOWN_SQL;
    return;
  }
  if ((bits & (URL | HOST)) !== 0 && mayNameOthers(name)) {
    if (isPlainWord(text)) return;
    if (isFilterText(text)) return addByLook(walk, text, slotByName(''), '', at);
  }
  if ((bits & URL) !== 0) {
    if (/^\s*file:/i.test(text) || looksLikePath(text)) addPath(walk, text, slot, name, at, false);
    if (!isOwnPath(text, name)) addHosts(walk, hostsOfUrl(text, at), true);
    return;
  }
  if ((bits & HOST) !== 0) addHosts(walk, hostsOfName(text, at), true);
  else addByLook(walk, text, slot, name, at);
}

/** A value nobody said anything about: what it looks like is a fact, and says that it is only a look. */
function addByLook(walk: Walk, text: string, slot: Slot, name: string, at: string): void {
  const prose = (slot.bits & PROSE) !== 0;
  if (prose && isReplaced(name)) return;
  if (text.length > MAX_UNDECLARED && !prose) {
    walk.unknown |= UNKNOWN_PATHS | UNKNOWN_HOSTS;
    return;
  }
  if (looksLikeUrl(text) && !(prose && /\S\s+\S/.test(text.slice(0, MAX_UNDECLARED)))) {
    addHosts(walk, hostsOfUrl(text, at), true);
    if (/^\s*file:/i.test(text)) addPath(walk, text, slot, name, at, false);
    return;
  }
  if (prose) return;
  if (looksLikePath(text)) addPath(walk, text, slot, name, at, isDeclaredPath(slot));
  else if (!walk.inString) addFromJson(walk, text, at);
}

/** MCP's Python SDK parses a string into whatever the parameter is: what is inside is as good as an argument. */
function addFromJson(walk: Walk, text: string, at: string): void {
  const value = parseJsonText(text);
  if (value === undefined) return;
  walk.inString = true;
  if (Array.isArray(value)) visitElements(walk, value, slotByName(''), undefined, '', at, 2);
  else visitMembers(walk, value as JsonObject, undefined, at, 2);
  walk.inString = false;
}

function addPath(walk: Walk, raw: string, slot: Slot, name: string, at: string, declared: boolean): void {
  if (raw.length > MAX_PATH) {
    walk.unknown |= UNKNOWN_PATHS;
    return;
  }
  const uri = (slot.bits & URL) !== 0;
  const canonical = canonicalPath(raw, { root: walk.context.root, uri });
  const suspicious = canonical.suspicious.slice();
  if (slot.lookalike) suspicious.push('name_lookalike');
  if (walk.inString) suspicious.push('json_in_string');
  else if (parseJsonText(raw) !== undefined) {
    suspicious.push('json_in_string');
    walk.unknown |= UNKNOWN_PATHS;
  }
  walk.paths.push({ at, raw, path: canonical.path, op: pathOp(walk, slot, name), suspicious, declared });
}

function pathOp(walk: Walk, slot: Slot, name: string): PathOp {
  return slot.op ?? walk.context.declared?.op ?? operationOn(name, operationOf(walk.context.tool));
}

/** @param owed the argument is a URL, so a text that gives none is a doubt. */
function addHosts(walk: Walk, reading: HostReading, owed: boolean): void {
  walk.hosts.push(...reading.facts);
  if (reading.unknown && (owed || reading.facts.length > 0)) walk.unknown |= UNKNOWN_HOSTS;
}

function addUri(walk: Walk, uri: string): void {
  const at = '/uri';
  if (isNetworkUri(uri)) addHosts(walk, hostsOfUrl(uri, at), true);
  const file = /^[\s"']*file:/i.test(uri);
  if (!file && (/^[a-z][a-z0-9+.-]*:/i.test(uri) || !looksLikePath(uri))) return;
  if (uri.length > MAX_PATH) {
    walk.unknown |= UNKNOWN_PATHS;
    return;
  }
  const { path, suspicious } = canonicalPath(uri, { root: walk.context.root, uri: true });
  walk.paths.push({ at, raw: uri, path, op: 'read', suspicious: suspicious.slice(), declared: true });
}

/** `null` is how clients leave an argument out, and a flag is no path; what an operator declared must be text. */
function isWrongType(value: Json, slot: Slot): boolean {
  if ((slot.bits & EXACT) === 0) return false;
  return slot.strict || typeof value === 'number' || isObject(value);
}

function doubtOf(bits: number): number {
  return (
    ((bits & PATH) !== 0 ? UNKNOWN_PATHS : 0) |
    ((bits & (URL | HOST)) !== 0 ? UNKNOWN_HOSTS : 0) |
    ((bits & (SQL | MAYBE_SQL)) !== 0 ? UNKNOWN_SQL : 0)
  );
}

/** `query` is SQL when it starts like it, or when tool or server are about databases. */
function isSqlHere(walk: Walk, text: string): boolean {
  if (SQL_OPENING.test(text)) return true;
  const { tool, server } = walk.context;
  return (
    /sql|(?:^|[_-])(?:query|table|database|db)(?:$|[_-])/i.test(tool) ||
    /sql|postgres|(?:^|[_-])db(?:$|[_-])/i.test(server)
  );
}

const SQL_OPENING =
  /^[\s(;]*(?:--|\/\*|(?:select|insert|update|delete|merge|replace|drop|alter|create|truncate|grant|revoke|with|explain|pragma|attach|detach|copy|call|exec|execute|begin|vacuum|values|show|describe|set|do)\b)/i;

const PATH_LOOK =
  /^[\s"']*(?:\/(?:\S|\s*$)|~(?:[A-Za-z_][\w.-]*)?(?:[\\/]|$)|[A-Za-z]:[\\/]|\\\\|file:|\.\.$)|(?:^|[\s"'=\\/])\.\.(?:[\\/]|$)|(?:^|[\\/])\.[\\/]|[\\/]\.\.?$|%(?:25)*(?:2f|5c|2e)/i;

function looksLikePath(text: string): boolean {
  return PATH_LOOK.test(text.length > MAX_UNDECLARED ? text : withPlainMarks(text));
}

/** @returns the array or object that the text is, if it is one. */
function parseJsonText(text: string): Json | undefined {
  const first = text.trimStart()[0];
  if (first !== '[' && first !== '{') return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
