import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { generateApiKey, hashApiKey } from '../../../proxy/services/identity/api-key-file.ts';
import { createIdentity, type OpenIdentity } from '../../../proxy/services/identity/create-identity.ts';
import type { IdentityRequest } from '../../../proxy/services/identity/identity.ts';
import {
  apiKey,
  bearer,
  createSigner,
  forge,
  jwtOptions,
  makeFolder,
  NOW_MS,
  type Signer,
  sign,
  writeJwks,
} from './_tokens.ts';

const KEY = generateApiKey();
const ports = { now: () => NOW_MS };
let signer: Signer;
let token: string;

beforeAll(async () => {
  signer = await createSigner('key-1');
  token = await sign(signer);
});

function writeKeys(): string {
  const file = join(makeFolder(), 'keys.json');
  writeFileSync(file, JSON.stringify({ keys: [{ id: 'ci', sha256: hashApiKey(KEY), subject: 'ci-agent' }] }));
  return file;
}

function openBoth(): OpenIdentity {
  const jwt = jwtOptions(
    { file: writeJwks(makeFolder(), signer) },
    { resourceMetadata: 'https://gate.example.com/.well-known/oauth-protected-resource' },
  );
  return createIdentity([{ kind: 'api_keys', file: writeKeys() }, jwt], ports);
}

test.each<{ name: string; request: () => IdentityRequest; want: string }>([
  { name: 'a token', request: () => bearer(token), want: 'alice' },
  { name: 'an API key as bearer', request: () => bearer(KEY), want: 'ci-agent' },
  { name: 'an API key as X-API-Key', request: () => apiKey(KEY), want: 'ci-agent' },
  { name: 'a wrong API key', request: () => bearer(generateApiKey()), want: 'the API key is not known' },
  { name: 'a wrong X-API-Key', request: () => apiKey(generateApiKey()), want: 'the API key is not known' },
  {
    name: 'a forged token',
    request: () => bearer(forge({ alg: 'none' }, {}, 'AA')),
    want: 'the algorithm of the token is not allowed',
  },
  {
    name: 'a good token behind the API key prefix',
    request: () => bearer(`pk_${token}`),
    want: 'the API key is not known',
  },
  { name: 'a good token as X-API-Key', request: () => apiKey(token), want: 'X-API-Key holds no API key' },
  { name: 'a made-up bearer', request: () => bearer('sk-whatever'), want: 'the token is malformed' },
  {
    name: 'an empty bearer',
    request: () => ({ authorization: 'Bearer ', headers: {} }),
    want: 'the Authorization scheme is not Bearer',
  },
  { name: 'an empty X-API-Key', request: () => apiKey(''), want: 'X-API-Key holds no API key' },
  {
    name: 'a good token and a wrong API key',
    request: () => ({ ...bearer(token), ...apiKey('pk_x') }),
    want: 'more than one credential was sent',
  },
  {
    name: 'a good token and a good API key',
    request: () => ({ ...apiKey(KEY), authorization: `Bearer ${token}` }),
    want: 'more than one credential was sent',
  },
  {
    name: 'two tokens',
    request: () => ({ authorization: [`Bearer ${token}`, `Bearer ${token}`], headers: {} }),
    want: 'more than one credential was sent',
  },
  { name: 'nothing', request: () => ({ headers: {} }), want: 'no credential was sent' },
  {
    name: 'a token in a header nobody reads',
    request: () => ({ headers: { 'x-auth': KEY, cookie: token } }),
    want: 'no credential was sent',
  },
])('$name: $want', async ({ request, want }) => {
  const answer = await openBoth().identify(request());
  expect(answer.kind === 'caller' ? answer.caller.subject : answer.reason).toBe(want);
});

test('one kind alone refuses what belongs to the other', async () => {
  const keysOnly = createIdentity([{ kind: 'api_keys', file: writeKeys() }], ports);
  const jwtOnly = createIdentity([jwtOptions({ file: writeJwks(makeFolder(), signer) })], ports);
  const want = { code: 'auth.invalid', reason: 'credentials of this kind are not accepted here' };
  expect(keysOnly.identify(bearer(token))).toMatchObject(want);
  expect(jwtOnly.identify(bearer(KEY))).toMatchObject(want);
  expect(jwtOnly.identify(apiKey(KEY))).toMatchObject(want);
});

test('every challenge says where the resource metadata is', async () => {
  const where = 'resource_metadata="https://gate.example.com/.well-known/oauth-protected-resource"';
  const identity = openBoth();
  expect(identity.identify({ headers: {} })).toMatchObject({
    wwwAuthenticate: `Bearer realm="portcullis", ${where}`,
  });
  expect(identity.identify(apiKey('pk_x'))).toMatchObject({
    wwwAuthenticate: `Bearer realm="portcullis", ${where}, error="invalid_token", error_description="the API key is not known"`,
  });
});

test('a reload that fails for one kind leaves both as they were', async () => {
  const folder = makeFolder();
  const keys = join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify({ keys: [{ id: 'ci', sha256: hashApiKey(KEY), subject: 'ci-agent' }] }));
  const file = writeJwks(folder, signer);
  const identity = createIdentity([{ kind: 'api_keys', file: keys }, jwtOptions({ file })], ports);
  writeFileSync(keys, '{"keys":[]}');
  writeFileSync(file, 'torn');
  expect(() => identity.reload()).toThrow(`${file}: cannot be used as a JWKS: not JSON`);
  expect(identity.identify(apiKey(KEY))).toMatchObject({ kind: 'caller' });
  identity.close();
});

test('without authentication everybody is the same anonymous caller, whatever is sent', () => {
  const identity = createIdentity([{ kind: 'none' }], ports);
  const anonymous = {
    kind: 'caller',
    caller: { subject: 'anonymous', roles: [], permissions: [], auth: 'none', claims: {} },
    key: '["none",null,null,"anonymous",null]',
  };
  expect(identity.identify({ headers: {} })).toEqual(anonymous);
  expect(identity.identify(bearer(token))).toEqual(anonymous);
});

test.each([
  { name: 'nothing', kinds: [], want: 'auth: write at least one kind' },
  {
    name: 'none beside API keys',
    kinds: ['api_keys', 'none'],
    want: 'auth: kind none cannot stand beside another kind',
  },
  { name: 'none twice', kinds: ['none', 'none'], want: 'auth: kind none stands twice' },
  { name: 'API keys twice', kinds: ['api_keys', 'api_keys'], want: 'auth: kind api_keys stands twice' },
])('cannot be combined: $name', ({ kinds, want }) => {
  const options = kinds.map((kind) =>
    kind === 'none' ? { kind: 'none' as const } : { kind: 'api_keys' as const, file: writeKeys() },
  );
  expect(() => createIdentity(options, ports)).toThrow(new Error(want));
});
