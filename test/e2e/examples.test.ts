/** The stories in examples/, as their README has them run: with real servers, with and without the gate. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { isInstalled, isTrue, type Story } from '../../examples/story.ts';
import { run } from '../support/command.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PATH = [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(':');

vi.setConfig({ testTimeout: 60_000 });

const commands = readFileSync(join(ROOT, 'examples/README.md'), 'utf8').match(/^node examples\/.*$/gm) ?? [];

test('there are three', () => {
  expect(commands).toEqual(
    ['exfiltration', 'destructive', 'egress'].map((name) => `node examples/${name}/story.ts`),
  );
});

test.each(commands)('%s', async (command) => {
  const ran = await run('bash', ['-c', command], { cwd: ROOT, env: { ...process.env, PATH } });
  expect(ran).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/\nok\n$/) });
  expect(ran.stdout).toContain('## Without Portcullis');
  expect(ran.stdout).toMatch(/## With Portcullis[\s\S]+\n {2}refused: Blocked by policy/);
});

test('egress uses the reference fetch server where it is installed', async () => {
  const { stdout } = await run(process.execPath, ['examples/egress/story.ts'], { cwd: ROOT });
  const tool = isInstalled('mcp-server-fetch') ? 'fetch {"url":' : 'gzip-file-as-resource {"data":';
  expect(stdout).toContain(`- web ${tool}"http://127.0.0.1:`);
});

describe('whether a story is true', () => {
  const told: Story = {
    folder: join(ROOT, 'examples/exfiltration'),
    title: 'Nobody does anything',
    async act(call, { folder }) {
      await call('files', 'read_text_file', { path: join(folder, 'workspace/customers.csv') });
    },
    outcome: ({ collector: { asked } }) => `${asked.length} asked`,
    without: '0 asked',
    with: '0 asked',
    reasons: [],
  };

  test.each([
    { when: 'it went well without the gate', other: { without: '1 asked' }, want: false },
    { when: 'it went wrong with the gate', other: { with: '1 asked' }, want: false },
    {
      when: 'something else than it says was refused',
      other: { reasons: ['exfiltration.leaves'] },
      want: false,
    },
    { when: 'everything is as it says', other: {}, want: true },
  ])('when $when: $want', async ({ other, want }) => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await isTrue({ ...told, ...other })).toBe(want);
  });
});
