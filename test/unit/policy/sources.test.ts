/**
 * What the Rego sources promise beside their decisions: misspelt input is caught before it runs, the schemas are
 * those of the contract, and every code a rule can give is annotated, explained and shown by a case.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { policyDecision, policyInput } from '../../../proxy/decide/contract.ts';
import { schemaText } from '../../../scripts/generate-schemas.ts';
import { opa, opaPath } from '../../support/opa.ts';
import { readCases } from './_sheets.ts';

interface Annotated {
  readonly path: readonly { readonly value: string }[];
  readonly annotations: { readonly title?: string; readonly custom?: Readonly<Record<string, unknown>> };
}

test.each([
  { rule: 'input.tol == "x"', misspelt: 'tol' },
  { rule: 'input.caller.role == "x"', misspelt: 'role' },
  { rule: 'some fact in input.paths; fact.pth == "/x"', misspelt: 'pth' },
  { rule: 'some call in input.history.calls; call.tool == "x"', misspelt: 'tool' },
])('opa check finds $misspelt in a rule package that says nothing about schemas', ({ rule, misspelt }) => {
  const result = check(rule);
  expect(result.status).toBe(1);
  expect(result.stderr).toContain(`have: "${misspelt}"`);
});

test.each([
  'input.args.anything.at.all == 1',
  'input.labels.secret.age_s < 60',
  'input.caller.claims.iss == "x"',
  'some fact in input.paths; fact.declared',
])('opa check lets %s through', (rule) => {
  expect(check(rule)).toMatchObject({ status: 0, stderr: '' });
});

test.each([
  { file: 'policy-input.json', schema: policyInput },
  { file: 'policy-decision.json', schema: policyDecision },
])('config/schema/$file is generated from the contract', ({ file, schema }) => {
  expect(readFileSync(`config/schema/${file}`, 'utf8')).toBe(schemaText(schema));
});

test('every annotated code has a title, a message and its phases', () => {
  for (const { path, annotations } of annotated()) {
    const { code, message, phases } = annotations.custom ?? {};
    if (code === undefined) continue;
    expect({ code, title: annotations.title, message, phases }).toEqual({
      code: expect.stringMatching(/^[a-z_]+\.[a-z_]+$/),
      title: expect.stringMatching(/./),
      message: expect.stringMatching(/\.$/),
      phases: expect.arrayContaining([
        expect.stringMatching(/^(request|list|response|notification|server_request|client_response)$/),
      ]),
    });
    expect(path.map((term) => term.value).slice(0, 3)).toEqual([
      'data',
      'mcp',
      expect.stringMatching(/^(rules|packs)$/),
    ]);
  }
});

test('the codes that cases show and the codes that rules annotate are the same', () => {
  const shown = readCases()
    .filter((row) => row.sheet !== 'rules')
    .flatMap((row) => row.want.codes ?? [])
    .filter((code) => code !== 'policy.no_grant');
  const codes = annotated()
    .flatMap(({ annotations }) => String(annotations.custom?.['code'] ?? ''))
    // Not in the shipped policy; rego-tests/adapters has its own.
    .filter((code) => code !== '' && !code.startsWith('ai_sdk.'));
  expect([...new Set(shown)].sort()).toEqual([...new Set(codes)].sort());
});

test('the bundle in wasm/ is what its manifest says', () => {
  const manifest = JSON.parse(readFileSync('wasm/manifest.json', 'utf8')) as { sha256: string };
  const sum = execFileSync('sha256sum', ['wasm/bundle.tar.gz'], { encoding: 'utf8' });
  expect(sum.split(' ')[0]).toBe(manifest.sha256);
});

test('scripts/opa.sh refuses an OPA that is none', () => {
  const result = spawnSync('scripts/opa.sh', { env: { ...process.env, OPA: '/bin/true' }, encoding: 'utf8' });
  expect(result).toMatchObject({ status: 1, stdout: '' });
  expect(result.stderr).toContain('OPA is set to /bin/true');
});

function check(rule: string): { readonly status: number | null; readonly stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'policy-check-'));
  try {
    const body = rule.split('; ').join('\n\t');
    const text = `package mcp.rules.mine\n\nblock contains {"code": "a.b", "message": "C."} if {\n\t${body}\n}\n`;
    writeFileSync(join(folder, 'mine.rego'), text);
    const args = ['check', '--strict', '--schema', 'config/schema', 'policies', folder];
    return spawnSync(opaPath(), args, { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function annotated(): readonly Annotated[] {
  const report = JSON.parse(opa(['inspect', '--annotations', '--format', 'json', 'policies'])) as {
    readonly annotations: readonly Annotated[];
  };
  return report.annotations;
}
