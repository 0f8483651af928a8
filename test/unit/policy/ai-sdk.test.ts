/**
 * Rego written for `@ai-sdk/policy-opa`, byte for byte the same file, in that runtime and through the adapter: the
 * published package is the oracle.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { opaPolicy, wasmPolicyClient } from '@ai-sdk/policy-opa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicyDecision } from '../../../proxy/decide/contract.ts';
import { readBundle } from '../../../proxy/services/policy/bundle.ts';
import { createPolicyHolder, type PolicyHandle } from '../../../proxy/services/policy/holder.ts';
import { run } from '../../support/command.ts';
import { buildWasm, opaPath } from '../../support/opa.ts';

const REGO = readFileSync('test/fixtures/ai-sdk/agent.rego', 'utf8');
const CALLER = { subject: 'ann', roles: [] as string[], permissions: [], auth: 'jwt', claims: {} };
const HISTORY = [{ name: 'history', text: () => '{"calls":[],"counts":{}}' }];

type Approve = (call: object) => Promise<{ readonly type: string; readonly reason?: string }>;
let folder: string;
let gate: PolicyHandle;
let sdk: Approve;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ai-sdk-'));
  const bin = join(folder, 'portcullis');
  writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${resolve('cli/portcullis.ts')}" "$@"\n`);
  chmodSync(bin, 0o755);
  writeFileSync(join(folder, 'agent.rego'), REGO);
  const [, commands = ''] =
    /```bash\n([\s\S]*?)```/.exec(readFileSync('docs/policy/ai-sdk.md', 'utf8')) ?? [];
  const env = { ...process.env, OPA: opaPath(), PATH: `${folder}:${process.env['PATH']}` };
  const ran = await run('bash', ['-euc', commands], { cwd: folder, env });
  expect(ran).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('ok, no findings') });
  const bundle = readBundle(readFileSync(join(folder, 'my-policy/bundle.tar.gz')));
  gate = await createPolicyHolder(bundle, {}, { isolation: 'inline' });
  const alone = buildWasm({ sources: { 'agent.rego': REGO }, entrypoints: ['agent/call/decision'] });
  const { wasm } = readBundle(alone, { entrypoint: 'agent/call/decision' });
  const client = await wasmPolicyClient({ wasm });
  sdk = opaPolicy({ client, path: 'agent/call/decision' }) as unknown as Approve;
}, 60_000);
afterAll(async () => {
  await gate.close();
  rmSync(folder, { recursive: true, force: true });
});

function atGate(tool: string, args: object, roles: readonly string[], claims: object): PolicyDecision {
  const input = {
    v: 1,
    phase: 'request',
    direction: 'to_server',
    transport: 'http',
    protocol: '2026-07-28',
    method: 'tools/call',
    server: 'any',
    tool,
    name: `any__${tool}`,
    args,
    caller: { ...CALLER, roles, claims },
    labels: {},
    time: { epoch: 1, weekday: 'monday', hour: 9, minute: 0, tz: 'UTC' },
    mode: 'enforce',
  };
  const evaluation = gate.evaluate(JSON.stringify(input), HISTORY) as { readonly value?: PolicyDecision };
  if (evaluation.value === undefined) throw new Error(`not judged: ${JSON.stringify(evaluation)}`);
  return evaluation.value;
}

/** What the approval of the SDK comes to where nothing else grants or refuses. */
const AS_VERDICT: Readonly<Record<string, readonly [verdict: string, code: string | undefined]>> = {
  approved: ['allow', undefined],
  denied: ['block', 'ai_sdk.denied'],
  'user-approval': ['require_approval', 'ai_sdk.approval'],
  'not-applicable': ['block', 'policy.no_grant'],
};

describe('says the same as in its own runtime', () => {
  test.each([
    { tool: 'git', args: { args: ['push', 'origin'] }, roles: [], type: 'denied' },
    { tool: 'git', args: { args: ['status'] }, roles: [], type: 'approved' },
    { tool: 'git', args: { args: ['rebase'] }, roles: [], type: 'not-applicable' },
    { tool: 'git', args: {}, roles: [], type: 'not-applicable' },
    { tool: 'kubectl', args: {}, roles: ['sre-oncall'], type: 'user-approval' },
    { tool: 'kubectl', args: {}, roles: ['intern'], type: 'not-applicable' },
    { tool: 'kubectl', args: {}, roles: ['sre-oncall', 'intern'], type: 'not-applicable' },
    { tool: 'format_disk', args: {}, roles: [], type: 'denied' },
    { tool: 'clock', args: {}, roles: [], type: 'approved' },
    { tool: 'anything', args: {}, roles: [], type: 'not-applicable' },
  ])('$tool $args $roles: $type', async ({ tool, args, roles, type }) => {
    const toolCall = { toolName: tool, toolCallId: '1', input: args };
    const runtimeContext = roles.length === 1 ? { role: roles[0] } : {};
    const said = await sdk({ toolCall, messages: [], runtimeContext });
    expect(said.type).toBe(type);
    const { verdict, reasons } = atGate(tool, args, roles, {});
    const [want, code] = AS_VERDICT[type] as readonly [string, string | undefined];
    expect(verdict).toBe(want);
    expect(reasons[0]?.code).toBe(code);
    if (said.reason !== undefined) expect(reasons[0]?.message).toBe(said.reason);
  });
});

test('an answer neither knows is refused by both', async () => {
  const toolCall = { toolName: 'typo', toolCallId: '1', input: {} };
  expect(await sdk({ toolCall, messages: [], runtimeContext: {} })).toMatchObject({ type: 'denied' });
  expect(atGate('typo', {}, [], {})).toMatchObject({
    verdict: 'block',
    reasons: expect.arrayContaining([expect.objectContaining({ code: 'ai_sdk.unrecognised' })]),
  });
});

test('claims of the credential are context, and stand behind what the gate knows of the caller', () => {
  expect(atGate('kubectl', {}, [], { role: 'sre-oncall' }).verdict).toBe('require_approval');
  expect(atGate('kubectl', {}, ['intern'], { role: 'sre-oncall' }).verdict).toBe('block');
});
