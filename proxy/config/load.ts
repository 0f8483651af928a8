/**
 * From a file to a checked configuration, or to every problem found in it with the path to it and what to write
 * instead. Reads portcullis.yaml, and as they are the files clients already have: `.mcp.json` and its kin
 * (`mcpServers`) and VS Code's `mcp.json` (`servers` with `inputs`).
 */
import { readFileSync, statSync } from 'node:fs';
import { type ErrorCode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { interpolate, type Problem, type Sources } from './interpolate.ts';
import { type Config, configSchema } from './schema.ts';
import { closest, knownKeys } from './suggest.ts';

export type Loaded =
  | { readonly kind: 'config'; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

const MAX_FILE_BYTES = 1024 * 1024;
/** What a client's server entry may hold that means something to a gate; the rest of it is the client's own. */
const CLIENT_KEYS = new Set(['type', 'command', 'args', 'env', 'cwd', 'url', 'headers']);

/** Enough for a few shared sections; aliases of aliases multiply. */
const MAX_ALIASES = 20;

/** @param file path of a YAML or JSON file. Never throws. */
export function loadConfig(file: string, sources: Omit<Sources, 'readFile'>): Loaded {
  try {
    if (statSync(file).size > MAX_FILE_BYTES) return problem('', `${file} is larger than 1 MiB`);
    return parseConfig(readFileSync(file, 'utf8'), {
      ...sources,
      readFile: (path) => readFileSync(path, 'utf8'),
    });
  } catch (cause) {
    return problem(
      '',
      `${file} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`,
    );
  }
}

/** Never throws either. */
export function parseConfig(text: string, sources: Sources): Loaded {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  // A warning is a tag nobody knows: `!vault x` would be taken for the text x.
  const [error] = [...document.errors, ...document.warnings];
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    return problem('', `line ${line}, column ${col}: ${unquoted(error.code, error.message)}`);
  }
  let written: unknown;
  try {
    written = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  } catch (cause) {
    return problem('', unquoted('BAD_ALIAS', (cause as Error).message));
  }
  const problems: Problem[] = [];
  const filled = interpolate(written, sources, problems);
  if (problems.length > 0) return { kind: 'problems', problems };
  const warnings: string[] = [];
  const parsed = configSchema.safeParse(fromClientFile(filled, warnings));
  if (parsed.success) return { kind: 'config', config: parsed.data, warnings };
  return { kind: 'problems', problems: parsed.error.issues.flatMap(toProblems) };
}

/** The parser's words without what they quote of the file: it may be a secret. */
function unquoted(code: ErrorCode, message: string): string {
  if (code === 'BAD_DIRECTIVE') return 'Unknown directive';
  if (code === 'BAD_DQ_ESCAPE') return 'Invalid escape sequence';
  return message.replace(/(?<=[a-z)]): .*/s, '');
}

/** Client files name servers under `mcpServers`, or under `servers` beside `inputs`, with keys of the client's own. */
function fromClientFile(value: unknown, warnings: string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { mcpServers, inputs, ...rest } = value as Record<string, unknown>;
  if (mcpServers === undefined && inputs === undefined) return value;
  const named = (mcpServers ?? rest['servers']) as Record<string, unknown> | null;
  if (typeof named !== 'object' || named === null || Array.isArray(named)) return value;
  const servers: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(named)) {
    const known = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};
    if (known['disabled'] === true) {
      warnings.push(`${name} is disabled in the file and not served`);
      continue;
    }
    const foreign = Object.keys(known).filter((key) => !CLIENT_KEYS.has(key));
    if (foreign.length > 0) warnings.push(`${name}: ${foreign.join(', ')} mean nothing here and are ignored`);
    servers[name] = Object.fromEntries(Object.entries(known).filter(([key]) => CLIENT_KEYS.has(key)));
  }
  return {
    ...rest,
    servers: { ...(mcpServers ? (rest['servers'] as object | undefined) : undefined), ...servers },
  };
}

function toProblems(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = path === '' ? key : `${path}.${key}`;
      const known = knownKeys(configSchema, issue.path);
      if (known.includes(key)) return { path: at, message: 'does not go with the settings beside it' };
      const near = closest(key, known);
      const instead = near === undefined ? '' : `; did you mean ${near}?`;
      return { path: at, message: `is not a setting${instead}` };
    });
  }
  if (issue.code === 'invalid_union') return unionProblems(issue, path);
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }];
  return [{ path, message: issue.message }];
}

/** Of the forms a value may have, the one it comes closest to says what is wrong. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, path: string): Problem[] {
  const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
  const inner = nearest.flatMap((one) =>
    toProblems({ ...one, path: [...issue.path, ...one.path] } as z.core.$ZodIssue),
  );
  return inner.length > 0 ? inner : [{ path, message: issue.message }];
}

function problem(path: string, message: string): Loaded {
  return { kind: 'problems', problems: [{ path, message }] };
}
