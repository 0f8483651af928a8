/**
 * A request on its way to a server: everything that stands before it may leave, ending with its line on disk, and then
 * its answer (relay.ts). What is judged is judged in one turn, so that of two requests that arrive together the second
 * meets what the first has left behind.
 */
import { type Action, act } from '../decide/act.ts';
import { type Refusal, refuse, StateFailed } from '../errors.ts';
import { methodRow } from '../frame/methods.ts';
import type { RequestFrame } from '../frame/read-frame.ts';
import {
  type AnswerTo,
  type SpokenAnswer,
  speakAnswer,
  speakProtocolError,
  speakRefusal,
} from './answers.ts';
import { toCall } from './call.ts';
import { failure } from './early.ts';
import { judgeAnswersIn, recordEmbedded } from './embedded.ts';
import { type Judged, judgeRequest } from './judge.ts';
import type { ClientPort } from './ports.ts';
import { carriedLabels, learnUsed, takeIntent } from './provenance.ts';
import { recordDecision, recordEvent, recordOutcome } from './recording.ts';
import { relay } from './relay.ts';
import { settle } from './replies.ts';
import type { Incoming } from './route.ts';
import { type OpenRequest, remember } from './sessions.ts';
import { cutSubscriptions, subscriptionOf } from './subscriptions.ts';
import { type KnownTask, withTask } from './tasks.ts';
import { inTurn } from './turns.ts';
import { type Walk, whereOf } from './walk.ts';

/** Judges a request, sends it on, and brings back its answer. */
export async function request(
  before: Walk,
  received: RequestFrame,
  incoming: Incoming,
  client: ClientPort,
): Promise<void> {
  const { walk, frame } = takeIntent(before, received);
  const tool = frame.method === 'tools/call' ? frame.params?.['name'] : undefined;
  const to = {
    id: frame.id,
    method: frame.method,
    era: walk.era,
    tool: typeof tool === 'string' ? tool : undefined,
  };
  const task = taskOf(walk, frame);
  if (task !== undefined && task.callerKey !== walk.callerKey) {
    // Somebody else's task is answered as a server answers for one that is not there.
    await recordEvent(walk.gate, 'refused', refuse('GW_SESSION', 'a task of somebody else'), whereOf(walk));
    return say(client, { status: 200, text: speakProtocolError(frame.id, -32602, 'Task not found') });
  }
  const asked = await decideRequest(walk, frame, to).catch((cause) => failure(walk.gate, cause));
  if ('status' in asked) return say(client, asked);
  if (asked.kind === 'refusal') return say(client, speakRefusal(asked, to));
  const { open, action } = asked;
  try {
    const text = action.text ?? (frame === received ? undefined : frame.text);
    const call = toCall(walk, frame, text, incoming.headers, client.signal);
    if (walk.session?.opening !== undefined) await walk.session.opening;
    const reply = await walk.server.upstream.send(call, action.permit);
    await relay(walk, reply, open, client);
  } catch (cause) {
    say(client, speakRefusal(failure(walk.gate, cause), to));
  } finally {
    open.inFlight = false;
  }
}

type Forward = Extract<Action, { kind: 'forward' }>;

/** What became of a request in one turn, before any of it is on record. */
interface Decided {
  readonly judged: Judged;
  readonly action: Action;
  /** Of what a client sent along that the server had asked for; undefined where it did not come to that. */
  readonly answers: ReturnType<typeof judgeAnswersIn> | undefined;
  /** Of what was cut off. */
  readonly cut: readonly (readonly [Judged, Action])[];
  /** Nothing more can be remembered of the caller. */
  readonly full: Refusal | undefined;
  readonly open: OpenRequest | undefined;
}

/** Everything that stands before the frame may leave, ending with its line on disk. */
async function decideRequest(
  walk: Walk,
  whole: RequestFrame,
  to: AnswerTo,
): Promise<{ kind: 'open'; open: OpenRequest; action: Forward } | SpokenAnswer | Refusal> {
  let open: OpenRequest | undefined;
  try {
    const turn = inTurn(walk, () => {
      const decided = decide(walk, whole, to);
      if ('open' in decided) open = decided.open;
      return decided;
    });
    const decided = turn instanceof Promise ? await turn : turn;
    if ('code' in decided) return await written(walk, decided);
    return await recorded(walk, decided, to);
  } catch (cause) {
    if (open) settle(walk, open);
    if (cause instanceof StateFailed) return written(walk, failure(walk.gate, cause));
    throw cause;
  }
}

