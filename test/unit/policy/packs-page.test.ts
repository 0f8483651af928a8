/** Whoever is refused by a pack finds the code of it in its page. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCases } from './_sheets.ts';

test('every code that a pack refuses with has a row in its page', () => {
  const page = readFileSync('docs/policy/packs.md', 'utf8');
  // Rules that hold without a pack.
  const always = globSync('policies/mcp/rules/**/*.rego')
    .map((file) => readFileSync(file, 'utf8'))
    .join('');
  const codes = readCases()
    .filter(({ sheet }) => sheet.startsWith('pack_'))
    .flatMap(({ sheet, want }) => (want.codes ?? []).map((code) => ({ sheet, code })))
    .filter(
      ({ sheet, code }) =>
        sheet.startsWith(`pack_${code.split('.')[0]}`) && !always.includes(`code: ${code}\n`),
    );
  const missing = codes.filter(({ code }) => !page.includes(`| \`${code}\` |`));
  expect([...new Set(missing.map(({ code }) => code))]).toEqual([]);
  expect(new Set(codes.map(({ code }) => code)).size).toBeGreaterThan(40);
});
