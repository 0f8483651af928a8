/**
 * What an operator may say about a tool in `data.tools.<server>.<tool>`: which argument is what, and what the
 * tool does to the paths it is given. A declaration outranks the tool's own schema, which a server may change
 * or lie in, and outranks the guess from an argument's name. A declaration that cannot be read is not passed
 * over: its tool's facts are unknown until it is put right.
 */
import { isObject, type Json, type JsonObject } from '../../frame/json.ts';

/** Dialects the SQL reader knows. Undeclared text is read as postgresql, sqlite and mysql, and the readings are joined. */
export const SQL_DIALECTS = ['postgresql', 'sqlite', 'mysql', 'mariadb', 'transactsql'] as const;
export type SqlDialect = (typeof SQL_DIALECTS)[number];

export type PathOp = 'read' | 'write' | 'delete' | 'unknown';

/**
 * What an argument holds.
 *
 * - `path`: a file path; `path:read` and so on also say what is done to it, which otherwise comes from the tool.
 * - `url`: a URL, or a host with a path and no scheme. `host`: a name or address, with or without a port.
 * - `sql`: SQL text, `sql:<dialect>` when the database is known.
 * - `opaque`: bulk content of any size that the policy need not see. Text that is wholly a URL is still a host fact.
 * - `text`: prose. Never a path, never a URL, whatever it looks like.
 */
export type ArgKind =
  | 'path'
  | 'path:read'
  | 'path:write'
  | 'path:delete'
  | 'url'
  | 'host'
  | 'sql'
  | `sql:${SqlDialect}`
  | 'opaque'
  | 'text';

export interface ToolDeclaration {
  /**
   * By the name of a top-level argument (`path`), or by JSON pointer for a nested one (`/options/path`), in which
   * `*` stands for any element or member. An array hands its kind to its elements.
   */
  readonly args?: Readonly<Record<string, ArgKind>> | undefined;
  /** What the tool does to its paths; without it the verbs of the tool's name decide. */
  readonly op?: 'read' | 'write' | 'delete' | undefined;
  /** Names of the top-level arguments declared `opaque`. */
  readonly opaque?: ReadonlySet<string> | undefined;
  /** `args` is no object, or `op` is no operation: every fact of the tool is unknown. */
  readonly broken?: true | undefined;
}

const read = new WeakMap<JsonObject, ToolDeclaration>();

/** @param data the policy's data document; the same document gives the same object, so plans can be kept by it. */
export function toDeclaration(
  data: JsonObject | undefined,
  server: string,
  tool: string,
): ToolDeclaration | undefined {
  const entry = member(member(member(data, 'tools'), server), tool);
  if (entry === undefined) return undefined;
  if (!isObject(entry)) return BROKEN;
  let declaration = read.get(entry);
  if (declaration === undefined) {
    declaration = readEntry(entry);
    read.set(entry, declaration);
  }
  return declaration;
}

const BROKEN: ToolDeclaration = { broken: true };

/** Kinds are checked where they are used: one misspelt argument costs the facts of calls that carry it. */
function readEntry(entry: JsonObject): ToolDeclaration {
  const { args = {}, op } = entry;
  if (!isObject(args) || (op !== undefined && op !== 'read' && op !== 'write' && op !== 'delete'))
    return BROKEN;
  const opaque = new Set<string>();
  for (const [name, kind] of Object.entries(args)) {
    if (kind === 'opaque') opaque.add(name.startsWith('/') ? name.slice(1) : name);
  }
  return { args: args as Readonly<Record<string, ArgKind>>, op, opaque };
}

function member(of: Json | undefined, name: string): Json | undefined {
  return isObject(of) && Object.hasOwn(of, name) ? of[name] : undefined;
}
