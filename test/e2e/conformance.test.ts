/** The official suite, direct and through the gate with policy and record on: nothing may get worse on the way. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the conformance suite sees no difference', { timeout: 120_000 }, () => {
  const { stdout, status } = spawnSync(process.execPath, ['scripts/conformance-through-gate.ts'], {
    encoding: 'utf8',
  });
  const scores = [...stdout.matchAll(/SCORED\s+scenarios (\d+\/\d+) pass/g)].map((match) => match[1]);
  expect(scores).toEqual(['30/30', '30/30', '37/37', '37/37']);
  expect([...stdout.matchAll(/(\d+) worse/g)].map((match) => match[1])).toEqual(['0', '0']);
  expect(status).toBe(0);
});
