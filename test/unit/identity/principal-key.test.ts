import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Caller } from '../../../proxy/decide/contract.ts';
import { defineCaller } from '../../../proxy/services/identity/_principal.ts';

type Principal = Pick<Caller, 'auth' | 'subject' | 'org' | 'agent'> & { issuer?: string };

function keyOf({ issuer, auth, subject, org, agent }: Principal): string {
  const caller = {
    auth,
    subject,
    ...(org !== undefined && { org }),
    ...(agent !== undefined && { agent }),
    roles: [],
    permissions: [],
    claims: {},
  };
  return defineCaller(caller, issuer).key;
}

// Made of what encodings stumble over: delimiters, quotes, escapes, words that mean nothing, look-alikes, halves.
const text = fc
  .array(
    fc.constantFrom(
      'a',
      ':',
      '|',
      ',',
      '"',
      '\\',
      'null',
      '[',
      ']',
      '\\u0000',
      '/',
      ' ',
      'é',
      'e\u0301',
      '\ud800',
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(''));
const principal: fc.Arbitrary<Principal> = fc.record(
  {
    auth: fc.constantFrom('api_key' as const, 'jwt' as const),
    subject: text,
    issuer: text,
    org: text,
    agent: text,
  },
  { requiredKeys: ['auth', 'subject'] },
);

test('two principals share a key only when they are the same in every part', () => {
  const parts = ({ auth, issuer, org, subject, agent }: Principal) => [auth, issuer, org, subject, agent];
  fc.assert(
    fc.property(principal, principal, (one, other) => {
      const same = parts(one).every((part, index) => part === parts(other)[index]);
      expect(keyOf(one) === keyOf(other)).toBe(same);
    }),
    { numRuns: 5_000 },
  );
});

test('text moved across a border between two parts makes another key', () => {
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      const left = keyOf({ auth: 'jwt', issuer: 'i', org: a + b, subject: c });
      expect(left).not.toBe(keyOf({ auth: 'jwt', issuer: 'i', org: a, subject: b + c }));
      expect(keyOf({ auth: 'jwt', subject: a, org: b })).not.toBe(
        keyOf({ auth: 'jwt', subject: a, agent: b }),
      );
    }),
  );
});

test('roles, permissions, plan and claims are no part of the key', () => {
  const bare: Caller = { auth: 'jwt', subject: 'alice', roles: [], permissions: [], claims: {} };
  const full: Caller = { ...bare, roles: ['a'], permissions: ['b'], plan: 'p', claims: { c: 1 } };
  expect(defineCaller(full, 'i').key).toBe(defineCaller(bare, 'i').key);
});
