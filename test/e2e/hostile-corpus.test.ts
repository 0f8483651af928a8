/**
 * The hostile corpus without a gate: each attack must be seen to work against the bare upstream, or a gate that
 * stops it would prove nothing; and each look-alike must pass, or the corpus itself would be at fault.
 */
import { expect, test } from 'vitest';
import { loadCorpus } from '../support/hostile-corpus.ts';
import { createCredentials } from '../support/hostile-credentials.ts';
import { runCase } from '../support/hostile-runner.ts';
import { startRecordingUpstream } from '../support/recording-upstream.ts';

/** Node's own HTTP parser refuses these even at its laxest, and an empty answer holds nothing to leak. */
const HARMLESS_WITHOUT_A_GATE = [
  'O-smuggle-01',
  'O-smuggle-07',
  'O-smuggle-08',
  'O-smuggle-09',
  'O-smuggle-12',
  'O-smuggle-13',
  'O-smuggle-22',
  'O-upstream-http-14',
];

test('every attack succeeds and every look-alike passes where there is no gate', {
  timeout: 180_000,
}, async () => {
  const upstream = await startRecordingUpstream();
  const credentials = createCredentials();
  const bare = async () => ({ url: upstream.url, close: async () => {} });
  const stopped = new Set<string>();
  const refused: string[] = [];
  for (const hostile of loadCorpus()) {
    for (const report of await runCase(hostile, { upstream, credentials, shared: bare, own: bare })) {
      if (report.overBlocks.length > 0) refused.push(report.id);
      if (hostile.expect !== 'allowed' && report.bypasses.length === 0) stopped.add(hostile.id);
    }
  }
  credentials.remove();
  await upstream.close();
  expect([...stopped]).toEqual(HARMLESS_WITHOUT_A_GATE);
  expect(refused).toEqual([]);
});

test('ids are unique and at least forty look-alikes are among the cases', () => {
  const corpus = loadCorpus();
  expect(new Set(corpus.map(({ id }) => id)).size).toBe(corpus.length);
  expect(corpus.filter((hostile) => hostile.expect === 'allowed').length).toBeGreaterThanOrEqual(40);
});
