/** Engines for tests: the policy in Rego goes in, our evaluator and the published SDK come out, over the same module. */

import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { compilePolicy } from '../../proxy/decide/compile.ts';
import type { PolicyEvaluator } from '../../proxy/decide/evaluator.ts';
import { createEvaluator, type EvaluatorOptions } from '../../proxy/decide/evaluator.ts';
import { readBundle } from '../../proxy/services/policy/bundle.ts';
import { type BuildOptions, buildWasm } from './opa.ts';

/** A Rego file of package `mcp.main` around the given rules. */
export function policy(rules: string): BuildOptions {
  return { sources: { 'main.rego': `package mcp.main\n\n${rules}\n` } };
}

export function openEngine(
  options: BuildOptions,
  overrides: Partial<EvaluatorOptions> = {},
): PolicyEvaluator {
  const { wasm, data } = readBundle(buildWasm(options));
  return createEvaluator(compilePolicy(wasm).module, {
    data: JSON.stringify(data),
    entrypoint: 'mcp/main/decision',
    now: () => 1_795_251_600_000,
    defer: setImmediate,
    ...overrides,
    // What is tested here is the engine, round after round.
    limits: { remember: 0, ...overrides.limits },
  });
}

/** @returns what the SDK answers: the value, or `undefined` where no rule spoke. Throws what the SDK throws. */
export async function openSdk(options: BuildOptions): Promise<(input: unknown) => unknown> {
  const { wasm, data } = readBundle(buildWasm(options));
  const loaded = await loadPolicy(new Uint8Array(wasm), { initial: 64, maximum: 512 });
  loaded.setData(data);
  return function evaluateWithSdk(input) {
    const results = loaded.evaluate(input) as { result: unknown }[];
    return results[0]?.result;
  };
}
