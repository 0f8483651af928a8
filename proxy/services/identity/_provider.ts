/**
 * What a kind of authentication implements: one credential in, a caller or a failure out. The headers it came
 * in, and the answer that goes out on failure, are the business of combined.ts alone.
 */
import type { AuthRefusal, KnownCaller } from './identity.ts';

export interface Failed {
  readonly kind: 'failed';
  readonly code: Exclude<AuthRefusal, 'auth.missing' | 'auth.ambiguous'>;
  /** Fixed words; they reach the caller. */
  readonly reason: string;
}

export interface Provider {
  /** @param credential printable ASCII, at most `MAX_CREDENTIAL_LENGTH`. Never throws, never rejects. */
  verify(credential: string): KnownCaller | Failed | Promise<KnownCaller | Failed>;
  /** Reads files again and checks them; throws and changes nothing when they are bad. The result swaps them in. */
  prepareReload(): () => void;
  close(): void;
}

/** Of the header's value, scheme included. */
export const MAX_CREDENTIAL_LENGTH = 8192;

export function failed(code: Failed['code'], reason: string): Failed {
  return { kind: 'failed', code, reason };
}
