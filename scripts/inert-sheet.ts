/** The inert rules as a sheet that `opa test` can read: `rego-tests/checks/inert.json`. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export function inertSheet(): string {
  const rows = globSync('test/fixtures/inert/*.rego')
    .toSorted()
    .map((file) => {
      const text = readFileSync(file, 'utf8');
      return [basename(file, '.rego'), { text, check: /# <- (\w+)/.exec(text)?.[1] ?? '' }];
    });
  return `${JSON.stringify({ generated_from: 'test/fixtures/inert', rows: Object.fromEntries(rows) }, null, 1)}\n`;
}
