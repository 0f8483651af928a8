/**
 * Every test there is: the Rego ones under `opa test`, the rest under vitest. Ends with the plain line
 * `N passed, N failed[, N skipped]` from the runners' own counts, and exits 1 unless something ran and all passed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const REPORT = '.cache/vitest.json';

const opa = spawnSync('scripts/opa.sh', {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
}).stdout?.trim();
const counts = opa ? add(regoTests(opa), vitest(opa)) : { passed: 0, failed: 1, skipped: 0 };
if (!opa) process.stderr.write('No OPA could be had, so nothing was tested.\n');
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

interface RegoResult {
  readonly name: string;
  readonly fail?: boolean;
  readonly error?: unknown;
  readonly skip?: boolean;
  /** Rows of a table, which may be tables again. */
  readonly sub_results?: Readonly<Record<string, RegoResult>>;
}

function regoTests(path: string): Counts {
  const args = ['test', '--timeout', '60s', '--format', 'json', 'policies', 'rego-tests'];
  const run = spawnSync(path, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  let results: readonly RegoResult[];
  try {
    results = (JSON.parse(run.stdout) as RegoResult[]).flatMap(rows);
  } catch {
    process.stderr.write(`opa test did not report:\n${run.stderr || run.stdout}\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const failed = results.filter((result) => result.fail || result.error);
  for (const { name } of failed) process.stderr.write(`FAIL ${name}\n`);
  const skippedCount = results.filter((result) => result.skip).length;
  const passed = results.length - failed.length - skippedCount;
  process.stdout.write(`opa test: ${passed} of ${results.length} passed\n`);
  return {
    passed,
    failed: failed.length + (run.status !== 0 && failed.length === 0 ? 1 : 0),
    skipped: skippedCount,
  };
}

function rows(result: RegoResult): readonly RegoResult[] {
  if (result.sub_results === undefined) return [result];
  const inner = Object.values(result.sub_results).map((row) => ({
    ...row,
    name: `${result.name}: ${row.name}`,
  }));
  return inner.flatMap(rows);
}

function vitest(path: string): Counts {
  rmSync(REPORT, { force: true });
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile=${REPORT}`];
  const run = spawnSync('vitest', ['run', ...reporters], {
    stdio: 'inherit',
    env: { ...process.env, OPA: path, NO_COLOR: '1' },
  });
  if (!existsSync(REPORT)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(REPORT, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numTodoTests: number;
  };
  // A file that does not load, or an error outside every test, fails the run without a failed test.
  const unseen = run.status !== 0 && report.numFailedTests === 0 ? 1 : 0;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unseen,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
