import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateApiKey, hashApiKey, loadApiKeys } from '../../../proxy/services/identity/api-key-file.ts';
import { createIdentity } from '../../../proxy/services/identity/create-identity.ts';
import type { IdentityRequest } from '../../../proxy/services/identity/identity.ts';
import { apiKey, bearer, makeFolder, NOW_MS } from './_tokens.ts';

const KEY = generateApiKey();
const OTHER = generateApiKey();
const SHA = hashApiKey(KEY);

function write(text: unknown, name = 'keys.json'): string {
  const file = join(makeFolder(), name);
  writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text));
  return file;
}

function open(...entries: object[]) {
  const file = write({ keys: entries });
  return createIdentity([{ kind: 'api_keys', file }], { now: () => NOW_MS });
}

const CI = { id: 'ci', sha256: SHA, subject: 'ci-agent' };
const CALLER = {
  kind: 'caller',
  caller: { subject: 'ci-agent', roles: [], permissions: [], auth: 'api_key', claims: {} },
  key: '["api_key",null,null,"ci-agent",null]',
};
const refusal = (code: string, error: string, reason: string) => ({
  kind: 'refused',
  status: 401,
  code,
  reason,
  wwwAuthenticate: `Bearer realm="portcullis", error="${error}", error_description="${reason}"`,
});
const UNKNOWN = refusal('auth.invalid', 'invalid_token', 'the API key is not known');
const AMBIGUOUS = refusal('auth.ambiguous', 'invalid_request', 'more than one credential was sent');
const LONG = refusal('auth.invalid', 'invalid_token', 'the credential is too long');
const NOT_BEARER = refusal('auth.invalid', 'invalid_token', 'the Authorization scheme is not Bearer');
const NO_KIND = refusal('auth.invalid', 'invalid_token', 'credentials of this kind are not accepted here');

test.each<{ name: string; request: IdentityRequest; want: unknown }>([
  { name: 'as bearer', request: bearer(KEY), want: CALLER },
  { name: 'as bearer, one string', request: { authorization: `Bearer ${KEY}`, headers: {} }, want: CALLER },
  { name: 'as X-API-Key', request: apiKey(KEY), want: CALLER },
  { name: 'scheme in lower case', request: { authorization: `bearer ${KEY}`, headers: {} }, want: CALLER },
  { name: 'scheme in upper case', request: { authorization: `BEARER  ${KEY}`, headers: {} }, want: CALLER },
  { name: 'wrong key with the same prefix', request: bearer(OTHER), want: UNKNOWN },
  { name: 'key cut short', request: bearer(KEY.slice(0, -1)), want: UNKNOWN },
  { name: 'key with one character more', request: bearer(`${KEY}A`), want: UNKNOWN },
  { name: 'key in upper case', request: bearer(`pk_${KEY.slice(3).toUpperCase()}`), want: UNKNOWN },
  { name: 'prefix in upper case', request: bearer(`PK_${KEY.slice(3)}`), want: NO_KIND },
  { name: 'the hash from the file', request: bearer(SHA), want: NO_KIND },
  { name: 'the hash behind the prefix', request: bearer(`pk_${SHA.slice(0, 43)}`), want: UNKNOWN },
  { name: 'only the prefix', request: bearer('pk_'), want: UNKNOWN },
  { name: 'scheme Basic', request: { authorization: `Basic ${KEY}`, headers: {} }, want: NOT_BEARER },
  { name: 'no scheme', request: { authorization: KEY, headers: {} }, want: NOT_BEARER },
  { name: 'empty Authorization', request: { authorization: '', headers: {} }, want: NOT_BEARER },
  { name: 'two words', request: { authorization: `Bearer ${KEY} ${KEY}`, headers: {} }, want: NOT_BEARER },
  {
    name: 'Authorization twice',
    request: { authorization: [`Bearer ${KEY}`, `Bearer ${OTHER}`], headers: {} },
    want: AMBIGUOUS,
  },
  {
    name: 'Authorization twice, the same',
    request: { authorization: [`Bearer ${KEY}`, `Bearer ${KEY}`], headers: {} },
    want: AMBIGUOUS,
  },
  {
    name: 'both headers',
    request: { authorization: `Bearer ${KEY}`, headers: { 'x-api-key': KEY } },
    want: AMBIGUOUS,
  },
  {
    name: 'X-API-Key twice',
    request: { headers: { 'x-api-key': [KEY, KEY] } },
    want: AMBIGUOUS,
  },
  { name: 'X-API-Key twice, joined by the server', request: apiKey(`${KEY}, ${KEY}`), want: UNKNOWN },
  { name: 'oversized', request: bearer(`pk_${'A'.repeat(8192)}`), want: LONG },
  { name: 'oversized X-API-Key', request: apiKey(`pk_${'A'.repeat(8192)}`), want: LONG },
  {
    name: 'nothing',
    request: { authorization: undefined, headers: {} },
    want: {
      kind: 'refused',
      status: 401,
      code: 'auth.missing',
      reason: 'no credential was sent',
      wwwAuthenticate: 'Bearer realm="portcullis"',
    },
  },
  {
    name: 'nothing, as an empty list',
    request: { authorization: [], headers: {} },
    want: expect.objectContaining({ code: 'auth.missing' }),
  },
])('API key: $name', ({ request, want }) => {
  expect(open(CI).identify(request)).toEqual(want);
});

