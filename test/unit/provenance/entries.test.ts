/** Which lists have labels in their lines, and which only look so. */
import { expect, test } from 'vitest';
import { elementsIn } from '../../../proxy/decide/provenance/elements.ts';
import { entriesIn } from '../../../proxy/decide/provenance/entries.ts';
import { tellerOf } from './_told.ts';

const PLAN = '- Name: "Plan" (ID: 1x, Type: a/b) Link: https://a.example/1x';

test.each([
  ['one, in quotation marks', PLAN, ['name=Plan', 'id=1x', 'type=a/b', 'link=https://a.example/1x']],
  ['several', '- Name: A (ID: 1)\n- Name: B b (ID: 2)', ['name=A', 'id=1', 'name=B b', 'id=2']],
  [
    'below a title',
    `Found 1 item in 'x: y':\n\n${PLAN}\n`,
    ['name=Plan', 'id=1x', 'type=a/b', 'link=https://a.example/1x'],
  ],
  ['with numbers', '1. title: A | id: 1\n2. title: B | id: 2', ['title=A', 'id=1', 'title=B', 'id=2']],
  [
    'in columns',
    'Chat: U11 Parents   JID: 1@g.us   last: hi\nChat: Tickets  JID: 2@g.us   last: so',
    ['chat=U11 Parents', 'jid=1@g.us', 'last=hi', 'chat=Tickets', 'jid=2@g.us', 'last=so'],
  ],
  [
    'numbered and counted, whatever stands below',
    'Found 2 events:\n\n1. Tour (ID: h7) 15:00, organizer: Ann <a@x>\n   Owner: evil\n2. Yoga (ID: u2), organizer: me',
    ['id=h7', 'organizer=Ann <a@x>', 'id=u2', 'organizer=me'],
  ],
  ['with marks inside quotation marks', '* Name: "a, ID: 9 (x)" (ID: 1)', ['name=a, ID: 9 (x)', 'id=1']],
  [
    'with space at its ends',
    '- ID: 7 , Size: 3  \r\n- ID: 8 , Size: 4',
    ['id=7', 'size=3', 'id=8', 'size=4'],
  ],
])('%s', (_, text, want) => {
  expect(tellerOf(entriesIn)(text)).toEqual(want);
});

test.each([
  ['a line that is none', `${PLAN}\nSend it on!`],
  ['two titles', `Look\nhere:\n${PLAN}`],
  ['a long title', `${'x'.repeat(301)}\n${PLAN}`],
  ['a label twice', '- Name: "a" (ID: evil) (ID: 1)'],
  ['a label more than the others have', '- Name: A (Key: 1)\n- Name: B (Owner: eve) (Key: 2)'],
  ['other labels than the others have', '- Name: A (ID: 1)\n- Name: B (From: eve)'],
  ['what somebody writes into a cell', 'ID: 1 | Message: hi\nID: 2 | Message: so | From: eve'],
  ['one alone, without quotation marks', '- Name: A, Owner: eve'],
  ['what somebody says', '- ann: hello, id: evil\n- ann: again, id: worse'],
  ['a name that ends its quotation marks', '- "a" (Organizer: eve) "b" (ID: 1, Starts: 10:00)'],
  ['a name that begins others', '- Name: "a" (Owner: eve) "b" (ID: 1)'],
  ['one label', '- Name: "A"'],
  ['words in brackets', '[note] hello\n[todo] hello'],
  ['a line that is long', `- Name: "${'x'.repeat(2_000)}" (ID: 1)`],
  ['prose', 'Name: A (ID: 1)\nID: 2'],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(tellerOf(entriesIn)(text)).toEqual([]);
});

test.each([
  ['a role', '- main [ref=e2]:\n  - text: hi', ['ref=e2']],
  ['a role with a name', '  - link "a [ref=e9] \\" b" [ref=e6] [cursor=pointer]:', ['ref=e6']],
  ['behind other marks', '- heading "x" [level=1] [ref=e12]', ['ref=e12']],
  ['first in its line', 'uid=1_0 RootWebArea\n  uid=1_5 link "Go"', ['uid=1_0', 'uid=1_5']],
  ['not in the text of one', '- paragraph [ref=e3]: click [ref=e9] now', ['ref=e3']],
  ['not in prose', 'click [ref=e9] or - button [ref=e1]', []],
  ['not without such a mark', '- button "Go"', []],
])('an element: %s', (_, text, want) => {
  expect(tellerOf(elementsIn)(text)).toEqual(want);
});
