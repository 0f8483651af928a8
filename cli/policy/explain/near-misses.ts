/**
 * How far each rule came: the steps of its body are put before OPA one more at a time, in the rule's own package, so
 * that its helpers and imports mean what they mean there. The first step with which nothing is true any more is what
 * the rule wanted and did not get.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOpa } from '../opa.ts';
import type { SourceRule, Step } from './rules.ts';

export interface NearMiss {
  readonly rule: SourceRule;
  /** Steps that were true, those of the conditions it stands on among them. */
  readonly held: number;
  readonly of: number;
  readonly wanted: Step;
}

/** @param paths everything the rules are built on. @returns rules that did not fire, those nearest to it first. */
export async function nearMisses(
  opa: string,
  rules: readonly SourceRule[],
  paths: readonly string[],
  inputText: string,
): Promise<readonly NearMiss[]> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'));
  try {
    writeFileSync(join(folder, 'input.json'), inputText);
    const probes = rules.map((rule, index) => {
      const file = join(folder, `probe_${index}.rego`);
      writeFileSync(file, probe(rule, index));
      return file;
    });
    const results = [...new Set(rules.map((rule) => rule.package))];
    const query = `{${results.map((name) => `"${name}": data.${name}`).join(', ')}}`;
    const loaded = [...paths, ...probes].flatMap((path) => ['-d', path]);
    const ran = await runOpa(opa, [
      'eval',
      '--format',
      'raw',
      '-i',
      join(folder, 'input.json'),
      ...loaded,
      query,
    ]);
    if (ran.status !== 0) throw new Error(`the rules could not be traced:\n${ran.stderr || ran.stdout}`);
    const values = JSON.parse(ran.stdout) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    const misses = rules.flatMap((rule, index) => {
      const held = values[rule.package]?.[`explain_${index}`];
      const steps = Array.isArray(held) ? Math.max(0, ...(held as readonly number[])) : 0;
      const wanted = rule.steps[steps];
      return wanted === undefined ? [] : [{ rule, held: steps, of: rule.steps.length, wanted }];
    });
    const sorted = misses.toSorted((a, b) => nearness(b) - nearness(a));
    return sorted
      .filter(({ rule }) => rule.adds)
      .map((miss) => deepest(miss, sorted))
      .toSorted((a, b) => nearness(b) - nearness(a));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const DEPTH = 5;

/** Where what was wanted is a condition of the package's own, the step of that which was not true. */
function deepest(miss: NearMiss, misses: readonly NearMiss[], depth = 0): NearMiss {
  const { rule, wanted } = miss;
  const inner = misses.find(
    (other) =>
      !other.rule.adds && other.rule.package === rule.package && other.rule.set === wanted.text.trim(),
  );
  if (inner === undefined || depth === DEPTH) return miss;
  const below = deepest(inner, misses, depth + 1);
  return { rule, held: miss.held + below.held, of: miss.of - 1 + below.of, wanted: below.wanted };
}

/** A set of the numbers of steps that hold together, from the first. */
function probe(rule: SourceRule, index: number): string {
  const texts = rule.steps.map(({ text }) => text);
  const bodies = texts.map(
    (_, step) => `explain_${index} contains ${step + 1} if {\n\t${texts.slice(0, step + 1).join('\n\t')}\n}`,
  );
  return [`package ${rule.package}`, ...rule.imports, ...bodies].join('\n\n');
}

/** One step away from firing counts most, then how much of the body held. */
function nearness({ held, of }: NearMiss): number {
  return held / of - (of - held) / 100;
}
