/**
 * The official MCP conformance suite against the fixture server, once directly and once through the gate with
 * policy and record on. Exits 1 when any verdict got worse on the way, or when the fixture itself fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../proxy/config/schema.ts';
import { startGate } from '../proxy/main.ts';
import { startEverything } from '../test/fixtures/everything/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-conformance-'));
const upstream = await startEverything();
const gate = await startGate(
  configSchema.parse({
    listen: '127.0.0.1:0',
    servers: { everything: { url: upstream.url } },
    policy: { data: 'test/fixtures/everything/data.yaml' },
    audit: { file: join(folder, 'audit.jsonl') },
  }),
  {
    env: process.env,
    cwd: process.cwd(),
    log: { info() {}, warn() {}, error: (event, fields) => console.error(event, fields) },
    version: '0.0.0-conformance',
  },
);
try {
  const urls = [upstream.url, '-p', `${gate.url}/mcp/everything`, ...process.argv.slice(2)];
  const suite = spawn(process.execPath, ['scripts/conformance.ts', ...urls], { stdio: 'inherit' });
  const [code] = (await once(suite, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await gate.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
}
