/**
 * Messages inside messages (multi-round-trip requests): what a server asks inside a result, and what the client answers
 * inside its retry. Each is put before the policy as if it had come by itself, under its own method and phase, and what
 * the policy wants edited is edited in place: everything else of the message keeps its bytes.
 *
 * Nothing here waits, so that a request, its answers and the labels it leaves are judged in one turn.
 *
 * @see MCP 2026-07-28, basic/patterns/mrtr; SEP-2663
 */
import { type Action, type Answer, act } from '../decide/act.ts';
import { type Refusal, refuse } from '../errors.ts';
import { isObject, type Json } from '../frame/json.ts';
import { FRAME_LIMITS, type RequestFrame, readFrameText } from '../frame/read-frame.ts';
import { locate, type Splice, splice } from '../frame/spans.ts';
import { type Judged, judgeClientResponse, judgeServerRequest } from './judge.ts';
import { recordDecision } from './recording.ts';
import type { Walk } from './walk.ts';

export interface Embedded {
  /** For the record, in order. */
  readonly decisions: readonly (readonly [Judged, Action])[];
  /** Why the message around them may not pass. */
  readonly refused: Answer | Refusal | undefined;
  /** The message with its edits; undefined when nothing was edited. */
  readonly text: string | undefined;
}

const NOTHING: Embedded = { decisions: [], refused: undefined, text: undefined };
/** Requests or answers in one message. */
const MAX_EMBEDDED = 50;
/** What a server may ask inside a result. */
const ASKABLE: ReadonlySet<string> = new Set(['sampling/createMessage', 'elicitation/create', 'roots/list']);
/** What rides there is not what a server may ask. */
const MISPLACED = refuse('GW_UPSTREAM_ANSWER', 'GW_FRAME_DIRECTION');

/**
 * @param text the message as it stands now.
 * @param pointer where its `inputRequests` are, e.g. `/result/inputRequests`.
 */
export function judgeRequestsIn(
  walk: Walk,
  text: string,
  pointer: string,
  requests: Json | undefined,
): Embedded {
  if (requests === undefined || requests === null) return NOTHING;
  if (!isObject(requests)) return { ...NOTHING, refused: MISPLACED };
  return judgeEach(walk, text, pointer, requests, (entry, raw, at) => {
    const method = isObject(entry) ? entry['method'] : undefined;
    if (!isObject(entry) || typeof method !== 'string' || !ASKABLE.has(method)) return MISPLACED;
    const paramsText = entry['params'] === undefined ? undefined : rawAt(raw, '/params');
    const judged = judgeServerRequest(walk, method, entry['params'] ?? {}, paramsText);
    if (judged.kind === 'refusal') return judged;
    const message = `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${paramsText ?? '{}'}}`;
    return { judged, message, from: '/params', to: `${at}/params` };
  });
}

/** @param text the request as it stands now, e.g. after the edits of its own verdict. */
export function judgeAnswersIn(walk: Walk, frame: RequestFrame, text: string): Embedded {
  const answers = frame.params?.['inputResponses'];
  if (answers === undefined || answers === null) return NOTHING;
  if (!isObject(answers))
    return { ...NOTHING, refused: refuse('GW_FRAME_PARAMS', 'inputResponses is not an object') };
  return judgeEach(walk, text, '/params/inputResponses', answers, (entry, raw, at) => {
    const method = answeredMethod(entry);
    const message = `{"jsonrpc":"2.0","id":0,"result":${method === undefined ? '{}' : raw}}`;
    const answer = readFrameText(message, { ...FRAME_LIMITS, direction: 'to_server' });
    if (answer.kind === 'refusal') return answer;
    if (answer.kind !== 'response' || method === undefined) {
      return refuse('GW_FRAME_PARAMS', 'inputResponses holds what answers nothing a server can ask');
    }
    const judged = judgeClientResponse(walk, method, answer);
    return judged.kind === 'refusal' ? judged : { judged, message, from: '/result', to: at };
  });
}

/** Writes down what was decided; rejects when it is not on disk, and then nothing may leave. */
export async function recordEmbedded(walk: Walk, { decisions }: Embedded): Promise<void> {
  for (const [judged, action] of decisions) await recordDecision(walk, judged, action);
}

interface Question {
  readonly judged: Judged;
  /** The embedded message by itself, which edits are made in. */
  readonly message: string;
  /** Where the edited part is in it, and where it belongs in the message around it. */
  readonly from: string;
  readonly to: string;
}

function judgeEach(
  walk: Walk,
  text: string,
  pointer: string,
  entries: { readonly [name: string]: Json },
  ask: (entry: Json, raw: string, at: string) => Question | Refusal,
): Embedded {
  const names = Object.keys(entries);
  if (names.length > MAX_EMBEDDED)
    return { ...NOTHING, refused: refuse('GW_POLICY_ARGS', 'too many in one message') };
  const decisions: [Judged, Action][] = [];
  const splices: Splice[] = [];
  for (const name of names) {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const question = ask(entries[name] as Json, rawAt(text, at) ?? 'null', at);
    if ('kind' in question) return { decisions, refused: question, text: undefined };
    const { judged, message } = question;
    const action = act(judged.verdict, message, judged.decisionId, walk.gate);
    decisions.push([judged, action]);
    if (action.kind === 'answer') return { decisions, refused: action, text: undefined };
    if (action.text === undefined) continue;
    const target = locate(text, question.to);
    const insert = rawAt(action.text, question.from);
    if (target === undefined || insert === undefined) {
      return { decisions, refused: refuse('GW_REDACTION_FAILED', 'inside a message'), text: undefined };
    }
    splices.push({ ...target, insert });
  }
  const sorted = splices.toSorted((a, b) => a.start - b.start);
  return { decisions, refused: undefined, text: sorted.length > 0 ? splice(text, sorted) : undefined };
}

/** What an answer answers, by its shape: it says so nowhere, and the question may have been another gate's to judge. */
function answeredMethod(entry: Json): string | undefined {
  if (!isObject(entry)) return undefined;
  const shapes = [
    typeof entry['action'] === 'string' ? 'elicitation/create' : undefined,
    Array.isArray(entry['roots']) ? 'roots/list' : undefined,
    'role' in entry || 'model' in entry ? 'sampling/createMessage' : undefined,
  ].filter((method) => method !== undefined);
  // Of two shapes one would be judged and the other one read.
  return shapes.length === 1 ? shapes[0] : undefined;
}

function rawAt(text: string, pointer: string): string | undefined {
  const span = locate(text, pointer);
  return span && text.slice(span.start, span.end);
}
