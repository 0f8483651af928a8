/** Reads what `data.tools.<server>.<tool>` declares about a tool's arguments, once for each policy and tool. */
import { isObject, type JsonObject } from '../frame/json.ts';
import type { ArgKind, ToolDeclaration } from './facts/declaration.ts';

export interface Declaration extends ToolDeclaration {
  /** Names of top-level arguments the policy need not see. */
  readonly opaque: ReadonlySet<string>;
}

const byData = new WeakMap<JsonObject, Map<string, Declaration | undefined>>();
const OPS: readonly unknown[] = ['read', 'write', 'delete'];

/** @param data of the policy that judges; immutable, so what was read from it stays true. */
export function toDeclaration(
  data: JsonObject | undefined,
  server: string,
  tool: string,
): Declaration | undefined {
  const servers = data?.['tools'];
  const tools = isObject(servers) && Object.hasOwn(servers, server) ? servers[server] : undefined;
  if (data === undefined || !isObject(tools) || !Object.hasOwn(tools, tool)) return undefined;
  let known = byData.get(data);
  if (known === undefined) {
    known = new Map();
    byData.set(data, known);
  }
  const key = `${server}/${tool}`;
  if (!known.has(key)) known.set(key, read(tools[tool] as JsonObject));
  return known.get(key);
}

function read(declared: JsonObject): Declaration | undefined {
  if (!isObject(declared)) return undefined;
  const args = isObject(declared['args']) ? (declared['args'] as Record<string, ArgKind>) : {};
  const op = OPS.includes(declared['op']) ? (declared['op'] as ToolDeclaration['op']) : undefined;
  const opaque = new Set(Object.keys(args).filter((name) => args[name] === 'opaque'));
  return { args, op, opaque };
}
