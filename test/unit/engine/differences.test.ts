/**
 * Where OPA's WebAssembly and topdown part ways: `opa test` passing does not prove what the module answers. Each row
 * pins what both say today. A row that turns red after an OPA upgrade asks for a decision: a difference that is gone, or
 * a new one. `host` says what keeps the difference from opening a rule.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { openEngine, openSdk, policy } from '../../support/engine.ts';
import { evalTopdown } from '../../support/opa.ts';

interface Difference {
  readonly name: string;
  readonly rule: string;
  /** The members of `input`, as JSON text. */
  readonly input?: string;
  /** `undefined`: no value. */
  readonly wasm: unknown;
  readonly topdown: unknown;
  readonly host: string;
}

const DIFFERENCES: readonly Difference[] = [
  {
    name: 'a glob does not cross a newline',
    rule: 'glob.match("/**/.env", ["/"], input.path)',
    input: '"path":"/workspace/a\\nb/.env"',
    wasm: false,
    topdown: true,
    host: 'paths with control characters carry the suspicious mark `control`',
  },
  {
    name: 'nor does a single star without delimiters',
    rule: 'glob.match("*.env", null, input.path)',
    input: '"path":"a\\nb.env"',
    wasm: false,
    topdown: true,
    host: 'as above',
  },
  {
    name: 'a named group in angle brackets is no pattern: the rule never fires',
    rule: 'regex.match(`(?<name>a)`, "a")',
    wasm: undefined,
    topdown: true,
    host: 'write (?P<name>…), or no name',
  },
  {
    name: 'an IPv4-mapped address is in no IPv4 network',
    rule: 'net.cidr_contains("10.0.0.0/8", "::ffff:10.0.0.1")',
    wasm: false,
    topdown: true,
    host: 'input.hosts carries addresses in canonical form',
  },
  {
    name: 'json.unmarshal takes text behind the value',
    rule: 'json.unmarshal("0x1")',
    wasm: 0,
    topdown: undefined,
    host: 'none; do not decide on unmarshalled text alone',
  },
  {
    name: 'json.is_valid too',
    rule: 'json.is_valid("0x1")',
    wasm: true,
    topdown: false,
    host: 'as above',
  },
  {
    name: 'base64.decode takes what is not base64',
    rule: 'is_string(base64.decode("abc"))',
    wasm: true,
    topdown: undefined,
    host: 'none; check with a pattern first',
  },
  {
    name: 'the index of nothing is 0',
    rule: 'indexof("abc", "")',
    wasm: 0,
    topdown: undefined,
    host: 'none needed: false in neither is safe to build on',
  },
];

const rules = (rows: readonly { rule: string }[]) =>
  policy(rows.map(({ rule }, at) => `decision["${at}"] := x if x := ${rule}`).join('\n'));

describe('pinned differences', () => {
  test.each(DIFFERENCES)('$name', ({ rule, input = '', wasm, topdown }) => {
    const options = rules([{ rule }]);
    const value = wasm === undefined ? {} : { 0: wasm };
    expect(openEngine(options).evaluate(`{${input}}`)).toEqual({ kind: 'value', value });
    const want = topdown === undefined ? {} : { 0: topdown };
    expect(evalTopdown(options, 'data.mcp.main.decision', `{${input}}`)).toEqual(want);
  });

  test.each([
    { name: 'an array without commas', rule: 'count(input.x)', input: '{"x":[1 2 3]}', wasm: 3 },
    { name: 'a number that ends in its point', rule: 'is_number(input.x)', input: '{"x":1.}', wasm: true },
    { name: 'a number that ends in its e', rule: 'is_number(input.x)', input: '{"x":1e}', wasm: true },
  ])('its parser takes $name, so the input must come from our own writer', ({ rule, input, wasm }) => {
    const want = { kind: 'value', value: { 0: wasm } };
    expect(openEngine(rules([{ rule }])).evaluate(input)).toEqual(want);
  });

  test('of a member given twice the last counts, in both', () => {
    const options = rules([{ rule: 'input.a' }]);
    const want = { 0: 2 };
    expect(openEngine(options).evaluate('{"a":1,"a":2}')).toEqual({ kind: 'value', value: want });
    expect(evalTopdown(options, 'data.mcp.main.decision', '{"a":1,"a":2}')).toEqual(want);
  });

  test('an integer beyond 2^53 is exact in the rules and rounded in the decision', () => {
    const options = rules([{ rule: 'input.id == 9007199254740993' }, { rule: 'input.id' }]);
    const engine = openEngine(options);
    expect(engine.evaluate('{"id":9007199254740993}')).toEqual({
      kind: 'value',
      value: { 0: true, 1: 9007199254740992 },
    });
    expect(engine.evaluateToText('{"id":9007199254740993}')).toMatchObject({
      text: expect.stringContaining('9007199254740993'),
    });
  });

  test('a number beyond a double is no number in the decision', () => {
    const engine = openEngine(rules([{ rule: 'input.ttl' }]));
    expect(engine.evaluate('{"ttl":1e400}')).toMatchObject({ kind: 'failed', code: 'engine.output' });
    expect(engine.evaluate('{"ttl":1}')).toEqual({ kind: 'value', value: { 0: 1 } });
  });
});

describe('closed by throwing: the decision fails, and the next stands', () => {
  test.each([
    { name: '0/0', rule: 'input.zero / 0', code: 'engine.threw' },
    { name: 'format_int of a big number', rule: 'format_int(input.big, 10)', code: 'engine.threw' },
    { name: 'to_number(".")', rule: 'to_number(input.dot)', code: 'engine.output' },
  ])('$name', ({ rule, code }) => {
    const engine = openEngine(
      policy(`default decision := {}

decision := x if {
	input.on
	x := ${rule}
}`),
    );
    const input = '{"on":true,"zero":0,"big":123456789012345678901234567890,"dot":"."}';
    expect(engine.evaluate(input)).toMatchObject({ kind: 'failed', code });
    expect(engine.evaluate('{"on":false}')).toEqual({ kind: 'value', value: {} });
  });
});

describe('differences of the SDK that our host built-ins close', () => {
  const rows = [
    { name: 'objects print as Rego, not [object Object]', rule: 'sprintf("%v", [{"b": 1, "a": {2, 1}}])' },
    { name: 'a wrong verb prints as in Go and does not throw', rule: 'sprintf("%d", ["x"])' },
    { name: 'regex.split takes inline flags', rule: 'regex.split("(?i)x", "aXbxc")' },
    { name: 'a big number prints in full', rule: 'sprintf("%d", [9007199254740993])' },
  ];
  let topdown: Record<string, unknown>;
  beforeAll(() => {
    topdown = evalTopdown(rules(rows), 'data.mcp.main.decision', '{}') as Record<string, unknown>;
  });

  test.each(rows.map((row, at) => ({ ...row, at })))('$name', async ({ rule, at }) => {
    const want = topdown[String(at)];
    expect(openEngine(rules([{ rule }])).evaluate('{}')).toEqual({ kind: 'value', value: { 0: want } });
    const sdk = await openSdk(rules([{ rule }]));
    const theirs = await Promise.resolve({})
      .then(sdk)
      .catch(() => 'threw');
    expect(theirs).not.toEqual({ 0: want });
  });
});
