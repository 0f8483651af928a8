import { expect, test } from 'vitest';
import { type ClaimOptions, toCaller } from '../../../proxy/services/identity/_claims.ts';

const PATHS: ClaimOptions = {
  subject: ['sub'],
  org: ['org'],
  roles: ['realm_access', 'roles'],
  permissions: ['scope'],
  agent: ['act', 'sub'],
};
const BARE = { subject: 'alice', roles: [], permissions: [], auth: 'jwt', claims: {} };

test.each<{ name: string; claims: object; paths?: ClaimOptions; expose?: string[]; want: unknown }>([
  {
    name: 'everything said',
    claims: {
      sub: 'alice',
      org: 'acme',
      realm_access: { roles: ['developer', 'on call'] },
      scope: 'tools:read  tools:call',
      act: { sub: 'release-bot' },
      tier: 2,
      secret: 'x',
    },
    expose: ['tier', 'region'],
    want: {
      subject: 'alice',
      org: 'acme',
      roles: ['developer', 'on call'],
      permissions: ['tools:read', 'tools:call'],
      agent: 'release-bot',
      auth: 'jwt',
      claims: { tier: 2 },
    },
  },
  { name: 'only the subject', claims: { sub: 'alice' }, want: BARE },
  {
    name: 'null says nothing',
    claims: { sub: 'alice', org: null, scope: null, act: null, realm_access: { roles: null } },
    want: BARE,
  },
  {
    name: 'roles as text',
    claims: { sub: 'alice', realm_access: { roles: 'a b' } },
    want: { ...BARE, roles: ['a', 'b'] },
  },
  {
    name: 'a claim whose name is a URL',
    claims: { sub: 'alice', 'https://acme.example/roles': ['a'] },
    paths: { subject: ['sub'], roles: ['https://acme.example/roles'] },
    want: { ...BARE, roles: ['a'] },
  },
  {
    name: 'a path along the prototype finds nothing',
    claims: { sub: 'alice' },
    paths: { subject: ['sub'], org: ['constructor'], roles: ['toString', 'name'] },
    want: BARE,
  },
  { name: 'null as subject', claims: { sub: null }, want: 'the subject claim is missing or unfit' },
  { name: 'empty subject', claims: { sub: '' }, want: 'the subject claim is missing or unfit' },
  { name: 'long subject', claims: { sub: 'x'.repeat(513) }, want: 'the subject claim is missing or unfit' },
  {
    name: 'lone surrogate in the subject',
    claims: { sub: 'a\ud800' },
    want: 'the subject claim is missing or unfit',
  },
  { name: 'number as org', claims: { sub: 'alice', org: 7 }, want: 'the org claim is unfit' },
  { name: 'object as agent', claims: { sub: 'alice', act: { sub: {} } }, want: 'the agent claim is unfit' },
  {
    name: 'one role is no text',
    claims: { sub: 'alice', realm_access: { roles: ['a', 1] } },
    want: 'the roles claim is unfit',
  },
  {
    name: 'object as roles',
    claims: { sub: 'alice', realm_access: { roles: { a: true } } },
    want: 'the roles claim is unfit',
  },
  {
    name: 'too many permissions',
    claims: { sub: 'alice', scope: 'a '.repeat(257) },
    want: 'the permissions claim is unfit',
  },
  {
    name: 'exposed integer that lost digits',
    claims: { sub: 'alice', uid: JSON.parse('9007199254740993') },
    expose: ['uid'],
    want: 'an exposed claim is unfit',
  },
  {
    name: 'exposed lone surrogate',
    claims: { sub: 'alice', note: ['\udc00'] },
    expose: ['note'],
    want: 'an exposed claim is unfit',
  },
  {
    name: 'exposed __proto__',
    claims: { sub: 'alice', note: JSON.parse('{"__proto__":{"admin":true}}') },
    expose: ['note'],
    want: 'an exposed claim is unfit',
  },
  {
    name: 'exposed claim nested too deeply',
    claims: { sub: 'alice', note: JSON.parse('['.repeat(9) + ']'.repeat(9)) },
    expose: ['note'],
    want: 'an exposed claim is unfit',
  },
  {
    name: 'exposed claims too large',
    claims: { sub: 'alice', note: 'x'.repeat(4096) },
    expose: ['note'],
    want: 'the exposed claims are too large',
  },
  {
    name: 'the same, not exposed',
    claims: { sub: 'alice', note: 'x'.repeat(4096) },
    want: BARE,
  },
])('$name', ({ claims, paths = PATHS, expose = [], want }) => {
  expect(toCaller(claims as Record<string, unknown>, paths, expose)).toEqual(want);
});
