/**
 * Tests in the engine of the gate: each is compiled as an entrypoint of one module and evaluated, so that what passes
 * here passes in the WebAssembly that will judge frames. Tests in files that use built-ins only OPA has cannot be
 * compiled; they are named, never silently left out.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePolicy } from '../../proxy/decide/compile.ts';
import type { Evaluation } from '../../proxy/decide/evaluation.ts';
import { createEvaluator } from '../../proxy/decide/evaluator.ts';
import { readBundle } from '../../proxy/services/policy/bundle.ts';
import { runOpa } from './opa.ts';
import { requireProjectFile } from './project.ts';
import type { EngineReport } from './test.ts';
import type { TestResult } from './test-results.ts';

/** @param results what OPA said of the same tests: which there are, and which rows a table has. */
export async function ownEngineTests(
  opa: string,
  paths: readonly string[],
  results: readonly TestResult[],
): Promise<EngineReport> {
  const wanted = results.filter(({ outcome }) => outcome !== 'skipped');
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'));
  try {
    const skipped = new Map<string, string>();
    const bundle = await compileTests(opa, paths, wanted, folder, skipped);
    const judged = wanted.filter(({ file }) => !skipped.has(file));
    const answers = bundle === undefined ? new Map<string, Evaluation>() : evaluate(bundle, judged);
    const failed = judged.filter((test) => !holds(answers.get(test.entrypoint), test.row));
    return {
      engine: 'portcullis',
      passed: judged.length - failed.length,
      failed: failed.map(({ name }) => name),
      skipped: [...skipped].map(([file, why]) => `${file}: ${why}`),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Leaves out one file at a time until the rest compiles. */
async function compileTests(
  opa: string,
  paths: readonly string[],
  tests: readonly TestResult[],
  folder: string,
  skipped: Map<string, string>,
): Promise<Uint8Array | undefined> {
  const output = join(folder, 'tests.tar.gz');
  for (;;) {
    const entrypoints = new Set(
      tests.filter(({ file }) => !skipped.has(file)).map(({ entrypoint }) => entrypoint),
    );
    if (entrypoints.size === 0) return undefined;
    const args = ['build', '--target', 'wasm', '--output', output];
    args.push('--capabilities', requireProjectFile('config/opa-capabilities.json'));
    args.push(...[...entrypoints].flatMap((entrypoint) => ['--entrypoint', entrypoint]));
    args.push(...[...skipped.keys()].flatMap((file) => ['--ignore', file.split('/').at(-1) as string]));
    const { status, stdout, stderr } = await runOpa(opa, [...args, ...paths]);
    if (status === 0) return readFileSync(output);
    const [, file, why] = /(?:^|\n|: )([^\s:]+\.rego):\d+: (.*)/.exec(stderr || stdout) ?? [];
    const isTest = tests.some((test) => test.file === file);
    if (file === undefined || skipped.has(file) || !isTest) {
      throw new Error(`the tests do not build for the gate's engine:\n${stderr || stdout}`.trimEnd());
    }
    skipped.set(file, why ?? 'does not compile');
  }
}

function evaluate(bytes: Uint8Array, tests: readonly TestResult[]): Map<string, Evaluation> {
  const [first] = tests;
  if (first === undefined) return new Map();
  const bundle = readBundle(bytes, { entrypoint: first.entrypoint });
  const { module } = compilePolicy(bundle.wasm);
  const data = JSON.stringify(bundle.data);
  const answers = new Map<string, Evaluation>();
  for (const { entrypoint } of tests) {
    if (answers.has(entrypoint)) continue;
    const limits = { maxPages: 4096 };
    const evaluator = createEvaluator(module, { data, entrypoint, limits, now: Date.now, defer: () => {} });
    answers.set(entrypoint, evaluator.evaluate('{}'));
  }
  return answers;
}

/** A test holds when it is true; a row of a table, when the table says so at its labels. */
function holds(answer: Evaluation | undefined, row: readonly string[]): boolean {
  if (answer?.kind !== 'value') return false;
  let value = answer.value;
  for (const label of row) value = (value as Readonly<Record<string, unknown>> | undefined)?.[label];
  return value === true;
}
