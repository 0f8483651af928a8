import type { RequestListener } from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import { createIdentity } from '../../../proxy/services/identity/create-identity.ts';
import { bearer, createSigner, jwtOptions, NOW_MS, type Signer, serve, sign } from './_tokens.ts';

let first: Signer;
let second: Signer;

beforeAll(async () => {
  first = await createSigner('key-1');
  second = await createSigner('key-2');
});

const UNAVAILABLE = {
  kind: 'refused',
  status: 503,
  code: 'auth.unavailable',
  reason: 'the key set cannot be read',
  retryAfterSeconds: 5,
};

/** A key set that counts how often it is asked for. */
async function serveKeys(answer: RequestListener) {
  const seen = { fetches: 0 };
  const url = await serve((request, response) => {
    seen.fetches += 1;
    answer(request, response);
  });
  return { seen, url };
}

function jwks(...signers: Signer[]): string {
  return JSON.stringify({ keys: signers.map((signer) => signer.jwk) });
}

test('1,000 unknown key ids cause one fetch, one after the other and all at once', async () => {
  const { seen, url } = await serveKeys((_, response) => response.end(jwks(first)));
  const identity = createIdentity([jwtOptions({ url })], { now: () => NOW_MS });
  const tokens = await Promise.all(
    Array.from({ length: 500 }, (_, n) => sign(second, {}, { kid: `unknown-${n}` })),
  );
  for (const token of tokens) {
    expect(await identity.identify(bearer(token))).toMatchObject({ code: 'auth.invalid' });
  }
  await Promise.all(tokens.map((token) => identity.identify(bearer(`${token}A`))));
  expect(seen.fetches).toBe(1);
  expect(await identity.identify(bearer(await sign(first)))).toMatchObject({ kind: 'caller' });
  expect(seen.fetches).toBe(1);
});

test('a new key is found without a restart', async () => {
  let keys = jwks(first);
  const { seen, url } = await serveKeys((_, response) => response.end(keys));
  const identity = createIdentity([jwtOptions({ url, cooldownMs: 0 })], { now: () => NOW_MS });
  expect(await identity.identify(bearer(await sign(first)))).toMatchObject({ kind: 'caller' });
  expect(await identity.identify(bearer(await sign(second)))).toMatchObject({
    reason: 'the token is signed with an unknown key',
  });
  keys = jwks(first, second);
  expect(await identity.identify(bearer(await sign(second)))).toMatchObject({ kind: 'caller' });
  expect(seen.fetches).toBe(3);
});

test.each<{ name: string; answer: RequestListener; timeoutMs?: number }>([
  { name: 'is broken off', answer: (request) => request.socket.destroy() },
  { name: 'has status 500', answer: (_, response) => response.writeHead(500).end(jwks(first)) },
  { name: 'redirects', answer: (_, response) => response.writeHead(302, { location: '/elsewhere' }).end() },
  { name: 'is no JSON', answer: (_, response) => response.end('<html>') },
  { name: 'is no key set', answer: (_, response) => response.end('{"keys":[1]}') },
  {
    name: 'is larger than the bound',
    answer: (_, response) =>
      response.end(JSON.stringify({ keys: [first.jwk], padding: 'x'.repeat(256 * 1024) })),
  },
  { name: 'never comes', answer: () => {}, timeoutMs: 250 },
  { name: 'never ends', answer: (_, response) => response.writeHead(200).write('{'), timeoutMs: 250 },
])(
  'a key set that $name refuses with 503 and is left alone for a while',
  async ({ answer, timeoutMs = 5_000 }) => {
    let nowMs = NOW_MS;
    const { seen, url } = await serveKeys(answer);
    const identity = createIdentity([jwtOptions({ url, timeoutMs })], { now: () => nowMs });
    const request = bearer(await sign(first));
    for (let n = 0; n < 20; n += 1) expect(await identity.identify(request)).toEqual(UNAVAILABLE);
    expect(seen.fetches).toBe(1);
    nowMs += 5_000;
    expect(await identity.identify(request)).toEqual(UNAVAILABLE);
    expect(seen.fetches).toBe(2);
  },
);

test('callers come through again when the key set is back', async () => {
  let nowMs = NOW_MS;
  let up = false;
  const { url } = await serveKeys((_, response) =>
    up ? response.end(jwks(first)) : response.writeHead(503).end(),
  );
  const identity = createIdentity([jwtOptions({ url })], { now: () => nowMs });
  const request = bearer(await sign(first));
  expect(await identity.identify(request)).toEqual(UNAVAILABLE);
  up = true;
  nowMs += 5_000;
  expect(await identity.identify(request)).toMatchObject({ kind: 'caller' });
});

test('an outage does not touch callers whose keys are known', async () => {
  let up = true;
  const { url } = await serveKeys((_, response) =>
    up ? response.end(jwks(first)) : response.writeHead(503).end(),
  );
  const identity = createIdentity([jwtOptions({ url, cooldownMs: 0 })], { now: () => NOW_MS });
  await identity.identify(bearer(await sign(first)));
  up = false;
  expect(await identity.identify(bearer(await sign(second)))).toEqual(UNAVAILABLE);
  expect(await identity.identify(bearer(await sign(first, { sub: 'bob' })))).toMatchObject({
    kind: 'caller',
  });
});
