/**
 * The linter against rules that are correct Rego and never do what they were written for, one a file; the line that is
 * wrong says which check has to find it (`# <- negated_lookup`). And against the library, where it must find nothing.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkPolicy } from '../../../cli/policy/check.ts';
import { opaPath } from '../../support/opa.ts';

const FILES = globSync('test/fixtures/inert/*.rego').toSorted();
const options = { opa: opaPath() };

function expected(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const check = /# <- (\w+)$/.exec(line)?.[1];
      return check ? [`${check}@${index + 1}`] : [];
    });
}

test('there are at least fifty of them', () => {
  expect(FILES.length).toBeGreaterThanOrEqual(50);
});

describe('an inert rule is found', () => {
  test.concurrent.each(FILES.map((file) => ({ name: basename(file, '.rego'), file })))(
    '$name',
    async ({ file }) => {
      const findings = await checkPolicy([file], options, process.cwd());
      const found = findings.map(({ check, line }) => `${check}@${line}`);
      expect(expected(file)).toHaveLength(1);
      expect(found).toEqual(expect.arrayContaining([...expected(file)]));
      for (const finding of findings) {
        expect(finding).toMatchObject({
          file,
          message: expect.stringMatching(/./),
          fix: expect.stringMatching(/./),
        });
      }
    },
  );
});

test('the library, the default policy and the packs give no findings', async () => {
  const paths = ['policies/mcp', 'policies/packs', 'policies/data.yaml'];
  expect(await checkPolicy(paths, options, process.cwd())).toEqual([]);
}, 60_000);
