/** A loaded policy: immutable, probed before use, judged the same inline and in a worker, killed when it does not end. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { policyInput } from '../../../proxy/decide/contract.ts';
import { readBundle } from '../../../proxy/services/policy/bundle.ts';
import {
  createPolicyHolder,
  type Isolation,
  type PolicyHandle,
  PROBE_INPUT,
} from '../../../proxy/services/policy/holder.ts';
import { mergeData } from '../../../proxy/services/policy/merge.ts';
import { policy } from '../../support/engine.ts';
import { buildWasm } from '../../support/opa.ts';

const RULES = `
default decision := {"verdict": "block"}

decision := {"verdict": "allow", "limit": data.limits[input.tool]}

decision := {"verdict": "redact"} if input.conflict

decision := {"verdict": "slow", "n": n} if {
	input.endless
	n := count([1 |
		some a in input.items
		some b in input.items
		some c in input.items
		some d in input.items
		some e in input.items
		some f in input.items
		a != b
		c == "never"
		d != e
		f == "never"
	])
}

decision := {"verdict": "loop", "text": text} if text := replace(input.text, "", "x")

decision := {"verdict": "big", "text": text} if {
	input.times
	text := concat("", [input.chunk | some _ in numbers.range(1, input.times)])
}
`;
const options = { ...policy(RULES), data: { limits: { read: 1, write: 2 }, name: 'bundle' } };
const bundle = readBundle(buildWasm({ ...options, revision: 'r1' }));
const READ = '{"tool":"read"}';
const ALLOW = { kind: 'value', value: { verdict: 'allow', limit: 1 } };
const ENDLESS = JSON.stringify({
  endless: true,
  items: Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`k${at}`, `v${at}`])),
});

test('the probe is a valid input of the contract', () => {
  expect(policyInput.safeParse(JSON.parse(PROBE_INPUT))).toMatchObject({ success: true });
});

describe.each<Isolation>(['inline', 'worker'])('isolation %s', (isolation) => {
  let handle: PolicyHandle;
  beforeAll(async () => {
    handle = await createPolicyHolder(bundle, { limits: { write: 20, list: 3 } }, { isolation });
  });
  afterAll(() => handle.close());

  test('the operator’s data lies over the bundle’s, member by member', () => {
    expect(handle.data).toEqual({ limits: { read: 1, write: 20, list: 3 }, name: 'bundle' });
    expect(handle.evaluate('{"tool":"write"}')).toEqual({
      kind: 'value',
      value: { verdict: 'allow', limit: 20 },
    });
    expect(handle.evaluate('{"tool":"list"}')).toEqual({
      kind: 'value',
      value: { verdict: 'allow', limit: 3 },
    });
  });

  test('failures keep their codes, and the next decision stands', () => {
    expect(handle.evaluate('{"tool":"read","conflict":true}')).toMatchObject({
      kind: 'failed',
      code: 'engine.threw',
    });
    expect(handle.evaluate('[]')).toMatchObject({ kind: 'failed', code: 'engine.input' });
    expect(handle.evaluate('{"tool":"\ud800"}')).toMatchObject({ kind: 'failed', code: 'engine.input' });
    expect(handle.evaluate(READ)).toEqual(ALLOW);
    expect(handle.stats()).toMatchObject({
      isolation,
      drops: 1,
      timeouts: 0,
      arena: true,
      patternCapLifted: false,
    });
  });

  test('text beyond ASCII arrives whole', () => {
    const input = JSON.stringify({ chunk: 'é😀\u2028"', times: 2 });
    expect(handle.evaluate(input)).toEqual({
      kind: 'value',
      value: { verdict: 'big', text: 'é😀\u2028"é😀\u2028"' },
    });
  });

  test('nothing of a handle can be changed', () => {
    expect(Object.isFrozen(handle)).toBe(true);
    expect(() => Object.assign(handle, { revision: 'forged' })).toThrow(TypeError);
    expect(() => Object.assign(handle.data['limits'] as object, { read: 99 })).toThrow(TypeError);
    expect(handle.evaluate(READ)).toEqual(ALLOW);
  });

  test('a closed handle fails closed', async () => {
    const closed = await createPolicyHolder(bundle, {}, { isolation });
    await closed.close();
    expect(closed.evaluate(READ)).toMatchObject({ kind: 'failed', code: 'engine.missing' });
  });

  test.each([
    { name: 'says nothing', rules: 'decision := {} if input.never', says: 'undefined' },
    { name: 'answers a string', rules: 'decision := "allow"', says: 'value' },
    {
      name: 'contradicts itself',
      rules: 'decision := {"a": 1}\n\ndecision := {"a": 2} if input.v == 1',
      says: 'conflict',
    },
    {
      name: 'needs a built-in that is not there',
      rules: 'decision := {"a": opa.runtime()}',
      says: 'opa.runtime',
    },
  ])('a policy that $name is refused at load', async ({ rules, says }) => {
    const refused = createPolicyHolder(readBundle(buildWasm(policy(rules))), {}, { isolation });
    await expect(refused).rejects.toThrow(says);
  });
});

describe('identity', () => {
  test('the digest names bundle and overlay, whatever the isolation', async () => {
    const plain = await createPolicyHolder(bundle, {}, { isolation: 'inline' });
    const overlaid = await createPolicyHolder(bundle, { a: 1 }, { isolation: 'inline' });
    expect(plain).toMatchObject({ revision: 'r1', digest: bundle.digest });
    expect(overlaid.revision).toBe('r1');
    expect(overlaid.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(overlaid.digest).not.toBe(bundle.digest);
  });

  test.each([
    { base: { a: { b: 1, c: 2 } }, overlay: { a: { b: 3 } }, want: { a: { b: 3, c: 2 } } },
    { base: { a: [1, 2] }, overlay: { a: [3] }, want: { a: [3] } },
    { base: { a: { b: 1 } }, overlay: { a: null }, want: { a: null } },
    { base: { a: 1 }, overlay: { a: { b: 1 } }, want: { a: { b: 1 } } },
    { base: {}, overlay: JSON.parse('{"__proto__":{"x":1}}'), want: JSON.parse('{"__proto__":{"x":1}}') },
  ])('$overlay over $base', ({ base, overlay, want }) => {
    const before = JSON.stringify(base);
    expect(mergeData(base, overlay)).toEqual(want);
    expect(JSON.stringify(base)).toBe(before);
  });
});

/** What the next worker says once it has started, which on a busy machine may be after the first question. */
async function nextWord(handle: PolicyHandle) {
  for (;;) {
    const evaluation = handle.evaluate(READ);
    if (evaluation.kind !== 'failed' || evaluation.code !== 'engine.missing') return evaluation;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a decision that does not end', () => {
  let handle: PolicyHandle;
  beforeAll(async () => {
    handle = await createPolicyHolder(bundle, {}, { isolation: 'worker', deadlineMs: 200 });
  });
  afterAll(() => handle.close());

  test.each([
    { name: 'sixfold iteration', input: ENDLESS },
    { name: 'replace with an empty needle, which OPA’s WebAssembly never leaves', input: '{"text":"abc"}' },
  ])('$name is killed, fails with engine.timeout, and the next stands', async ({ input }) => {
    const before = handle.stats().timeouts;
    expect(handle.evaluate(input)).toMatchObject({ kind: 'failed', code: 'engine.timeout' });
    expect(await nextWord(handle)).toEqual(ALLOW);
    expect(handle.stats().timeouts).toBe(before + 1);
  });

  test('five in a row, without a turn of the event loop between, still leave a worker that judges', async () => {
    for (let kill = 0; kill < 5; kill++) {
      const { kind } = handle.evaluate(ENDLESS);
      expect(kind).toBe('failed');
    }
    await expect.poll(() => handle.evaluate(READ), { timeout: 5000 }).toEqual(ALLOW);
  });

  test('an answer too long for the shared memory fails with engine.output, an input with engine.input', () => {
    const answer = JSON.stringify({ chunk: 'x'.repeat(1000), times: 2000 });
    expect(handle.evaluate(answer)).toMatchObject({
      kind: 'failed',
      code: 'engine.output',
      cause: { message: 'the answer is too long' },
    });
    const input = JSON.stringify({ tool: 'read', filler: 'é'.repeat(600_000) });
    expect(handle.evaluate(input)).toMatchObject({ kind: 'failed', code: 'engine.input' });
    expect(handle.evaluate(READ)).toEqual(ALLOW);
  });
});

test.each([
  { name: 'closed', close: true },
  { name: 'left open', close: false },
])('a process with a worker $name ends by itself', ({ close }) => {
  const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { readFileSync } from 'node:fs';
    const { readBundle } = await import(${here('../../../proxy/services/policy/bundle.ts')});
    const { createPolicyHolder } = await import(${here('../../../proxy/services/policy/holder.ts')});
    const bundle = readBundle(readFileSync(0));
    const handle = await createPolicyHolder(bundle, {}, { isolation: 'worker' });
    console.log(handle.evaluate('{"tool":"read"}').value.verdict);
    if (${close}) await handle.close();`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    input: buildWasm({ ...options, revision: 'r1' }),
    encoding: 'utf8',
    timeout: 20_000,
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
  });
  expect({ status: run.status, stdout: run.stdout, stderr: run.stderr }).toEqual({
    status: 0,
    stdout: 'allow\n',
    stderr: '',
  });
});
