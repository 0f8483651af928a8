/**
 * What a server asks of the client on a stream: sampling, elicitation, roots. A request that is refused, or cannot be
 * judged, is answered to the server by the gate, for it would wait for ever; one that passes is remembered, so that
 * its answer is let through once and only from whom it was shown to.
 */
import { hash } from 'node:crypto';
import { act, type Permit, permitOwnWords } from '../decide/act.ts';
import { ERRORS, type Refusal, refuse, rpcNumber } from '../errors.ts';
import { methodRow } from '../frame/methods.ts';
import type { FrameId, RequestFrame } from '../frame/read-frame.ts';
import { memberText } from '../frame/scan.ts';
import { speakProtocolError, speakToServer } from './answers.ts';
import { judgeServerRequest } from './judge.ts';
import { DROP, leave, type Passage } from './passage.ts';
import { recordDecision, recordEvent } from './recording.ts';
import { remember } from './sessions.ts';
import type { Walk } from './walk.ts';

export async function serverRequest(walk: Walk, frame: RequestFrame): Promise<Passage> {
  const paramsText = memberText(frame.text, frame.top, 'params');
  // Modern servers ask inside results only: nobody could answer this.
  const out = walk.era === 'modern' || methodRow(frame.method)?.from === 'client';
  const misplaced = out ? refuse('GW_FRAME_DIRECTION') : undefined;
  const judged = misplaced ?? judgeServerRequest(walk, frame.method, frame.params ?? {}, paramsText);
  if (judged.kind === 'refusal') {
    await recordEvent(walk.gate, 'dropped', judged, { server: walk.server.name });
    if (walk.era === 'legacy') await refuseServer(walk, frame.id, judged);
    return DROP;
  }
  const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
  await recordDecision(walk, judged, action);
  if (action.kind === 'answer') {
    await answerServer(walk, speakToServer(action, frame.id), action.permit);
    return DROP;
  }
  const digest = hash('sha256', frame.text);
  const known = walk.correlation.toAnswer.get(frame.id);
  if (known !== undefined && known.digest !== digest) {
    const text = speakProtocolError(frame.id, -32600, 'That id is already in use');
    await answerServer(walk, text, action.permit);
    return DROP;
  }
  remember(walk.correlation.toAnswer, frame.id, { method: frame.method, digest });
  return { kind: 'pass', body: action.text ?? frame.text, final: false };
}

/** Tells a server that its request, or the answer to it, could not be judged; else it would wait for ever. */
export async function refuseServer(walk: Walk, id: FrameId, refusal: Refusal): Promise<void> {
  const text = speakProtocolError(id, rpcNumber(refusal.code), ERRORS[refusal.code].message);
  await answerServer(walk, text, permitOwnWords(walk.gate.clock.id()));
}

async function answerServer(walk: Walk, text: string, permit: Permit): Promise<void> {
  const reply = await walk.server.upstream.send(
    {
      body: text,
      id: undefined,
      method: undefined,
      params: undefined,
      era: walk.era,
      protocol: walk.protocol,
      sessionId: walk.session?.id,
      callerKey: walk.callerKey,
      headers: {},
      signal: undefined,
    },
    permit,
  );
  leave(reply);
  if (reply.kind === 'refusal')
    walk.gate.log.warn('server_answer_failed', { server: walk.server.name, code: reply.code });
}
