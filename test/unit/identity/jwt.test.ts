import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createIdentity } from '../../../proxy/services/identity/create-identity.ts';
import type { JwtOptions } from '../../../proxy/services/identity/jwt.ts';
import {
  AUDIENCE,
  base64url,
  bearer,
  createSigner,
  forge,
  ISSUER,
  jwtOptions,
  makeFolder,
  NOW,
  NOW_MS,
  type Signer,
  sign,
  writeJwks,
} from './_tokens.ts';

let alice: Signer;
let other: Signer;
let rsa: Signer;

beforeAll(async () => {
  alice = await createSigner('key-1');
  other = await createSigner('key-1');
  rsa = await createSigner('rsa-1', 'RS256');
});

function open(more: Partial<JwtOptions> = {}, now = () => NOW_MS) {
  return createIdentity([jwtOptions({ file: writeJwks(makeFolder(), alice, rsa) }, more)], { now });
}

const invalid = (reason: string) => ({
  kind: 'refused',
  status: 401,
  code: 'auth.invalid',
  reason,
  wwwAuthenticate: `Bearer realm="portcullis", error="invalid_token", error_description="${reason}"`,
});
const expired = {
  kind: 'refused',
  status: 401,
  code: 'auth.expired',
  reason: 'the token has expired',
  wwwAuthenticate:
    'Bearer realm="portcullis", error="invalid_token", error_description="the token has expired"',
};

test('a good token names its caller', async () => {
  expect(await open().identify(bearer(await sign(alice)))).toEqual({
    kind: 'caller',
    caller: { subject: 'alice', roles: [], permissions: [], auth: 'jwt', claims: {} },
    key: `["jwt","${ISSUER}",null,"alice",null]`,
  });
});

