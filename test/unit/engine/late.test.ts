/** A late member is written out exactly when the policy touches it, and the policy can never tell. */
import { afterAll, describe, expect, test } from 'vitest';
import { withLate } from '../../../proxy/decide/evaluation.ts';
import { readBundle } from '../../../proxy/services/policy/bundle.ts';
import { createPolicyHolder, type PolicyHandle } from '../../../proxy/services/policy/holder.ts';
import { buildWasm } from '../../support/opa.ts';

const HISTORY = '{"calls":[{"name":"a__b","age_s":3}],"counts":{"a__b":1}}';
const open: PolicyHandle[] = [];
afterAll(() => Promise.all(open.map((handle) => handle.close())));

async function load(rule: string): Promise<PolicyHandle> {
  const source = `package mcp.main\n\ndefault decision := {"said": "nothing"}\n\n${rule}\n`;
  const bundle = buildWasm({ sources: { 'main.rego': source } });
  const handle = await createPolicyHolder(readBundle(bundle), {}, { isolation: 'inline' });
  open.push(handle);
  return handle;
}

const TOUCHING = [
  { name: 'reads a member', rule: 'decision := {"said": x} if x := input.history.counts["a__b"]' },
  { name: 'iterates it', rule: 'decision := {"said": c.name} if some c in input.history.calls' },
  { name: 'negates it', rule: 'decision := {"said": "none"} if not input.history.calls' },
  { name: 'asks only whether it is there', rule: 'decision := {"said": "there"} if input.history' },
  { name: 'walks the whole input', rule: 'decision := {"said": count(p)} if p := [q | walk(input, [q, _])]' },
  { name: 'passes the input on', rule: 'decision := {"said": object.get(input, "history", "no")}' },
  { name: 'looks it up by a name from the input', rule: 'decision := {"said": input[input.method]}' },
  {
    name: 'compares the whole input',
    rule: 'decision := {"said": "other"} if input != {"v": 1, "method": "history", "history": {}}',
  },
  { name: 'writes the input out', rule: 'decision := {"said": json.marshal(input)}' },
];

describe('a policy that touches the late member', () => {
  test.each(TOUCHING)('$name: is judged on the input written out', async ({ rule }) => {
    const handle = await load(rule);
    const input = '{"v":1,"method":"history"}';
    const late = { name: 'history', text: () => HISTORY };
    const whole = handle.evaluate(withLate(input, late));
    expect(handle.readsLate).toBe(false);
    expect(handle.evaluate(input, late)).toEqual(whole);
    expect(handle.readsLate).toBe(true);
    expect(handle.evaluate(input, late)).toEqual(whole);
    expect(handle.stats().drops).toBe(1);
  });
});

describe('a policy that does not touch it', () => {
  test('never has it written out', async () => {
    const handle = await load('decision := {"said": "yes"} if input.method == "x"');
    const late = {
      name: 'history',
      text: () => {
        throw new Error('nobody asked for it');
      },
    };
    for (let round = 0; round < 2_000; round++) {
      expect(handle.evaluate('{"method":"x"}', late)).toEqual({ kind: 'value', value: { said: 'yes' } });
    }
    expect(handle.readsLate).toBe(false);
    expect(handle.stats().drops).toBe(0);
  });
});

test('a policy that traps by itself fails all the same', async () => {
  const handle = await load(
    'decision := {"said": replace(input.text, "", input.history.calls[0].name)} if input.text == "never"',
  );
  expect(handle.evaluate('{"text":"x"}', { name: 'history', text: () => HISTORY })).toEqual({
    kind: 'value',
    value: { said: 'nothing' },
  });
});
