/** The policy of the hostile corpus as a bundle. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildWasm } from './opa.ts';

const root = join(import.meta.dirname, '../..');
const P0 = ['policies/mcp/main', 'policies/mcp/lib', 'test/fixtures/hostile/p0.rego'];

/** P0 with the library it stands on, and none of the shipped rules. */
export function buildP0(folder: string): string {
  const sources: Record<string, string> = {};
  for (const path of P0) {
    const files = path.endsWith('.rego')
      ? [path]
      : readdirSync(join(root, path)).map((name) => join(path, name));
    for (const file of files) sources[file.replaceAll('/', '_')] = readFileSync(join(root, file), 'utf8');
  }
  const target = join(folder, 'p0.tar.gz');
  writeFileSync(target, buildWasm({ sources, capabilities: join(root, 'config/opa-capabilities.json') }));
  return target;
}
