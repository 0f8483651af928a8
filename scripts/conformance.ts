/**
 * Runs the official MCP conformance suite, as installed, against one server URL, or against a server
 * directly and again through the gate, and compares the verdict of every check.
 *
 *     node scripts/conformance.ts DIRECT_URL [-p PROXY_URL] [-r REQUIREMENTS]…
 *
 * Without -r both frozen requirement sets run. Exit 0: nothing scored failed (alone), nothing got worse
 * through the proxy (compared); 1: otherwise; 2: wrong usage. Uses no network but the two URLs, and leaves
 * no files behind.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export const REQUIREMENTS = ['2025-11-25', '2026-07-28'] as const;

export interface Check {
  readonly id: string;
  readonly status: string; // SUCCESS | FAILURE | WARNING | SKIPPED | INFO
  readonly errorMessage?: string;
}
/** What one run said: the checks of each scenario, and which scenarios the set runs without scoring them. */
export interface SuiteRun {
  readonly checks: ReadonlyMap<string, readonly Check[]>;
  readonly unscored: ReadonlySet<string>;
}
export interface Difference {
  readonly verdict: 'WORSE' | 'BETTER' | 'CHANGED';
  readonly line: string;
}
export interface Comparison {
  readonly identical: number;
  readonly differences: readonly Difference[];
}
export interface Score {
  readonly passed: number;
  readonly total: number;
  readonly checks: Readonly<Record<string, number>>;
}

const suite = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'),
  '../dist/index.js',
);

