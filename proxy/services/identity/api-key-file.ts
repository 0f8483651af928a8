/**
 * The file of API keys: who each key belongs to, and the SHA-256 of the key, never the key.
 *
 * YAML or JSON, read by the same strict parser: duplicate members, aliases and unknown members are errors.
 * Messages name the entry and the member, and never repeat a value: somebody may have pasted a key there.
 */
import { hash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { isPrincipalText } from './_principal.ts';

export const API_KEY_PREFIX = 'pk_';
const MAX_FILE_BYTES = 16 * 1024 * 1024;

const name = z.custom<string>(
  isPrincipalText,
  'must be text of 1 to 512 characters without control characters',
);
const entrySchema = z.strictObject({
  id: z
    .string('must be text')
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
    .describe('names the entry for people; no secret'),
  sha256: z
    .string('must be text (quote it)')
    .regex(/^[0-9a-f]{64}$/, 'must be the 64 lower-case hex digits of the SHA-256 of the whole key'),
  subject: name,
  org: name.optional(),
  roles: z.array(name).max(256).optional(),
  agent: name.optional(),
  plan: name.optional(),
  expires: z.iso
    .datetime({ offset: true, error: 'must be a date and time with zone, e.g. 2027-01-31T00:00:00Z' })
    .optional(),
});

export type ApiKeyEntry = z.infer<typeof entrySchema>;

/** A new key: 256 random bits, recognisable by its prefix to people, to secret scanners and to combined.ts. */
export function generateApiKey(): string {
  return API_KEY_PREFIX + randomBytes(32).toString('base64url');
}

/** A fast hash is enough: 256 random bits cannot be searched, unlike a password. */
export function hashApiKey(key: string): string {
  return hash('sha256', key);
}

/**
 * @returns the entries, each id and each hash once.
 * @throws Error naming file and entry, e.g. `/etc/keys.yaml: entry 3 ("ci"): sha256: must be …`
 */
export function loadApiKeys(file: string): ApiKeyEntry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`${file}: the API key file cannot be read`, { cause });
  }
  return parseApiKeys(text, file);
}

export function parseApiKeys(text: string, file: string): ApiKeyEntry[] {
  const { keys, ...others } = parseMembers(text, file);
  if (!Array.isArray(keys) || Object.keys(others).length > 0) {
    throw new Error(`${file}: must be an object with the single member "keys", a list of entries`);
  }
  const entries = keys.map((entry: unknown, index) => parseEntry(entry, `${file}: entry ${index + 1}`));
  refuseTwice(entries, 'id', file);
  refuseTwice(entries, 'sha256', file);
  return entries;
}

function parseMembers(text: string, file: string): Record<string, unknown> {
  if (text.length > MAX_FILE_BYTES) throw new Error(`${file}: larger than ${MAX_FILE_BYTES} bytes`);
  const lineCounter = new LineCounter();
  // prettyErrors would quote the offending line.
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true, lineCounter });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw new Error(`${file}: line ${lineCounter.linePos(problem.pos[0]).line}: ${problem.code}`);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new Error(`${file}: aliases are not allowed`);
  }
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parseEntry(entry: unknown, where: string): ApiKeyEntry {
  const parsed = entrySchema.safeParse(entry);
  if (parsed.success) return parsed.data;
  const { id } = Object(entry) as { id?: unknown };
  const issues = parsed.error.issues.map((issue) => [...issue.path, issue.message].join(': '));
  const shown = entrySchema.shape.id.safeParse(id).success && !String(id).startsWith(API_KEY_PREFIX);
  throw new Error(`${where}${shown ? ` ("${id}")` : ''}: ${issues.join('; ')}`);
}

/** Two entries with one hash would make the caller depend on their order. */
function refuseTwice(entries: readonly ApiKeyEntry[], member: 'id' | 'sha256', file: string): void {
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    if (seen.has(entry[member])) {
      throw new Error(`${file}: entry ${index + 1} ("${entry.id}"): ${member} is used by an earlier entry`);
    }
    seen.add(entry[member]);
  });
}
