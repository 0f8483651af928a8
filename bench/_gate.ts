/**
 * A gate in a process of its own: the configuration comes as JSON, policy data among it, and everything is as
 * `portcullis serve` has it, the record in a file included. The working directory chooses which checkout's gate runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { configSchema as Schema } from '../proxy/config/schema.ts';
import type { startGate as Start } from '../proxy/main.ts';
import { answerParent } from './_peer.ts';

export interface GateSettings {
  /** As in portcullis.yaml. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>>;
}

const { config, data } = JSON.parse(process.argv[2] as string) as GateSettings;
const from = (path: string) => import(pathToFileURL(join(process.cwd(), path)).href);
const { configSchema } = (await from('proxy/config/schema.ts')) as { configSchema: typeof Schema };
const { startGate } = (await from('proxy/main.ts')) as { startGate: typeof Start };

const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
writeFileSync(join(folder, 'data.json'), JSON.stringify(data));
const complain = (event: string, fields?: unknown) => console.error(event, fields);
const gate = await startGate(
  configSchema.parse({
    listen: '127.0.0.1:0',
    policy: { data: join(folder, 'data.json') },
    audit: { file: join(folder, 'audit.jsonl'), durability: 'flush' },
    ...config,
  }),
  {
    env: {},
    cwd: process.cwd(),
    log: { info() {}, warn: complain, error: complain },
    version: '0.0.0-bench',
  },
);

answerParent({ url: () => gate.url }, async () => {
  await gate.close();
  rmSync(folder, { recursive: true, force: true });
});
