/**
 * The real OPA, for tests: Rego sources in, a bundle with policy.wasm out (built once per content, then read from
 * `.cache/test-wasm`), and what topdown says to the same query. Nothing here falls back to a stub: without OPA it throws.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cacheFolder = join(root, '.cache', 'test-wasm');

let found: string | undefined;

/** The OPA binary: what `scripts/opa.sh` finds or makes. */
export function opaPath(): string {
  found ??= process.env['OPA'] ?? execFileSync(join(root, 'scripts/opa.sh'), { encoding: 'utf8' }).trim();
  return found;
}

export interface BuildOptions {
  /** File name to Rego text. */
  readonly sources: Readonly<Record<string, string>>;
  readonly entrypoints?: readonly string[];
  readonly data?: unknown;
  /** Path of a capabilities file. */
  readonly capabilities?: string;
  readonly revision?: string;
}

/** @returns the bytes of bundle.tar.gz. @throws Error with OPA's own words when it refuses. */
export function buildWasm(options: BuildOptions): Buffer {
  const { sources, entrypoints = ['mcp/main/decision'], data, capabilities, revision = '' } = options;
  const capabilitiesText = capabilities ? readFileSync(capabilities, 'utf8') : '';
  const key = JSON.stringify([opaVersion(), sources, entrypoints, data, capabilitiesText, revision]);
  const cached = join(cacheFolder, `${createHash('sha256').update(key).digest('hex')}.tar.gz`);
  if (existsSync(cached)) return readFileSync(cached);
  return withSources(options, (folder) => {
    const target = join(folder, 'bundle.tar.gz');
    const args = ['build', '-t', 'wasm', '-b', 'src', '-o', target, '--revision', revision];
    if (capabilities) args.push('--capabilities', capabilities);
    opa([...args, ...entrypoints.flatMap((entrypoint) => ['-e', entrypoint])], folder);
    mkdirSync(cacheFolder, { recursive: true });
    const staged = `${cached}.${randomUUID()}`;
    writeFileSync(staged, readFileSync(target));
    renameSync(staged, cached);
    return readFileSync(cached);
  });
}

/**
 * What topdown answers for each query over one input.
 *
 * @returns the value, or `undefined` where the query is undefined; an Error where evaluation failed.
 */
export function evalTopdown(options: BuildOptions, query: string, input: string): unknown {
  return withSources(options, (folder) => {
    writeFileSync(join(folder, 'input.json'), input);
    const args = ['eval', '--format', 'json', '-b', 'src', '-i', 'input.json', query];
    const { stdout } = spawnSync(opaPath(), args, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const { result, errors } = JSON.parse(stdout) as {
      result?: [{ expressions: [{ value: unknown }] }];
      errors?: { message: string }[];
    };
    if (errors) return new Error(errors.map((error) => error.message).join('; '));
    return result?.[0].expressions[0].value;
  });
}

export function opaVersion(): string {
  version ??= execFileSync(opaPath(), ['version'], { encoding: 'utf8' });
  return version;
}
let version: string | undefined;

/** Runs OPA and gives back its standard output. */
export function opa(args: readonly string[], cwd: string = root): string {
  const { status, stdout, stderr, error } = spawnSync(opaPath(), args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`opa ${args.slice(0, 3).join(' ')} failed: ${stderr || stdout}`);
  return stdout;
}

function withSources<T>({ sources, data }: BuildOptions, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'opa-test-'));
  try {
    for (const [name, text] of Object.entries(sources)) {
      const path = join(folder, 'src', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    if (data !== undefined) writeFileSync(join(folder, 'src', 'data.json'), JSON.stringify(data));
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