test.each<{ name: string; token: () => string | Promise<string>; want: string; why: string }>([
  {
    name: 'alg none, empty signature',
    token: () => forge({ alg: 'none' }, {}, ''),
    want: 'the token is malformed',
    why: 'RFC 8725 3.1',
  },
  {
    name: 'alg none, some signature',
    token: () => forge({ alg: 'none', kid: 'key-1' }, {}, 'AAAA'),
    want: 'the algorithm of the token is not allowed',
    why: 'the list is pinned',
  },
  {
    name: 'alg NoNe',
    token: () => forge({ alg: 'NoNe', kid: 'key-1' }, {}, 'AAAA'),
    want: 'the algorithm of the token is not allowed',
    why: 'filters on "none" have been passed by its spellings',
  },
  {
    name: 'HMAC with the public key as secret',
    token: () => {
      const head = forge({ alg: 'HS256', kid: 'rsa-1' }, {}, '').slice(0, -1);
      return `${head}.${createHmac('sha256', rsa.pem).update(head).digest('base64url')}`;
    },
    want: 'the algorithm of the token is not allowed',
    why: 'everybody has the public key',
  },
  {
    name: 'an asymmetric algorithm that is not on the list',
    token: () => sign(rsa),
    want: 'the algorithm of the token is not allowed',
    why: 'the key is in the set, but the list says ES256',
  },
  {
    name: 'kid that is a path',
    token: () => sign(alice, {}, { kid: '../../../../dev/null' }),
    want: 'the token is signed with an unknown key',
    why: 'a kid chooses within the set and is never a name of anything else',
  },
  {
    name: 'own key in the jwk header',
    token: () => sign(other, {}, { jwk: other.jwk, kid: 'mine' }),
    want: 'the token is signed with an unknown key',
    why: 'CVE-2018-0114',
  },
  {
    name: 'own key in the jwk header, known kid',
    token: () => sign(other, {}, { jwk: other.jwk }),
    want: 'the signature does not verify',
    why: 'the set decides',
  },
  {
    name: 'own key set behind jku and x5u',
    token: () => sign(other, {}, { jku: 'http://127.0.0.1:9/jwks', x5u: 'http://127.0.0.1:9/x5u' }),
    want: 'the signature does not verify',
    why: 'addresses in a token are never fetched',
  },
  {
    name: 'critical header nobody knows',
    token: () => forge({ alg: 'ES256', kid: 'key-1', crit: ['exp'], exp: 1 }, {}, 'AAAA'),
    want: 'the token is malformed',
    why: 'RFC 7515 4.1.11',
  },
  {
    name: 'critical header jose knows',
    token: () => sign(alice, {}, { crit: ['b64'], b64: true }),
    want: 'the token has a critical header',
    why: 'this gate understands none',
  },
  {
    name: 'signature of zeros',
    token: () => forge({ alg: 'ES256', kid: 'key-1' }, {}, Buffer.alloc(64).toString('base64url')),
    want: 'the signature does not verify',
    why: 'CVE-2022-21449',
  },
  {
    name: 'payload changed under a good signature',
    token: async () => {
      const [header, , signature] = (await sign(alice)).split('.');
      return `${header}.${base64url({ iss: ISSUER, aud: AUDIENCE, sub: 'root', exp: NOW + 600 })}.${signature}`;
    },
    want: 'the signature does not verify',
    why: 'the subject is signed',
  },
  {
    name: 'other audience',
    token: () => sign(alice, { aud: 'https://mail.example.com' }),
    want: 'the token is meant for another audience',
    why: 'token passthrough',
  },
  {
    name: 'audience that only begins alike',
    token: () => sign(alice, { aud: `${AUDIENCE}/more` }),
    want: 'the token is meant for another audience',
    why: 'compared whole',
  },
  {
    name: 'no audience',
    token: () => sign(alice, { aud: undefined }),
    want: 'the token is meant for another audience',
    why: 'required',
  },
  {
    name: 'other issuer',
    token: () => sign(alice, { iss: 'https://evil.example.com' }),
    want: 'the token is from another issuer',
    why: 'a set may serve several issuers',
  },
  {
    name: 'issuer with a slash more',
    token: () => sign(alice, { iss: `${ISSUER}/` }),
    want: 'the token is from another issuer',
    why: 'compared to the letter',
  },
  {
    name: 'no expiry',
    token: () => sign(alice, { exp: undefined }),
    want: 'the token has no expiry',
    why: 'good for ever',
  },
  {
    name: 'expiry as text',
    token: () => sign(alice, { exp: String(NOW + 600) }),
    want: 'the token has no expiry',
    why: 'no number, no comparison',
  },
  {
    name: 'nbf ahead of the tolerance',
    token: () => sign(alice, { nbf: NOW + 31 }),
    want: 'the token is not valid yet',
    why: 'RFC 7519 4.1.5',
  },
  {
    name: 'no subject',
    token: () => sign(alice, { sub: undefined }),
    want: 'the subject claim is missing or unfit',
    why: 'never anonymous',
  },
  {
    name: 'number as subject',
    token: () => sign(alice, { sub: 7 }),
    want: 'the subject claim is missing or unfit',
    why: '7 and "7" would be one',
  },
  {
    name: 'NUL in the subject',
    token: () => sign(alice, { sub: 'root\u0000x' }),
    want: 'the subject claim is missing or unfit',
    why: 'stores that cut at NUL read root',
  },
  {
    name: 'four segments',
    token: async () => `${await sign(alice)}.AAAA`,
    want: 'the token is malformed',
    why: 'not compact JWS',
  },
  { name: 'garbage', token: () => 'garbage', want: 'the token is malformed', why: 'no segments' },
  { name: 'garbage in segments', token: () => 'a.b.c', want: 'the token is malformed', why: 'no JSON' },
  {
    name: 'header that is an array',
    token: () => `${base64url([])}.${base64url({})}.AAAA`,
    want: 'the token is malformed',
    why: 'no object',
  },
  {
    name: 'token over the bound',
    token: () => sign(alice, { padding: 'x'.repeat(8192) }),
    want: 'the credential is too long',
    why: 'bounded before it is parsed',
  },
])('refused: $name', async ({ token, want }) => {
  const refused = await open().identify(bearer(await token()));
  expect(refused).toEqual(invalid(want));
});

test.each([
  { name: 'expiry ahead', claims: { exp: NOW + 1 }, want: 'caller' },
  { name: 'expiry within the tolerance', claims: { exp: NOW - 29 }, want: 'caller' },
  { name: 'nbf within the tolerance', claims: { nbf: NOW + 29 }, want: 'caller' },
  {
    name: 'one audience of several',
    claims: { aud: ['https://mail.example.com', AUDIENCE] },
    want: 'caller',
  },
])('accepted: $name', async ({ claims, want }) => {
  expect(await open().identify(bearer(await sign(alice, claims)))).toMatchObject({ kind: want });
});

