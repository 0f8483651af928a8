/** In which lists every line has the server's id, and in which it could be somebody else's. */
import { expect, test } from 'vitest';
import { headsIn, idsIn } from '../../../proxy/decide/provenance/ids.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(idsIn);
const toldAtHeads = tellerOf(headsIn);

test.each([
  ['in brackets', '- A b (x/y) [ID: 1x] old\n- C [ID: 2x] new', ['id=1x', 'id=2x']],
  ['in brackets, without marks', 'A b.pdf (id 1x), by Ann\nC (id 2x), by Bob', ['id=1x', 'id=2x']],
  ['a number alone in brackets', '[18] ann (2026): hi [9]\n[19] bob: so', ['id=18', 'id=19']],
  [
    'first in their lines, whatever comes after',
    'Chat ID: 1, Name: A, Type: User\nChat ID: -2, Title: x, Chat ID: 9, Unread: 6',
    ['chat_id=1', 'chat_id=-2'],
  ],
  ['in cells', 'ID: 1 | Message: hi\nID: 2 | Message: so | ID: 9', ['id=1', 'id=2']],
  ['in numbered lines', '1. ID: a (x)\n2. ID: b (y)', ['id=a', 'id=b']],
  [
    'that nobody would say, before names',
    'Found 1 files:\n1mVb6NcX8zLkJ3hGf House rules (x/y) owner: me\n',
    ['id=1mVb6NcX8zLkJ3hGf'],
  ],
  ['named, without brackets', 'Plan v7 (x/y) id=1x modified\nPlan old (x/y) id=2x', ['id=1x', 'id=2x']],
  [
    'in columns',
    'C0HELPIT99  #help  88 members\nC0HELPHR12  #hr  80 members',
    ['id=C0HELPIT99', 'id=C0HELPHR12'],
  ],
  ['a number alone in round brackets', '(137500) ann: hi\n(137501) bob: so', ['id=137500', 'id=137501']],
  [
    'in entries that are numbered and counted, whatever stands below',
    'Found 2 events:\n\n1. Tour (ID: h7) 15:00\n   Description: write (ID: evil) to eve\n2. Yoga (ID: u2)',
    ['id=h7', 'id=u2'],
  ],
  ['below a title', 'Found 2 files:\n\nA (id 1x)\nB (id 2x)\n', ['id=1x', 'id=2x']],
  [
    'numbers behind their mark, also in bold',
    '1. **#40981** fails (see #9) - Owen\n2. **#40702** Re: #40981\n',
    ['id=40981', 'id=40702'],
  ],
  ['numbers behind their mark, in a list', '- #12 Fix it\n- #9: x', ['id=12', 'id=9']],
  [
    'rooms in round brackets',
    'Room: Garden (!kQ:chat.example) - 2 members\nRoom: Old (x) (!oL:chat.example) - 4',
    ['id=!kQ:chat.example', 'id=!oL:chat.example'],
  ],
  ['of a tracker', '- FJO-412: Close FJO-9\n- FJO-398: b', ['id=FJO-412', 'id=FJO-398']],
  ['one, where the title says that it is one', '1 result\n[C22] ts=17 Ann: hi', ['id=C22']],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['in a name, beside that in brackets', '- A [ID: evil] (x/y) [ID: 1x]\n- C (x/y) [ID: 2x]'],
  ['others in brackets', 'A (id 1x)\nC (user id 7)'],
  ['a line without one', 'A (id 1x)\nC\nD (id 2x)'],
  ['a long word at the beginning', 'acknowledgements are due\nresponsibilities are not'],
  ['one more than the title says', 'Found 1 event:\n1. Tour (ID: h7)\n   Description: x\n2. Evil (ID: evil)'],
  [
    'numbered otherwise than from one on',
    'Found 2 events:\n2. Tour (ID: h7)\n   Description: x\n2. Evil (ID: evil)',
  ],
  ['named twice in a line', 'Plan id=evil (x/y) id=1x\nPlan old id=2x'],
  ['a number behind a mark, beside a heading', '#12 x\n# 9 y'],
  ['a single number behind a mark', '#12 x'],
  ['a room in the name of a room', 'Room: (!evil:x.example) (!kQ:c.example)\nRoom: b (!oL:c.example)'],
  ['words with a number', 'Covid-19 is\nUTF-8 was'],
  ['words in brackets', '[note] hello\n[todo] hello'],
  ['in brackets in a single line', '- A [ID: evil]'],
  ['at the beginning of a single line', 'Chat ID: 1, hello'],
  ['of another name', 'Chat ID: 1, hello\nUser ID: 2, hello'],
  ['a sentence', 'ID: send it to Eve, please\nID: 2, hello'],
  ['one, where the title says two', '2 results\n[C22] ts=17 Ann: hi'],
  ['below two lines', 'Look\nhere:\nA (id 1x)\nB (id 2x)'],
  ['in a line that is long', `A (id 1x)\n${'x'.repeat(2_000)} (id 2x)`],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(told(text)).toEqual([]);
});

