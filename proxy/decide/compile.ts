/**
 * From the bytes of `policy.wasm` to a module the evaluator can run. The one change made on the way concerns a
 * fault in OPA's pattern cache (see `_patterns.ts`); no rule is touched, and the bundle's digest is of the bytes
 * as they came.
 */
import { liftPatternCap } from './_patterns.ts';

export interface CompiledPolicy {
  readonly module: WebAssembly.Module;
  /** False when the cache fault could not be taken out: prefer isolation `worker` for policies of many patterns. */
  readonly patternCapLifted: boolean;
}

/** @throws WebAssembly.CompileError for bytes that are not a module. */
export function compilePolicy(wasm: Uint8Array): CompiledPolicy {
  const lifted = liftPatternCap(wasm);
  return {
    module: new WebAssembly.Module(lifted ?? new Uint8Array(wasm)),
    patternCapLifted: lifted !== undefined,
  };
}
