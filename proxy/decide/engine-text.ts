/**
 * The text on either side of the engine: what may be sent in, and what a result must look like. Both refuse rather than
 * repair: an input the rules would see differently, or not at all, and a result that is anything but one value.
 */
import type { EngineFailure, Evaluation } from './evaluation.ts';

/**
 * False for what must not reach the parser in WebAssembly: anything but an object, since an input that does not
 * parse is an undefined input to the policy; and lone surrogates, raw or escaped, which make it abort.
 */
export function isSendable(inputText: string): boolean {
  const braced = inputText.startsWith('{') && inputText.endsWith('}');
  return braced && inputText.isWellFormed() && !hasLoneSurrogateEscape(inputText);
}

/** JSON.stringify writes surrogates as escapes only when they are alone, so the search nearly always ends at once. */
function hasLoneSurrogateEscape(text: string): boolean {
  if (!text.includes('\\ud') && !text.includes('\\uD')) return false;
  const withoutPairs = text.replace(/\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|[^u]|u(?![dD][89a-fA-F]))/g, '');
  return /\\u[dD][89a-fA-F]/.test(withoutPairs);
}

/** Results as they were read: a policy says few different things, and reading costs as much as judging a rule or two. */
const results = new Map<string, Evaluation>();
const MAX_RESULTS = 500;
const MAX_RESULT_TEXT = 2_048;

/** The value of a result set's text, which must be `[{"result": value}]` and nothing else. Frozen, since it is shared. */
export function readResult(text: string): Evaluation {
  const known = results.get(text);
  if (known !== undefined) return known;
  const result = parseResult(text);
  if (text.length <= MAX_RESULT_TEXT) {
    if (results.size >= MAX_RESULTS) results.clear();
    results.set(text, result);
  }
  return result;
}

function parseResult(text: string): Evaluation {
  try {
    const set: unknown = JSON.parse(text);
    if (!Array.isArray(set) || set.length !== 1) return failed('engine.output', 'not one result');
    const [only] = set as readonly unknown[];
    if (typeof only !== 'object' || only === null || !Object.hasOwn(only, 'result')) {
      return failed('engine.output', 'a result without a value');
    }
    const value = (only as { result: unknown }).result;
    return isFiniteJson(value)
      ? Object.freeze({ kind: 'value', value })
      : failed('engine.output', 'a number beyond double precision');
  } catch (error) {
    return failed('engine.output', 'the result was not JSON', error);
  }
}

/**
 * Freezes on its way. OPA hands `1e400` through, JSON.parse makes it Infinity, and a lifetime of Infinity never ends.
 */
function isFiniteJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  Object.freeze(value);
  for (const member of Object.values(value)) if (!isFiniteJson(member)) return false;
  return true;
}

export function failed(
  code: EngineFailure,
  message: string,
  cause?: unknown,
): Evaluation & { kind: 'failed' } {
  const options = cause === undefined ? undefined : { cause };
  return { kind: 'failed', code, cause: new Error(message, options) };
}
