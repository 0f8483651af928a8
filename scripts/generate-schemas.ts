/**
 * Writes config/schema/policy-input.json and policy-decision.json from the zod sources of the policy contract; with
 * `--check` it writes nothing and fails when the files are not what the sources say. `opa check --schema config/schema`
 * reads the first one, so it is kept to what OPA understands: JSON Schema draft 7, every object closed.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { policyDecision, policyInput } from '../proxy/decide/contract.ts';

const folder = fileURLToPath(new URL('../config/schema/', import.meta.url));
const SCHEMAS = { 'policy-input.json': policyInput, 'policy-decision.json': policyDecision } as const;

/** The text of one schema file, newline included. */
export function schemaText(schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7' });
  const note = 'Generated from proxy/decide/contract.ts by scripts/generate-schemas.ts; do not edit.';
  return `${JSON.stringify({ $comment: note, $schema, ...rest }, null, 2)}\n`;
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  mkdirSync(folder, { recursive: true });
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const path = `${folder}${name}`;
    const text = schemaText(schema);
    if (!check) {
      writeFileSync(path, text);
    } else if (readOrEmpty(path) !== text) {
      console.error(`config/schema/${name} is stale: run node scripts/generate-schemas.ts`);
      process.exitCode = 1;
    }
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
