/** Which line says how many entries come after it. */
import { expect, test } from 'vitest';
import { countIn } from '../../../proxy/decide/provenance/lines.ts';

test.each([
  ['Found 2 files:', 2],
  ['Found **12** issues:', 12],
  ['**Retrieved 6 messages:**', 6],
  ['Successfully retrieved 3 events from calendar 7:', 3],
  ['Successfully processed: 2 messages', 2],
  ['There are 4 rows', 4],
  ['5 hotels near the station:', 5],
  ['- 1 result', 1],
  ['## Upcoming bookings (3)', 3],
  ['\u{1f514} Notifications (2)', 2],
  ['## Messages (2 results)', 2],
  ['Messages: 2', 2],
  ['Count: **7**', 7],
])('%j: %d', (title, want) => {
  expect(countIn(title)).toBe(want);
});

test.each([
  'Email #2 Details:',
  'Email 2 Details:',
  '#2 of the mails',
  'Thread 17:',
  'Page 2 of 3',
  'Search Results for "last 24 hours"',
  'Subject: 2 tickets for you',
  '1. Tour',
  '[7] ann: hi',
  '2026-02-09 18:20 hello',
  'Chat ID: 1, hello',
  'Files of 2 projects (old)',
  '12345 files',
  `Found ${'x'.repeat(300)} 2 files`,
  '',
])('%j counts nothing', (title) => {
  expect(countIn(title)).toBeUndefined();
});
