/** How often packs are in the way of honest work on real servers; what they do stop is written here one by one. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { benignRate } from '../../../scripts/benign-rates.ts';

const WRITES = [
  'filesystem__write_file',
  'filesystem__edit_file',
  'filesystem__move_file',
  'memory__delete_observations',
];

test('the recorded work is that of seven real servers', async () => {
  const servers = globSync('test/fixtures/benign/*.jsonl').map((file) => basename(file, '.jsonl'));
  expect(servers.toSorted()).toEqual([
    'everything',
    'fetch',
    'filesystem',
    'git',
    'memory',
    'sqlite',
    'time',
  ]);
  expect((await benignRate([])).total).toBeGreaterThan(115);
});

describe('honest work is stopped by', () => {
  const none: string[] = [];
  test.each([
    { pack: 'no pack', packs: none, want: none },
    { pack: 'change_window, on a Tuesday', packs: ['change_window'], want: none },
    { pack: 'filesystem', packs: ['filesystem'], want: none },
    { pack: 'git', packs: ['git'], want: none },
    { pack: 'github', packs: ['github'], want: none },
    { pack: 'data_flow', packs: ['data_flow'], want: none },
    { pack: 'egress', packs: ['egress'], want: none },
    { pack: 'secrets_pii', packs: ['secrets_pii'], want: none },
    { pack: 'exfiltration', packs: ['exfiltration'], want: none },
    { pack: 'tool_poisoning', packs: ['tool_poisoning'], want: none },
    { pack: 'sampling', packs: ['sampling'], want: none },
    {
      pack: 'destructive',
      packs: ['destructive'],
      want: WRITES.map((name) => `${name}: destructive.destroys`),
    },
    {
      pack: 'sql, which lets nothing but select through',
      packs: ['sql'],
      want: ['sqlite__create_table: sql.verb', 'sqlite__write_query: sql.verb'],
    },
  ])('$pack', async ({ packs, want }) => {
    expect([...new Set((await benignRate(packs)).stopped)]).toEqual(want);
  });

  test('read_only: what changes something, and two that read under other names', async () => {
    const names = (await benignRate(['read_only'])).stopped.map((line) => line.split(':')[0]);
    expect([...new Set(names)]).toEqual([
      'everything__echo',
      'filesystem__create_directory',
      'filesystem__write_file',
      'filesystem__edit_file',
      'filesystem__move_file',
      'git__git_create_branch',
      'git__git_checkout',
      'git__git_add',
      'git__git_commit',
      'git__git_branch',
      'memory__create_entities',
      'memory__add_observations',
      'memory__create_relations',
      'memory__delete_observations',
      'sqlite__create_table',
      'sqlite__write_query',
      'sqlite__append_insight',
    ]);
  });
});

test('the README says how often each pack is in the way', async () => {
  const rows = [...readFileSync('README.md', 'utf8').matchAll(/^\| `(\w+)` \| .* \| (\d+) \|$/gm)];
  const measured = globSync('policies/packs/*')
    .toSorted()
    .map(async (folder) => {
      const { stopped } = await benignRate([basename(folder)]);
      return [basename(folder), String(stopped.length)];
    });
  expect(rows.map(([, name, count]) => [name, count])).toEqual(await Promise.all(measured));
});