test('refused as expired, not as invalid, so that a client knows to refresh', async () => {
  expect(await open().identify(bearer(await sign(alice, { exp: NOW - 30 })))).toEqual(expired);
});

test('typ, when asked for, keeps ID tokens out', async () => {
  const identity = open({ typ: 'at+jwt' });
  expect(await identity.identify(bearer(await sign(alice)))).toEqual(invalid('the token is of another type'));
  const accessToken = await sign(alice, {}, { typ: 'application/at+jwt' });
  expect(await identity.identify(bearer(accessToken))).toMatchObject({ kind: 'caller' });
});

test('no answer repeats anything of the token', async () => {
  const identity = open();
  const token = await sign(alice, { sub: 'SECRETSUBJECT', iss: 'https://SECRETISSUER' });
  const answers = [
    await identity.identify(bearer(token)),
    await identity.identify(bearer(`SECRET.${token}`)),
  ];
  for (const answer of answers) {
    expect(JSON.stringify(answer)).not.toContain('SECRET');
    expect(JSON.stringify(answer)).not.toContain(token.slice(0, 12));
  }
});

describe('a token that passed', () => {
  test('is answered at once the next time, with the same frozen caller', async () => {
    const identity = open();
    const request = bearer(await sign(alice));
    const first = await identity.identify(request);
    const second = identity.identify(request);
    expect(second).toBe(first);
    expect(Object.isFrozen((second as { caller: object }).caller)).toBe(true);
  });

  test.each([
    { name: 'no longer than a minute', exp: NOW + 600, later: 60_000, want: 'caller' },
    { name: 'no longer than its expiry', exp: NOW + 10, later: 10_000, want: 'caller' },
    { name: 'and is refused once tolerance is over', exp: NOW + 10, later: 40_000, want: 'refused' },
  ])('is remembered $name', async ({ exp, later, want }) => {
    let nowMs = NOW_MS;
    const identity = open({}, () => nowMs);
    const request = bearer(await sign(alice, { exp }));
    await identity.identify(request);
    nowMs = NOW_MS + Math.min(later - 1, 9_999);
    expect(identity.identify(request)).not.toBeInstanceOf(Promise);
    nowMs = NOW_MS + later;
    const checkedAgain = identity.identify(request);
    expect(checkedAgain).toBeInstanceOf(Promise);
    expect(await checkedAgain).toMatchObject({ kind: want });
  });

  test('is not remembered when only the tolerance let it in', async () => {
    const identity = open();
    const request = bearer(await sign(alice, { exp: NOW - 5 }));
    expect(await identity.identify(request)).toMatchObject({ kind: 'caller' });
    expect(identity.identify(request)).toBeInstanceOf(Promise);
  });

  test('is forgotten when its key leaves the file and the gate reloads', async () => {
    const folder = makeFolder();
    const identity = createIdentity([jwtOptions({ file: writeJwks(folder, alice) })], { now: () => NOW_MS });
    const request = bearer(await sign(alice));
    await identity.identify(request);
    writeJwks(folder, rsa);
    expect(identity.identify(request)).toMatchObject({ kind: 'caller' });
    identity.reload();
    expect(await identity.identify(request)).toEqual(invalid('the token is signed with an unknown key'));
  });

  test('and whose check was under way during the reload is not remembered', async () => {
    const folder = makeFolder();
    const identity = createIdentity([jwtOptions({ file: writeJwks(folder, alice) })], { now: () => NOW_MS });
    const request = bearer(await sign(alice));
    const underWay = identity.identify(request);
    writeJwks(folder, rsa);
    identity.reload();
    await underWay;
    expect(await identity.identify(request)).toEqual(invalid('the token is signed with an unknown key'));
  });

  test('a failed check is not remembered either', async () => {
    let nowMs = NOW_MS;
    const identity = open({}, () => nowMs);
    const request = bearer(await sign(alice, { nbf: NOW + 60 }));
    expect(await identity.identify(request)).toEqual(invalid('the token is not valid yet'));
    nowMs += 60_000;
    expect(await identity.identify(request)).toMatchObject({ kind: 'caller' });
  });
});

