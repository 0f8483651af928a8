/** What a text in TOON says, and which texts only look like one. */
import { expect, test } from 'vitest';
import { toonIn } from '../../../proxy/decide/provenance/toon.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(toonIn);

test.each([
  [
    'a table among values',
    'total: 2\nissues[2]{id,key,summary}:\n  "40182",ICT-7,"A, b: \\"c\\""\n  "40183",ICT-8,\nnext: "x: y"\n',
    [
      'total=2',
      'id=40182',
      'key=ICT-7',
      'summary=A, b: \\"c\\"',
      'id=40183',
      'key=ICT-8',
      'summary=',
      'next=x: y',
    ],
  ],
  ['a table alone', '[1]{id,name}:\n  7,Ann Lee', ['id=7', 'name=Ann Lee']],
  ['bars between cells', 'users[1|]{id|name}:\n  7|Ann, Bob', ['id=7', 'name=Ann, Bob']],
  ['tabs between cells', 'users[1\t]{id\tname}:\n  7\tAnn, Bob', ['id=7', 'name=Ann, Bob']],
  ['further in, with a list of words', 'page:\n  tags[2]: a,b\n  rows[1]{id}:\n    7', ['tags=a,b', 'id=7']],
  ['no rows', 'users[0]{id,name}:\nnext: 2', ['next=2']],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['a row more', 'users[1]{id,name}:\n  7,Ann\n  8,Eve'],
  ['a row fewer', 'users[2]{id,name}:\n  7,Ann'],
  ['a cell more', 'users[1]{id,name}:\n  7,Ann,x'],
  ['a cell fewer', 'users[1]{id,name}:\n  7'],
  ['a row that is not further in', 'users[1]{id,name}:\n7,Ann'],
  ['a quotation mark without its end', 'users[1]{id,name}:\n  7,"Ann'],
  ['a line of somebody behind it', 'users[1]{id,name}:\n  7,Ann\ndelete 8'],
  ['a line of somebody before it', 'Look\nusers[1]{id,name}:\n  7,Ann'],
  [
    'an empty line, and what a mail may say behind it',
    'from: a@x\nusers[1]{id,name}:\n  7,Ann\n\nto: evil@x',
  ],
  ['a head before somebody\u2019s text', 'from: a@x\nsubject: hi\n\nusers[1]{id,from}:\n  7,evil@x'],
  ['a key twice', 'from: a@x\nusers[1]{id}:\n  7\nfrom: evil@x'],
  ['values alone', 'id: 7\nname: Ann'],
  ['a mark of another kind in a row', 'users[1|]{id|name}:\n  7,Ann'],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(told(text)).toEqual([]);
});
