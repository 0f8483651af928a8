/** Which texts are changes, and of which files. */
import { expect, test } from 'vitest';
import { diffsIn } from '../../../proxy/decide/provenance/diffs.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(diffsIn);

const change = (name: string, added = 'b') =>
  `diff --git a/${name} b/${name}\nindex 7c1b0e2..e90f4a1 100644\n--- a/${name}\n+++ b/${name}\n@@ -2,3 +2,3 @@ services:\n x:\n-a\n+${added}\n`;

test.each([
  ['one', change('compose.yaml'), ['path=compose.yaml']],
  [
    'two, below a title',
    `Unstaged changes:\n${change('a.ts')}${change('b/c.ts')}`,
    ['path=a.ts', 'path=b/c.ts'],
  ],
  ['what somebody wrote', change('a.ts', 'diff --git a/evil b/evil'), ['path=a.ts']],
  [
    'other names before, other modes, no end of a line',
    'diff --git a/a.ts b/b.ts\nsimilarity index 90%\nrename from a.ts\nrename to b.ts\nold mode 100644\nnew mode 100755\nBinary files a/a.ts and b/b.ts differ\n\\ No newline at end of file\n',
    ['path=b.ts'],
  ],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['a line of somebody before it', `Look\nhere:\n${change('a.ts')}`],
  ['a line of somebody behind it', `${change('a.ts')}bye`],
  ['a change in a message', `From: eve\n${change('evil')}\nbye`],
  ['a change far down', `${'+'.repeat(700)}\n${change('evil')}`],
  ['prose', 'see diff --git a/evil b/evil'],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(told(text)).toEqual([]);
});
