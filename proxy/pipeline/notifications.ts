/**
 * What a server tells the client on a stream. A subscription's stream carries only what was asked for; what is told of a
 * task is told to its owner, edited as its result would be.
 */
import { act } from '../decide/act.ts';
import { redactText } from '../decide/redact/redact.ts';
import { refuse } from '../errors.ts';
import { isObject, type JsonObject } from '../frame/json.ts';
import { FRAME_LIMITS, type NotificationFrame, readFrameText } from '../frame/read-frame.ts';
import { locate } from '../frame/spans.ts';
import { judgeRequestsIn, recordEmbedded } from './embedded.ts';
import { judgeNotification, judgeReply } from './judge.ts';
import { DROP, type Passage } from './passage.ts';
import { recordDecision, recordEvent } from './recording.ts';
import { describeResult } from './result-facts.ts';
import type { OpenRequest } from './sessions.ts';
import { delivers } from './subscriptions.ts';
import type { KnownTask } from './tasks.ts';
import type { Walk } from './walk.ts';

/** @param asked the request on whose stream it came; undefined on one that belongs to none. */
export async function notification(
  walk: Walk,
  frame: NotificationFrame,
  asked: OpenRequest | undefined,
): Promise<Passage> {
  const task = taskOf(walk, frame.params);
  const unwanted = asked?.subscription !== undefined && !delivers(asked.subscription, frame);
  if (unwanted || (task !== undefined && task.callerKey !== walk.callerKey)) {
    return drop(
      walk,
      refuse('GW_FRAME_DIRECTION', unwanted ? 'not subscribed to' : 'a task of somebody else'),
    );
  }
  const judged = judgeNotification(walk, frame, 'to_client');
  if (judged.kind === 'refusal') return drop(walk, judged);
  const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  if (action.kind === 'answer') return DROP;
  let text = action.text ?? frame.text;

  const embedded = judgeRequestsIn(walk, text, '/params/inputRequests', frame.params?.['inputRequests']);
  await recordEmbedded(walk, embedded);
  if (embedded.refused) return DROP;
  text = embedded.text ?? text;

  const edits = [...(asked?.obligations.reply.redact ?? []), ...(task?.reply.redact ?? [])];
  if (task?.reply.inspect) {
    const verdict = await inspected(walk, frame, task);
    if (verdict === 'refused') return DROP;
    edits.push(...verdict);
  }
  if (edits.length > 0) {
    const redacted = redactText(text, edits, walk.gate);
    if (redacted.kind === 'failed') return DROP;
    if (redacted.kind === 'edited') text = redacted.text;
  }
  return { kind: 'pass', body: text, final: false };
}

async function drop(walk: Walk, refusal: Parameters<typeof recordEvent>[2]): Promise<Passage> {
  await recordEvent(walk.gate, 'dropped', refusal, { server: walk.server.name });
  return DROP;
}

/** The task a notification is about, if the gate knows it. */
function taskOf(walk: Walk, params: JsonObject | undefined): KnownTask | undefined {
  const inner = params?.['task'];
  const id = isObject(inner) ? inner['taskId'] : params?.['taskId'];
  return typeof id === 'string' ? walk.gate.tasks.find(walk.server.name, id) : undefined;
}

/** A finished task carries its result: the policy that wanted to see the call's answer sees it here. */
async function inspected(walk: Walk, frame: NotificationFrame, task: KnownTask) {
  const at = locate(frame.text, '/params/result') ?? locate(frame.text, '/params/task/result');
  if (at === undefined) return [];
  const message = `{"jsonrpc":"2.0","id":0,"result":${frame.text.slice(at.start, at.end)}}`;
  const result = readFrameText(message, { ...FRAME_LIMITS, direction: 'to_client' });
  if (result.kind !== 'response') return 'refused' as const;
  const judged = judgeReply(walk, { method: frame.method, tool: task.tool }, describeResult(result));
  if (judged.kind === 'refusal') return 'refused' as const;
  const action = act(judged.verdict, message, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  if (action.kind === 'answer') return 'refused' as const;
  return judged.verdict.kind === 'redact' ? judged.verdict.edits : [];
}
