/** A data file tells the rules things; it must not be able to speak in their place. */
import { expect, test } from 'vitest';
import { startGate } from '../support/gate.ts';

test.each([
  { data: { mcp: { rules: { sneaky: { grant: ['*'] } } } }, name: 'mcp' },
  { data: { system: { log: {} } }, name: 'system' },
  { data: { pack_settings: { egress: { deny: { default: [] } } } }, name: 'pack_settings' },
])('a data file with $name at its top is refused at the start', async ({ data, name }) => {
  const starting = startGate({ config: { servers: { one: { url: 'http://127.0.0.1:9/mcp' } } }, data });
  await expect(starting).rejects.toThrow(`${name} belongs to the policy`);
});
