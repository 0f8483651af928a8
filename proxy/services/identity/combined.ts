/**
 * Finds the one credential of a request, asks the one provider its form belongs to, and words the refusal.
 *
 * The form alone chooses the provider, and there is no second choice: a credential its provider does not accept
 * is refused. Trying the next kind, or going on without an identity, is how made-up tokens became callers
 * elsewhere (CVE-2026-59822).
 */
import { RETRY_AFTER_FAILURE_MS } from './_jwks.ts';
import { type Failed, MAX_CREDENTIAL_LENGTH, type Provider } from './_provider.ts';
import { API_KEY_PREFIX } from './api-key-file.ts';
import {
  AUTH_REFUSALS,
  type AuthRefusal,
  type Identified,
  type Identity,
  type IdentityRequest,
  type KnownCaller,
  type RefusedCaller,
} from './identity.ts';

export interface CombinedOptions {
  readonly apiKeys?: Provider;
  readonly jwt?: Provider;
  readonly resourceMetadata?: string;
}

const BEARER = /^bearer +([!-~]+)$/i;

export function createCombined(options: CombinedOptions): Identity {
  const { apiKeys, jwt } = options;
  const challenge = toChallenge(options.resourceMetadata);

  function refuse(code: AuthRefusal, reason: string): RefusedCaller {
    if (code === 'auth.unavailable') {
      return { kind: 'refused', status: 503, code, reason, retryAfterSeconds: RETRY_AFTER_FAILURE_MS / 1000 };
    }
    const error = AUTH_REFUSALS[code];
    const detail = error === undefined ? '' : `, error="${error}", error_description="${reason}"`;
    return { kind: 'refused', status: 401, code, reason, wwwAuthenticate: challenge + detail };
  }

  function finish(result: KnownCaller | Failed): Identified {
    return result.kind === 'caller' ? result : refuse(result.code, result.reason);
  }

  return {
    identify(request) {
      const found = findCredential(request);
      if (found.kind !== 'credential') return refuse(found.code, found.reason);
      const isApiKey = found.text.startsWith(API_KEY_PREFIX);
      if (found.apiKeyOnly && !isApiKey) return refuse('auth.invalid', 'X-API-Key holds no API key');
      const provider = isApiKey ? apiKeys : jwt;
      if (provider === undefined)
        return refuse('auth.invalid', 'credentials of this kind are not accepted here');
      const result = provider.verify(found.text);
      return result instanceof Promise ? result.then(finish) : finish(result);
    },
  };
}

type Found =
  | { readonly kind: 'credential'; readonly text: string; readonly apiKeyOnly: boolean }
  | { readonly kind: 'none'; readonly code: AuthRefusal; readonly reason: string };

const MISSING: Found = { kind: 'none', code: 'auth.missing', reason: 'no credential was sent' };
const AMBIGUOUS: Found = {
  kind: 'none',
  code: 'auth.ambiguous',
  reason: 'more than one credential was sent',
};
const TOO_LONG: Found = { kind: 'none', code: 'auth.invalid', reason: 'the credential is too long' };
const NOT_BEARER: Found = {
  kind: 'none',
  code: 'auth.invalid',
  reason: 'the Authorization scheme is not Bearer',
};

/** Two credentials are refused even when equal: whoever reads the request next might take the other one. */
function findCredential({ authorization, headers }: IdentityRequest): Found {
  const bearers = countLines(authorization);
  const keys = countLines(headers['x-api-key']);
  if (bearers + keys === 0) return MISSING;
  if (bearers + keys > 1) return AMBIGUOUS;
  const line = firstLine(bearers === 1 ? authorization : headers['x-api-key']);
  if (line.length > MAX_CREDENTIAL_LENGTH) return TOO_LONG;
  if (keys === 1) return { kind: 'credential', text: line, apiKeyOnly: true };
  const text = BEARER.exec(line)?.[1];
  return text === undefined ? NOT_BEARER : { kind: 'credential', text, apiKeyOnly: false };
}

function countLines(value: string | readonly string[] | undefined): number {
  return value === undefined ? 0 : typeof value === 'string' ? 1 : value.length;
}

function firstLine(value: string | readonly string[] | undefined): string {
  return (typeof value === 'string' ? value : value?.[0]) ?? '';
}

function toChallenge(resourceMetadata: string | undefined): string {
  const realm = 'Bearer realm="portcullis"';
  // `href` percent-encodes what could end the quoted string or the header line.
  return resourceMetadata === undefined
    ? realm
    : `${realm}, resource_metadata="${new URL(resourceMetadata).href.replaceAll('"', '%22')}"`;
}
