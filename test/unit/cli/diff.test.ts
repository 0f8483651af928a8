/** What a change can alter, told of two policies with the real OPA. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ran, run } from '../../support/command.ts';
import { opaPath } from '../../support/opa.ts';

const CLI = resolve('cli/portcullis.ts');
const RULE = `package mcp.rules.mine

import data.mcp.lib.hosts
import data.teams.words

# METADATA
# title: Mine
# custom:
#   code: mine.no
#   message: No.
#   phases: [request]
block contains {"code": "mine.no", "message": "No."} if {
	_told
	input.tool in words.bad
}

_told if input.phase == "request"

label contains "seen" if {
	some fact in hosts.private
	fact.host == "a"
}
`;
const DATA = 'grants: []\nteams: { words: { bad: [a, b] } }\n';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'diff-'));
  side('old', RULE, DATA);
});
afterAll(() => rmSync(folder, { recursive: true }));

function side(name: string, rule: string, data: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'mine.rego'), rule);
  writeFileSync(join(folder, name, 'data.yaml'), data);
}

function policy(...args: readonly string[]): Promise<Ran> {
  return run(process.execPath, [CLI, 'policy', ...args], {
    cwd: folder,
    env: { ...process.env, OPA: opaPath() },
  });
}

async function diff(...args: readonly string[]) {
  const ran = await policy('diff', ...args, '--json');
  expect(ran.stderr).toBe('');
  return JSON.parse(ran.stdout);
}

describe('a rule', () => {
  test.each([
    {
      what: 'with a comment and other blanks is the same',
      rule: RULE.replace('\t_told', '\t# told\n\n\t_told'),
      data: DATA,
      want: [],
    },
    {
      what: 'with another body',
      rule: RULE.replace('input.tool in words.bad', 'input.tool in words.worse'),
      data: DATA,
      want: [{ change: 'changed', can: 'either', code: 'mine.no', phases: ['request'], by: ['its body'] }],
    },
    {
      what: 'that says no in other words',
      rule: RULE.replace('message: No.', 'message: Never.'),
      data: DATA,
      want: [{ change: 'changed', can: 'words', by: ['its words'] }],
    },
    {
      what: 'whose helper is another',
      rule: RULE.replace('input.phase == "request"', 'input.phase != "list"'),
      data: DATA,
      want: [{ can: 'either', by: ['data.mcp.rules.mine._told'] }],
    },
    {
      what: 'whose data, under an imported name, is another',
      rule: RULE,
      data: DATA.replace('[a, b]', '[a]'),
      want: [{ can: 'either', code: 'mine.no', by: ['data.teams.words.bad'] }],
    },
    {
      what: 'that is gone',
      rule: RULE.replace(/# METADATA[\s\S]*?\n}\n/, ''),
      data: DATA,
      want: [{ change: 'gone', can: 'looser', code: 'mine.no' }],
    },
    {
      what: 'without a name of its own is another when it says something else',
      rule: RULE.replace('fact.host == "a"', 'fact.host == "b"'),
      data: DATA,
      want: ['gone', 'new'].map((change) => ({ change, can: 'edits', rule: 'mcp.rules.mine.label' })),
    },
  ])('$what', async ({ rule, data, want }) => {
    side('new', rule, data);
    expect(await diff('old', 'new')).toMatchObject({ everything: false, rules: want, asleep: 0 });
  });

  test('is new on the other side', async () => {
    side('new', RULE.replace(/# METADATA[\s\S]*?\n}\n/, ''), DATA);
    expect(await diff('new', 'old')).toMatchObject({ rules: [{ change: 'new', can: 'tighter' }] });
  });
});

test('a pack that the data wakes up can refuse more, one that sleeps nothing', async () => {
  side('new', RULE, `${DATA}packs: { sql: {} }\n`);
  const { rules, data } = await diff('old', 'new');
  const packs = rules.filter(({ rule }: { rule: string }) => rule.startsWith('mcp.packs.'));
  expect(new Set(packs.map(({ rule, can }: { rule: string; can: string }) => `${rule} ${can}`))).toEqual(
    new Set(['mcp.packs.sql.block tighter']),
  );
  expect(data).toEqual([{ path: 'data.packs.sql', after: {} }]);
});

test('a change in the library reaches the rules that stand on it, and no others', async () => {
  expect((await policy('init', 'vendored')).exitCode).toBe(0);
  const library = join(folder, 'vendored/library/mcp/lib/hosts.rego');
  side('new', RULE, DATA);
  expect((await policy('build', 'old', '-o', 'old.tar.gz')).exitCode).toBe(0);
  const text = readFileSync(library, 'utf8');
  writeFileSync(library, text.replace('fact.private == false', 'fact.private == null'));
  const { exitCode, stderr } = await policy(
    'build',
    'old',
    '-o',
    'new.tar.gz',
    '--library',
    'vendored/library',
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { rules } = await diff('old.tar.gz', 'new.tar.gz');
  expect(rules.map(({ rule }: { rule: string }) => rule)).toEqual([
    'mcp.rules.egress.block',
    'mcp.rules.mine.label',
  ]);
  expect(rules[0]).toMatchObject({ code: 'egress.private_host', by: ['data.mcp.lib.hosts._public'] });
});

test('how decisions are combined is everything', async () => {
  expect((await policy('init', 'combined')).exitCode).toBe(0);
  const main = join(folder, 'combined/library/mcp/main/main.rego');
  const text = readFileSync(main, 'utf8');
  writeFileSync(main, `${text}\n_verdict := "allow" if input.server == "mine"\n`);
  const args = ['old', '--library', 'combined/library', '-o', 'loose.tar.gz'];
  expect((await policy('build', 'old', '-o', 'strict.tar.gz')).exitCode).toBe(0);
  expect((await policy('build', ...args)).stderr).toBe('');
  const ran = await policy('diff', 'strict.tar.gz', 'loose.tar.gz', '--fail-on-looser', '--markdown', 'd.md');
  expect(ran).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('any decision can come out') });
  expect(readFileSync(join(folder, 'd.md'), 'utf8')).toContain('any decision can come out');
});

test.each([
  { what: 'tighter passes', from: 'new', to: 'old', exitCode: 0 },
  { what: 'looser does not', from: 'old', to: 'new', exitCode: 1 },
])('--fail-on-looser: what gets $what', async ({ from, to, exitCode }) => {
  side('new', RULE.replace(/# METADATA[\s\S]*?\n}\n/, ''), DATA);
  expect((await policy('diff', from, to, '--fail-on-looser')).exitCode).toBe(exitCode);
});

test('nothing changed is said', async () => {
  expect(await policy('diff', 'old', 'old')).toMatchObject({
    exitCode: 0,
    stdout: 'Nothing that decides has changed.\n',
  });
});

test('what is no policy is named', async () => {
  expect(await policy('diff', 'old', 'nowhere')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('nowhere: there is no such file or folder'),
  });
});
