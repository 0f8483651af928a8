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
 * A member of the input that is only written out when the policy looks at it: what most policies never read need not be
 * put together, sent and parsed for each decision.
 */
export interface LateMember {
  readonly name: string;
  /** Its value as JSON text; the same each time within one decision. */
  text(): string;
}

/** Judges one input. Synchronous on purpose: no frame can slip between a decision and what it changes. */
export interface Evaluator {
  /**
   * @param inputText one policy input as JSON text, at most 64 KB, well-formed, no duplicate members.
   * @param late further members of it.
   */
  evaluate(inputText: string, late?: readonly LateMember[]): Evaluation;
  /** True once the policy has looked at a late member of this name; it is then part of every input. */
  reads(name: string): boolean;
}

/** The input with late members written out. */
export function withLate(inputText: string, late: readonly LateMember[]): string {
  if (late.length === 0) return inputText;
  let text = inputText.slice(0, -1);
  for (const member of late) text += `,"${member.name}":${member.text()}`;
  return `${text}}`;
}
