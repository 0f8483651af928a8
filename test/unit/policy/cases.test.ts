/**
 * Every sheet of `rego-tests/cases` through the built WebAssembly, called by our evaluator and by the published SDK,
 * and through `opa eval`: all three must give the same decision, and it must be the one the sheet wants. Rules written
 * for the tests (`rego-tests/specimens`) are in a bundle of their own, so the shipped one is tested as it is.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PolicyDecision, policyDecision } from '../../../proxy/decide/contract.ts';
import { toVerdict } from '../../../proxy/decide/verdict.ts';
import { type PolicyBundle, readBundle } from '../../../proxy/services/policy/bundle.ts';
import { createPolicyHolder, type PolicyHandle } from '../../../proxy/services/policy/holder.ts';
import { opa } from '../../support/opa.ts';
import { type Case, readCases } from './_sheets.ts';

type Decisions = Readonly<Record<string, Readonly<Record<string, PolicyDecision>>>>;

const cases = readCases();
const handles = new Map<string, Promise<PolicyHandle>>();
let shipped: PolicyBundle;
let withSpecimens: PolicyBundle;
let topdown: Decisions;

beforeAll(() => {
  shipped = readBundle(readFileSync('wasm/bundle.tar.gz'));
  const folder = mkdtempSync(join(tmpdir(), 'policy-cases-'));
  try {
    const target = join(folder, 'bundle.tar.gz');
    opa(['build', '-t', 'wasm', '-e', 'mcp/main/decision', '-o', target, 'policies', 'rego-tests/specimens']);
    withSpecimens = readBundle(readFileSync(target));
  } finally {
    rmSync(folder, { recursive: true });
  }
  const query = 'data.cases_test.decisions';
  topdown = JSON.parse(opa(['eval', '-d', 'policies', '-d', 'rego-tests', '-f', 'raw', query])) as Decisions;
}, 60_000);

afterAll(async () => {
  for (const handle of handles.values()) await (await handle).close();
});

function bundleFor(row: Case): PolicyBundle {
  return row.sheet === 'rules' ? withSpecimens : shipped;
}

/** One loaded policy for each bundle and overlay: most rows of a sheet share theirs. */
function handleFor(row: Case): Promise<PolicyHandle> {
  const bundle = bundleFor(row);
  const key = `${bundle.digest} ${JSON.stringify(row.data)}`;
  let handle = handles.get(key);
  if (handle === undefined) {
    handle = createPolicyHolder(bundle, row.data, { isolation: 'inline' });
    handles.set(key, handle);
  }
  return handle;
}

describe.each([...new Set(cases.map((row) => row.sheet))])('%s', (sheet) => {
  test.each(cases.filter((row) => row.sheet === sheet))('$name', async (row) => {
    const handle = await handleFor(row);
    const evaluation = handle.evaluate(JSON.stringify(row.input));
    expect(evaluation.kind).toBe('value');
    const decision = (evaluation as { value: PolicyDecision }).value;
    expectWanted(decision, row.want);

    expect(topdown[row.sheet]?.[row.name]).toEqual(decision);
    const sdk = await loadPolicy(bundleFor(row).wasm);
    sdk.setData(handle.data);
    expect(sdk.evaluate(row.input)).toEqual([{ result: decision }]);
  });
});

test.each(cases.filter((row) => row.sheet !== 'rules'))(
  'the gate understands the decision of $sheet: $name',
  async (row) => {
    const evaluation = (await handleFor(row)).evaluate(JSON.stringify(row.input));
    const decision = policyDecision.parse((evaluation as { value: unknown }).value);
    expect(toVerdict(evaluation).kind).toBe(decision.verdict);
  },
);

test.each(['{"v":1,', '', '[]', '"x"', '7', '{}'])('the input %j gets no grant', async (text) => {
  const handle = await createPolicyHolder(shipped, { grants: [{ tools: ['*'] }] }, { isolation: 'inline' });
  const verdict = toVerdict(handle.evaluate(text));
  expect(['failed', 'block']).toContain(verdict.kind);
  await handle.close();
});

function expectWanted(decision: PolicyDecision, want: Case['want']): void {
  const { codes, says, absent, ...members } = want;
  expect(decision).toMatchObject(members);
  for (const [member, value] of Object.entries(members)) {
    expect(decision[member as keyof PolicyDecision]).toEqual(value);
  }
  if (codes !== undefined) expect(decision.reasons.map((reason) => reason.code)).toEqual(codes);
  const messages = decision.reasons.map((reason) => reason.message).join('\n');
  for (const text of says ?? []) expect(messages).toContain(text);
  for (const member of absent ?? []) expect(decision).not.toHaveProperty(member);
}
