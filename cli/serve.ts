/** `portcullis serve`: runs the gate, says how to point a client at it, and reloads when its files change. */
import { unwatchFile, watchFile } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import pino from 'pino';
import { loadConfig } from '../proxy/config/load.ts';
import type { Config } from '../proxy/config/schema.ts';
import { type RunningGate, startGate } from '../proxy/main.ts';
import type { LogPort } from '../proxy/pipeline/ports.ts';
import { DEFAULT_CONFIG, describeProblems } from './validate.ts';

const WATCH_MS = 1_000;

export function serveCommand(version: string): Command {
  return new Command('serve')
    .description('run the gate')
    .option('-c, --config <file>', 'portcullis.yaml, .mcp.json or mcp.json', DEFAULT_CONFIG)
    .option('--listen <host:port>', 'listen here instead of where the configuration says')
    .option('--json', 'print what is served as JSON')
    .action((options: ServeOptions) => serve(options, version));
}

interface ServeOptions {
  readonly config: string;
  readonly listen?: string;
  readonly json?: boolean;
}

async function serve(options: ServeOptions, version: string): Promise<void> {
  const log = createLog();
  const config = read(options, log);
  const gate = await startGate(config, { env: process.env, cwd: process.cwd(), log, version });
  const files = watched(options.config, config);
  const reload = () => void reloadFrom(options, gate, log);
  for (const file of files) watchFile(file, { interval: WATCH_MS, persistent: false }, reload);
  process.on('SIGHUP', reload);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      for (const file of files) unwatchFile(file);
      gate.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
  process.stdout.write(options.json ? `${JSON.stringify(served(gate, config))}\n` : greeting(gate, config));
}

/** @throws Error with every problem of the file. */
function read(options: ServeOptions, log: LogPort): Config {
  const loaded = loadConfig(options.config, { env: process.env, cwd: process.cwd() });
  if (loaded.kind === 'problems')
    throw new Error(`not started.\n${describeProblems(options.config, loaded)}`);
  for (const warning of loaded.warnings) log.warn('config', { warning });
  return options.listen === undefined ? loaded.config : { ...loaded.config, listen: options.listen };
}

/** A bad file keeps the old configuration running and says why. */
async function reloadFrom(options: ServeOptions, gate: RunningGate, log: LogPort): Promise<void> {
  try {
    await gate.reload(read(options, log));
    log.info('reloaded', { ...gate.revision() });
  } catch (cause) {
    log.error('reload_refused', { message: (cause as Error).message, running: gate.revision().digest });
  }
}

function watched(file: string, { policy, auth }: Config): readonly string[] {
  const keys = [auth].flat().flatMap((entry) => (entry.kind === 'api_keys' ? [entry.file] : []));
  const named = [file, policy.bundle, policy.data, ...keys].filter((path) => path !== undefined);
  return named.map((path) => resolve(path));
}

function served(gate: RunningGate, config: Config) {
  const urls = Object.keys(config.servers).map((name) => [name, `${gate.url}/mcp/${name}`] as const);
  return { url: gate.url, servers: Object.fromEntries(urls), policy: gate.revision() };
}

function greeting(gate: RunningGate, config: Config): string {
  const { servers, policy } = served(gate, config);
  const entries = Object.entries(servers);
  const mcpServers = Object.fromEntries(entries.map(([name, url]) => [name, { type: 'http', url }]));
  return [
    'Portcullis is up.',
    ...entries.map(([, url]) => `  ${url}`),
    '',
    'For a client, in its .mcp.json:',
    indent(JSON.stringify({ mcpServers }, null, 2)),
    '',
    `Policy ${policy.revision || '(no revision)'} ${policy.digest.slice(0, 19)}…, record in ${config.audit.file}`,
    '',
  ].join('\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** Operational log on stderr: JSON lines, LOG_LEVEL, never a message's content. */
function createLog(): LogPort {
  const level = process.env['LOG_LEVEL'] ?? 'warn';
  const logger = pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
  return {
    info: (event, fields) => logger.info({ event, ...fields }),
    warn: (event, fields) => logger.warn({ event, ...fields }),
    error: (event, fields) => logger.error({ event, ...fields }),
  };
}
