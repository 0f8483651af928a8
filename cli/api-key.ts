/**
 * `portcullis api-key`: makes, lists and revokes the keys of an API key file.
 *
 * The key itself is shown once and kept nowhere; the file gets its SHA-256. A running gate sees the change when
 * it reloads.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Command } from 'commander';
import { isMap, isSeq, parseDocument } from 'yaml';
import {
  type ApiKeyEntry,
  generateApiKey,
  hashApiKey,
  loadApiKeys,
  parseApiKeys,
} from '../proxy/services/identity/api-key-file.ts';

export interface NewApiKey {
  readonly subject: string;
  readonly org?: string;
  readonly roles?: readonly string[];
  readonly agent?: string;
  readonly plan?: string;
  /** RFC 3339, e.g. `2027-01-31T00:00:00Z`. */
  readonly expires?: string;
  /** Made when there is none. */
  readonly file: string;
}

/**
 * Appends an entry to the file.
 *
 * @returns the key, which cannot be had again, and the entry as written.
 * @throws Error when the file or a value is unfit; the file is then as before.
 */
export function createApiKey({ file, roles, ...principal }: NewApiKey): { key: string; entry: ApiKeyEntry } {
  const key = generateApiKey();
  const entry: ApiKeyEntry = {
    id: randomBytes(6).toString('hex'),
    sha256: hashApiKey(key),
    ...principal,
    ...(roles !== undefined && roles.length > 0 && { roles: [...roles] }),
  };
  editKeys(file, (text) => {
    const document = parseDocument(text === '' ? 'keys: []\n' : text);
    const keys = document.get('keys');
    if (isSeq(keys)) keys.flow = false;
    document.addIn(['keys'], document.createNode(entry));
    return document.toString({ lineWidth: 0 });
  });
  return { key, entry };
}

/** @throws Error when no entry has that id. */
export function revokeApiKey(file: string, id: string): ApiKeyEntry {
  const entry = loadApiKeys(file).find((one) => one.id === id);
  if (entry === undefined) throw new Error(`${file}: no entry has the id "${id}"`);
  editKeys(file, (text) => {
    const document = parseDocument(text);
    const keys = document.get('keys');
    if (isSeq(keys)) keys.items = keys.items.filter((item) => !isMap(item) || item.get('id') !== id);
    return document.toString({ lineWidth: 0 });
  });
  return entry;
}

/**
 * Changes the file by way of a new one beside it: a reader sees the old list or the new, never half. The new
 * file is also the lock, taken before reading; two writers could otherwise bring a revoked key back.
 */
function editKeys(file: string, edit: (text: string) => string): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const beside = `${target}.new`;
  const descriptor = takeLock(beside);
  try {
    const before = existsSync(target) ? readFileSync(target, 'utf8') : '';
    if (before !== '') parseApiKeys(before, file);
    const after = inFormatOf(target, edit(before));
    parseApiKeys(after, file);
    writeFileSync(descriptor, after);
    fsyncSync(descriptor);
    renameSync(beside, target);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw cause;
  } finally {
    closeSync(descriptor);
  }
}

function takeLock(beside: string): number {
  try {
    return openSync(beside, 'wx', 0o600);
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new Error(
      exists
        ? `${beside} exists: another api-key command is running, or one was killed; then remove it`
        : `${beside}: cannot be written`,
      { cause },
    );
  }
}

function inFormatOf(file: string, yaml: string): string {
  return file.endsWith('.json') ? `${JSON.stringify(parseDocument(yaml).toJS(), null, 2)}\n` : yaml;
}

/** The `api-key` command, to be added to the program. Failures end with exit code 1. */
export function apiKeyCommand(): Command {
  const command = new Command('api-key').description('make, list and revoke API keys');
  command
    .command('create')
    .description('make a key; it is shown once')
    .requiredOption('--file <path>', 'the API key file, YAML or JSON')
    .requiredOption('--subject <name>', 'whom the key stands for')
    .option('--org <name>', 'organisation of the subject')
    .option(
      '--role <name>',
      'role of the subject; repeatable',
      (role, roles: string[]) => [...roles, role],
      [],
    )
    .option('--agent <name>', 'agent that acts for the subject; labels are kept per agent')
    .option('--plan <name>', 'plan of the subject')
    .option('--expires <when>', 'date and time, or days from now: 2027-01-31T00:00:00Z, 90d', parseExpires)
    .option('--json', 'print JSON')
    .action(function create({ json, role, ...rest }: CreateFlags, self: Command) {
      const { key, entry } = orFail(self, () => createApiKey({ ...rest, roles: role }));
      const text = `${key}\n\nid ${entry.id}, subject ${entry.subject}. Keep the key now: only its SHA-256 is in ${rest.file}.`;
      print(self, json ? JSON.stringify({ key, entry }) : text);
    });
  command
    .command('list')
    .description('list the entries of a file')
    .requiredOption('--file <path>', 'the API key file')
    .option('--json', 'print JSON')
    .action(function list({ file, json }: FileFlags, self: Command) {
      const entries = orFail(self, () => loadApiKeys(file));
      print(self, json ? JSON.stringify({ keys: entries }) : entries.map(toLine).join('\n'));
    });
  command
    .command('revoke')
    .description('remove an entry from a file')
    .argument('<id>', 'id of the entry, as list shows it')
    .requiredOption('--file <path>', 'the API key file')
    .option('--json', 'print JSON')
    .action(function revoke(id: string, { file, json }: FileFlags, self: Command) {
      const entry = orFail(self, () => revokeApiKey(file, id));
      print(
        self,
        json
          ? JSON.stringify({ revoked: entry })
          : `Revoked ${toLine(entry)}. A running gate needs a reload.`,
      );
    });
  return command;
}

interface FileFlags {
  file: string;
  json?: true;
}
type CreateFlags = Omit<NewApiKey, 'roles'> & FileFlags & { role: string[] };

function toLine({ id, subject, org, roles, agent, plan, expires }: ApiKeyEntry): string {
  const details = { org, roles: roles?.join(','), agent, plan, expires };
  const shown = Object.entries(details).filter(([, value]) => value !== undefined);
  return [id, subject, ...shown.map(([name, value]) => `${name}=${value}`)].join('  ');
}

/** Days become a date; everything else is left to the check of the entry, which takes RFC 3339 alone. */
function parseExpires(text: string): string {
  const days = /^([1-9][0-9]{0,3})d$/.exec(text)?.[1];
  return days === undefined ? text : new Date(Date.now() + Number(days) * 86_400_000).toISOString();
}

function orFail<T>(command: Command, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    return command.error(`error: ${cause instanceof Error ? cause.message : 'failed'}`, { exitCode: 1 });
  }
}

function print(command: Command, text: string): void {
  command.configureOutput().writeOut?.(`${text}\n`);
}
