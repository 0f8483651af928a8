/** Refusals said before a JSON-RPC id is known, or to messages that have none: an HTTP status and an id-less error. */
import { ERRORS, RecordFailed, type Refusal, refuse, StateFailed } from '../errors.ts';
import { speakEarly } from './answers.ts';
import type { Gate } from './gate.ts';
import type { ClientPort, Identified } from './ports.ts';
import { recordEvent } from './recording.ts';

export function answerEarly(
  client: ClientPort,
  refusal: Refusal,
  headers?: Readonly<Record<string, string>>,
): void {
  client.answer(ERRORS[refusal.code].status, speakEarly(refusal.code, refusal.detail, client.id), headers);
}

/** 401 with `WWW-Authenticate`, or 503 when the identity provider is out of reach. Refusals are on record too. */
export async function refuseCaller(
  gate: Gate,
  where: { readonly server: { readonly name: string } },
  client: ClientPort,
  refused: Extract<Identified, { kind: 'refused' }>,
): Promise<void> {
  await recordEvent(gate, 'unauthenticated', { code: refused.code }, { server: where.server.name });
  if (refused.status === 401) {
    return answerEarly(client, refuse('GW_AUTH', refused.code), {
      'www-authenticate': refused.wwwAuthenticate,
    });
  }
  const seconds = String(refused.retryAfterSeconds);
  return answerEarly(client, refuse('GW_AUTH_UNAVAILABLE', refused.code), { 'retry-after': seconds });
}

/** A session that is not there for this caller: somebody may be guessing ids, so it is on record. */
export async function refuseRoute(
  gate: Gate,
  where: { readonly server: { readonly name: string } },
  caller: { readonly subject: string },
  client: ClientPort,
  refusal: Refusal,
): Promise<void> {
  await recordEvent(gate, 'refused', refusal, { server: where.server.name, subject: caller.subject });
  answerEarly(client, refusal);
}

/** What went wrong on our side, in terms a caller may see; the cause goes to the log. */
export function failure(gate: Gate, cause: unknown): Refusal {
  const error = cause as Error;
  gate.log.error('exchange_failed', { name: error.name, message: error.message });
  if (error instanceof RecordFailed) return refuse('GW_RECORD_FAILED');
  return refuse(error instanceof StateFailed ? 'GW_STATE_FAILED' : 'GW_INTERNAL');
}
