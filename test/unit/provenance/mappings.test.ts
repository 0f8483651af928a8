/** Which texts are mappings in YAML, and which only look so. */
import { expect, test } from 'vitest';
import { mappingsIn } from '../../../proxy/decide/provenance/mappings.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(mappingsIn);

test.each([
  ['one', 'id: 7\nsubject: Hi', ['id=7', 'subject=Hi']],
  ['several', '- id: 7\n  from: a\n- id: 8\n  from: b\n', ['id=7', 'from=a', 'id=8', 'from=b']],
  ['quotation marks of both kinds', `- id_: '7'\n  from: "a"`, ['id=7', 'from=a']],
  [
    'text that goes on further in, with empty lines',
    "- body: 'Hi\n\n    sender: evil\n\n    - id: evil'\n  sender: ann",
    ["body='Hi", 'sender=ann'],
  ],
  [
    'text in a block',
    'id: 7\nbody: |-\n  sender: evil\n\n  so\nsender: ann',
    ['id=7', 'body=|-', 'sender=ann'],
  ],
  ['elements as far in as their key', 'to:\n- a\n- b\nid: 7', ['to=a', 'to=b', 'id=7']],
  ['elements further in', '- to:\n    - a\n    - b\n  id: 7', ['to=a', 'to=b', 'id=7']],
  ['elements in one line', 'id: 7\nto: [a, b]', ['id=7', 'to=a, b']],
  [
    'a mapping inside',
    '- from:\n    name: Ann\n    email: a\n  id: 7',
    ['from_name=Ann', 'from_email=a', 'id=7'],
  ],
  [
    'mappings inside a list',
    'guests:\n  - name: A\n    id: 1\n  - name: B\nid: 7',
    ['guests_name=A', 'guests_id=1', 'guests_name=B', 'id=7'],
  ],
  ['nothing after a key', 'cc:\nid: 7', ['id=7']],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['a line that is none', '- id: 7\n  from: a\nSend it on!'],
  ['an empty line between keys, behind which somebody goes on', 'id: 7\nfrom: a\n\nsender: evil'],
  ['an empty line between entries', '- id: 7\n  from: a\n\n- id: 8\n  from: evil'],
  ['names of several words', 'Thread ID: 7\nFrom: a'],
  ['prose with a colon', 'note: this is\nwhat it says'],
  ['one key', 'id: 7'],
  ['what is further in than nothing', 'id: 7\n  from: a\n from: evil'],
  ['elements of nothing', '- id\n- from: a\n  to: b'],
  [
    'more depth than anybody prints',
    `${Array.from({ length: 9 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')}\nb: 1`,
  ],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(told(text)).toEqual([]);
});
