/**
 * The hostile corpus on the edges without HTTP around messages: every case that is about a message, by WebSocket, by
 * legacy SSE and on standard streams. The same findings are looked for, and printed for each edge.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configSchema } from '../../proxy/config/schema.ts';
import { wrapStdio } from '../../proxy/main.ts';
import { verifies } from '../requirements.ts';
import { startGate } from '../support/gate.ts';
import { loadCorpus } from '../support/hostile-corpus.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import {
  DuplexClient,
  hasLineEnds,
  isForDuplex,
  sseWire,
  stdioWire,
  wsWire,
} from '../support/hostile-duplex.ts';
import type { Lab, Profile, Target } from '../support/hostile-lab.ts';
import { buildP0 } from '../support/hostile-policy.ts';
import { type CaseReport, runCase } from '../support/hostile-runner.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../support/recording-upstream.ts';

const corpus = loadCorpus().filter(isForDuplex);
const credentials = createCredentials();
const folder = mkdtempSync(join(tmpdir(), 'hostile-edges-'));
let upstream: RecordingUpstream;
let bundle: string;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  bundle = buildP0(folder);
});
afterAll(async () => {
  await upstream.close();
  credentials.remove();
  rmSync(folder, { recursive: true, force: true });
});

function labOf(open: (profile: Profile) => Promise<Target>): Lab & { close(): Promise<void> } {
  const targets = new Map<Profile, Promise<Target>>();
  const shared = (profile: Profile) => {
    const target = targets.get(profile) ?? open(profile);
    targets.set(profile, target);
    return target;
  };
  return {
    upstream,
    credentials,
    shared,
    own: open,
    close: async () =>
      void (await Promise.all([...targets.values()].map(async (target) => (await target).close()))),
  };
}

async function overSockets(profile: Profile, wire: typeof wsWire): Promise<Target> {
  const auth = profile === 'open' ? { kind: 'none' } : credentials.auth[profile];
  const gate = await startGate({ bundle, config: { servers: { rec: { url: upstream.url } }, auth } });
  const url = gate.server('rec');
  return {
    url,
    connect: (version, authorization) => new DuplexClient(() => wire(url, authorization), version),
    close: () => gate.close(),
  };
}

/** One connection carries all cases: each begins with an `initialize` of its own. */
async function overStreams(): Promise<Target> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const ending = new AbortController();
  const config = configSchema.parse({
    servers: { rec: { url: upstream.url } },
    policy: { bundle },
    audit: { file: join(folder, 'stdio.jsonl') },
  });
  const log = { info() {}, warn() {}, error() {} };
  const options = { env: {}, cwd: folder, log, version: '0', server: 'rec', input, output, headers: {} };
  const served = wrapStdio(config, { ...options, signal: ending.signal });
  const wire = stdioWire(input, output);
  return {
    url: '',
    connect: (version) => new DuplexClient(async () => wire, version),
    async close() {
      ending.abort();
      await served;
    },
  };
}

const EDGES = [
  { edge: 'ws', open: (profile: Profile) => overSockets(profile, wsWire), fits: () => true },
  { edge: 'sse', open: (profile: Profile) => overSockets(profile, sseWire), fits: () => true },
  // One caller is all there is, and a line is a message.
  {
    edge: 'stdio',
    open: overStreams,
    fits: (one: (typeof corpus)[number]) =>
      one.class !== 'chain' && one.policy_context.auth === undefined && !hasLineEnds(one),
  },
] as const;

describe.each(EDGES)('$edge', ({ edge, open, fits }) => {
  test('no bypass, no over-block', { timeout: 240_000 }, async () => {
    verifies('R01', 'ws', 'sse', 'stdio');
    verifies('R02', 'ws', 'sse', 'stdio');
    verifies('R39', 'ws', 'sse', 'stdio');
    const cases = corpus.filter(fits);
    expect(cases.length).toBeGreaterThan(300);
    const lab = labOf(open);
    const reports: CaseReport[] = [];
    for (const hostile of cases) reports.push(...(await runCase(hostile, lab)));
    await lab.close();
    const count = (kind: 'bypasses' | 'overBlocks' | 'mismatches') =>
      reports.filter((report) => report[kind].length > 0).length;
    console.log(
      `${edge}: ${reports.length} runs, ${count('bypasses')} bypasses, ${count('overBlocks')} over-blocks, ${count('mismatches')} mismatches`,
    );
    for (const { id, mismatches } of reports)
      for (const line of mismatches) console.log(`${edge} ${id}: ${line}`);
    const found = reports.filter(
      ({ tier, bypasses, overBlocks }) => tier === 'must' && bypasses.length + overBlocks.length > 0,
    );
    expect(found.map(({ id, why, bypasses, overBlocks }) => ({ id, why, bypasses, overBlocks }))).toEqual([]);
  });
});
