/**
 * What a policy is made of: the author's folders, the library they build on, and the data both read.
 *
 * The library is the one vendored in `library/` (made by `portcullis policy init`), else the one that came with this
 * Portcullis. Its default data fills in the top-level names that the author's data leaves open, so `data.yaml` in the
 * author's folder may hold as little as it likes.
 */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { requireProjectFile } from './project.ts';

export interface PolicySources {
  /** The author's files and folders, as they were given. */
  readonly own: readonly string[];
  /** Rego of the library; empty when the author's folders hold a library themselves. */
  readonly library: readonly string[];
  /** A file of default data, or nothing when the author's data names everything. */
  readonly defaults: readonly string[];
  /** All of the above, as OPA takes them. */
  readonly all: readonly string[];
  /** Removes what was written for it. */
  close(): void;
}

const MAIN = join('mcp', 'main', 'main.rego');
const DATA_FILES = ['data.yaml', 'data.yml', 'data.json'];

/** @throws Error for a path that is not there, or data that is no mapping. */
export function gatherSources(
  own: readonly string[],
  library: string | undefined,
  cwd: string,
): PolicySources {
  for (const path of own) {
    if (!existsSync(resolve(cwd, path))) throw new Error(`${path}: there is no such file or folder`);
  }
  if (own.some((path) => holdsLibrary(resolve(cwd, path)))) {
    return { own, library: [], defaults: [], all: own, close() {} };
  }
  const folder = libraryFolder(library, cwd);
  const rego = [join(folder, 'mcp'), ...[join(folder, 'packs')].filter((path) => existsSync(path))];
  const named = new Set(own.flatMap((path) => Object.keys(rootData(resolve(cwd, path)))));
  const missing = Object.entries(defaultData()).filter(([name]) => !named.has(name));
  const scratch = mkdtempSync(join(tmpdir(), 'portcullis-'));
  const defaults = join(scratch, 'defaults.json');
  writeFileSync(defaults, JSON.stringify(Object.fromEntries(missing)));
  return {
    own,
    library: rego,
    defaults: [defaults],
    all: [...own, ...rego, defaults],
    close: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

/** Rego of a file or folder, without tests. */
export function regoFiles(path: string): readonly string[] {
  const found = statSync(path).isDirectory()
    ? globSync('**/*.rego', { cwd: path }).map((name) => join(path, name))
    : [path];
  return found.filter((file) => file.endsWith('.rego') && !file.endsWith('_test.rego')).toSorted();
}

/** Data at the root of a folder, or the file itself where it is data. */
export function dataFiles(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return /\.(ya?ml|json)$/.test(path) ? [path] : [];
  return DATA_FILES.map((name) => join(path, name)).filter((file) => existsSync(file));
}

/** A folder with the library in it, or its `mcp`. */
function holdsLibrary(path: string): boolean {
  return existsSync(join(path, MAIN)) || existsSync(join(path, 'main', 'main.rego'));
}

function libraryFolder(given: string | undefined, cwd: string): string {
  if (given !== undefined) {
    if (existsSync(resolve(cwd, given, MAIN))) return given;
    throw new Error(`${given} does not hold the library: ${join(given, MAIN)} is missing`);
  }
  return existsSync(resolve(cwd, 'library', MAIN)) ? 'library' : requireProjectFile('policies');
}

function defaultData(): Readonly<Record<string, unknown>> {
  return mapping(requireProjectFile('policies/data.yaml'));
}

/** Only data at the root of a folder can meet the defaults; OPA files deeper ones under their folder's name. */
function rootData(path: string): Readonly<Record<string, unknown>> {
  const files = statSync(path).isDirectory()
    ? DATA_FILES.map((name) => join(path, name)).filter((file) => existsSync(file))
    : [path].filter((file) => /\.(ya?ml|json)$/.test(file));
  return Object.assign({}, ...files.map(mapping));
}

function mapping(file: string): Readonly<Record<string, unknown>> {
  const value: unknown = parseYaml(readFileSync(file, 'utf8'), { prettyErrors: false });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${file}: is not a mapping`);
  }
  return value as Readonly<Record<string, unknown>>;
}
