/**
 * `portcullis wrap -- CMD ARGS`: the gate as a stdio server, for hosts that only start processes. Standard output
 * carries MCP and nothing else; what there is to say goes to standard error.
 */
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfig, parseConfig } from '../proxy/config/load.ts';
import { type Config, serverName } from '../proxy/config/schema.ts';
import { wrapStdio } from '../proxy/main.ts';
import { createLog } from './log.ts';
import { describeProblems } from './validate.ts';

interface WrapOptions {
  readonly config?: string;
  readonly server?: string;
  readonly data?: string;
  readonly audit?: string;
}

const HELP = `
A host that starts MCP servers starts this instead:
  { "mcpServers": { "filesystem": { "command": "portcullis",
      "args": ["wrap", "--data", "/etc/portcullis/data.yaml", "--", "mcp-server-filesystem", "/srv/files"] } } }

With --config and no command, one of the servers it names is served: any of them, also one behind a URL.
Where the configuration asks callers who they are, PORTCULLIS_TOKEN is shown as the bearer token.
Nothing is granted by default: --data (or the configuration's policy.data) says what is.
Without --config the record is kept in ~/.local/state/portcullis/audit.jsonl ($XDG_STATE_HOME).`;

export function wrapCommand(version: string): Command {
  return new Command('wrap')
    .description('stand in front of one server on standard input and output')
    .option('-c, --config <file>', 'portcullis.yaml, .mcp.json or mcp.json')
    .option('-s, --server <name>', 'what the policy calls the server; by default after the command', toName)
    .option('-d, --data <file>', 'scopes and grants, laid over the data of the policy')
    .option('--audit <file>', 'where the record is kept')
    .argument('[command...]', 'the server to start, after --')
    .addHelpText('after', HELP)
    .action((command: string[], options: WrapOptions) => wrap(command, options, version));
}

async function wrap(command: readonly string[], options: WrapOptions, version: string): Promise<void> {
  const server = options.server ?? nameOf(command);
  const log = createLog();
  const { config, warnings } = configOf(command, server, options);
  for (const warning of warnings) log.warn('config', { warning });
  if (config.servers[server] === undefined) {
    const names = Object.keys(config.servers).join(', ');
    throw new Error(
      `there is no server ${server}; name one with --server (${names}) or give a command after --`,
    );
  }
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort());
  const token = process.env['PORTCULLIS_TOKEN'];
  await wrapStdio(
    { ...config, servers: { [server]: config.servers[server] } },
    {
      env: process.env,
      // A host may start us anywhere: what a configuration names lies beside it.
      cwd: options.config === undefined ? process.cwd() : dirname(resolve(options.config)),
      log,
      version,
      server,
      input: process.stdin,
      output: process.stdout,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: ending.signal,
    },
  );
  // The input may still be open where it was a signal that ended us.
  process.exit(0);
}

/** @throws Error with every problem of the file. */
function configOf(command: readonly string[], server: string, { config: file, data, audit }: WrapOptions) {
  const [program, ...args] = command;
  const added =
    program === undefined ? {} : { [server]: { type: 'stdio', command: program, args, cwd: process.cwd() } };
  const sources = { env: process.env, cwd: process.cwd() };
  const loaded =
    file === undefined
      ? parseConfig('{}', { ...sources, readFile: () => '' }, added)
      : loadConfig(file, sources, added);
  if (loaded.kind === 'problems')
    throw new Error(`not started.\n${describeProblems(file ?? 'the command', loaded)}`);
  return { config: withPaths(loaded.config, file, data, audit), warnings: loaded.warnings };
}

function withPaths(config: Config, file?: string, data?: string, audit?: string): Config {
  const policy = data === undefined ? config.policy : { ...config.policy, data: resolve(data) };
  const kept = audit === undefined ? undefined : resolve(audit);
  const record = kept ?? (file === undefined ? join(stateFolder(), 'audit.jsonl') : config.audit.file);
  // Every client of this machine wraps servers of its own: without a file named, each remembers for itself.
  const state = { ...config.state, file: config.state.file ?? null };
  return { ...config, policy, state, audit: { ...config.audit, file: record } };
}

function stateFolder(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'portcullis');
}

/** `mcp-server-filesystem` and `/opt/filesystem-server.js` are both called filesystem. */
function nameOf([program]: readonly string[]): string {
  if (program === undefined) return '(none)';
  const plain = basename(program).replace(/\.[a-z]{1,4}$/i, '');
  const name = plain.replace(/^(?:mcp-)?server-|[-_](?:mcp|server)(?:[-_](?:mcp|server))?$/g, '');
  return serverName.safeParse(name).success ? name : 'server';
}

function toName(text: string): string {
  const name = serverName.safeParse(text);
  if (name.success) return name.data;
  throw new InvalidArgumentError(name.error.issues[0]?.message ?? '');
}
