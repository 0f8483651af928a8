/**
 * A real gate for tests: a configuration and a policy in, a running gate on a free port of loopback out. Faults are
 * injected where the gate meets its ports, so everything between is the shipped code.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../proxy/config/schema.ts';
import { type RunningGate, type StartOptions, startGate as start } from '../../proxy/main.ts';
import type { LogPort } from '../../proxy/pipeline/ports.ts';

export interface TestGate extends RunningGate {
  server(name: string): string;
  /** Lines of the record so far. */
  record(): readonly Record<string, unknown>[];
  readonly folder: string;
  readonly logged: readonly { level: string; event: string; fields: unknown }[];
}

export interface GateOptions {
  /** As in portcullis.yaml, without `listen` and `audit`. */
  readonly config: Record<string, unknown>;
  /** Path of a bundle; the shipped one by default. */
  readonly bundle?: string;
  readonly data?: Record<string, unknown>;
  readonly env?: Record<string, string>;
  readonly replace?: StartOptions['replace'];
}

export async function startGate(options: GateOptions): Promise<TestGate> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  const dataFile = join(folder, 'data.json');
  writeFileSync(dataFile, JSON.stringify(options.data ?? {}));
  const { policy, audit, ...rest } = options.config as { policy?: object; audit?: object };
  const config = configSchema.parse({
    listen: '127.0.0.1:0',
    ...rest,
    policy: {
      bundle: options.bundle ?? join(process.cwd(), 'wasm/bundle.tar.gz'),
      data: dataFile,
      ...policy,
    },
    audit: { file: join(folder, 'audit.jsonl'), ...audit },
  });
  const logged: TestGate['logged'][number][] = [];
  const gate = await start(config, {
    env: { ...process.env, ...options.env },
    cwd: process.cwd(),
    log: collectLog(logged),
    version: '0.0.0-test',
    ...(options.replace ? { replace: options.replace } : {}),
  });
  return {
    ...gate,
    folder,
    logged,
    server: (name) => `${gate.url}/mcp/${name}`,
    record: () =>
      readFileSync(join(folder, 'audit.jsonl'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async close() {
      await gate.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function collectLog(into: { level: string; event: string; fields: unknown }[]): LogPort {
  const at = (level: string) => (event: string, fields?: Readonly<Record<string, unknown>>) => {
    into.push({ level, event, fields });
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}
