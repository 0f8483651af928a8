/**
 * The linter: finds rules that are correct Rego and do not do what they seem to. Its checks are Rego themselves
 * (`policies/checks`), over the syntax trees that OPA writes; this file gathers what they read and asks once.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { METHODS } from '../../proxy/frame/methods.ts';
import { runOpa } from './opa.ts';
import { requireProjectFile } from './project.ts';
import { regoFiles } from './sources.ts';

export interface Finding {
  /** Its name: a file of policies/checks/rules, or the code of an error of OPA's. */
  readonly check: string;
  readonly file: string;
  readonly line: number;
  /** What it is, and why it matters. */
  readonly message: string;
  readonly fix: string;
}

export interface LintOptions {
  readonly opa: string;
  /** The author's files and folders: what is judged. */
  readonly own: readonly string[];
  /** Those, the library, and data: what names may lead to. */
  readonly all: readonly string[];
}

const PARSED_AT_ONCE = 4;

/** @returns findings by file and line. @throws Error for Rego that does not parse. */
export async function lint({ opa, own, all }: LintOptions): Promise<readonly Finding[]> {
  const mine = new Set(shownFiles(own));
  const files: object[] = [];
  const waiting = shownFiles(all);
  async function parseSome(): Promise<void> {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      files.push({ path, own: mine.has(path), ast: await parse(opa, path) });
    }
  }
  await Promise.all(Array.from({ length: PARSED_AT_ONCE }, parseSome));
  const found = await evaluate(opa, {
    files,
    schema: JSON.parse(readFileSync(requireProjectFile('config/schema/policy-input.json'), 'utf8')),
    methods: Object.keys(METHODS),
    data_names: dataNames(all),
  });
  return found.toSorted(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.check.localeCompare(b.check),
  );
}

/** Of this process, by what the file was then: the library is parsed once, however often something is held against it. */
const parsed = new Map<string, Promise<unknown>>();

function parse(opa: string, path: string): Promise<unknown> {
  const { mtimeMs, size } = statSync(path);
  const key = `${resolve(path)} ${mtimeMs} ${size}`;
  let tree = parsed.get(key);
  if (tree === undefined) {
    tree = parseFile(opa, path);
    tree.catch(() => parsed.delete(key));
    parsed.set(key, tree);
  }
  return tree;
}

async function parseFile(opa: string, path: string): Promise<unknown> {
  const { status, stdout, stderr } = await runOpa(opa, [
    'parse',
    '--format',
    'json',
    '--json-include',
    'locations',
    path,
  ]);
  if (status !== 0) throw new Error(stderr.trim() || `${path} does not parse`);
  return JSON.parse(stdout);
}

async function evaluate(opa: string, input: object): Promise<readonly Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'));
  try {
    const file = join(folder, 'input.json');
    writeFileSync(file, JSON.stringify(input));
    const args = [
      'eval',
      '--format',
      'raw',
      '--strict-builtin-errors',
      '-d',
      requireProjectFile('policies/checks'),
    ];
    const ran = await runOpa(opa, [...args, '-i', file, 'data.portcullis.checks.findings']);
    if (ran.status !== 0) throw new Error(`the linter failed: ${ran.stderr || ran.stdout}`);
    return JSON.parse(ran.stdout) as readonly Finding[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Paths as messages name them: relative where that is shorter. */
function shownFiles(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap(regoFiles).map(toShown))];
}

function toShown(path: string): string {
  const near = relative(process.cwd(), resolve(path));
  return near.startsWith('..') ? resolve(path) : near;
}

/** What stands directly under `data`, as OPA files it: the keys of files at a root, and the names of folders. */
function dataNames(paths: readonly string[]): readonly string[] {
  const names = paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return /\.(ya?ml|json)$/.test(path) ? keysOf(path) : [];
    const inside = globSync('**/data.{yaml,yml,json}', { cwd: path });
    return inside.flatMap((name) => {
      const [head, ...rest] = name.split(/[\\/]/);
      return rest.length > 0 ? [head as string] : keysOf(join(path, name));
    });
  });
  return [...new Set(names)];
}

function keysOf(file: string): readonly string[] {
  const value: unknown = parseYaml(readFileSync(file, 'utf8'), { prettyErrors: false });
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
