/**
 * What a policy says, piece by piece, and what each piece stands on: enough to tell which rules a change can reach.
 * References through a variable (`data.tenants[id]`) count as references to everything below.
 */
import { annotationsOf, type Module, type Node, nameOf, type RuleNode, SETS } from '../explain/rules.ts';
import type { Side } from './side.ts';

export interface Definition {
  /** Without comments and places: equal when it means the same. */
  readonly print: string;
  /** Its METADATA. */
  readonly words: string;
  /** Names it refers to, e.g. `data.mcp.lib.scope.within`, `data.scopes`. */
  readonly reads: ReadonlySet<string>;
}
/** Rules of one package that add the same thing to one set. */
export interface Unit extends Definition {
  readonly id: string;
  /** Without `data.`. */
  readonly package: string;
  readonly set: string;
  readonly code: string;
  readonly title: string;
  readonly phases: readonly string[];
  readonly file: string;
  readonly line: number;
}
export interface Definitions {
  readonly units: ReadonlyMap<string, Unit>;
  /** Everything else by its full name. */
  readonly helpers: ReadonlyMap<string, Definition>;
}

export function readDefinitions({ modules }: Side): Definitions {
  const units = new Map<string, Unit>();
  const helpers = new Map<string, Definition>();
  // A package may stand in several files: a name in one means a rule in another.
  const names = new Map<string, Set<string>>();
  for (const { ast } of modules) {
    const known = names.get(packageOf(ast)) ?? new Set();
    for (const { head } of ast.rules ?? []) known.add(String(head.ref[0]?.value));
    names.set(packageOf(ast), known);
  }
  for (const { file, ast } of modules) {
    const path = packageOf(ast);
    const scope = { path, names: names.get(path) ?? new Set(), imports: importsOf(ast) };
    for (const rule of ast.rules ?? []) {
      const name = String(rule.head.ref[0]?.value);
      const { annotations: _, ...said } = rule;
      const definition: Definition = {
        print: JSON.stringify(said, withoutPlaces),
        words: JSON.stringify(annotationsOf(rule, ast.rules ?? []), withoutPlaces),
        reads: new Set(readsOf(said, scope)),
      };
      if (isContribution(path, name)) {
        const unit = toUnit(path, name, file, rule, ast, definition);
        units.set(unit.id, merge(units.get(unit.id), unit));
      } else {
        const key = `${path}.${name}`;
        helpers.set(key, merge(helpers.get(key), definition));
      }
    }
  }
  return { units, helpers };
}

function isContribution(path: string, name: string): boolean {
  return /^data\.mcp\.(rules|packs)\.[^.]+$/.test(path) && SETS.has(name);
}

function toUnit(
  path: string,
  set: string,
  file: string,
  rule: RuleNode,
  { rules = [] }: Module,
  definition: Definition,
): Unit {
  const { code, title, phases } = nameOf(rule, rules);
  const name = path.slice('data.'.length);
  const line = rule.location?.row ?? 0;
  // Without a name of its own it is what it says.
  const id = `${name}.${set} ${code || title || definition.print}`;
  return { ...definition, id, package: name, set, code, title, phases, file, line };
}

function merge<T extends Definition>(before: T | undefined, next: T): T {
  if (before === undefined) return next;
  return {
    ...before,
    print: before.print + next.print,
    words: before.words + next.words,
    reads: new Set([...before.reads, ...next.reads]),
  };
}

interface Scope {
  readonly path: string;
  readonly names: ReadonlySet<string>;
  readonly imports: ReadonlyMap<string, string>;
}

function packageOf(ast: Module): string {
  return ast.package.path.map(({ value }) => String(value)).join('.');
}

function importsOf({ imports = [] }: Module): ReadonlyMap<string, string> {
  return new Map(
    imports.map((node) => {
      const { path, alias } = node as { readonly path?: Node; readonly alias?: string };
      const parts = Array.isArray(path?.value) ? path.value.map(({ value }: Node) => String(value)) : [];
      return [alias ?? parts.at(-1) ?? '', parts.join('.')];
    }),
  );
}

function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'location' ? undefined : value;
}

function readsOf(node: unknown, scope: Scope): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap((member) => readsOf(member, scope));
  const { type, value } = node as Node;
  if (type === 'var') return named(String(value), [], scope);
  if (type === 'ref' && Array.isArray(value)) {
    const [head, ...rest] = value as readonly Node[];
    const plain = rest.findIndex((part) => part.type !== 'string');
    const path = (plain === -1 ? rest : rest.slice(0, plain)).map((part) => String(part.value));
    return [...named(String(head?.value), path, scope), ...readsOf(rest, scope)];
  }
  return Object.entries(node).flatMap(([key, member]) => (key === 'location' ? [] : readsOf(member, scope)));
}

function named(head: string, rest: readonly string[], { path, names, imports }: Scope): readonly string[] {
  const from = head === 'data' ? 'data' : names.has(head) ? `${path}.${head}` : imports.get(head);
  return from?.startsWith('data') ? [[from, ...rest].join('.')] : [];
}
