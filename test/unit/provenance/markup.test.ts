/** Which texts are lists in XML, and which only look so. */
import { expect, test } from 'vitest';
import { markupIn } from '../../../proxy/decide/provenance/markup.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(markupIn);

test.each([
  [
    'elements in one',
    '<issues count="2">\n  <issue id="BE-7" createdBy="Ann">\n    <title>A: b</title>\n  </issue>\n</issues>\n',
    ['count=2', 'id=BE-7', 'createdby=Ann', 'title=A: b'],
  ],
  ['empty elements', '<user id="7" name="Ann Lee"/>\n<user id="8"/>', ['id=7', 'name=Ann Lee', 'id=8']],
  [
    'elements below a title',
    'Here it is:\n<page url="x://7">\n{"a": 1}\n</page>',
    ['url=x://7', 'page={"a": 1}'],
  ],
  ['an element without text', '<a></a>', []],
  ['below a declaration', '<?xml version="1.0" encoding="UTF-8"?>\n<a id="7">x</a>', ['id=7', 'a=x']],
  ['text beside elements', '<a>x <b>y</b> z</a>', ['b=y']],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['what somebody opens', '<issue id="7"><title>a <issue id="evil"></title></issue>'],
  ['what somebody closes', '<issue id="7"><title>a </issue></title></issue>'],
  ['a declaration further down', '<a><?xml version="1.0"?></a>'],
  ['a mark that is none', '<issue id="7"><title>a < b</title></issue>'],
  ['an element that is left open', '<issue id="7">'],
  ['text behind it', '<issue id="7"/> <issue id="8"/> and so on'],
  ['text between two', '<issue id="7"/> said <issue id="8"/>'],
  ['two lines before it', 'Look\nhere:\n<issue id="7"/>'],
  ['prose with an element in it', 'see <issue id="7"/>'],
  ['an attribute that goes on', '<issue id="7 <b id="8"/>'],
  ['more depth than anybody prints', `${'<a>'.repeat(17)}${'</a>'.repeat(17)}`],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(told(text)).toEqual([]);
});
