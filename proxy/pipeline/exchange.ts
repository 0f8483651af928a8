/**
 * The walk of one message from a client, whatever edge it came in by:
 *
 *   identify → readFrame → route → decide → act → record → forward,
 *   and for every reply frame (relay.ts): readFrame → decide → act → record → write.
 *
 * The caller is identified first, from the headers alone, so that nobody unknown makes the gate read a body. A batch,
 * in the one revision that has them, is walked message by message.
 * Whatever throws on the way closes the gate for this message, and is told apart from the policy's word.
 */
import { refuse } from '../errors.ts';
import { ASSUMED_VERSION } from '../frame/methods.ts';
import { type Frame, readFrame } from '../frame/read-frame.ts';
import { BATCH_VERSION, splitBatch } from '../frame/split-batch.ts';
import { gatherBatch } from './batch.ts';
import { clientResponse, notification } from './client-messages.ts';
import { answerEarly, failure, refuseCaller, refuseRoute } from './early.ts';
import type { Gate } from './gate.ts';
import type { ClientPort } from './ports.ts';
import { recordEvent } from './recording.ts';
import { request } from './request.ts';
import { type Incoming, type Known, legacyWalk, route } from './route.ts';

/** Answers one POSTed message. Never rejects. */
export async function exchange(gate: Gate, incoming: Incoming, client: ClientPort): Promise<void> {
  gate.load.inFlight++;
  try {
    await walkThrough(gate, incoming, client);
  } catch (cause) {
    answerEarly(client, failure(gate, cause));
  } finally {
    gate.load.inFlight--;
  }
}

async function walkThrough(gate: Gate, incoming: Incoming, client: ClientPort): Promise<void> {
  if (gate.load.inFlight > gate.limits.maxInFlight) return answerEarly(client, refuse('GW_BUSY'));
  const identified = gate.identity.identify(incoming);
  const who = identified instanceof Promise ? await identified : identified;
  if (who.kind === 'refused') return refuseCaller(gate, incoming, client, who);

  const received = await incoming.body();
  if (!(received instanceof Uint8Array)) {
    // Some of the body is still to come; whoever dawdles must not keep the connection.
    if (received.kind === 'refusal') return answerEarly(client, received, { connection: 'close' });
    return walkFrame(gate, incoming, who, received, client);
  }
  const { maxDepth, maxElements } = gate.limits;
  const options = { maxDepth, maxElements, direction: 'to_server' } as const;
  const frame = readFrame(received, options);
  if (frame.kind !== 'refusal') return walkFrame(gate, incoming, who, frame, client);
  const batched = frame.code === 'GW_FRAME_BATCH' && speaksBatches(gate, incoming, who);
  const frames = batched ? splitBatch(received, options) : frame;
  if (!('kind' in frames)) return walkBatch(gate, incoming, who, frames, client);
  await recordEvent(gate, 'unreadable', frames, {
    server: incoming.server.name,
    subject: who.caller.subject,
  });
  return answerEarly(client, frames);
}

function speaksBatches(gate: Gate, incoming: Incoming, who: Known): boolean {
  const known = { gate, server: incoming.server, transport: incoming.transport, era: 'legacy' as const };
  const protocol = incoming.headers['mcp-protocol-version'] ?? ASSUMED_VERSION;
  const routed = legacyWalk({ ...known, caller: who.caller, callerKey: who.key }, incoming, protocol);
  return routed.kind === 'walk' && routed.walk.protocol === BATCH_VERSION;
}

/** All are judged before any is sent on, in their order: what one leaves behind the next one meets. */
async function walkBatch(
  gate: Gate,
  incoming: Incoming,
  who: Known,
  frames: readonly Frame[],
  client: ClientPort,
): Promise<void> {
  const answer = gatherBatch(client);
  await Promise.all(
    frames.map(async (frame) => {
      const part = answer.part(frame);
      try {
        await walkFrame(gate, incoming, who, frame, part);
      } catch (cause) {
        answerEarly(part, failure(gate, cause));
      }
    }),
  );
  answer.end();
}

async function walkFrame(
  gate: Gate,
  incoming: Incoming,
  who: Known,
  frame: Frame,
  client: ClientPort,
): Promise<void> {
  const routed = route(gate, incoming, who, frame);
  if (routed.kind === 'protocol_error') {
    await recordEvent(gate, 'refused', routed, { server: incoming.server.name, subject: who.caller.subject });
    return client.answer(routed.status, routed.text);
  }
  if (routed.kind === 'refusal') return refuseRoute(gate, incoming, who.caller, client, routed);
  switch (frame.kind) {
    case 'request':
      return request(routed.walk, frame, incoming, client);
    case 'notification':
      return notification(routed.walk, frame, incoming, client);
    case 'response':
      return clientResponse(routed.walk, frame, client);
  }
}
