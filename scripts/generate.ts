/**
 * Writes every generated file, or with `--check` fails when one is not what its source says. The sources are the
 * policy contract, the configuration schema, the error table, the tests that cite a requirement, and OPA with the
 * host's built-ins.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { policyData } from '../proxy/config/policy-data.ts';
import { configSchema } from '../proxy/config/schema.ts';
import { policyDecision, policyInput } from '../proxy/decide/contract.ts';
import { configurationPage } from './configuration-page.ts';
import { conformancePage } from './conformance-page.ts';
import { errorsPage } from './errors-page.ts';
import { schemaText } from './generate-schemas.ts';
import { inertSheet } from './inert-sheet.ts';
import { packsPage } from './packs-page.ts';
import { policyDataPage } from './policy-data-page.ts';
import { referencePage } from './reference-page.ts';

const ROOT = resolve(import.meta.dirname, '..');

const FILES: Readonly<Record<string, () => string | Promise<string>>> = {
  'config/schema/policy-input.json': () => schemaText(policyInput),
  'config/schema/policy-decision.json': () => schemaText(policyDecision),
  // Not in config/schema: `opa check --schema` reads everything there.
  'config/portcullis.schema.json': () => editorSchema(configSchema, 'proxy/config/schema.ts'),
  'config/policy-data.schema.json': () => editorSchema(policyData, 'proxy/config/policy-data.ts'),
  'rego-tests/checks/inert.json': inertSheet,
  'docs/policy/packs.md': packsPage,
  'docs/policy/data.md': policyDataPage,
  'docs/policy/reference.md': referencePage,
  'docs/configuration.md': configurationPage,
  'docs/errors.md': errorsPage,
  'docs/conformance.md': conformancePage,
};

const check = process.argv.includes('--check');
for (const [file, write] of Object.entries(FILES)) {
  const path = resolve(ROOT, file);
  const text = await write();
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (read(path) !== text) {
    process.stderr.write(`${file} is stale\n`);
    process.exitCode = 1;
  }
}

function editorSchema(of: z.ZodType, source: string): string {
  const $comment = `Generated from ${source} by \`make generate\`; do not edit.`;
  const schema = z.toJSONSchema(of, { io: 'input', unrepresentable: 'any' });
  return `${JSON.stringify({ $comment, ...schema }, null, 2)}\n`;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
