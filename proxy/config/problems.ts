/**
 * From what the schema says of a configuration to what its writer reads: one line for each mistake, the misspelt keys
 * first, and nothing that only follows from one of those. Quotes no value: it may be a secret.
 */
import type { z } from 'zod';
import type { Problem } from './interpolate.ts';
import { configSchema } from './schema.ts';
import { closest, knownKeys } from './suggest.ts';

interface Found extends Problem {
  /** Of a misspelt key: the path it probably means. */
  readonly meant?: string;
  /** Nothing stands there. */
  readonly missing?: boolean;
}

type Issues = readonly z.core.$ZodIssue[];

/** @param value what the schema was given. */
export function toProblems(
  issues: Issues,
  value: unknown,
  schema: z.ZodType = configSchema,
): readonly Problem[] {
  const found = findAll(issues, value, schema);
  const misspelt = found.filter(({ meant }) => meant !== undefined);
  const others = found.filter(({ meant }) => meant === undefined);
  return [...misspelt, ...others].map(({ path, message }) => ({ path, message }));
}

/** What is missing under its own name and stands there misspelt is one mistake. */
function findAll(issues: Issues, value: unknown, schema: z.ZodType): readonly Found[] {
  const found = issues.flatMap((issue) => find(issue, value, schema));
  const meant = new Set(found.map((one) => one.meant));
  return found.filter(({ path, missing }) => !(missing && meant.has(path)));
}

function find(issue: z.core.$ZodIssue, value: unknown, schema: z.ZodType): readonly Found[] {
  const path = issue.path.map(String).join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unrecognized(key, issue.path, schema));
    case 'invalid_union':
      return union(issue, value, path, schema);
    case 'invalid_key':
      return [{ path, message: issue.issues[0]?.message ?? issue.message }];
    default:
      return [{ path, message: issue.message, missing: valueAt(value, issue.path) === undefined }];
  }
}

function unrecognized(key: string, parent: readonly PropertyKey[], schema: z.ZodType): Found {
  const path = [...parent, key].map(String).join('.');
  const known = knownKeys(schema, parent);
  if (known.includes(key)) return { path, message: 'does not go with the settings beside it' };
  const near = closest(key, known);
  if (near === undefined) return { path, message: 'is not a setting' };
  const meant = [...parent, near].map(String).join('.');
  return { path, message: `is not a setting; did you mean ${near}?`, meant };
}

/** Of the forms a value may have, the one it was meant to have says what is wrong. */
function union(
  issue: z.core.$ZodIssueInvalidUnion,
  value: unknown,
  path: string,
  schema: z.ZodType,
): readonly Found[] {
  const within = (inner: Issues) => inner.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
  const isServer = schema === configSchema && issue.path.length === 2 && issue.path[0] === 'servers';
  if (!isServer) {
    const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    const found = findAll(within(nearest) as Issues, value, schema);
    return found.length > 0 ? found : [{ path, message: issue.message }];
  }
  const form = formOf(valueAt(value, issue.path), issue.path);
  const found = findAll(within(issue.errors[FORMS.indexOf(form)] ?? []) as Issues, value, schema);
  const mark = `${path}.${form === 'stdio' ? 'command' : 'url'}`;
  return found.map((one) => (one.missing && one.path === mark ? { path, message: issue.message } : one));
}

/** In the order of the schema. */
const FORMS = ['http', 'stdio', 'sse', 'ws'] as const;

/** By the type of the entry, or by its keys, spelled right or not. */
function formOf(entry: unknown, path: readonly PropertyKey[]): (typeof FORMS)[number] {
  if (typeof entry !== 'object' || entry === null) return 'http';
  const { type = 'stdio' } = entry as { type?: unknown };
  if (type === 'sse') return 'sse';
  if (type === 'ws' || type === 'websocket') return 'ws';
  const known = knownKeys(configSchema, path);
  const meant = Object.keys(entry).map((key) => (known.includes(key) ? key : closest(key, known)));
  if (meant.includes('url') || meant.includes('command')) return meant.includes('url') ? 'http' : 'stdio';
  return type === 'stdio' ? 'stdio' : 'http';
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | null)?.[key], value);
}
