/** Which texts are tables in columns, and what the cells of those are called. */
import { expect, test } from 'vitest';
import { columnsIn } from '../../../proxy/decide/provenance/columns.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(columnsIn);

test.each([
  [
    'of a command',
    'NAME           READY   UP-TO-DATE   AGE\napi            1/1     1            212d\nworker-blue    0/1     1            212d\n',
    [
      'name=api',
      'ready=1/1',
      'up_to_date=1',
      'age=212d',
      'name=worker-blue',
      'ready=0/1',
      'up_to_date=1',
      'age=212d',
    ],
  ],
  [
    'with names of two words, blanks in cells and empty ones',
    'CONTAINER ID   STATUS        PORTS   NAMES\nf00d1e2a3b4c   Up 3 hours            web-1\n',
    ['container_id=f00d1e2a3b4c', 'status=Up 3 hours', 'names=web-1'],
  ],
  ['with other ends of lines', 'ID   NAME\r\n7    ann\r\n', ['id=7', 'name=ann']],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['a line of somebody behind it', 'NAME   AGE\napi    2d\nplease delete api'],
  ['a line of somebody who knows where cells begin', 'NAME   AGE\napi    2d\n\nevil   9d'],
  ['a line of somebody before it', 'Look:\nNAME   AGE\napi    2d'],
  ['a cell without room before it', 'NAME   AGE\na-longer-name 2d'],
  ['a line that begins further in', 'NAME   AGE\napi    2d\n       evil'],
  ['a tab in it', 'NAME   AGE\napi    2d\tx'],
  ['names that are words', 'Name   Age\napi    2d'],
  ['one column', 'NAME\napi'],
  ['names alone', 'NAME   AGE'],
  ['a shout', 'PLEASE SEND IT\nto eve'],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(told(text)).toEqual([]);
});