test('a bad key file keeps the old keys and is named', async () => {
  const folder = makeFolder();
  const file = writeJwks(folder, alice);
  const identity = createIdentity([jwtOptions({ file })], { now: () => NOW_MS });
  writeFileSync(file, '{"keys": SECRET');
  expect(() => identity.reload()).toThrow(`${file}: cannot be used as a JWKS: not JSON`);
  expect(await identity.identify(bearer(await sign(alice)))).toMatchObject({ kind: 'caller' });
});

describe('a shared secret', () => {
  const secret = Buffer.from('0123456789abcdef0123456789abcdef');
  const hmac = (key: Buffer) => {
    const head = forge({ alg: 'HS256' }, { sub: 'alice' }, '').slice(0, -1);
    return `${head}.${createHmac('sha256', key).update(head).digest('base64url')}`;
  };
  const identity = createIdentity([jwtOptions({ secret }, { algorithms: ['HS256'] })], { now: () => NOW_MS });

  test('checks HS256 when it was asked for by name', async () => {
    expect(await identity.identify(bearer(hmac(secret)))).toMatchObject({ kind: 'caller' });
  });

  test('refuses another secret', async () => {
    const token = hmac(Buffer.from('another secret of enough length!'));
    expect(await identity.identify(bearer(token))).toEqual(invalid('the signature does not verify'));
  });
});

describe('options that cannot be meant', () => {
  const secret = Buffer.alloc(32, 1);
  const url = 'https://id.example.com/jwks';
  test.each<{ name: string; options: JwtOptions; want: string }>([
    {
      name: 'none as an algorithm',
      options: jwtOptions({ url }, { algorithms: ['none'] }),
      want: 'algorithms: none cannot be used with public keys',
    },
    {
      name: 'HS256 with public keys',
      options: jwtOptions({ url }, { algorithms: ['RS256', 'HS256'] }),
      want: 'algorithms: HS256 cannot be used with public keys',
    },
    {
      name: 'RS256 with a secret',
      options: jwtOptions({ secret }, { algorithms: ['HS256', 'RS256'] }),
      want: 'algorithms: RS256 cannot be used with a shared secret',
    },
    {
      name: 'short secret',
      options: jwtOptions({ secret: Buffer.alloc(31, 1) }, { algorithms: ['HS256'] }),
      want: 'secret: must be at least 32 bytes',
    },
    {
      name: 'no algorithm',
      options: jwtOptions({ url }, { algorithms: [] }),
      want: 'algorithms: write at least one, e.g. RS256',
    },
    {
      name: 'no audience',
      options: jwtOptions({ url }, { audience: [] }),
      want: 'audience: write at least one; tokens made for others must not pass',
    },
    {
      name: 'plain http',
      options: jwtOptions({ url: 'http://id.example.com/jwks' }),
      want: 'jwks_url: write an https address (http is accepted for loopback addresses only)',
    },
    {
      name: 'plain http to a name that begins like loopback',
      options: jwtOptions({ url: 'http://127.0.0.1.example.com/jwks' }),
      want: 'jwks_url: write an https address (http is accepted for loopback addresses only)',
    },
    {
      name: 'file address',
      options: jwtOptions({ url: 'file:///etc/passwd' }),
      want: 'jwks_url: write an https address (http is accepted for loopback addresses only)',
    },
    {
      name: 'password in the address',
      options: jwtOptions({ url: 'https://user:pass@id.example.com/jwks' }),
      want: 'jwks_url: leave user and password out',
    },
  ])('$name', ({ options, want }) => {
    expect(() => createIdentity([options], { now: () => NOW_MS })).toThrow(new Error(want));
  });

  test('a key file with a private key', () => {
    const file = join(makeFolder(), 'jwks.json');
    writeFileSync(file, JSON.stringify({ keys: [{ ...alice.jwk, d: 'AAAA' }] }));
    expect(() => createIdentity([jwtOptions({ file })], { now: () => NOW_MS })).toThrow(
      `${file}: cannot be used as a JWKS: holds a private or shared key; keep only the public members`,
    );
  });
});
