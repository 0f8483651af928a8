/**
 * The port "who is calling": a request's credential comes in, a caller or a refusal goes out.
 *
 * An identity never guesses. A credential that cannot be checked is refused, and a refusal never turns into
 * another caller, least of all into `anonymous`. Nothing here repeats any part of a credential.
 */
import type { Caller } from '../../decide/contract.ts';

type HeaderValue = string | readonly string[] | undefined;

export interface IdentityRequest {
  /**
   * Every Authorization line received, as `headersDistinct` has them: Node's plain `headers` keeps only the
   * first of several, which would hide a second credential. Authorization is read from here alone.
   */
  readonly authorization?: HeaderValue;
  /** Names in lower case. `x-api-key` is the only one read. */
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

export interface Identity {
  /** Answers at once when no I/O or signature check is needed, as it is for nearly every frame. Never throws. */
  identify(request: IdentityRequest): Identified | Promise<Identified>;
}

export type Identified = KnownCaller | RefusedCaller;

export interface KnownCaller {
  readonly kind: 'caller';
  readonly caller: Caller;
  /**
   * Who this is, for everything kept per principal: labels, sessions, limits. Two credentials of one
   * principal share it; roles, permissions and claims are no part of it.
   *
   * @example '["jwt","https://id.example.com",null,"alice",null]'
   */
  readonly key: string;
}

export type RefusedCaller =
  | {
      readonly kind: 'refused';
      readonly status: 401;
      readonly code: Exclude<AuthRefusal, 'auth.unavailable'>;
      /** Fit for logs and for the caller: fixed words, no text from the credential. */
      readonly reason: string;
      /** The whole header value (RFC 6750 section 3, RFC 9728 section 5.1). */
      readonly wwwAuthenticate: string;
    }
  | {
      readonly kind: 'refused';
      readonly status: 503;
      readonly code: 'auth.unavailable';
      readonly reason: string;
      readonly retryAfterSeconds: number;
    };

/** Why nobody was identified, and the RFC 6750 error that goes with it; without a credential there must be none. */
export const AUTH_REFUSALS = {
  'auth.missing': undefined,
  'auth.ambiguous': 'invalid_request',
  'auth.invalid': 'invalid_token',
  'auth.expired': 'invalid_token',
  /** The keys to check the credential with cannot be had just now; says nothing about the credential. */
  'auth.unavailable': undefined,
} as const;
export type AuthRefusal = keyof typeof AUTH_REFUSALS;
