/**
 * The same policy and input through our caller, the published SDK and topdown: three readings, one answer. Run in turn
 * on one instance, so that kept patterns and a grown heap have their chance to show.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PolicyEvaluator } from '../../../proxy/decide/evaluator.ts';
import { openEngine, openSdk } from '../../support/engine.ts';
import { type BuildOptions, evalTopdown } from '../../support/opa.ts';

const folder = new URL('../../fixtures/engine/', import.meta.url);
const sources = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith('.rego'))
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);
const options: BuildOptions = { sources, data: { limits: { acme: 10, über: 20 } } };

const base = {
  text: 'héllo wörld',
  padded: '  a b  ',
  path: '/workspace/notes/readme.md',
  server: 'fs',
  tool: 'read_file',
  name: 'fs__read_file',
  numbers: [1, 2, 3],
  unsorted: ['b', 'a', 'ä', 'B', '', '😀', '\uffee'],
  labels: { a: 'x', b: 'y' },
  caller: { org: 'acme', roles: ['developer'], claims: { deep: [{ a: [1, { b: null }] }] } },
};
const INPUTS = [
  { name: 'a plain call', input: base },
  { name: 'other tool, other path', input: { ...base, tool: 'write_x', name: 'a__b', path: '/etc/passwd' } },
  { name: 'an admin of another organisation', input: { ...base, caller: { org: 'über', roles: ['admin'] } } },
  { name: 'empty strings and lists', input: { ...base, text: '', path: '', numbers: [], unsorted: [] } },
  { name: 'numbers of every kind', input: { ...base, numbers: [-1, 0.5, 1e3, 2 ** 53 - 1] } },
  { name: 'nothing at all', input: {} },
  {
    name: 'wrong types everywhere',
    input: { ...base, text: 1, path: [], tool: null, numbers: 'x', caller: [] },
  },
  { name: 'escapes in strings', input: { ...base, text: '"\\/\b\f\n\r\t\u0001\u2028', tool: 'a"b\\c' } },
  {
    name: 'members named like prototypes',
    input: { ...base, labels: { ['__proto__']: 'p', constructor: 'c' } },
  },
];

describe('our caller, the SDK and topdown agree on', () => {
  let engine: PolicyEvaluator;
  let sdk: (input: unknown) => unknown;
  beforeAll(async () => {
    engine = openEngine(options);
    sdk = await openSdk(options);
  });

  test.each(INPUTS)('$name', ({ input }) => {
    const text = JSON.stringify(input);
    const topdown = evalTopdown(options, 'data.mcp.main.decision', text);
    expect(engine.evaluate(text)).toEqual({ kind: 'value', value: topdown });
    expect(sdk(JSON.parse(text))).toEqual(topdown);
  });

  test('every input again and again on one instance', () => {
    const first = INPUTS.map(({ input }) => engine.evaluateToText(JSON.stringify(input)));
    for (let round = 0; round < 200; round++) {
      const again = INPUTS.map(({ input }) => engine.evaluateToText(JSON.stringify(input)));
      expect(again).toEqual(first);
    }
    expect(engine.stats()).toMatchObject({ drops: 0, failures: 0, arena: true });
  });
});
