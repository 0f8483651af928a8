/**
 * Writes `config/opa-capabilities.json`: what OPA compiles into WebAssembly itself plus the host's own built-ins, and
 * nothing else, so that `opa check --capabilities` and `opa build --capabilities` refuse at the author's desk what the
 * engine could not run. Which built-ins are native is not listed here but asked of OPA: a module that calls every one
 * names those it expects from the host.
 *
 * Run: `OPA=/path/to/opa node scripts/generate-capabilities.ts`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { HOST_BUILTINS } from '../proxy/decide/builtins/table.ts';
import { readTar } from '../proxy/services/policy/tar.ts';

interface Declaration {
  readonly name: string;
  /** Rego v1 refuses to compile a call of these. */
  readonly deprecated?: boolean;
  readonly decl: { readonly args?: readonly unknown[]; readonly result?: unknown };
}
interface Capabilities {
  readonly builtins: readonly Declaration[];
  readonly future_keywords: readonly string[];
  readonly features: readonly string[];
}

/** The ABI versions `decide/evaluator.ts` can call. OPA lists its own only when it can execute WebAssembly. */
const ABI_VERSIONS = [
  { version: 1, minor_version: 2 },
  { version: 1, minor_version: 3 },
];

/** @returns the text of the capabilities file, ending in a newline. */
export function generateCapabilities(opaPath: string): string {
  const current = JSON.parse(run(opaPath, ['capabilities', '--current'])) as Capabilities;
  const native = nativeBuiltins(opaPath, current);
  const known = new Set([...native, ...Object.keys(HOST_BUILTINS), ...COMPILER_BUILTINS]);
  const builtins = current.builtins.filter(({ name }) => known.has(name));
  // allow_net empty: a schema in an annotation must not make `opa check` fetch anything.
  const { future_keywords, features } = current;
  const rest = { allow_net: [], future_keywords, features, wasm_abi_versions: ABI_VERSIONS };
  // One built-in a line: a change of the set reads as a change of lines.
  const lines = builtins.map((builtin) => `    ${JSON.stringify(withoutProse(builtin))}`);
  return `{\n  "builtins": [\n${lines.join(',\n')}\n  ],\n  ${JSON.stringify(rest).slice(1, -1)}\n}\n`;
}

/** OPA reads names and types; descriptions change from release to release. */
function withoutProse(builtin: Declaration): unknown {
  const prose = ['description', 'categories'];
  return JSON.parse(JSON.stringify(builtin, (key, value) => (prose.includes(key) ? undefined : value)));
}

/** Names of the built-ins that OPA compiles into the module. */
export function nativeBuiltins(opaPath: string, current: Capabilities): ReadonlySet<string> {
  const callable = current.builtins.filter(
    ({ name, deprecated }) => !deprecated && !COMPILER_BUILTINS.includes(name),
  );
  const imported = importedBuiltins(opaPath, callable.map(toRule).join('\n'));
  return new Set(callable.map(({ name }) => name).filter((name) => !imported.has(name)));
}

/** What the compiler rewrites or, outside tests, takes out: no call of it reaches a module. */
export const COMPILER_BUILTINS: readonly string[] = [
  'assign',
  'eq',
  'internal.print',
  'internal.test_case',
  'print',
  'rego.metadata.chain',
  'rego.metadata.rule',
];

function toRule({ name, decl }: Declaration, at: number): string {
  const args = (decl.args ?? []).map((_arg, index) => `input.a${index}`);
  const call = `${name}(${args.join(', ')})`;
  return `r${at} := x if x := ${name === 'walk' ? 'walk(input.a0)' : call}`;
}

function importedBuiltins(opaPath: string, rules: string): ReadonlySet<string> {
  const folder = mkdtempSync(join(tmpdir(), 'capabilities-'));
  try {
    writeFileSync(join(folder, 'all.rego'), `package all\n${rules}\n`);
    run(opaPath, [
      'build',
      '-t',
      'wasm',
      '-e',
      'all',
      '-o',
      join(folder, 'b.tar.gz'),
      join(folder, 'all.rego'),
    ]);
    const wasm = readTar(gunzipSync(readFileSync(join(folder, 'b.tar.gz')))).get('policy.wasm');
    if (!wasm) throw new Error('OPA built no module');
    return new Set(Object.keys(builtinsOf(new Uint8Array(wasm))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The module's own list of host built-ins: name to id. */
function builtinsOf(wasm: Uint8Array<ArrayBuffer>): Record<string, number> {
  const memory = new WebAssembly.Memory({ initial: 64 });
  const refuse = (): never => {
    throw new Error('nothing is evaluated here');
  };
  const host = ['opa_abort', 'opa_println', ...[0, 1, 2, 3, 4].map((count) => `opa_builtin${count}`)];
  const env = { memory, ...Object.fromEntries(host.map((name) => [name, refuse])) };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env });
  const { builtins, opa_json_dump } = exports as Record<string, (value?: number) => number>;
  const bytes = new Uint8Array(memory.buffer, opa_json_dump?.(builtins?.()));
  return JSON.parse(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)))) as Record<string, number>;
}

function run(opaPath: string, args: readonly string[]): string {
  return execFileSync(opaPath, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const opaPath = process.env['OPA'];
  if (!opaPath) throw new Error('set OPA to the path of the OPA binary');
  const target = fileURLToPath(new URL('../config/opa-capabilities.json', import.meta.url));
  writeFileSync(target, generateCapabilities(opaPath));
}
