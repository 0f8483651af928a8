/**
 * One line of the record as a replay sees it: the input exactly as it was judged, and what was said about it.
 */
import type { PolicyDecision } from '../../../proxy/decide/contract.ts';

export type RecordedLine =
  | {
      readonly kind: 'decision';
      readonly id: string;
      /** JSON text, digit for digit. */
      readonly inputText: string;
      readonly result: PolicyDecision;
      /** Secrets in the input were replaced before it was written. */
      readonly masked: boolean;
    }
  | { readonly kind: 'failed' }
  | { readonly kind: 'other' }
  | { readonly kind: 'unreadable' };

interface Tail {
  readonly result?: PolicyDecision;
  readonly error?: unknown;
  readonly masked?: readonly string[];
  readonly custom?: { readonly record?: string };
}
interface Whole extends Tail {
  readonly decision_id?: string;
  readonly input?: unknown;
}

/** Never throws. */
export function readRecorded(line: string): RecordedLine {
  try {
    return readOwn(line) ?? readAny(line);
  } catch {
    return { kind: 'unreadable' };
  }
}

const ID = '{"decision_id":"';
const INPUT = ',"input":';
const RESULT = ',"result":';

/**
 * Lines as the gate writes them: the input is cut out and not parsed, which is most of what a replay costs. A quote
 * inside a string is escaped, so these marks can only be members; before the input and after the result there are
 * none of these names further down.
 */
function readOwn(line: string): RecordedLine | undefined {
  const from = line.indexOf(INPUT);
  const to = line.lastIndexOf(RESULT);
  if (!line.startsWith(ID) || from < 0 || to < from) return undefined;
  const inputText = line.slice(from + INPUT.length, to);
  if (!inputText.startsWith('{"v":1,') || !inputText.endsWith('}')) return undefined;
  const tail = JSON.parse(`{${line.slice(to + 1)}`) as Tail;
  if (tail.custom?.record !== 'decision' || tail.result === undefined) return undefined;
  const id = line.slice(ID.length, line.indexOf('"', ID.length));
  return { kind: 'decision', id, inputText, result: tail.result, masked: tail.masked !== undefined };
}

/** Lines that passed through something else and may be written otherwise. */
function readAny(line: string): RecordedLine {
  const whole = JSON.parse(line) as Whole;
  if (whole.custom?.record !== 'decision') return { kind: 'other' };
  if (whole.error !== undefined) return { kind: 'failed' };
  const { decision_id: id = '', input, result, masked } = whole;
  if (typeof result !== 'object' || typeof input !== 'object') return { kind: 'unreadable' };
  return { kind: 'decision', id, inputText: JSON.stringify(input), result, masked: masked !== undefined };
}
