/**
 * JSON Web Tokens: a token comes in; signature, issuer, audience and times are checked with jose; a caller goes
 * out. A token that passed is remembered for at most a minute, so that nearly every frame of a caller is
 * answered at once. Failures are not remembered: a wrong token costs its sender a signature check each time,
 * and a right one that came too early is not held against anyone.
 */
import { hash } from 'node:crypto';
import { errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import NodeCache from 'node-cache';
import { type ClaimOptions, toCaller } from './_claims.ts';
import { type KeySource, KeysUnavailable, openKeys } from './_jwks.ts';
import { defineCaller } from './_principal.ts';
import { type Failed, failed, type Provider } from './_provider.ts';
import type { KnownCaller } from './identity.ts';

export interface JwtOptions {
  readonly kind: 'jwt';
  readonly issuer: string;
  /** Any one of these must be in `aud`: tokens made for somebody else are not ours to take. */
  readonly audience: readonly string[];
  /** JWS names, e.g. `['RS256']`; HS* exactly when `keys` is a secret. */
  readonly algorithms: readonly string[];
  readonly keys: KeySource;
  readonly claims?: ClaimOptions;
  /** Names of top-level claims the policy may see; default none. */
  readonly expose?: readonly string[];
  /** For `exp` and `nbf`; default 30. */
  readonly clockToleranceSeconds?: number;
  /** What the header's `typ` must be, e.g. `at+jwt`, which keeps ID tokens out. Default: not looked at. */
  readonly typ?: string;
  /** Address of the RFC 9728 document, for WWW-Authenticate. */
  readonly resourceMetadata?: string;
}

/** Replaced as a whole on reload: a check begun with the old keys ends up in the old cache, where nobody looks. */
interface Trust {
  readonly getKey: JWTVerifyGetKey;
  readonly cache: NodeCache;
}

interface Remembered {
  readonly identified: KnownCaller;
  readonly untilMs: number;
}

const JWT_FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const ASYMMETRIC = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;
const SYMMETRIC = /^HS(?:256|384|512)$/;
const MAX_REMEMBERED = 10_000;
const REMEMBER_MS = 60_000;

export function createJwt(options: JwtOptions, { now }: { now: () => number }): Provider {
  checkOptions(options);
  const { issuer, audience, claims = { subject: ['sub'] }, expose = [] } = options;
  const rules: JWTVerifyOptions = {
    issuer,
    audience: [...audience],
    algorithms: [...options.algorithms],
    requiredClaims: ['exp'],
    clockTolerance: options.clockToleranceSeconds ?? 30,
    ...(options.typ !== undefined && { typ: options.typ }),
  };
  let trust = openTrust();

  function openTrust(): Trust {
    // First what may throw: a cache that nobody closes keeps its timer for ever.
    const getKey = openKeys(options.keys, now);
    const cache = new NodeCache({ useClones: false, maxKeys: MAX_REMEMBERED, checkperiod: 30 });
    return { getKey, cache };
  }

  async function check(
    token: string,
    digest: string,
    { getKey, cache }: Trust,
  ): Promise<KnownCaller | Failed> {
    try {
      const nowMs = now();
      const { payload, protectedHeader } = await jwtVerify(token, getKey, {
        ...rules,
        currentDate: new Date(nowMs),
      });
      // jose understands one critical header, b64; this gate claims to understand none.
      if (protectedHeader.crit !== undefined)
        return failed('auth.invalid', 'the token has a critical header');
      const caller = toCaller(payload, claims, expose);
      if (typeof caller === 'string') return failed('auth.invalid', caller);
      const identified = defineCaller(caller, issuer);
      remember(
        cache,
        digest,
        { identified, untilMs: Math.min(nowMs + REMEMBER_MS, payload.exp! * 1000) },
        nowMs,
      );
      return identified;
    } catch (cause) {
      return toFailure(cause);
    }
  }

  return {
    verify(token) {
      if (!JWT_FORM.test(token)) return failed('auth.invalid', 'the token is malformed');
      const digest = hash('sha256', token);
      const remembered = trust.cache.get<Remembered>(digest);
      if (remembered !== undefined && now() < remembered.untilMs) return remembered.identified;
      return check(token, digest, trust);
    },
    prepareReload() {
      const next = openTrust();
      return () => {
        trust.cache.close();
        trust = next;
      };
    },
    close() {
      trust.cache.close();
    },
  };
}

function remember(cache: NodeCache, digest: string, entry: Remembered, nowMs: number): void {
  const ttlSeconds = (entry.untilMs - nowMs) / 1000;
  // node-cache keeps an entry of zero seconds for ever, and throws when full: both end in checking again.
  if (ttlSeconds <= 0 || cache.getStats().keys >= MAX_REMEMBERED) return;
  cache.set(digest, entry, ttlSeconds);
}

function checkOptions({ audience, issuer, algorithms, keys }: JwtOptions): void {
  if (issuer === '') throw new Error('issuer: write the iss of the tokens to accept');
  if (audience.length === 0)
    throw new Error('audience: write at least one; tokens made for others must not pass');
  if (algorithms.length === 0) throw new Error('algorithms: write at least one, e.g. RS256');
  const allowed = 'secret' in keys ? SYMMETRIC : ASYMMETRIC;
  const wrong = algorithms.find((name) => !allowed.test(name));
  if (wrong !== undefined) {
    throw new Error(
      `algorithms: ${wrong} cannot be used with ${'secret' in keys ? 'a shared secret' : 'public keys'}`,
    );
  }
  if ('secret' in keys && keys.secret.byteLength < 32) throw new Error('secret: must be at least 32 bytes');
}

const CLAIM_REASONS: Readonly<Record<string, string>> = {
  iss: 'the token is from another issuer',
  aud: 'the token is meant for another audience',
  exp: 'the token has no expiry',
  nbf: 'the token is not valid yet',
  typ: 'the token is of another type',
};
const ERROR_REASONS: Readonly<Record<string, string>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: 'the algorithm of the token is not allowed',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the signature does not verify',
  ERR_JWKS_NO_MATCHING_KEY: 'the token is signed with an unknown key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'the token does not say which key signed it',
};

/** jose's own messages carry the payload as their cause; none of them goes on. */
function toFailure(cause: unknown): Failed {
  if (cause instanceof KeysUnavailable) return failed('auth.unavailable', 'the key set cannot be read');
  if (cause instanceof errors.JWTExpired) return failed('auth.expired', 'the token has expired');
  const reason =
    cause instanceof errors.JWTClaimValidationFailed
      ? CLAIM_REASONS[cause.claim]
      : cause instanceof errors.JOSEError
        ? ERROR_REASONS[cause.code]
        : undefined;
  return failed('auth.invalid', reason ?? 'the token is malformed');
}
