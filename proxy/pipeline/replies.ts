/**
 * Judges what a server sends towards a client, one frame at a time: the answer to a request, a notification on
 * its stream, or a request of the server's own. What comes back is the frame's way on: passed (perhaps edited),
 * or dropped. Anything that cannot be judged does not pass, and the client is told so in its own request's terms.
 */
import { type Answer, act } from '../decide/act.ts';
import type { Redaction } from '../decide/contract.ts';
import { stillFits } from '../decide/output-schema.ts';
import { digestsIn } from '../decide/redact/integrity.ts';
import { redactText } from '../decide/redact/redact.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { JsonObject } from '../frame/json.ts';
import { methodRow } from '../frame/methods.ts';
import { type Frame, type ResponseFrame, readFrame, readFrameText } from '../frame/read-frame.ts';
import { speakAnswer, speakRefusal } from './answers.ts';
import { failure } from './early.ts';
import { judgeRequestsIn, recordEmbedded } from './embedded.ts';
import { judgeReply } from './judge.ts';
import { dropForeignTasks, filterList, makePrivate } from './lists.ts';
import { notification } from './notifications.ts';
import { DROP, type Passage } from './passage.ts';
import type { Received } from './ports.ts';
import { learnShown } from './provenance.ts';
import { type Outcome, recordDecision, recordEvent, recordOutcome } from './recording.ts';
import { describeResult } from './result-facts.ts';
import { serverRequest } from './server-requests.ts';
import type { OpenRequest } from './sessions.ts';
import { createdTask } from './tasks.ts';
import { inTurn } from './turns.ts';
import type { Walk } from './walk.ts';

/** @param asked the request this reply belongs to; undefined on a stream that belongs to none. */
export async function judgeFromServer(
  walk: Walk,
  received: Received,
  asked: OpenRequest | undefined,
): Promise<Passage> {
  const frame = read(walk, received);
  switch (frame.kind) {
    case 'refusal':
      return unreadable(walk, frame, asked);
    case 'notification':
      return notification(walk, frame, asked);
    case 'request':
      return serverRequest(walk, frame);
    case 'response':
      return response(walk, frame, asked);
  }
}

function read(walk: Walk, received: Received): Frame | Refusal {
  const { maxDepth, maxElements } = walk.gate.limits;
  const options = { maxDepth, maxElements, direction: 'to_client' } as const;
  if (typeof received === 'string') return readFrameText(received, options);
  return received instanceof Uint8Array ? readFrame(received, options) : received;
}

/** The refusal a client gets instead of the answer to what it asked. */
export async function answerInstead(walk: Walk, refusal: Refusal, asked: OpenRequest): Promise<Passage> {
  settle(walk, asked);
  await recordOutcome(
    walk.gate,
    outcome(walk, asked, 'failed', { code: refusal.code, cause: refusal.detail }),
  );
  const spoken = speakRefusal(refusal, { ...asked, era: walk.era });
  return { kind: 'pass', body: spoken.text, final: true, status: spoken.status };
}

async function unreadable(walk: Walk, refusal: Refusal, asked: OpenRequest | undefined): Promise<Passage> {
  if (asked) return answerInstead(walk, refuse('GW_UPSTREAM_ANSWER', refusal.code), asked);
  await recordEvent(walk.gate, 'dropped', refusal, { server: walk.server.name });
  return DROP;
}

async function response(
  walk: Walk,
  frame: ResponseFrame,
  current: OpenRequest | undefined,
): Promise<Passage> {
  const asked = answered(walk, frame, current);
  if (asked === undefined) {
    await recordEvent(walk.gate, 'dropped', refuse('GW_FRAME_DIRECTION', 'an answer nobody asked for'), {
      server: walk.server.name,
    });
    return DROP;
  }
  const filtered = cutList(walk, frame, asked);
  let text = filtered?.text ?? frame.text;
  for (const pointer of EMBEDDED_IN) {
    const embedded = judgeRequestsIn(walk, text, pointer.at, pointer.of(frame));
    await recordEmbedded(walk, embedded);
    if (embedded.refused) {
      return embedded.refused.kind === 'refusal'
        ? answerInstead(walk, embedded.refused, asked)
        : refusedReply(walk, asked, embedded.refused);
    }
    text = embedded.text ?? text;
  }

  let edits = asked.obligations.reply.redact;
  if (asked.obligations.reply.inspect) {
    const turn = inTurn(walk, () => judgeReply(walk, asked, describeResult(frame)));
    const judged = turn instanceof Promise ? await turn : turn;
    if (judged.kind === 'refusal') return answerInstead(walk, judged, asked);
    const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
    await recordDecision(walk, judged, action);
    if (action.kind === 'answer') return refusedReply(walk, asked, action);
    if (judged.verdict.kind === 'redact') edits = [...edits, ...judged.verdict.edits];
  }
  const hidden = filtered?.hidden ?? [];
  return passReply(walk, frame, asked, { text, edits, hidden });
}

/** Where requests ride inside a result: multi-round-trip results, and those of tasks. */
const EMBEDDED_IN = [
  { at: '/result/inputRequests', of: (frame: ResponseFrame) => frame.result?.['inputRequests'] },
  {
    at: '/result/result/inputRequests',
    of: (frame: ResponseFrame) => (frame.result?.['result'] as JsonObject | undefined)?.['inputRequests'],
  },
] as const;

