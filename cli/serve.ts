/** `portcullis serve`: runs the gate, says how to point a client at it, and reloads when its files change. */
import { unwatchFile, watchFile } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../proxy/config/load.ts';
import { type Config, configSchema } from '../proxy/config/schema.ts';
import { type RunningGate, startGate } from '../proxy/main.ts';
import type { LogPort } from '../proxy/pipeline/ports.ts';
import { createLog } from './log.ts';
import { DEFAULT_CONFIG, describeProblems } from './validate.ts';

const WATCH_MS = 1_000;

export function serveCommand(version: string): Command {
  return new Command('serve')
    .description('run the gate')
    .option('-c, --config <file>', 'portcullis.yaml, .mcp.json or mcp.json', DEFAULT_CONFIG)
    .option('--listen <host:port>', 'listen here instead of where the configuration says', toAddress)
    .option('--json', 'print what is served as JSON')
    .action((options: ServeOptions) => serve(options, version));
}

interface ServeOptions {
  readonly config: string;
  readonly listen?: string;
  readonly json?: boolean;
}

async function serve(options: ServeOptions, version: string): Promise<void> {
  const { gate, config } = await runGate(options, version);
  process.stdout.write(options.json ? `${JSON.stringify(served(gate, config))}\n` : greeting(gate, config));
}

/**
 * Runs the gate until SIGINT or SIGTERM, which end its servers and the process.
 *
 * @throws Error that says why it did not start.
 */
export async function runGate(
  options: ServeOptions,
  version: string,
): Promise<{ readonly gate: RunningGate; readonly config: Config }> {
  const log = createLog();
  const config = read(options, log);
  const gate = await start(config, log, version);
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
  return { gate, config };
}

async function start(config: Config, log: LogPort, version: string): Promise<RunningGate> {
  try {
    return await startGate(config, { env: process.env, cwd: process.cwd(), log, version });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new Error(`${config.listen} is taken; choose another address with --listen`, { cause });
  }
}

function toAddress(text: string): string {
  const address = configSchema.shape.listen.safeParse(text);
  if (address.success) return address.data;
  throw new InvalidArgumentError(address.error.issues[0]?.message ?? '');
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
    const { revision, digest } = gate.revision();
    log.info('reloaded', { revision, digest });
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
  const { revision, digest } = gate.revision();
  return { url: gate.url, servers: Object.fromEntries(urls), policy: { revision, digest } };
}

/** What a person wants to know first: where it is, how a client gets there, which policy judges. */
export function greeting(gate: RunningGate, config: Config): string {
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