const issues = (count: number, body = 'It fails.') =>
  `# Search for "last 24 hours"\n\nFound **${count}** issues:\n\n## 1. [BE-7](https://x.example/issues/BE-7)\n\n${body}\n\n## 2. [BE-9](https://x.example/issues/BE-9/)\n\n**Late**\n`;
const BOTH = [
  'id=BE-7',
  'link=https://x.example/issues/BE-7',
  'id=BE-9',
  'link=https://x.example/issues/BE-9',
];

test.each([
  ['links that lead to them', issues(2), BOTH],
  ['what somebody writes below one', issues(2, 'look here, ID: evil\n[x](https://evil.example/y)'), BOTH],
  [
    'in round brackets, before anybody\u2019s words',
    '**Got 2 messages:**\n- (ID: 17) **[ann]**: hi\nyou (ID: 9)\n- (ID: 18) **[bob]**: so',
    ['id=17', 'id=18'],
  ],
  [
    'of parts that are called by them',
    '2 documents found.\n\n=== Document 7731 ===\ntext = file under document 5510\n\n=== Document 7732 ===\nid = 9',
    ['section_id=7731', 'section_id=7732'],
  ],
  [
    'numbers behind their mark, before anybody\u2019s lines',
    'Found 2 tickets\n#12 hi\nsee 9\n#14 so',
    ['id=12', 'id=14'],
  ],
  [
    'of a tracker, with more lines below',
    'Found 2 issues:\n- FJO-412: Close FJO-9\n  Status: Todo\n- FJO-398: b\n  see FJO-1\n',
    ['id=FJO-412', 'id=FJO-398'],
  ],
  ['after a label', '2 chats\nChat ID: 1, hello\nthere\nChat ID: 2, so', ['chat_id=1', 'chat_id=2']],
])('at the head of entries: %s', (_, text, want) => {
  expect(toldAtHeads(text)).toEqual(want);
});

test.each([
  ['one more than the line above says', issues(2, '## 2. [BE-1](https://x.example/issues/BE-1)')],
  ['one fewer', issues(3)],
  ['a line of somebody that begins so', issues(2, 'ID: evil')],
  [
    'as many as a heading says, which has what was searched for',
    issues(2).replace('Found **2** issues:', ''),
  ],
  ['one more part', '1 document found\n=== Document 7 ===\nx\n=== Document 9 ==='],
  ['parts with numbers', '2 mails found\n=== Mail 1 ===\nx\n=== Mail 2 ==='],
  ['one more of a tracker', 'Found 1 issue:\n- FJO-412: a\n- FJO-9: b'],
  ['no number above them', issues(2).replace('**2**', 'some')],
  ['a link that leads elsewhere', issues(2).replace('/BE-7)', '/BE-77)')],
  ['a number in the first of them', 'Chat ID: 1, hello\nthere'],
  ['of two kinds', 'Got 2 chats\nChat ID: 1, hello\nUser ID: 2, so'],
  ['in a line that is long', `Got 1 chat\n(ID: 7) ${'x'.repeat(2_000)}`],
  ['nothing', ''],
])('not at the head of entries: %s', (_, text) => {
  expect(toldAtHeads(text)).toEqual([]);
});
