/** Rules as their sources have them: what set they add to, the steps of their body as text, and where they stand. */
import { readFileSync } from 'node:fs';
import { runOpa } from '../opa.ts';

export interface SourceRule {
  readonly package: string;
  /** What it adds to, or its own name where it is a condition that others share. */
  readonly set: string;
  readonly adds: boolean;
  readonly file: string;
  readonly line: number;
  /** Of its own annotation, or of the private rule that makes its reason. */
  readonly title: string;
  readonly code: string;
  readonly phases: readonly string[];
  readonly steps: readonly Step[];
  readonly imports: readonly string[];
}
export interface Step {
  readonly text: string;
  /** References to the input in it, e.g. `input.time.hour`. */
  readonly reads: readonly string[];
}

export interface Node {
  readonly location?: { readonly row: number; readonly text?: string };
  readonly type?: string;
  readonly value?: unknown;
}
interface Annotated {
  readonly title?: string;
  readonly custom?: { readonly code?: string; readonly phases?: readonly string[] };
}
export interface RuleNode extends Node {
  readonly head: Node & {
    readonly ref: readonly Node[];
    readonly key?: Node;
    readonly args?: readonly Node[];
  };
  readonly body: readonly (Node & { readonly generated?: boolean })[];
  readonly annotations?: readonly Annotated[];
}
export interface Module {
  readonly package: { readonly path: readonly Node[] };
  readonly imports?: readonly Node[];
  readonly rules?: readonly RuleNode[];
}

/** Sets of a rule's package that the decision is made of. */
export const SETS: ReadonlySet<string> = new Set([
  'block',
  'require_approval',
  'redact',
  'grant',
  'label',
  'reply_redact',
  'reply_inspect',
]);

/** Rules that add to what the decision is made of, and private ones that gather reasons for them. */
export async function readRules(opa: string, files: readonly string[]): Promise<readonly SourceRule[]> {
  const modules: (readonly SourceRule[])[] = [];
  for (const file of files) {
    const ran = await runOpa(opa, ['parse', '--format', 'json', '--json-include', 'locations', file]);
    if (ran.status !== 0) throw new Error(ran.stderr.trim());
    modules.push(rulesOf(file, JSON.parse(ran.stdout) as Module));
  }
  return modules.flat();
}

function rulesOf(file: string, module: Module): readonly SourceRule[] {
  const path = module.package.path.map(({ value }) => String(value)).join('.');
  if (!/^data\.mcp\.(rules|packs)\.[^.]+$/.test(path)) return [];
  const source = readFileSync(file, 'utf8').split('\n');
  const imports = (module.imports ?? []).map(({ location }) => source[(location?.row ?? 1) - 1] ?? '');
  const rules = module.rules ?? [];
  return rules.filter(isAsked).map((rule) => ({
    package: path.slice('data.'.length),
    set: String(rule.head.ref[0]?.value),
    adds: rule.head.key !== undefined,
    file,
    line: rule.location?.row ?? 0,
    ...nameOf(rule, rules),
    steps: rule.body.filter(({ generated }) => !generated).map(toStep),
    imports,
  }));
}

/** Adds to a set, or is a condition without arguments that such rules share. */
function isAsked({ head, body }: RuleNode): boolean {
  const name = String(head.ref[0]?.value);
  const isCondition =
    name.startsWith('_') && head.args === undefined && body.some(({ generated }) => !generated);
  return head.key === undefined ? isCondition : SETS.has(name) || name.startsWith('_');
}

/** What a rule is called in its METADATA, or in that of the private rule that makes its reason. */
export function nameOf(
  rule: RuleNode,
  rules: readonly RuleNode[],
): { readonly title: string; readonly code: string; readonly phases: readonly string[] } {
  const annotations = annotationsOf(rule, rules);
  return {
    title: annotations.find(({ title }) => title !== undefined)?.title ?? '',
    code: annotations.find(({ custom }) => custom?.code !== undefined)?.custom?.code ?? '',
    phases: annotations.find(({ custom }) => custom?.phases !== undefined)?.custom?.phases ?? [],
  };
}

/** Its own METADATA, and that of the private rules that make what it adds. */
export function annotationsOf(rule: RuleNode, rules: readonly RuleNode[]): readonly Annotated[] {
  const makers = rules.filter(({ head }) => mentions(rule.head.key, String(head.ref[0]?.value)));
  return [rule, ...makers].flatMap((each) => each.annotations ?? []);
}

function mentions(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const { type, value } = node as Node;
  if (type === 'var' && value === name) return true;
  return Object.entries(node).some(([key, member]) => key !== 'location' && mentions(member, name));
}

function toStep(node: Node): Step {
  return {
    text: Buffer.from(node.location?.text ?? '', 'base64').toString(),
    reads: [...new Set(inputs(node))],
  };
}

function inputs(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, value } = node as Node;
  if (type === 'ref' && Array.isArray(value)) {
    const [head, ...rest] = value as readonly Node[];
    if (head?.value === 'input') {
      const plain = rest.findIndex((part) => part.type !== 'string');
      const path = plain === -1 ? rest : rest.slice(0, plain);
      return [['input', ...path.map((part) => String(part.value))].join('.')];
    }
  }
  return Object.entries(node).flatMap(([key, member]) => (key === 'location' ? [] : inputs(member)));
}
