/**
 * The client scenarios of the official conformance suite, direct and through the gate: what the suite's servers see of a
 * client must be the same. Scenarios about OAuth are left out: the gate is a resource server of its own and never passes
 * a client's token on, so what they look at ends at the gate by design.
 *
 *     node scripts/conformance-client.ts
 *
 * Exit 0: nothing got worse and something was compared; 1: otherwise.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Check, type Comparison, compare, REQUIREMENTS } from './conformance.ts';

const suite = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'),
  '../dist/index.js',
);
const CLIENTS = join(import.meta.dirname, '../test/fixtures/conformance-client');

/** By the version the suite runs them at. */
export const SCENARIOS: Readonly<Record<(typeof REQUIREMENTS)[number], readonly string[]>> = {
  '2025-11-25': [
    'initialize',
    'tools_call',
    'elicitation-sep1034-client-defaults',
    'sse-retry',
    'json-schema-2020-12-preservation',
  ],
  '2026-07-28': [
    ...['tools_call', 'request-metadata', 'sep-2322-client-request-state', 'http-standard-headers'],
    ...[
      'http-custom-headers',
      'http-invalid-tool-headers',
      'json-schema-ref-no-deref',
      'json-schema-2020-12-preservation',
    ],
  ],
};

/** @returns what was found for each revision. */
export async function compareClients(requirements: (typeof REQUIREMENTS)[number]): Promise<Comparison> {
  const scenarios = SCENARIOS[requirements];
  const [direct, proxied] = await Promise.all(
    ['client.ts', 'through-gate.ts'].map(async (file) => {
      const checks = new Map<string, readonly Check[]>();
      for (const scenario of scenarios) checks.set(scenario, await runScenario(scenario, requirements, file));
      return { checks, unscored: new Set<string>() };
    }),
  );
  if (direct === undefined || proxied === undefined) throw new Error('nothing ran');
  return compare(direct, proxied);
}

async function runScenario(scenario: string, version: string, client: string): Promise<readonly Check[]> {
  const out = await mkdtemp(join(tmpdir(), 'conformance-client-'));
  try {
    const command = `${process.execPath} ${join(CLIENTS, client)}`;
    const args = [
      'client',
      '--command',
      command,
      '--scenario',
      scenario,
      '--spec-version',
      version,
      '-o',
      out,
    ];
    const child = spawn(process.execPath, [suite, ...args], { stdio: 'ignore' });
    await new Promise((closed, failed) => child.on('close', closed).on('error', failed));
    const [folder] = (await readdir(out, { recursive: true })).filter((file) => file.endsWith('checks.json'));
    return folder === undefined ? [] : (JSON.parse(await readFile(join(out, folder), 'utf8')) as Check[]);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  let failed = false;
  for (const requirements of REQUIREMENTS) {
    const { identical, differences } = await compareClients(requirements);
    for (const { line } of differences) console.log(line);
    const worse = differences.filter(({ verdict }) => verdict === 'WORSE').length;
    console.log(`CLIENTS ${requirements}: ${identical} identical check verdicts, ${worse} worse`);
    failed ||= worse > 0 || identical === 0;
  }
  process.exitCode = failed ? 1 : 0;
}