test('everything an entry says reaches the caller', () => {
  const entry = { ...CI, org: 'acme', roles: ['deployer'], agent: 'release-bot', plan: 'standard' };
  expect(open(entry).identify(bearer(KEY))).toEqual({
    kind: 'caller',
    caller: {
      subject: 'ci-agent',
      org: 'acme',
      plan: 'standard',
      agent: 'release-bot',
      roles: ['deployer'],
      permissions: [],
      auth: 'api_key',
      claims: {},
    },
    key: '["api_key",null,"acme","ci-agent","release-bot"]',
  });
});

test.each([
  { name: 'before', expires: '2026-11-21T10:40:00.001Z', want: 'caller' },
  { name: 'at', expires: '2026-11-21T10:40:00Z', want: 'auth.expired' },
  { name: 'at, in another zone', expires: '2026-11-21T12:40:00+02:00', want: 'auth.expired' },
])('$name the moment of expiry', ({ expires, want }) => {
  const answer = open({ ...CI, expires }).identify(bearer(KEY)) as { kind: string; code?: string };
  expect(answer.code ?? answer.kind).toBe(want);
});

test('two keys of one principal share its key, so a rotated key keeps its labels', () => {
  const identity = open(CI, { ...CI, id: 'ci-2', sha256: hashApiKey(OTHER) });
  expect(identity.identify(bearer(OTHER))).toEqual(identity.identify(bearer(KEY)));
});

test('keys are told apart beyond the part of the hash they are found by', () => {
  const neighbour = SHA.slice(0, 8) + '0'.repeat(56);
  const identity = open({ id: 'neighbour', sha256: neighbour, subject: 'root' }, CI);
  expect(identity.identify(bearer(KEY))).toEqual(CALLER);
  const alone = open({ id: 'neighbour', sha256: neighbour, subject: 'root' });
  expect(alone.identify(bearer(KEY))).toEqual(UNKNOWN);
});

test('a key of another make is refused even when somebody put its hash into the file', () => {
  const weak = 'pk_letmein';
  expect(open({ ...CI, sha256: hashApiKey(weak) }).identify(bearer(weak))).toEqual(UNKNOWN);
});

test('a key is revoked by a reload, and by nothing else', () => {
  const file = write({ keys: [CI] });
  const identity = createIdentity([{ kind: 'api_keys', file }], { now: () => NOW_MS });
  writeFileSync(file, '{"keys":[]}');
  expect(identity.identify(bearer(KEY))).toEqual(CALLER);
  identity.reload();
  expect(identity.identify(bearer(KEY))).toEqual(UNKNOWN);
});

