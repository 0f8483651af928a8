/** The official client scenarios, direct and through the gate: what servers see of a client is the same. */
import { expect, test } from 'vitest';
import { compareClients } from '../../scripts/conformance-client.ts';
import { verifies } from '../requirements.ts';

test.each([
  { revision: '2025-11-25' as const, least: 18 },
  { revision: '2026-07-28' as const, least: 33 },
])('$revision: nothing is worse', { timeout: 120_000 }, async ({ revision, least }) => {
  verifies('R34', 'http');
  const { identical, differences } = await compareClients(revision);
  expect(differences.filter(({ verdict }) => verdict === 'WORSE')).toEqual([]);
  expect(identical).toBeGreaterThanOrEqual(least);
});
