/** A late member is written out exactly when the policy touches it, and the policy can never tell. */
import { afterAll, describe, expect, test } from 'vitest';
import { withLate } from '../../../proxy/decide/evaluation.ts';
import { readBundle } from '../../../proxy/services/policy/bundle.ts';
import { createPolicyHolder, type PolicyHandle } from '../../../proxy/services/policy/holder.ts';
import { buildWasm } from '../../support/opa.ts';

const HISTORY = '{"calls":[{"name":"a__b","age_s":3}],"counts":{"a__b":1}}';
const UNASKED = {
  name: 'history',
  text: () => {
    throw new Error('nobody asked for it');
  },
};
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
    const late = [{ name: 'history', text: () => HISTORY }];
    const whole = handle.evaluate(withLate(input, late));
    expect(handle.reads('history')).toBe(false);
    expect(handle.evaluate(input, late)).toEqual(whole);
    expect(handle.reads('history')).toBe(true);
    expect(handle.evaluate(input, late)).toEqual(whole);
    expect(handle.stats().drops).toBe(1);
  });
});

describe('a policy that does not touch it', () => {
  test('never has it written out', async () => {
    const handle = await load('decision := {"said": "yes"} if input.method == "x"');
    for (let round = 0; round < 2_000; round++) {
      expect(handle.evaluate(`{"method":"x","round":${round}}`, [UNASKED])).toEqual({
        kind: 'value',
        value: { said: 'yes' },
      });
    }
    expect(handle.reads('history')).toBe(false);
    expect(handle.stats()).toMatchObject({ drops: 0, remembered: 0 });
  });
});

test('a policy that traps by itself fails all the same', async () => {
  const handle = await load(
    'decision := {"said": replace(input.text, "", input.history.calls[0].name)} if input.text == "never"',
  );
  const late = [{ name: 'history', text: () => HISTORY }];
  expect(handle.evaluate('{"text":"x"}', late)).toEqual({ kind: 'value', value: { said: 'nothing' } });
});

describe('of several late members', () => {
  const MEMBERS = ['args', 'time', 'annotations'].map((name) => ({ name, text: () => `{"${name}":1}` }));

  test('only those that were touched are written out from then on', async () => {
    const handle = await load(
      'decision := {"said": "both"} if { input.args.args == 1; input.time.time == 1 }',
    );
    const whole = handle.evaluate(withLate('{"v":1}', MEMBERS));
    expect(whole).toEqual({ kind: 'value', value: { said: 'both' } });
    expect(handle.evaluate('{"v":1}', MEMBERS)).toEqual(whole);
    expect(['args', 'time', 'annotations'].map((name) => handle.reads(name))).toEqual([true, true, false]);
    const { drops } = handle.stats();
    for (let round = 0; round < 100; round++) {
      expect(handle.evaluate(`{"v":1,"round":${round}}`, [...MEMBERS.slice(0, 2), UNASKED])).toEqual(whole);
    }
    expect(handle.stats().drops).toBe(drops);
  });

  test('one that is touched only where another has a certain value is found when it is', async () => {
    const handle = await load('decision := {"said": "late"} if { input.args.go; input.time.time == 1 }');
    const args = (go: boolean) => [{ name: 'args', text: () => `{"go":${go}}` }, ...MEMBERS.slice(1)];
    expect(handle.evaluate('{"v":1}', args(false))).toEqual({ kind: 'value', value: { said: 'nothing' } });
    expect([handle.reads('args'), handle.reads('time')]).toEqual([true, false]);
    expect(handle.evaluate('{"v":1}', args(true))).toEqual({ kind: 'value', value: { said: 'late' } });
    expect([handle.reads('args'), handle.reads('time')]).toEqual([true, true]);
  });

  test('that one is there can be told without touching it, and is told alike', async () => {
    const handle = await load('decision := {"said": count(input)}');
    expect(handle.evaluate('{"v":1}', MEMBERS)).toEqual({ kind: 'value', value: { said: 4 } });
    expect(handle.evaluate('{"v":1}', MEMBERS.slice(1))).toEqual({ kind: 'value', value: { said: 3 } });
    expect(handle.evaluate('{"v":1}', [])).toEqual({ kind: 'value', value: { said: 1 } });
  });
});

describe('a decision is remembered', () => {
  test('for all that the policy could have seen, and for nothing else', async () => {
    const handle = await load('decision := {"said": input.args.x} if input.method == "x"');
    const args = (x: number) => [{ name: 'args', text: () => `{"x":${x}}` }];
    for (const round of [1, 2, 1, 2, 1]) {
      expect(handle.evaluate('{"method":"x"}', args(round))).toEqual({
        kind: 'value',
        value: { said: round },
      });
      expect(handle.evaluate('{"method":"y"}', args(round))).toEqual({
        kind: 'value',
        value: { said: 'nothing' },
      });
    }
    expect(handle.stats().remembered).toBeGreaterThan(4);
  });

  test('not where the policy asked what time it is', async () => {
    const handle = await load('decision := {"said": time.now_ns()}');
    handle.evaluate('{"method":"x"}');
    handle.evaluate('{"method":"x"}');
    expect(handle.stats().remembered).toBe(0);
  });

  test('not where the engine failed', async () => {
    const handle = await load(
      'decision := {"said": 1} if input.n == 1\n\ndecision := {"said": 2} if input.n == 1',
    );
    expect(handle.evaluate('{"n":1}')).toMatchObject({ kind: 'failed', code: 'engine.threw' });
    expect(handle.evaluate('{"n":1}')).toMatchObject({ kind: 'failed', code: 'engine.threw' });
    expect(handle.stats().remembered).toBe(0);
  });

  test('and forgotten when nobody asks again, so memory has an end', async () => {
    const handle = await load('decision := {"said": input.n}');
    for (let n = 0; n < 10_000; n++) handle.evaluate(`{"n":${n}}`);
    expect(handle.evaluate('{"n":1}')).toEqual({ kind: 'value', value: { said: 1 } });
    expect(handle.stats().remembered).toBe(0);
    handle.evaluate('{"n":9999}');
    expect(handle.stats().remembered).toBe(1);
  });

  test('what was answered cannot be changed by whoever got it', async () => {
    const handle = await load('decision := {"said": ["a"]}');
    const first = handle.evaluate('{"n":1}') as { value: { said: string[] } };
    expect(() => first.value.said.push('b')).toThrow(TypeError);
    expect(handle.evaluate('{"n":1}')).toEqual({ kind: 'value', value: { said: ['a'] } });
  });
});
