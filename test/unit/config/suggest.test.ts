import { expect, test } from 'vitest';
import { configSchema } from '../../../proxy/config/schema.ts';
import { closest, knownKeys } from '../../../proxy/config/suggest.ts';

test.each<[string, string | undefined]>([
  ['listen', 'listen'],
  ['LISTEN', 'listen'],
  ['lisen', 'listen'],
  ['listten', 'listen'],
  ['servres', 'servers'],
  ['server', 'servers'],
  ['x', undefined],
  ['', undefined],
  ['telemetry', undefined],
  ['serverless', undefined],
])('%j is meant as %j', (word, want) => {
  expect(closest(word, ['listen', 'servers', 'policy'])).toBe(want);
});

test('nothing is meant where there is nothing', () => {
  expect(closest('a', [])).toBeUndefined();
});

test.each<[readonly PropertyKey[], readonly string[]]>([
  [
    [],
    [
      'listen',
      'ops',
      'hosts',
      'origins',
      'servers',
      'policy',
      'auth',
      'audit',
      'state',
      'provenance',
      'approvals',
      'platforms',
      'limits',
    ],
  ],
  [['audit'], ['file', 'durability']],
  [
    ['servers', 'a', 'auth'],
    ['type', 'token_env'],
  ],
  [['listen'], []],
  [['nothing', 'there'], []],
])('at %j these keys are known', (path, want) => {
  expect(knownKeys(configSchema, path)).toEqual(want);
});

test('where a value has several forms, the keys of all are known', () => {
  expect(knownKeys(configSchema, ['servers', 'a'])).toEqual(
    expect.arrayContaining(['url', 'command', 'args', 'headers']),
  );
  expect(knownKeys(configSchema, ['auth'])).toEqual(expect.arrayContaining(['kind', 'issuer', 'file']));
});
