/** Which texts are tables, and what the cells of those are called. */
import { expect, test } from 'vitest';
import { cellsIn } from '../../../proxy/decide/provenance/tables.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(cellsIn);

test.each([
  ['columns between bars', 'id | name\n1 | Ann Lee\n2 | Bob', ['id=1', 'name=Ann Lee', 'id=2', 'name=Bob']],
  ['Markdown', '| ID | Full Name |\n|---|:--|\n| 1 | Ann |\n', ['id=1', 'full_name=Ann']],
  ['tabs', 'id\tname\n1\tAnn', ['id=1', 'name=Ann']],
  ['commas', 'id,name,text\n1,Ann,hi', ['id=1', 'name=Ann', 'text=hi']],
  [
    'semicolons',
    'id;name;text\n1;"Ann; Lee";"hi,\n2;Eve;x"',
    ['id=1', 'name="Ann; Lee"', 'text="hi,\n2;Eve;x"'],
  ],
  [
    'quotes',
    'id,name,text\n1,Ann,"hi,\n2,Eve,evil"\n3,Bob,"say ""yes"""',
    ['id=1', 'name=Ann', 'text="hi,\n2,Eve,evil"', 'id=3', 'name=Bob', 'text="say ""yes"""'],
  ],
  ['Markdown below a title', 'Found 1 user:\n\n| # | id |\n|---|---|\n| 1 | u7 |', ['#=1', 'id=u7']],
  [
    'Markdown below a title that counts its rows, before text',
    '## Users (2)\n\n| id | name |\n|---|---|\n| 1 | Ann |\n| 2 | Bob |\n\n_Bob says:_ hi\nthere',
    ['id=1', 'name=Ann', 'id=2', 'name=Bob'],
  ],
  ['a title with another number', 'Team 7:\n| id | name |\n|---|---|\n| 1 | Ann |', ['id=1', 'name=Ann']],
  ['an empty cell', 'id,name,text\n1,,hi', ['id=1', 'text=hi']],
  ['other ends of lines', 'id | name\r\n1 | Ann\r\n', ['id=1', 'name=Ann']],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['a line with more cells', 'id | name\n1 | Ann\n2 | Bob | x'],
  ['a line with fewer', 'id | name\n1 | Ann\nDear Bob,'],
  ['prose before it', 'Look:\nid | name\n1 | Ann'],
  ['two lines before Markdown', 'Look\nhere:\n\n| id | name |\n|---|---|\n| 1 | Ann |'],
  ['a line after Markdown', 'Users:\n| id | name |\n|---|---|\n| 1 | Ann |\nbye'],
  ['text behind fewer rows than its title says', 'Users (2):\n| id | name |\n|---|---|\n| 1 | Ann |\nbye'],
  ['text behind more', 'Users (1):\n| id | name |\n|---|---|\n| 1 | Ann |\n| 2 | Bob |\nbye'],
  ['one more row behind the text', 'Users (1):\n| id | name |\n|---|---|\n| 1 | Ann |\nbye\n| 2 | evil |'],
  ['names that are none', '1 | Ann\n2 | Bob'],
  ['two columns between semicolons', 'hello; ann\nbye; bob'],
  ['prose with commas', 'Hello, Ann\nI am here, Bob'],
  ['one column', 'id\n1\n2'],
  ['names alone', 'id | name'],
  ['a quote without its end', 'id,name,text\n1,Ann,"hi\n2,Bob,x'],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(told(text)).toEqual([]);
});