/** In one turn: what another request of the caller finds is what this one left. */
function decide(walk: Walk, whole: RequestFrame, to: AnswerTo): Decided | Refusal {
  const cut = belongs(walk, whole) ?? cutSubscriptions(walk, whole);
  if (cut.kind === 'refusal') return cut;
  const { frame, decisions } = cut;
  const judged = judgeRequest(walk, frame);
  if (judged.kind === 'refusal') return judged;
  const first = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  const stopped = { judged, action: first, cut: decisions, full: undefined, open: undefined };
  if (first.kind === 'answer') return { ...stopped, answers: undefined };
  const answers = judgeAnswersIn(walk, frame, first.text ?? frame.text);
  if (answers.refused) return { ...stopped, answers };
  const text = answers.text ?? first.text ?? (frame === whole ? undefined : frame.text);
  const action = { ...first, text };
  const carried = carriedLabels(walk);
  const full = leaveTrace(walk, judged, action);
  if (!full) learnUsed(walk, frame, text, carried);
  const open = full ? undefined : reserve(walk, judged.decisionId, action, to, frame);
  return { judged, action, answers, cut: decisions, full, open };
}

/** Puts it on record, and says how it goes on. */
async function recorded(
  walk: Walk,
  { judged, action, answers, cut, full, open }: Decided,
  to: AnswerTo,
): Promise<{ kind: 'open'; open: OpenRequest; action: Forward } | SpokenAnswer | Refusal> {
  if (action.kind === 'answer') {
    await recordDecision(walk, judged, action);
    return speakAnswer(action, to);
  }
  if (answers?.refused) {
    await recordDecision(walk, judged, action);
    await recordEmbedded(walk, answers);
    return answers.refused.kind === 'refusal' ? answers.refused : speakAnswer(answers.refused, to);
  }
  for (const [each, refused] of cut) await recordDecision(walk, each, refused);
  if (answers && answers.decisions.length > 0) await recordEmbedded(walk, answers);
  await recordDecision(walk, judged, action);
  if (full) {
    await recordOutcome(walk.gate, { decisionId: judged.decisionId, status: 'failed', code: full.code });
  }
  return open ? { kind: 'open', action, open } : (full as Refusal);
}

async function written(walk: Walk, refusal: Refusal): Promise<Refusal> {
  await recordEvent(walk.gate, 'refused', refusal, whereOf(walk));
  return refusal;
}

/** Takes the id in the same turn as `belongs` looked: two frames that arrive together must not both have it. */
function reserve(
  walk: Walk,
  decisionId: string,
  { obligations: own }: Forward,
  { id, method, tool: called }: AnswerTo,
  frame: RequestFrame,
): OpenRequest {
  const startedAt = walk.gate.clock.ticks();
  const uri = frame.params?.['uri'];
  const task = taskOf(walk, frame);
  const obligations = withTask(own, task);
  const tool = task === undefined ? called : task.tool;
  const fresh = { inFlight: true, replayable: false, answered: false, subscription: subscriptionOf(frame) };
  const continues = frame.params?.['cursor'] !== undefined;
  const args = frame.params?.['arguments'] ?? uri;
  const about = { tool, uri: typeof uri === 'string' ? uri : undefined, args, continues };
  const open = { id, method, decisionId, obligations, startedAt, ...about, ...fresh };
  remember(walk.correlation.asked, id, open);
  return open;
}

/** The task a request is about, if the gate knows it. */
function taskOf(walk: Walk, frame: RequestFrame): KnownTask | undefined {
  const id = methodRow(frame.method)?.subject === 'task' ? frame.params?.['taskId'] : undefined;
  return typeof id === 'string' ? walk.gate.tasks.find(walk.server.name, id) : undefined;
}

/** Requests that no client may send, or not in this form, or under an id that is still waiting for its answer. */
function belongs(walk: Walk, frame: RequestFrame): Refusal | undefined {
  const row = methodRow(frame.method);
  if (row?.notification) return refuse('GW_FRAME_ENVELOPE', 'a notification with an id');
  if (row?.from === 'server') return refuse('GW_FRAME_DIRECTION');
  if (walk.session?.asked.get(frame.id)?.inFlight) return refuse('GW_FRAME_ID', 'already in use');
  return undefined;
}

/**
 * Labels and history are written in the same turn as the verdict, before anything is awaited: of two parallel
 * calls the second one sees what the first one left, whatever their order on the wire.
 */
function leaveTrace(walk: Walk, judged: Judged, action: Forward): Refusal | undefined {
  const { labels } = action.obligations;
  if (judged.tool === undefined && labels.add.length === 0) return undefined;
  return walk.gate.state.remember(walk.callerKey, walk.gate.clock.now(), {
    name: judged.tool === undefined ? undefined : `${walk.server.name}__${judged.tool}`,
    verdict: judged.verdict.kind,
    labels: labels.add,
    ttlSeconds: labels.ttlSeconds,
  });
}

function say(client: ClientPort, spoken: SpokenAnswer): void {
  client.answer(spoken.status, spoken.text);
}
