/**
 * Every test there is: the Rego ones in OPA's interpreter, in its WebAssembly runtime and in the engine of the gate, the
 * rest under vitest. Ends with the plain line `N passed, N failed[, N skipped]` from the runners' own counts, and exits 1
 * unless something ran and all passed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { testPolicy } from '../cli/policy/test.ts';

/** Of the policies' lines, in percent. */
const COVERAGE = 95;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const REPORT = '.cache/vitest.json';

const opa = found('scripts/opa.sh');
const redis = found('scripts/redis.sh');
if (!redis)
  process.stderr.write('SKIPPED: gates that share a Redis, because there is no redis-server here.\n');
const counts = opa ? add(await regoTests(opa), vitest(opa)) : { passed: 0, failed: 1, skipped: 0 };
if (!opa) process.stderr.write('No OPA could be had, so nothing was tested.\n');
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

/** What the script has printed: the path of a program. */
function found(script: string): string | undefined {
  const { stdout } = spawnSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return stdout?.trim() || undefined;
}

async function regoTests(path: string): Promise<Counts> {
  const options = { tests: ['rego-tests'], coverage: COVERAGE, opa: path };
  const { engines, coverage } = await testPolicy(['policies'], options, process.cwd());
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { engine, passed, failed, skipped } of engines) {
    process.stdout.write(`Rego tests, ${engine}: ${passed} passed, ${failed.length} failed\n`);
    for (const name of failed) process.stderr.write(`FAIL ${engine}: ${name}\n`);
    for (const why of skipped) process.stderr.write(`SKIPPED ${engine}: ${why}\n`);
    counts = add(counts, { passed, failed: failed.length, skipped: skipped.length });
  }
  const short = coverage.percent < COVERAGE;
  process.stdout.write(`Rego coverage: ${coverage.percent.toFixed(1)} %, at least ${COVERAGE} wanted\n`);
  return short ? add(counts, { passed: 0, failed: 1, skipped: 0 }) : counts;
}

function vitest(path: string): Counts {
  rmSync(REPORT, { force: true });
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile=${REPORT}`];
  const run = spawnSync('vitest', ['run', ...reporters], {
    stdio: 'inherit',
    env: { ...process.env, OPA: path, ...(redis ? { REDIS_SERVER: redis } : {}), NO_COLOR: '1' },
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
