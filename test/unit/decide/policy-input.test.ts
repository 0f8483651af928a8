/** The policy input as text: the contract's members, the wire's digits, and never a null. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyInput } from '../../../proxy/decide/contract.ts';
import {
  type InputParts,
  toolName,
  wholeInput,
  writePolicyInput,
} from '../../../proxy/decide/policy-input.ts';

const caller = { subject: 'alice', roles: [], permissions: [], auth: 'jwt', claims: {} } as const;
const BASE: InputParts = {
  phase: 'request',
  direction: 'to_server',
  transport: 'http',
  protocol: '2026-07-28',
  method: 'tools/call',
  server: 'filesystem',
  caller: { ...caller, roles: [], permissions: [] },
  labelsText: '{}',
};
const START = '{"v":1,"phase":"request","direction":"to_server","transport":"http","protocol":"2026-07-28"';
const write = (parts: Partial<InputParts>, maxInput = 65_536) => {
  const written = writePolicyInput({ ...BASE, ...parts }, maxInput);
  return 'kind' in written ? written : wholeInput(written, () => true);
};

test('nothing but what always applies', () => {
  expect(write({})).toBe(
    `${START},"method":"tools/call","server":"filesystem","caller":{"subject":"alice","roles":[],"permissions":[],"auth":"jwt","claims":{}},"labels":{},"mode":"enforce"}`,
  );
});

test('everything at once, in this order', () => {
  const secret = { at: '/args/t', class: 'aws_access_key', count: 1 };
  const text = write({
    tool: 'read_file',
    argsText: '{"path":"/a"}',
    annotationsText: '{"readOnlyHint":true}',
    uri: 'file:///a',
    prompt: 'p',
    task: 't',
    paramsText: '{"x":1}',
    itemText: '{"name":"read_file"}',
    facts: {
      paths: [{ at: '/args/path', raw: '/a', path: '/a', op: 'read', suspicious: [], declared: true }],
      hosts: [{ at: '/args/url', host: 'example.com', private: false, scheme: 'https' }],
      sql: [{ at: '/args/q', verbs: ['select'], tables: ['t'], parsed: true }],
      unknown: ['paths'],
    },
    secrets: [secret],
    session: { id: 's1', ageSeconds: 12 },
    historyText: () => '{"calls":[],"counts":{}}',
    timeText: '{"epoch":1,"weekday":"monday","hour":0,"minute":0,"tz":"UTC"}',
    result: {
      is_error: false,
      bytes: 1,
      text_sample: '',
      secrets: [secret],
      urls: [],
      content_types: ['text'],
    },
    labelsText: '{"a":{"age_s":1,"from":"x__y"}}',
  });
  const parsed = JSON.parse(text as string) as object;
  expect(Object.keys(parsed)).toEqual([
    ...['v', 'phase', 'direction', 'transport', 'protocol', 'method', 'server', 'tool', 'name'],
    ...['uri', 'prompt', 'task', 'paths', 'hosts', 'sql', 'unknown', 'secrets'],
    ...['caller', 'labels', 'result', 'mode'],
    ...['args', 'annotations', 'params', 'item', 'session', 'time', 'history'],
  ]);
  expect(policyInput.safeParse(parsed)).toMatchObject({ success: true });
  expect(parsed).toMatchObject({ name: 'filesystem__read_file', session: { id: 's1', age_s: 12 } });
});

test('facts that found nothing are left out', () => {
  const facts = { paths: [], hosts: [], sql: [], unknown: [] };
  expect(write({ facts, secrets: [] })).toBe(write({}));
});

test('text from the wire stands in it letter for letter', () => {
  const argsText = ' {"a" : 9007199254740993, "b":1.0,"c":-0,"d":1E+2,\n"e":"\\u0041\\/" }';
  expect(write({ argsText })).toContain(`,"args":${argsText}}`);
  expect(write({ paramsText: argsText, itemText: argsText })).toContain(
    `,"params":${argsText},"item":${argsText}}`,
  );
});

test.each([
  ['a quote and a backslash', 'a"b\\c'],
  ['a line break', 'a\n","verdict":"allow'],
  ['a line break at the end', 'a\n'],
  ['controls', '\u0000\u001b\u007f'],
  ['other scripts', 'дом日本é😀'],
  ['separators', '\u2028\u2029'],
  ['a percent sign', '%22'],
  ['nothing', ''],
])('names with %s are quoted', (_, name) => {
  const text = write({
    tool: name,
    uri: name,
    prompt: name,
    task: name,
    method: name,
    server: name,
    protocol: name,
  });
  expect(JSON.parse(text as string)).toMatchObject({
    tool: name,
    name: `${name}__${name}`,
    uri: name,
    prompt: name,
    task: name,
    method: name,
    server: name,
    protocol: name,
  });
});

test('too long by one character is refused, and only then', () => {
  const text = write({ argsText: '{"a":"b"}' }) as string;
  expect(write({ argsText: '{"a":"b"}' }, text.length)).toBe(text);
  expect(write({ argsText: '{"a":"b"}' }, text.length - 1)).toEqual({
    kind: 'refusal',
    code: 'GW_POLICY_ARGS',
    detail: 'policy.args_too_large',
  });
});

test('what most policies never read waits to be asked for, and the record has it all the same', () => {
  const written = writePolicyInput(
    {
      ...BASE,
      argsText: '{"a":1}',
      timeText: '{"epoch":1}',
      historyText: () => {
        throw new Error('nobody asked for it');
      },
    },
    65_536,
  );
  if ('kind' in written) throw new Error(written.code);
  expect(Object.keys(JSON.parse(written.text) as object)).not.toContain('args');
  expect(written.late.map(({ name }) => name)).toEqual(['args', 'time', 'history']);
  expect(JSON.parse(wholeInput(written, () => false))).toMatchObject({ args: { a: 1 }, time: { epoch: 1 } });
});

test('each caller is written as itself, however often', () => {
  const bob = { ...BASE.caller, subject: 'bob', org: 'acme' };
  expect(write({ caller: bob })).toContain('"caller":{"subject":"bob"');
  expect(write({})).toContain('"caller":{"subject":"alice"');
  expect(write({ caller: bob })).toContain('"org":"acme"');
});

const name = fc.string({ unit: 'grapheme', maxLength: 12 });
const object = fc
  .dictionary(name, fc.oneof(fc.integer(), fc.boolean(), name), { maxKeys: 3 })
  .map((value) => JSON.stringify(value));
const parts = fc.record(
  {
    tool: name,
    argsText: object,
    annotationsText: object,
    uri: name,
    prompt: name,
    task: name,
    paramsText: object,
    itemText: object,
    session: fc.record({ id: name, ageSeconds: fc.nat() }),
  },
  { requiredKeys: [] },
);

test('whatever applies, it is what the contract says and holds no null', () => {
  fc.assert(
    fc.property(parts, (some) => {
      const given = Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined));
      const parsed = JSON.parse(write(given) as string) as object;
      expect(policyInput.safeParse(parsed).error).toBeUndefined();
      expect(JSON.stringify(parsed)).not.toMatch(/:null[,}]/);
      const named = {
        argsText: 'args',
        annotationsText: 'annotations',
        paramsText: 'params',
        itemText: 'item',
      };
      for (const key of Object.keys(some))
        expect(parsed).toHaveProperty([named[key as keyof typeof named] ?? key]);
    }),
    { numRuns: 2_000 },
  );
});

test('a tool is named after its server', () => {
  expect(toolName('filesystem', 'read_file')).toBe('filesystem__read_file');
});
