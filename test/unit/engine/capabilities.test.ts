/** `config/opa-capabilities.json` promises authors exactly what the engine can run. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HOST_BUILTINS } from '../../../proxy/decide/builtins/table.ts';
import {
  COMPILER_BUILTINS,
  generateCapabilities,
  nativeBuiltins,
} from '../../../scripts/generate-capabilities.ts';
import { policy } from '../../support/engine.ts';
import { buildWasm, opa, opaPath } from '../../support/opa.ts';

const path = fileURLToPath(new URL('../../../config/opa-capabilities.json', import.meta.url));
const text = readFileSync(path, 'utf8');
const capabilities = JSON.parse(text) as {
  builtins: { name: string }[];
  features: string[];
  allow_net: string[];
  wasm_abi_versions: unknown[];
};
const names = capabilities.builtins.map(({ name }) => name);

test('the committed file is what the generator writes (run scripts/generate-capabilities.ts)', () => {
  expect(text).toBe(generateCapabilities(opaPath()));
});

test('every name in it is native, the host’s or the compiler’s, and each of those is in it', () => {
  const native = nativeBuiltins(opaPath(), JSON.parse(opa(['capabilities', '--current'])));
  const wanted = [...native, ...Object.keys(HOST_BUILTINS), ...COMPILER_BUILTINS];
  expect([...names].sort()).toEqual([...new Set(wanted)].sort());
  expect(Object.keys(HOST_BUILTINS).filter((name) => native.has(name))).toEqual([]);
});

test('it speaks Rego v1 and our ABI, and lets nothing be fetched', () => {
  expect(capabilities.features).toContain('rego_v1');
  expect(capabilities.allow_net).toEqual([]);
  expect(capabilities.wasm_abi_versions).toEqual([
    { version: 1, minor_version: 2 },
    { version: 1, minor_version: 3 },
  ]);
});

describe('opa build --capabilities', () => {
  test.each([
    'http.send({"method": "get", "url": "http://127.0.0.1"})',
    'opa.runtime()',
    'io.jwt.decode("x")',
    'rand.intn("x", 3)',
    'net.lookup_ip_addr("localhost")',
    'json.patch({}, [])',
  ])('refuses %s', (call) => {
    const options = { ...policy(`decision := ${call}`), capabilities: path };
    expect(() => buildWasm(options)).toThrow(/undefined function/);
  });

  test('takes what the engine has', () => {
    const rules =
      'decision := {"a": sprintf("%d", [time.now_ns()]), "b": glob.match("*", [], "x"), "c": $"{input.x}"}';
    expect(buildWasm({ ...policy(rules), capabilities: path }).length).toBeGreaterThan(1000);
  });
});