/** @param requirements one of the suite's frozen sets, e.g. 2026-07-28. */
export async function runSuite(url: string, requirements: string): Promise<SuiteRun> {
  const out = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const log = await run(['server', '--url', url, '--requirements', requirements, '-o', out]);
    const checks = await readResults(out);
    addCrashed(checks, log);
    return { checks, unscored: readUnscored(log) };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [suite, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  await new Promise((closed, failed) => child.on('close', closed).on('error', failed));
  return log;
}

/** Folders are named server-SCENARIO-TIMESTAMP; each holds the scenario's checks. */
async function readResults(out: string): Promise<Map<string, readonly Check[]>> {
  const checks = new Map<string, readonly Check[]>();
  for (const folder of (await readdir(out)).sort()) {
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(folder)?.[1];
    if (scenario === undefined) continue;
    checks.set(scenario, JSON.parse(await readFile(join(out, folder, 'checks.json'), 'utf8')) as Check[]);
  }
  return checks;
}

/** A scenario that died before it saved its checks shows only in the summary, and must not pass unseen. */
function addCrashed(checks: Map<string, readonly Check[]>, log: string): void {
  for (const [, scenario = '', failed] of log.matchAll(/^[✓✗] (\S+): \d+ passed, (\d+) failed/gm)) {
    if (checks.has(scenario)) continue;
    const status = Number(failed) > 0 ? 'FAILURE' : 'SKIPPED';
    checks.set(scenario, [{ id: 'no-result', status }]);
  }
}

function readUnscored(log: string): Set<string> {
  const start = log.indexOf('Not scored for');
  const rows = start < 0 ? [] : log.slice(start).matchAll(/^\s+\S+ (\S+) \([\w-]+\)/gm);
  return new Set([...rows].map((row) => row[1] ?? ''));
}

/** Counts scored scenarios (one passes when none of its checks failed) and their checks by status. */
export function scoreOf(result: SuiteRun): Score {
  let passed = 0;
  let total = 0;
  const counts: Record<string, number> = {};
  for (const [scenario, checks] of result.checks) {
    if (result.unscored.has(scenario)) continue;
    total += 1;
    if (!checks.some((check) => check.status === 'FAILURE')) passed += 1;
    for (const { status } of checks) counts[status] = (counts[status] ?? 0) + 1;
  }
  return { passed, total, checks: counts };
}

const BADNESS: Readonly<Record<string, number>> = { SUCCESS: 0, SKIPPED: 1, WARNING: 2 };
const worst = (statuses: readonly string[]) => Math.max(...statuses.map((status) => BADNESS[status] ?? 3));

/** Compares every check of every scenario, scored or not; a check one side lacks counts as a failure there. */
export function compare(direct: SuiteRun, proxied: SuiteRun): Comparison {
  let identical = 0;
  const differences: Difference[] = [];
  for (const scenario of new Set([...direct.checks.keys(), ...proxied.checks.keys()])) {
    const before = statusesById(direct.checks.get(scenario));
    const after = statusesById(proxied.checks.get(scenario));
    for (const id of new Set([...before.keys(), ...after.keys()])) {
      const was = before.get(id) ?? ['ABSENT'];
      const is = after.get(id) ?? ['ABSENT'];
      if (was.join() === is.join()) {
        identical += 1;
        continue;
      }
      const step = worst(is) - worst(was);
      const verdict = step > 0 ? 'WORSE' : step < 0 ? 'BETTER' : 'CHANGED';
      const failed = proxied.checks.get(scenario)?.find((one) => one.id === id && one.status === 'FAILURE');
      const why = (failed?.errorMessage ?? '').replaceAll(/\s+/g, ' ').slice(0, 160);
      const line = `${verdict} ${scenario}:${id}  direct=${was.join('+')} proxied=${is.join('+')}  ${why}`;
      differences.push({ verdict, line: line.trimEnd() });
    }
  }
  return { identical, differences };
}

/** Ids may repeat within a scenario; the order of repetitions says nothing. */
function statusesById(checks: readonly Check[] = []): Map<string, string[]> {
  const byId = new Map<string, string[]>();
  for (const { id, status } of checks) {
    if (status !== 'INFO') byId.set(id, [...(byId.get(id) ?? []), status].sort());
  }
  return byId;
}

function scoreLine(result: SuiteRun): string {
  const { passed, total, checks } = scoreOf(result);
  const { SUCCESS = 0, FAILURE = 0, WARNING = 0, SKIPPED = 0 } = checks;
  const rest = `${WARNING > 0 ? `, ${WARNING} warnings` : ''}${SKIPPED > 0 ? `, ${SKIPPED} skipped` : ''}`;
  return `SCORED scenarios ${passed}/${total} pass; checks ${SUCCESS} passed, ${FAILURE} failed${rest}`;
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      proxy: { type: 'string', short: 'p' },
      requirements: { type: 'string', short: 'r', multiple: true, default: [...REQUIREMENTS] },
    },
  });
  const [url] = positionals;
  if (url === undefined || positionals.length > 1) throw new TypeError('give exactly one DIRECT_URL');
  let failed = false;
  for (const requirements of values.requirements) {
    console.log(`== ${requirements}  ${url}`);
    const direct = await runSuite(url, requirements);
    console.log(scoreLine(direct));
    if (values.proxy === undefined) {
      const { passed, total } = scoreOf(direct);
      failed ||= passed < total || total === 0;
      continue;
    }
    console.log(`== ${requirements}  via ${values.proxy}`);
    const proxied = await runSuite(values.proxy, requirements);
    console.log(scoreLine(proxied));
    failed ||= !report(compare(direct, proxied));
  }
  return failed ? 1 : 0;
}

/** @returns false where something got worse, or where nothing was compared. */
function report({ identical, differences }: Comparison): boolean {
  for (const { line } of differences) console.log(line);
  const count = (verdict: Difference['verdict']) =>
    differences.filter((one) => one.verdict === verdict).length;
  const worse = count('WORSE');
  console.log(
    `TRANSPARENCY ${identical} identical check verdicts, ${worse} worse, ${count('BETTER')} better, ${count('CHANGED')} changed`,
  );
  return worse === 0 && identical > 0;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(String(error));
    console.error('usage: node scripts/conformance.ts DIRECT_URL [-p PROXY_URL] [-r REQUIREMENTS]…');
    return 2;
  });
}
