import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { authConfig, toIdentityOptions } from '../../../proxy/config/auth.ts';
import { createIdentity, type IdentityOptions } from '../../../proxy/services/identity/create-identity.ts';
import { NOW_MS } from './_tokens.ts';

const JWT = {
  kind: 'jwt',
  issuer: 'https://id.example.com',
  audience: 'gate',
  jwks_url: 'https://id.example.com/jwks',
};
const SECRET = '0123456789abcdef0123456789abcdef';
const places = { env: { JWT_SECRET: SECRET }, baseDir: '/etc/portcullis' };
const messages = (input: unknown) =>
  authConfig.safeParse(input).error?.issues.map(({ path, message }) => [...path, message].join(': '));

test.each<{ name: string; input: unknown; want: IdentityOptions[] }>([
  { name: 'none', input: { kind: 'none' }, want: [{ kind: 'none' }] },
  {
    name: 'API keys, relative file',
    input: [{ kind: 'api_keys', file: './keys.yaml' }],
    want: [{ kind: 'api_keys', file: '/etc/portcullis/keys.yaml' }],
  },
  {
    name: 'the least a token needs',
    input: JWT,
    want: [
      {
        kind: 'jwt',
        issuer: 'https://id.example.com',
        audience: ['gate'],
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        keys: { url: 'https://id.example.com/jwks' },
        claims: { subject: ['sub'] },
        expose: [],
        clockToleranceSeconds: 30,
      },
    ],
  },
  {
    name: 'everything a token can have',
    input: {
      kind: 'jwt',
      issuer: 'i',
      audience: ['a', 'b'],
      algorithms: ['HS512'],
      secret_env: 'JWT_SECRET',
      claims: {
        subject: 'user.id',
        org: ['https://acme.example/org'],
        roles: 'r',
        permissions: 'scope',
        agent: 'act.sub',
      },
      expose: ['tier'],
      clock_tolerance_s: 0,
      typ: 'at+jwt',
      resource_metadata: 'https://gate.example.com/.well-known/oauth-protected-resource',
    },
    want: [
      {
        kind: 'jwt',
        issuer: 'i',
        audience: ['a', 'b'],
        algorithms: ['HS512'],
        keys: { secret: Buffer.from(SECRET) },
        claims: {
          subject: ['user', 'id'],
          org: ['https://acme.example/org'],
          roles: ['r'],
          permissions: ['scope'],
          agent: ['act', 'sub'],
        },
        expose: ['tier'],
        clockToleranceSeconds: 0,
        typ: 'at+jwt',
        resourceMetadata: 'https://gate.example.com/.well-known/oauth-protected-resource',
      },
    ],
  },
])('$name', ({ input, want }) => {
  expect(toIdentityOptions(authConfig.parse(input), places)).toEqual(want);
});

test.each<{ name: string; input: unknown; want: string }>([
  { name: 'unknown kind', input: { kind: 'basic' }, want: 'kind: use kind none, api_keys or jwt' },
  { name: 'unknown key', input: { ...JWT, isuer: 'x' }, want: 'Unrecognized key: "isuer"' },
  { name: 'unknown key in a list', input: [{ ...JWT, isuer: 'x' }], want: '0: Unrecognized key: "isuer"' },
  {
    name: 'two sources of keys',
    input: { ...JWT, jwks_file: 'x' },
    want: 'write exactly one of jwks_url, jwks_file, secret_env',
  },
  {
    name: 'HS256 with public keys',
    input: { ...JWT, algorithms: ['HS256'] },
    want: 'algorithms: with public keys use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
  },
  {
    name: 'the default algorithms with a secret',
    input: { kind: 'jwt', issuer: 'i', audience: 'a', secret_env: 'JWT_SECRET' },
    want: 'algorithms: with secret_env use HS256, HS384, HS512',
  },
  {
    name: 'none as an algorithm',
    input: { ...JWT, algorithms: ['none'] },
    want: 'algorithms: 0: use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519; HS* only with secret_env',
  },
  {
    name: 'a claim whose name is a URL, as text',
    input: { ...JWT, claims: { roles: 'https://acme.example/roles' } },
    want: 'claims: roles: write a claim whose name is a URL as a list: ["https://…"]',
  },
  {
    name: 'none beside another kind',
    input: [{ kind: 'none' }, JWT],
    want: 'kind none cannot stand beside another kind: it would let in whoever the other refuses',
  },
  { name: 'a kind twice', input: [JWT, JWT], want: 'write each kind once' },
  { name: 'an empty list', input: [], want: 'write at least one kind' },
])('refused: $name', ({ input, want }) => {
  expect(messages(input)).toEqual([want]);
});

describe('a secret', () => {
  const input = { kind: 'jwt', issuer: 'i', audience: 'a', algorithms: ['HS256'], secret_env: 'JWT_SECRET' };

  test('that is not set is named', () => {
    expect(() => toIdentityOptions(authConfig.parse(input), { ...places, env: {} })).toThrow(
      new Error('auth: secret_env: JWT_SECRET is not set'),
    );
  });

  test('that is too short refuses to start', () => {
    const options = toIdentityOptions(authConfig.parse(input), {
      ...places,
      env: { JWT_SECRET: 'changeme' },
    });
    expect(() => createIdentity(options, { now: () => NOW_MS })).toThrow('secret: must be at least 32 bytes');
  });
});

test('the schema can be written as JSON Schema', () => {
  expect(z.toJSONSchema(authConfig, { io: 'input' })).toHaveProperty('anyOf');
});
