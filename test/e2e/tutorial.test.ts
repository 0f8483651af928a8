/** docs/policy/tutorial.md, as its reader follows it: every file it shows is written, every command run, in order. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../support/command.ts';
import { freePort } from '../support/free-port.ts';
import { opaPath } from '../support/opa.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** The page as one script: blocks of bash stay, blocks of Rego become the file named before them. */
function script(page: string): string {
  const parts = [...page.matchAll(/(?:^`([\w/.-]+)`:\n\n)?^```(bash|rego)\n([\s\S]*?)^```/gm)];
  return parts
    .map(([, file, language, text]) =>
      language === 'bash' ? text : `cat > ${file} <<'END_OF_FILE'\n${text}END_OF_FILE\n`,
    )
    .join('\n');
}

test('the tutorial does what it says', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tutorial-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin', 'portcullis');
  mkdirSync(dirname(bin));
  writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'cli/portcullis.ts')}" "$@"\n`);
  chmodSync(bin, 0o755);
  const page = readFileSync(join(ROOT, 'docs/policy/tutorial.md'), 'utf8');
  const text = script(page).replaceAll('8080', String(await freePort()));
  expect(text).toContain('cat > tests/minutes_test.rego');
  // Whatever it leaves running ends with it.
  writeFileSync(
    join(folder, 'tutorial.sh'),
    `set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${text}`,
  );
  const path = [dirname(bin), join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(':');
  const ran = await run('bash', ['tutorial.sh'], {
    cwd: folder,
    env: { ...process.env, PATH: path, OPA: opaPath() },
  });
  expect(`${ran.stdout}\n${ran.stderr}`).toMatch(/portcullis +14 passed, 0 failed/);
  expect(ran).toMatchObject({ exitCode: 0 });
  const workspace = join(folder, 'my-policy/workspace');
  expect(readFileSync(join(workspace, 'monday.minutes.md'), 'utf8')).toBe('We agreed to ship in March.');
  expect(readFileSync(join(workspace, 'notes.md'), 'utf8')).toBe('Remember the bread.');
});
