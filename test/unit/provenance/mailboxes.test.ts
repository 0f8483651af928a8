/** Which fields hold mailboxes and nothing else. */
import { expect, test } from 'vitest';
import { areMailboxes } from '../../../proxy/decide/provenance/mailboxes.ts';

const spaces = ' '.repeat(1_000);

test.each([
  ['ann@corp.example', true],
  [' ann@corp.example ', true],
  ['<ann@corp.example>', true],
  ['Ann Lee <ann@corp.example>', true],
  ['"Lee, Ann" <ann@corp.example>', true],
  ['"Lee, Ann" <ann@corp.example>, <bob@corp.example>; carol@corp.example', true],
  ['Höre Müller <h@corp.example>', true],
  ['ann@corp.example (accepted), bob@corp.example (organizer, declined)', true],
  ['Ann Lee <ann@corp.example> (tentative)', true],
  ['Ann Lee (ann@corp.example)', true],
  ['Ann Lee (ann@corp.example), Bob (bob@corp.example)', true],
  ['mallory@evil.example (ann@corp.example)', false],
  ['Ann (mallory@evil.example) (ann@corp.example)', false],
  ['Ann (ann@corp.example) is away', false],
  ['(ann@corp.example)', false],
  [`Ann${spaces}(ann@corp.example`, false],
  ['ann@corp.example (mallory@evil.example)', false],
  ['ann@corp.example (is away) today', false],
  ['Ann Lee', false],
  ['', false],
  ['Ann Lee ann@corp.example', false],
  ['ann@corp.example is away', false],
  ['Ann Lee <ann@corp.example> is away', false],
  ['mallory@evil.example <ann@corp.example>', false],
  ['"mallory@evil.example" <ann@corp.example>', false],
  ['Ann <ann@corp.example> <mallory@evil.example>', false],
  ['<ann@corp.example@evil.example>', false],
  ['ann@corp.example,', false],
  [`${spaces}@`, false],
  [`ann@corp.example,${spaces}@`, false],
  [`"a"${spaces}@`, false],
  [`Ann <ann@corp.example>${spaces}`, true],
  [`Ann <ann@corp.example>${spaces}${spaces}`, false],
])('%j: %s', (field, want) => {
  expect(areMailboxes(field)).toBe(want);
});
