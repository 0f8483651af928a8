import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { apiKeyCommand, createApiKey, revokeApiKey } from '../../../cli/api-key.ts';
import { hashApiKey, loadApiKeys } from '../../../proxy/services/identity/api-key-file.ts';
import { createIdentity } from '../../../proxy/services/identity/create-identity.ts';
import { bearer, makeFolder, NOW_MS } from './_tokens.ts';

/** Runs the command in this process and collects what it prints. */
function run(...args: string[]) {
  const printed = { out: '', err: '', exitCode: 0 };
  const command = apiKeyCommand();
  for (const one of [command, ...command.commands]) {
    one.exitOverride().configureOutput({
      writeOut: (text) => {
        printed.out += text;
      },
      writeErr: (text) => {
        printed.err += text;
      },
    });
  }
  try {
    command.parse(args, { from: 'user' });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    printed.exitCode = cause.exitCode;
  }
  return printed;
}

test('a .json file stays JSON', () => {
  const file = join(makeFolder(), 'keys.json');
  const { entry: a } = createApiKey({ file, subject: 'a' });
  const { entry: b } = createApiKey({ file, subject: 'b' });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ keys: [a, b] });
  revokeApiKey(file, a.id);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ keys: [b] });
});

test.each(['keys.yaml', 'keys.json'])('a key made for %s opens the gate, and is not in the file', (name) => {
  const file = join(makeFolder(), name);
  const { out } = run(
    'create',
    '--file',
    file,
    '--subject',
    'ci',
    '--org',
    'acme',
    '--role',
    'a',
    '--role',
    'b',
    '--json',
  );
  const { key, entry } = JSON.parse(out);
  expect(key).toMatch(/^pk_[A-Za-z0-9_-]{43}$/);
  expect(entry).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{12}$/),
    sha256: hashApiKey(key),
    subject: 'ci',
    org: 'acme',
    roles: ['a', 'b'],
  });
  expect(loadApiKeys(file)).toEqual([entry]);
  expect(readFileSync(file, 'utf8')).not.toContain(key);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(`${file}.new`)).toBe(false);
  const identity = createIdentity([{ kind: 'api_keys', file }], { now: () => NOW_MS });
  expect(identity.identify(bearer(key))).toMatchObject({
    caller: { subject: 'ci', org: 'acme', roles: ['a', 'b'] },
  });
});

test('for people, the key stands alone on the first line', () => {
  const file = join(makeFolder(), 'keys.yaml');
  const [first, , note] = run('create', '--file', file, '--subject', 'ci').out.split('\n');
  const [entry] = loadApiKeys(file);
  expect(hashApiKey(first!)).toBe(entry?.sha256);
  expect(note).toBe(`id ${entry?.id}, subject ci. Keep the key now: only its SHA-256 is in ${file}.`);
});

test('comments and entries of others stay', () => {
  const file = join(makeFolder(), 'keys.yaml');
  writeFileSync(
    file,
    `# ours\nkeys:\n  - id: old # keep\n    sha256: "${'0'.repeat(64)}"\n    subject: old\n`,
  );
  const { entry } = createApiKey({ file, subject: 'new' });
  expect(readFileSync(file, 'utf8')).toMatch(/^# ours\nkeys:\n {2}- id: old # keep\n/);
  revokeApiKey(file, entry.id);
  expect(readFileSync(file, 'utf8')).toBe(
    `# ours\nkeys:\n  - id: old # keep\n    sha256: "${'0'.repeat(64)}"\n    subject: old\n`,
  );
});

test('list shows the entries, revoke removes one', () => {
  const file = join(makeFolder(), 'keys.yaml');
  const { entry: a } = createApiKey({
    file,
    subject: 'a',
    roles: ['x', 'y'],
    expires: '2027-01-31T00:00:00Z',
  });
  const { entry: b } = createApiKey({ file, subject: 'b', agent: 'bot', plan: 'standard' });
  expect(run('list', '--file', file).out).toBe(
    `${a.id}  a  roles=x,y  expires=2027-01-31T00:00:00Z\n${b.id}  b  agent=bot  plan=standard\n`,
  );
  expect(run('revoke', a.id, '--file', file).out).toBe(
    `Revoked ${a.id}  a  roles=x,y  expires=2027-01-31T00:00:00Z. A running gate needs a reload.\n`,
  );
  expect(JSON.parse(run('list', '--file', file, '--json').out)).toEqual({ keys: [b] });
  expect(JSON.parse(run('revoke', b.id, '--file', file, '--json').out)).toEqual({ revoked: b });
  expect(loadApiKeys(file)).toEqual([]);
});

test('a link is followed, not replaced', () => {
  const folder = makeFolder();
  const file = join(folder, 'real.yaml');
  createApiKey({ file, subject: 'a' });
  symlinkSync(file, join(folder, 'link.yaml'));
  createApiKey({ file: join(folder, 'link.yaml'), subject: 'b' });
  expect(loadApiKeys(file).map((entry) => entry.subject)).toEqual(['a', 'b']);
});

test.each<{ name: string; args: string[]; before?: string; want: string }>([
  {
    name: 'revoking an unknown id',
    args: ['revoke', 'nobody'],
    before: 'keys: []\n',
    want: 'no entry has the id "nobody"',
  },
  { name: 'a file that is not there', args: ['list'], want: 'the API key file cannot be read' },
  {
    name: 'an expiry nobody can read',
    args: ['create', '--subject', 'a', '--expires', 'tomorrow'],
    want: 'entry 1',
  },
  {
    name: 'an expiry without zone',
    args: ['create', '--subject', 'a', '--expires', '2027'],
    want: 'expires: must be a date and time with zone',
  },
  { name: 'an empty subject', args: ['create', '--subject', ''], want: 'subject: must be text' },
  { name: 'a broken file', args: ['create', '--subject', 'a'], before: 'keys: [', want: 'line 1: ' },
  { name: 'no subject', args: ['create'], want: "required option '--subject <name>' not specified" },
])('$name fails with code 1 and leaves the file alone', ({ args, before, want }) => {
  const file = join(makeFolder(), 'keys.yaml');
  if (before !== undefined) writeFileSync(file, before);
  const { out, err, exitCode } = run(...args, '--file', file);
  expect({ out, exitCode }).toEqual({ out: '', exitCode: 1 });
  expect(err).toContain(want);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(before);
  expect(existsSync(`${file}.new`)).toBe(false);
});

test('days from now become a date', () => {
  const file = join(makeFolder(), 'keys.yaml');
  const before = Date.now();
  run('create', '--file', file, '--subject', 'a', '--expires', '90d');
  const expires = Date.parse(loadApiKeys(file)[0]!.expires!);
  expect(expires).toBeGreaterThanOrEqual(before + 90 * 86_400_000);
  expect(expires).toBeLessThanOrEqual(Date.now() + 90 * 86_400_000);
});

test('a second writer is turned away, so that a revoked key cannot come back', () => {
  const file = join(makeFolder(), 'keys.yaml');
  writeFileSync(`${file}.new`, '');
  expect(() => createApiKey({ file, subject: 'a' })).toThrow(
    `${file}.new exists: another api-key command is running, or one was killed; then remove it`,
  );
  expect(existsSync(`${file}.new`)).toBe(true);
});
