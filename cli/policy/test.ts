/**
 * `portcullis policy test`: the same tests three times, because one engine's word is not another's. `opa test` judges by
 * OPA's own interpreter; where that OPA can, again by its WebAssembly runtime; and then by the engine of the gate, for
 * which every test is compiled as an entrypoint. What passes in one and not in another would be enforced otherwise than
 * it was tested.
 */

import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { findOpa, runOpa } from './opa.ts';
import { gatherSources, type PolicySources } from './sources.ts';
import { ownEngineTests } from './test-own-engine.ts';
import { type Coverage, coverageOf, readResults, type TestResult } from './test-results.ts';

interface TestOptions {
  readonly tests: readonly string[];
  readonly coverage: number;
  readonly library?: string;
  readonly opa?: string;
  readonly json?: boolean;
}

export interface EngineReport {
  readonly engine: 'opa' | 'opa wasm' | 'portcullis';
  readonly passed: number;
  readonly failed: readonly string[];
  /** Tests this engine could not run, each with the reason. */
  readonly skipped: readonly string[];
}

export interface TestReport {
  readonly engines: readonly EngineReport[];
  readonly coverage: Coverage;
  readonly ok: boolean;
}

export function testCommand(): Command {
  return new Command('test')
    .description('run the tests of a policy in OPA and in the engine of the gate')
    .argument('[paths...]', 'folders and files of Rego and data', ['policies'])
    .option('-t, --tests <path...>', 'where the tests are; tests/ if there is one')
    .option('--coverage <percent>', 'lines of the policy that tests must reach', toPercent, 80)
    .option('--library <folder>', 'the library to build on; library/ if there is one, else the shipped one')
    .option('--opa <path>', 'the OPA to test with')
    .option('--json', 'print the result as JSON')
    .action(async (paths: string[], options: TestOptions) => {
      const report = await testPolicy(paths, options, process.cwd());
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describe(report));
      if (!report.ok) process.exitCode = 1;
    });
}

/** @throws Error in OPA's words when the sources do not compile. */
export async function testPolicy(
  paths: readonly string[],
  options: Omit<TestOptions, 'tests'> & { readonly tests?: readonly string[] },
  cwd: string,
): Promise<TestReport> {
  const opa = findOpa(options.opa, process.env);
  const tests = options.tests ?? (existsSync('tests') ? ['tests'] : []);
  const sources = gatherSources(paths, options.library, cwd);
  try {
    const all = [...sources.all, ...tests];
    const topdown = await opaTests(opa, all, 'opa');
    const wasm = await opaWasmTests(opa, all, topdown);
    const coverage = await coverageOf(opa, all, paths);
    const own = await ownEngineTests(opa, all, topdown);
    const engines = [toReport('opa', topdown), wasm, own];
    const enough = coverage.percent >= options.coverage;
    const ok = enough && topdown.length > 0 && engines.every(({ failed }) => failed.length === 0);
    return { engines, coverage: { ...coverage, wanted: options.coverage }, ok };
  } finally {
    sources.close();
  }
}

async function opaTests(
  opa: string,
  paths: PolicySources['all'],
  engine: string,
  ...extra: string[]
): Promise<readonly TestResult[]> {
  const ran = await runOpa(opa, ['test', '--timeout', '60s', '--format', 'json', ...extra, ...paths]);
  const results = readResults(ran.stdout);
  // What does not load leaves no report, which must not read as a policy without tests.
  if (results === undefined || (ran.status !== 0 && ran.stdout.trim() === ''))
    throw new Error(`${engine} test did not run:\n${ran.stderr || ran.stdout}`.trimEnd());
  return results;
}

/**
 * OPA's own WebAssembly runtime. It has no trace, so a row of a table that does not hold is missing from its report, and
 * the test passes all the same: the rows that the interpreter has seen are the rows that must hold here too.
 */
async function opaWasmTests(
  opa: string,
  paths: PolicySources['all'],
  topdown: readonly TestResult[],
): Promise<EngineReport> {
  const { stdout } = await runOpa(opa, ['version']);
  if (!/WebAssembly: available/.test(stdout)) {
    return { engine: 'opa wasm', passed: 0, failed: [], skipped: ['this OPA was built without opa_wasm'] };
  }
  const results = await opaTests(opa, paths, 'opa wasm', '--target', 'wasm');
  const held = new Set(results.filter(({ outcome }) => outcome === 'passed').map(({ name }) => name));
  return toReport(
    'opa wasm',
    topdown.map((test) =>
      test.outcome === 'skipped' ? test : { ...test, outcome: held.has(test.name) ? 'passed' : 'failed' },
    ),
  );
}

function toReport(engine: EngineReport['engine'], results: readonly TestResult[]): EngineReport {
  return {
    engine,
    passed: results.filter(({ outcome }) => outcome === 'passed').length,
    failed: results.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name),
    skipped: results.filter(({ outcome }) => outcome === 'skipped').map(({ name }) => `${name}: marked todo`),
  };
}

function describe({ engines, coverage, ok }: TestReport): string {
  const lines = engines.flatMap(({ engine, passed, failed, skipped }) => [
    `${engine.padEnd(10)} ${passed} passed, ${failed.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
    ...failed.map((name) => `    FAIL ${name}`),
    ...skipped.map((why) => `    skipped: ${why}`),
  ]);
  const unreached = coverage.unreached.map(({ file, lines: missed }) => `    ${file}: ${missed.join(', ')}`);
  const short = coverage.percent < (coverage.wanted ?? 0);
  lines.push(
    `coverage   ${coverage.percent.toFixed(1)} %${short ? `, wanted ${coverage.wanted} %; not reached:` : ''}`,
  );
  if (short) lines.push(...unreached);
  if (engines.every(({ passed, failed }) => passed + failed.length === 0)) lines.push('There are no tests.');
  return `${lines.join('\n')}\n${ok ? 'ok' : 'FAIL'}\n`;
}

function toPercent(text: string): number {
  const percent = Number(text);
  if (!(percent >= 0 && percent <= 100) || text.trim() === '')
    throw new InvalidArgumentError('is not a percentage');
  return percent;
}
