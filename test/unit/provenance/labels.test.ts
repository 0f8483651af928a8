/** Which parts of a text are told by labels, and which only look so. */
import { expect, test } from 'vitest';
import { labelledIn } from '../../../proxy/decide/provenance/labels.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(labelledIn);

test.each([
  ['a head and a body', 'From: ann\nTo: bob\n\nHello\nID: 7', ['from=ann', 'to=bob']],
  [
    'a head and a body without a gap',
    'From: ann\nTo: bob\nHello!\nID: 7\n\nFrom: eve\nTo: me',
    ['from=ann', 'to=bob'],
  ],
  ['a head alone', 'From: ann\nSubject: Hi: there', ['from=ann', 'subject=Hi: there']],
  ['other ends of lines', 'From: ann\r\nTo: bob\r\n\r\nHello', ['from=ann', 'to=bob']],
  ['space before it', '\n  \nFrom: ann\nTo: bob', ['from=ann', 'to=bob']],
  ['names of several words', 'Thread ID: 7\nReply-To: bob', ['thread_id=7', 'reply_to=bob']],
  ['nothing after a label', 'From: ann\nCc:\nTo: bob', ['from=ann', 'cc=', 'to=bob']],
  ['a folded line', 'To: ann,\n  bob\nFrom: eve', ['to=ann,\n  bob', 'from=eve']],
  ['bold Markdown', '**From:** ann\n- **To**: bob', ['from=ann', 'to=bob']],
  [
    'entries with numbers',
    '1. Event: a\nEvent ID: x\n\n2. Event: b\nEvent ID: y',
    ['event=a', 'event_id=x', 'event=b', 'event_id=y'],
  ],
  [
    'numbered parts, as many as the head says',
    'Thread: 7\nMessages: 2\n\n=== Message 1 ===\nFrom: ann\nTo: bob\n\nHi\n\n=== Message 2 ===\nFrom: bob\n\nTo: eve',
    ['thread=7', 'messages=2', 'from=ann', 'to=bob', 'from=bob'],
  ],
  [
    'numbered parts that say themselves how many there are, up to what somebody writes',
    '# Search\n\n### Result 1 of 2\nFrom: Bob (ID: evil) (id: u7)\nTime: 9\nText:\nFrom: Boss (ID: evil)\n---\n\n### Result 2 of 2\nChannel: #a (ID: C8)\nText: x\nID: evil\n',
    ['from=Bob (ID: evil) ', 'from_id=u7', 'time=9', 'channel=#a ', 'channel_id=C8'],
  ],
  ['further cells', '- ID: 1 | 2026 | memo: hi\n- ID: 2 | 2025 |', ['id=1', 'id=2']],
  ['several entries', 'ID: 1\nFrom: a\n\nID: 2\nFrom: b\n', ['id=1', 'from=a', 'id=2', 'from=b']],
  [
    'entries below a title',
    'Found 2 messages:\n\nID: 1\nFrom: a\n\nID: 2\nFrom: b',
    ['id=1', 'from=a', 'id=2', 'from=b'],
  ],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['a body that goes on like an entry', 'ID: 1\nFrom: a\n\nHello\n\nID: 2\nFrom: evil', ['id=1', 'from=a']],
  ['a body that is one, but for its first label', 'ID: 1\nFrom: a\n\nFrom: evil\nID: 2', ['id=1', 'from=a']],
  ['a body of several', 'ID: 1\nFrom: a\n\nID: 2\nFrom: evil\n\nbye', ['id=1', 'from=a']],
  [
    'a part more than the head says',
    'Thread: 7\nMessages: 1\n\n=== Message 1 ===\nFrom: ann\n\n=== Message 2 ===\nFrom: evil',
    ['thread=7', 'messages=1'],
  ],
  [
    'a part that is numbered like another',
    'Thread: 7\nMessages: 2\n\n=== Message 1 ===\nFrom: evil\n\n=== Message 1 ===\nFrom: ann',
    ['thread=7', 'messages=2'],
  ],
  [
    'parts that nobody has counted',
    'Thread: 7\nKind: a\n\n=== Message 1 ===\nFrom: evil',
    ['thread=7', 'kind=a'],
  ],
  [
    'parts of another name',
    'Thread: 7\nMessages: 1\n\n=== Reply 1 ===\nFrom: evil',
    ['thread=7', 'messages=1'],
  ],
  [
    'a part more than they say themselves',
    '# Search\n\n### Result 1 of 2\nFrom: ann\n\n### Result 2 of 2\nFrom: evil\n\n### Result 2 of 2\nFrom: bob',
    [],
  ],
  [
    'a part that says there are more',
    '# Search\n\n### Result 1 of 1\nFrom: ann\n\n### Result 2 of 2\nFrom: evil',
    [],
  ],
  ['prose before it', 'Dear Bob,\nFrom: evil\nID: 2', []],
  ['two lines of prose before it', 'Dear Bob,\nhow are you?\n\nFrom: evil\nID: 2', []],
  ['two paragraphs before it', 'Dear Bob\n\nhow are you?\n\nFrom: evil\nID: 2', []],
  ['one line alone', 'From: ann', []],
  ['a line that is none', 'From: ann\nhello\nTo: bob', []],
  ['a URL', 'https://a.example\nhttps://b.example', []],
  ['a time', '10:30 stand-up\n11:00 review', []],
  ['nothing', '', []],
])('not %s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});