function cutList(walk: Walk, frame: ResponseFrame, asked: OpenRequest) {
  if (asked.method === 'tasks/list') return dropForeignTasks(walk, frame);
  const lists = methodRow(asked.method)?.lists;
  return lists ? filterList(walk, asked.method, lists, frame, asked.continues === true) : undefined;
}

interface Leaving {
  /** As it stands after lists were cut and embedded requests were edited. */
  readonly text: string;
  readonly edits: readonly Redaction[];
  readonly hidden: readonly string[];
}

/** The last step of an answer: edits, the outcome on record, and out. */
async function passReply(
  walk: Walk,
  frame: ResponseFrame,
  asked: OpenRequest,
  { text: before, edits, hidden }: Leaving,
): Promise<Passage> {
  let text = before;
  let redactions: Outcome['redactions'];
  const digests = frame.result && asked.tool === undefined ? digestsIn(frame.result) : undefined;
  if (edits.length > 0) {
    const redacted = redactText(text, edits, walk.gate);
    if (redacted.kind === 'failed') {
      return answerInstead(walk, refuse('GW_REDACTION_FAILED', redacted.cause.message), asked);
    }
    if (redacted.kind === 'edited') {
      const spoilt = whatBreaks(walk, frame, asked, redacted.text, digests?.any === true);
      if (spoilt) return answerInstead(walk, refuse('GW_REDACTION_FAILED', spoilt), asked);
      text = redacted.text;
      redactions = redacted.hits;
    }
  }
  if (text !== frame.text) text = makePrivate(text, frame);
  learn(walk, frame, asked, digests?.uris ?? []);
  try {
    const turn = walk.gate.provenance && inTurn(walk, () => learnShown(walk, frame, text, asked));
    if (turn instanceof Promise) await turn;
  } catch (cause) {
    return answerInstead(walk, failure(walk.gate, cause), asked);
  }
  settle(walk, asked);
  const body = text === frame.text ? (frame.bytes ?? text) : text;
  await recordOutcome(
    walk.gate,
    outcome(walk, asked, 'answered', {
      bytes: body.length,
      ...(redactions ? { redactions } : {}),
      ...(hidden.length > 0 ? { hidden } : {}),
    }),
  );
  return { kind: 'pass', body, final: true };
}

/** What an edit must not touch, because its reader would find it broken: then nothing passes instead of half of it. */
function whatBreaks(
  walk: Walk,
  frame: ResponseFrame,
  asked: OpenRequest,
  edited: string,
  digested: boolean,
): string | undefined {
  const uri = asked.uri;
  if (digested || (uri !== undefined && walk.server.catalogue.isDigested(uri))) {
    return 'the content is known by its digest';
  }
  const before = frame.result?.['structuredContent'];
  const schema = asked.tool === undefined ? undefined : walk.server.catalogue.get(asked.tool)?.outputSchema;
  if (before === undefined || schema === undefined) return undefined;
  const after = (JSON.parse(edited) as { result: JsonObject }).result['structuredContent'];
  return after !== undefined && stillFits(schema, before, after)
    ? undefined
    : 'the structured content would no longer fit its schema';
}

/** What an answer says that later messages depend on. */
function learn(walk: Walk, frame: ResponseFrame, asked: OpenRequest, digested: readonly string[]): void {
  const { result } = frame;
  for (const uri of digested) walk.server.catalogue.learnDigested(uri);
  const version = result?.['protocolVersion'];
  if (asked.opened && typeof version === 'string') asked.opened.protocol = version.slice(0, 32);
  if (asked.opened) asked.opened.capabilities = result?.['capabilities'];
  const taskId = createdTask(result);
  if (taskId === undefined || asked.method.startsWith('tasks/')) return;
  const { reply } = asked.obligations;
  walk.gate.tasks.learn(walk.server.name, taskId, { callerKey: walk.callerKey, tool: asked.tool, reply });
}

async function refusedReply(walk: Walk, asked: OpenRequest, action: Answer): Promise<Passage> {
  settle(walk, asked);
  await recordOutcome(walk.gate, outcome(walk, asked, 'refused', { code: action.code, cause: action.cause }));
  const spoken = speakAnswer(action, { ...asked, era: walk.era });
  return { kind: 'pass', body: spoken.text, final: true, status: spoken.status };
}

/**
 * The request this frame answers. On its own stream only its own id counts, typed (1 is not "1"); elsewhere only
 * what the session has asked and not yet had answered.
 */
function answered(
  walk: Walk,
  frame: ResponseFrame,
  current: OpenRequest | undefined,
): OpenRequest | undefined {
  if (frame.id === null) return current;
  if (current) return frame.id === current.id ? current : undefined;
  const asked = walk.session?.asked.get(frame.id);
  return asked?.answered && !walk.resumes ? undefined : asked;
}

/** An id may be answered once, and again only by a replay; afterwards it is unknown. */
export function settle(walk: Walk, asked: OpenRequest): void {
  asked.answered = true;
  if (asked.replayable) return;
  if (walk.correlation.asked.get(asked.id) === asked) walk.correlation.asked.delete(asked.id);
}

function outcome(walk: Walk, asked: OpenRequest, status: Outcome['status'], rest: Partial<Outcome>): Outcome {
  return {
    decisionId: asked.decisionId,
    status,
    durationMs: walk.gate.clock.ticks() - asked.startedAt,
    ...rest,
  };
}
