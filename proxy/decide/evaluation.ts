/**
 * What one evaluation of the policy came to. `undefined` (no rule spoke) and `failed` (the engine broke)
 * both close the gate; they are kept apart so that neither is ever written down as the policy's own word.
 */
export type Evaluation =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'failed'; readonly code: EngineFailure; readonly cause: Error };

export const ENGINE_FAILURES = {
  'engine.threw': 'the policy aborted or a host built-in threw',
  'engine.trap': 'the WebAssembly instance trapped',
  'engine.timeout': 'the decision overran policy.deadlineMs and was killed',
  'engine.memory': 'the policy wanted more memory than policy.maxPages',
  'engine.patterns': 'the policy uses more distinct patterns than the engine can hold safely',
  'engine.input': 'the input was not readable as JSON by the engine',
  'engine.output': 'the engine answered something other than one JSON value',
  'engine.missing': 'no policy is loaded',
} as const;
export type EngineFailure = keyof typeof ENGINE_FAILURES;

/**
 * A member of the input that is only written out when the policy looks at it: a caller's history is worth several
 * kilobytes for each decision, and most policies never read it.
 */
export interface LateMember {
  readonly name: string;
  /** Its value as JSON text. */
  text(): string;
}

/** Judges one input. Synchronous on purpose: no frame can slip between a decision and what it changes. */
export interface Evaluator {
  /**
   * @param inputText one policy input as JSON text, at most 64 KB, well-formed, no duplicate members.
   * @param late a further member of it.
   */
  evaluate(inputText: string, late?: LateMember): Evaluation;
  /** True once the policy has looked at a late member; it is then part of every input. */
  readonly readsLate: boolean;
}

/** The input with its late member written out. */
export function withLate(inputText: string, late: LateMember): string {
  return `${inputText.slice(0, -1)},${JSON.stringify(late.name)}:${late.text()}}`;
}
