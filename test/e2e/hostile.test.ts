/**
 * The hostile corpus against the gate: nothing that policy P0 forbids may run upstream or reach a client, and
 * nothing that only looks like it may be touched. Prints what was found, class by class.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGate } from '../support/gate.ts';
import { loadCorpus } from '../support/hostile-corpus.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { createFaults, type Faults } from '../support/hostile-faults.ts';
import type { Lab, Profile, Target } from '../support/hostile-lab.ts';
import { buildP0 } from '../support/hostile-policy.ts';
import { type CaseReport, runCase, tally } from '../support/hostile-runner.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../support/recording-upstream.ts';

const corpus = loadCorpus();
const classes = [...new Set(corpus.map((hostile) => hostile.class))];
const reports: CaseReport[] = [];
const credentials = createCredentials();
const gates = new Map<Profile, Promise<Target>>();
let folder: string;
let bundle: string;
let upstream: RecordingUpstream;
let lab: Lab;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  folder = mkdtempSync(join(tmpdir(), 'hostile-policy-'));
  bundle = buildP0(folder);
  const own = (profile: Profile) => openGate(profile, createFaults());
  const shared = (profile: Profile) => {
    const gate = gates.get(profile) ?? openGate(profile);
    gates.set(profile, gate);
    return gate;
  };
  lab = { upstream, credentials, shared, own };
});

async function openGate(profile: Profile, faults?: Faults): Promise<Target> {
  const gate = await startGate({
    bundle,
    config: {
      servers: { rec: { url: upstream.url } },
      origins: ['http://localhost:3000'],
      auth: profile === 'open' ? { kind: 'none' } : credentials.auth[profile],
    },
    ...(faults && { replace: faults.replace }),
  });
  return {
    url: gate.server('rec'),
    close: () => gate.close(),
    ...(faults && { inject: faults.inject }),
  };
}

test.each(classes)('%s: no bypass, no over-block', { timeout: 180_000 }, async (name) => {
  for (const hostile of corpus.filter((one) => one.class === name)) {
    reports.push(...(await runCase(hostile, lab)));
  }
  const must = reports.filter((report) => report.class === name && report.tier === 'must');
  const found = must.filter((report) => report.bypasses.length + report.overBlocks.length > 0);
  expect(found.map(({ id, why, bypasses, overBlocks }) => ({ id, why, bypasses, overBlocks }))).toEqual([]);
});

afterAll(async () => {
  console.log(tally(reports));
  for (const { id, mismatches } of reports) for (const line of mismatches) console.log(`${id}: ${line}`);
  for (const gate of gates.values()) await (await gate).close();
  await upstream.close();
  credentials.remove();
  rmSync(folder, { recursive: true, force: true });
});
