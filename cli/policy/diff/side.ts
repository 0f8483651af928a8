/** One side of a comparison: the Rego and the data of a bundle, or of an author's folder and what it builds on. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isObject, type JsonObject } from '../../../proxy/frame/json.ts';
import { readBundle } from '../../../proxy/services/policy/bundle.ts';
import type { Module } from '../explain/rules.ts';
import { runOpa } from '../opa.ts';
import { dataFiles, gatherSources, regoFiles } from '../sources.ts';

export interface Side {
  /** Of the compiled module, where there is one: a bundle. OPA takes the entrypoint out of its Rego. */
  readonly module: string | undefined;
  readonly modules: readonly { readonly file: string; readonly ast: Module }[];
  readonly data: JsonObject;
}

/** Syntax trees by the text they are of: most files of two sides are the same. */
export type Parsed = Map<string, Promise<Module>>;

/** @param path bundle.tar.gz, or a folder. @throws Error for what is neither, or does not parse. */
export async function readSide(
  opa: string,
  path: string,
  library: string | undefined,
  parsed: Parsed,
): Promise<Side> {
  if (!existsSync(path)) throw new Error(`${path}: there is no such file or folder`);
  const { sources, data, module } = statSync(path).isDirectory()
    ? await readFolder(opa, path, library)
    : readArchive(path);
  const modules = sources.map(async ({ file, text }) => {
    const known = parsed.get(text) ?? parse(opa, file, text);
    parsed.set(text, known);
    return { file, ast: await known };
  });
  return { module, modules: await Promise.all(modules), data };
}

interface Sources {
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  readonly data: JsonObject;
  readonly module?: string;
}

function readArchive(path: string): Sources {
  const { files, data, wasm } = readBundle(readFileSync(path));
  const sources = [...files]
    .filter(([name]) => name.endsWith('.rego'))
    .map(([file, bytes]) => ({ file, text: Buffer.from(bytes).toString() }));
  if (sources.length === 0) {
    throw new Error(`${path} holds no Rego to compare; compare the folders it was built from`);
  }
  return { sources, data, module: createHash('sha256').update(wasm).digest('hex') };
}

async function readFolder(opa: string, path: string, library: string | undefined): Promise<Sources> {
  const gathered = gatherSources([path], library, process.cwd());
  try {
    const own = regoFiles(path).map((file) => ({ file, text: readFileSync(file, 'utf8') }));
    const below = gathered.library.flatMap((folder) =>
      regoFiles(folder).map((file) => ({
        file: join('library', basename(folder), file.slice(folder.length)),
        text: readFileSync(file, 'utf8'),
      })),
    );
    const args = [...dataFiles(path), ...gathered.defaults].flatMap((file) => ['-d', file]);
    const ran = await runOpa(opa, ['eval', '--format', 'raw', ...args, 'data']);
    if (ran.status !== 0) throw new Error(ran.stderr || ran.stdout);
    const data: unknown = ran.stdout.trim() === '' ? {} : JSON.parse(ran.stdout);
    return { sources: [...own, ...below], data: isObject(data as never) ? (data as JsonObject) : {} };
  } finally {
    gathered.close();
  }
}

async function parse(opa: string, file: string, text: string): Promise<Module> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'));
  try {
    const copy = join(folder, basename(file));
    writeFileSync(copy, text);
    const ran = await runOpa(opa, ['parse', '--format', 'json', '--json-include', 'locations', copy]);
    if (ran.status !== 0) throw new Error(`${file}: ${ran.stderr.trim().replaceAll(copy, file)}`);
    return JSON.parse(ran.stdout) as Module;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