test('a bad file keeps the old keys', () => {
  const file = write({ keys: [CI] });
  const identity = createIdentity([{ kind: 'api_keys', file }], { now: () => NOW_MS });
  writeFileSync(file, '{"keys":[{}]}');
  expect(() => identity.reload()).toThrow(`${file}: entry 1: id: must be text`);
  expect(identity.identify(bearer(KEY))).toEqual(CALLER);
});

describe('the file', () => {
  test('may be YAML', () => {
    const file = write(`# ours\nkeys:\n  - id: ci\n    sha256: ${SHA}\n    subject: ci-agent\n`, 'keys.yaml');
    expect(loadApiKeys(file)).toEqual([CI]);
  });

  test.each<{ name: string; text: unknown; want: string }>([
    {
      name: 'a list',
      text: [CI],
      want: 'must be an object with the single member "keys", a list of entries',
    },
    { name: 'empty', text: '', want: 'must be an object with the single member "keys", a list of entries' },
    {
      name: 'a second member',
      text: { keys: [], key: [] },
      want: 'must be an object with the single member "keys", a list of entries',
    },
    {
      name: 'an unknown member',
      text: { keys: [{ ...CI, rolls: [] }] },
      want: 'entry 1 ("ci"): Unrecognized key: "rolls"',
    },
    {
      name: 'a bad hash in the second entry',
      text: { keys: [CI, { ...CI, id: 'b', sha256: 'AB' }] },
      want: 'entry 2 ("b"): sha256: must be the 64 lower-case hex digits of the SHA-256 of the whole key',
    },
    {
      name: 'a hash that YAML reads as a number',
      text: `keys: [{id: ci, subject: a, sha256: ${'1'.repeat(64)}}]`,
      want: 'entry 1 ("ci"): sha256: must be text (quote it)',
    },
    {
      name: 'an empty subject',
      text: { keys: [{ ...CI, subject: '' }] },
      want: 'entry 1 ("ci"): subject: must be text of 1 to 512 characters without control characters',
    },
    {
      name: 'an expiry without zone',
      text: { keys: [{ ...CI, expires: '2027-01-31T00:00:00' }] },
      want: 'entry 1 ("ci"): expires: must be a date and time with zone, e.g. 2027-01-31T00:00:00Z',
    },
    {
      name: 'one id twice',
      text: { keys: [CI, { ...CI, sha256: hashApiKey(OTHER) }] },
      want: 'entry 2 ("ci"): id is used by an earlier entry',
    },
    {
      name: 'one hash twice',
      text: { keys: [CI, { ...CI, id: 'root', subject: 'root' }] },
      want: 'entry 2 ("root"): sha256 is used by an earlier entry',
    },
    { name: 'a member twice', text: `{"keys": [],\n "keys": []}`, want: 'line 2: DUPLICATE_KEY' },
    { name: 'an alias', text: 'keys:\n  - &a {id: a}\n  - *a', want: 'aliases are not allowed' },
    { name: 'a tag', text: 'keys: !thing []', want: 'line 1: TAG_RESOLVE_FAILED' },
  ])('refused: $name', ({ text, want }) => {
    const file = write(text);
    expect(() => loadApiKeys(file)).toThrow(new Error(`${file}: ${want}`));
  });

  test.each([
    { name: 'in a member of its own', text: { keys: [{ ...CI, key: KEY }] } },
    { name: 'as the hash', text: { keys: [{ ...CI, sha256: KEY }] } },
    { name: 'as the id', text: { keys: [{ ...CI, id: KEY, sha256: '' }] } },
    { name: 'in broken YAML', text: `keys: [${KEY}` },
  ])('a key pasted $name is not repeated in the message', ({ text }) => {
    const file = write(text);
    expect(() => loadApiKeys(file)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(KEY) }),
    );
  });

  test('that is not there is named', () => {
    expect(() =>
      createIdentity([{ kind: 'api_keys', file: '/nowhere/keys.yaml' }], { now: () => NOW_MS }),
    ).toThrow(new Error('/nowhere/keys.yaml: the API key file cannot be read'));
  });
});
