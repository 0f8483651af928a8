/**
 * Where the keys that check a token come from: a JWKS file, a JWKS URL, or one shared secret.
 *
 * The token's own `jwk`, `jku`, `x5u` and `x5c` are never looked at, and its `kid` only chooses within the set.
 */
import { readFileSync } from 'node:fs';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';

export type KeySource =
  | { readonly file: string }
  | {
      readonly url: string;
      /** Between two fetches caused by a key id the set does not have; default 30,000. */
      readonly cooldownMs?: number;
      /** For a whole fetch; default 5,000. */
      readonly timeoutMs?: number;
    }
  /** For HS256, HS384 and HS512 only, at least 32 bytes. */
  | { readonly secret: Uint8Array };

/** The key set could not be read; says nothing about the token. */
export class KeysUnavailable extends Error {}

export const RETRY_AFTER_FAILURE_MS = 5_000;
const MAX_SET_BYTES = 256 * 1024;

/** @throws Error with words for the operator, when the source can never work. */
export function openKeys(source: KeySource, now: () => number): JWTVerifyGetKey {
  if ('file' in source) return readJwksFile(source.file);
  if ('secret' in source) return () => source.secret;
  const remote = createRemoteJWKSet(parseJwksUrl(source.url), {
    cooldownDuration: source.cooldownMs ?? 30_000,
    timeoutDuration: source.timeoutMs ?? 5_000,
    [customFetch]: pauseAfterFailure(now),
  });
  return async function remoteKey(header, token) {
    try {
      return await remote(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey) throw cause;
      if (cause instanceof errors.JWKSMultipleMatchingKeys) throw cause;
      if (cause instanceof errors.JOSENotSupported) throw cause;
      throw new KeysUnavailable('the key set cannot be had', { cause });
    }
  };
}

function readJwksFile(file: string): JWTVerifyGetKey {
  try {
    const set = JSON.parse(readFileSync(file, 'utf8')) as JSONWebKeySet;
    const keys = createLocalJWKSet(set);
    // A private or shared key in a file that is meant to be public is a leak somebody should hear of.
    if (set.keys.some((key) => key.kty === 'oct' || 'd' in key || 'priv' in key)) {
      throw new Error('holds a private or shared key; keep only the public members');
    }
    return keys;
  } catch (cause) {
    // A parser's message would quote the file.
    const why = cause instanceof SyntaxError || !(cause instanceof Error) ? 'not JSON' : cause.message;
    throw new Error(`${file}: cannot be used as a JWKS: ${why}`);
  }
}

/** Plain http only where nobody is on the way: whoever can change the set can be anyone. */
function parseJwksUrl(text: string): URL {
  const url = new URL(text);
  const loopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new Error('jwks_url: write an https address (http is accepted for loopback addresses only)');
  }
  if (url.username !== '' || url.password !== '') throw new Error('jwks_url: leave user and password out');
  return url;
}

/**
 * jose bounds how often unknown key ids cause a fetch, but only after one that worked. While the issuer is
 * down, every token would cause another; hence the pause. No redirects, a bound on size, and a set that jose
 * cannot use counts as a failure too.
 */
function pauseAfterFailure(now: () => number): FetchImplementation {
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  return async function fetchKeySet(url, options) {
    if (now() < pausedUntilMs) throw new Error('the last fetch failed a moment ago');
    try {
      const response = await fetch(url, { ...options, redirect: 'error' });
      if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
      const set: JSONWebKeySet = JSON.parse(await readBounded(response));
      createLocalJWKSet(set);
      return Response.json(set);
    } catch (cause) {
      pausedUntilMs = now() + RETRY_AFTER_FAILURE_MS;
      throw cause;
    }
  };
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_SET_BYTES) throw new Error(`larger than ${MAX_SET_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
