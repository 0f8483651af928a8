/** Refusals said before a JSON-RPC id is known, or to messages that have none: an HTTP status and an id-less error. */
import { ERRORS, type Refusal, refuse } from '../errors.ts';
import { speakEarly } from './answers.ts';
import type { Gate } from './gate.ts';
import type { ClientPort, Identified } from './ports.ts';
import { recordEvent } from './recording.ts';

export function answerEarly(
  client: ClientPort,
  refusal: Refusal,
  headers?: Readonly<Record<string, string>>,
): void {
  client.answer(ERRORS[refusal.code].status, speakEarly(refusal.code, refusal.detail), headers);
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
