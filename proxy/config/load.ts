/**
 * From a file to a checked configuration, or to every problem found in it with the path to it and what to write
 * instead. Reads portcullis.yaml, and as they are the files clients already have: `.mcp.json` and its kin
 * (`mcpServers`) and VS Code's `mcp.json` (`servers` with `inputs`).
 */
import { readFileSync, statSync } from 'node:fs';
import { type ErrorCode, LineCounter, parseDocument } from 'yaml';
import { interpolate, type Problem, type Sources } from './interpolate.ts';
import { toProblems } from './problems.ts';
import { type Config, configSchema } from './schema.ts';

export type Loaded =
  | { readonly kind: 'config'; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

const MAX_FILE_BYTES = 1024 * 1024;
/** What a client's server entry may hold that means something to a gate; the rest of it is the client's own. */
const CLIENT_KEYS = new Set(['type', 'command', 'args', 'env', 'cwd', 'url', 'headers']);

/** Enough for a few shared sections; aliases of aliases multiply. */
const MAX_ALIASES = 20;

/**
 * @param file path of a YAML or JSON file; whoever shows the problems names it.
 * @param servers put beside those of the file, as it would write them. Never throws.
 */
export function loadConfig(
  file: string,
  sources: Omit<Sources, 'readFile'>,
  servers?: Readonly<Record<string, unknown>>,
): Loaded {
  try {
    if (statSync(file).size > MAX_FILE_BYTES) return problem('', 'is larger than 1 MiB');
    const withFiles = { ...sources, readFile: (path: string) => readFileSync(path, 'utf8') };
    return parseConfig(readFileSync(file, 'utf8'), withFiles, servers);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    return problem('', `cannot be read: ${why}`);
  }
}

/** Never throws either. */
export function parseConfig(
  text: string,
  sources: Sources,
  servers?: Readonly<Record<string, unknown>>,
): Loaded {
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
  const value = withServers(fromClientFile(filled, warnings), servers);
  const parsed = configSchema.safeParse(value);
  if (parsed.success) {
    if (parsed.data.approvals) warnings.push('approvals are not served yet: what needs one is blocked');
    return { kind: 'config', config: parsed.data, warnings };
  }
  return { kind: 'problems', problems: toProblems(parsed.error.issues, value) };
}

function withServers(value: unknown, more: Readonly<Record<string, unknown>> | undefined): unknown {
  if (more === undefined || typeof value !== 'object' || value === null) return value;
  const { servers } = value as { servers?: object };
  return { ...value, servers: { ...servers, ...more } };
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

function problem(path: string, message: string): Loaded {
  return { kind: 'problems', problems: [{ path, message }] };
}
