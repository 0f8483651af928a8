/**
 * From the policy files a configuration names to a policy that has answered once. What cannot be read, or read and not
 * used, is an error that names the file and says why.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { policyDataProblems } from '../../config/policy-data.ts';
import type { JsonObject } from '../../frame/json.ts';
import { readBundle } from './bundle.ts';
import { createPolicyHolder, type Isolation, type PolicyHandle } from './holder.ts';

export interface PolicyFiles {
  /** The shipped policy where none is named. */
  readonly bundle?: string | undefined;
  readonly data?: string | undefined;
  readonly isolation: Isolation;
  readonly deadlineMs: number;
  readonly maxPages: number;
}

/** @param cwd what relative paths start from. @throws Error, e.g. `/etc/policy.tar.gz: cannot be read: ENOENT` */
export async function loadPolicy(files: PolicyFiles, cwd: string): Promise<PolicyHandle> {
  const { isolation, deadlineMs, maxPages } = files;
  const path = files.bundle === undefined ? shippedBundle() : resolve(cwd, files.bundle);
  const overlay = readPolicyData(files.data, cwd);
  const bundle = named(path, () => readBundle(readFileSync(path)));
  named(files.data === undefined ? path : resolve(cwd, files.data), () =>
    refuseProblems(policyDataProblems(overlay, Object.keys(bundle.data))),
  );
  try {
    return await createPolicyHolder(bundle, overlay, { isolation, deadlineMs, limits: { maxPages } });
  } catch (cause) {
    throw new Error(`${path}: ${reason(cause as Error)}`, { cause });
  }
}

/** @throws Error that begins with the file it is about. */
function named<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${path}: ${reason(cause as Error)}`, { cause });
  }
}

/** Data laid over the bundle's; `${cwd}` stands for the folder the gate was started in. */
export function readPolicyData(file: string | undefined, cwd: string): JsonObject {
  if (file === undefined) return {};
  const path = resolve(cwd, file);
  return named(path, () => {
    const text = readFileSync(path, 'utf8').replaceAll('${cwd}', () => cwd);
    return checkData(withNamesOfPacks(parseYaml(text, { prettyErrors: false })));
  });
}

/** Packs are Rego packages, whose names have no hyphens; `data-flow` means `data_flow`. */
function withNamesOfPacks(data: unknown): unknown {
  const packs = (data as { readonly packs?: unknown } | null)?.packs;
  if (typeof packs !== 'object' || packs === null || Array.isArray(packs)) return data;
  const renamed = Object.entries(packs).map(([name, settings]) => {
    const plain = name.replaceAll('-', '_');
    return [Object.hasOwn(packs, plain) ? name : plain, settings] as const;
  });
  return { ...(data as object), packs: Object.fromEntries(renamed) };
}

/** Values under data.mcp would stand where the rules' own results do: `mcp.rules.x.grant` in a data file would grant. */
function checkData(data: unknown): JsonObject {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new Error('is not a mapping');
  for (const name of ['mcp', 'system', 'pack_settings']) {
    if (name in data) throw new Error(`${name} belongs to the policy; name the data something else`);
  }
  refuseProblems(policyDataProblems(data, Object.keys(data)));
  return data as JsonObject;
}

function refuseProblems(problems: readonly { readonly path: string; readonly message: string }[]): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ path, message }) => `${path}: ${message}`);
  throw new Error(lines.length === 1 ? lines[0] : `\n  ${lines.join('\n  ')}`);
}

/** What the system says names the file once more. */
function reason(error: NodeJS.ErrnoException): string {
  return error.syscall === undefined ? error.message : `cannot be read: ${error.code}`;
}

/** The default policy: beside the sources in a checkout, one level further up in the installed package. */
function shippedBundle(): string {
  const beside = ['../../../wasm/bundle.tar.gz', '../../../../wasm/bundle.tar.gz'].map((path) =>
    resolve(import.meta.dirname, path),
  );
  return beside.find((path) => existsSync(path)) ?? (beside[0] as string);
}
