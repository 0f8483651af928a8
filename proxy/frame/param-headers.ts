/**
 * Arguments that a call mirrors in `Mcp-Param-…` headers, because its tool's schema says so (`x-mcp-header`). The gate
 * judges the body and a server may route by header: so the two must say the same, and whatever leaves is written anew
 * from the body that leaves.
 *
 * @see MCP 2026-07-28, basic/transports/streamable-http, "Custom headers"; SEP-2243
 */
import { decodeHeaderValue, encodeHeaderValue } from './era.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/** One mirrored argument. */
export interface ParamHeader {
  /** Lower case, e.g. `mcp-param-region`. */
  readonly header: string;
  /** Members that lead to it in the arguments. */
  readonly path: readonly string[];
  readonly numeric: boolean;
}

const PREFIX = 'mcp-param-';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const TYPES: ReadonlySet<string> = new Set(['string', 'integer', 'number', 'boolean']);
const MAX_HEADERS = 32;
const MAX_DEPTH = 8;
const MAX_VISITED = 2_000;

/**
 * Reads the declarations of a tool's `inputSchema`, as far as its chain of `properties` goes.
 *
 * @returns undefined where one of them is not as the specification wants it: clients must not use such a tool, and
 * nothing is derived for it.
 */
export function paramHeadersOf(schema: JsonObject): readonly ParamHeader[] | undefined {
  const found: ParamHeader[] = [];
  const names = new Set<string>();
  let visited = 0;
  const visit = (node: Json | undefined, path: readonly string[]): boolean => {
    if (!isObject(node)) return true;
    if (++visited > MAX_VISITED || path.length > MAX_DEPTH) return false;
    const name = node['x-mcp-header'];
    if (name !== undefined) {
      const type = String(node['type']);
      const fits = typeof name === 'string' && TOKEN.test(name) && TYPES.has(type) && path.length > 0;
      const header = `${PREFIX}${String(name).toLowerCase()}`;
      if (!fits || names.has(header) || found.length >= MAX_HEADERS) return false;
      names.add(header);
      found.push({ header, path, numeric: type === 'integer' || type === 'number' });
    }
    const { properties } = node;
    if (!isObject(properties)) return true;
    return Object.entries(properties).every(([member, child]) => visit(child, [...path, member]));
  };
  return visit(schema, []) ? found : undefined;
}

/** @returns what is wrong with the headers of a call, or undefined. */
export function paramMismatch(
  headers: Readonly<Record<string, string | undefined>>,
  args: Json | undefined,
  declared: readonly ParamHeader[],
): string | undefined {
  for (const { header, path, numeric } of declared) {
    const wanted = spelled(valueAt(args, path));
    if (wanted === undefined) continue;
    const value = headers[header];
    if (value === undefined) return `${header} is missing`;
    const decoded = decodeHeaderValue(value);
    if (decoded === undefined) return `${header} is not UTF-8 in Base64`;
    const equal = decoded === wanted || (numeric && isDecimal(decoded) && Number(decoded) === Number(wanted));
    if (!equal) return `${header} and the message say different things`;
  }
  return undefined;
}

/** The headers that mirror these arguments. */
export function mirrorArguments(
  args: Json | undefined,
  declared: readonly ParamHeader[],
): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const { header, path } of declared) {
    const value = spelled(valueAt(args, path));
    if (value !== undefined) out[header] = encodeHeaderValue(value);
  }
  return out;
}

/** Whether a header nobody declared says what stands somewhere in these arguments. */
export function isMirrored(value: string, args: Json | undefined): boolean {
  const decoded = decodeHeaderValue(value);
  if (decoded === undefined) return false;
  const holds = (node: Json | undefined): boolean =>
    typeof node === 'object' && node !== null ? Object.values(node).some(holds) : spelled(node) === decoded;
  return holds(args);
}

function valueAt(args: Json | undefined, path: readonly string[]): Json | undefined {
  let node = args;
  for (const member of path) {
    if (!isObject(node) || !Object.hasOwn(node, member)) return undefined;
    node = node[member];
  }
  return node;
}

/** Undefined for what is not mirrored: absent, null, containers, numbers that are not exact. */
function spelled(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}

function isDecimal(text: string): boolean {
  return /^-?\d{1,32}(?:\.\d{1,32})?$/.test(text);
}
