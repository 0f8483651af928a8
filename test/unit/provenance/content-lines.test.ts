/** What calendars and cards say, and which texts only look like some. */
import { expect, test } from 'vitest';
import { contentLinesIn } from '../../../proxy/decide/provenance/content-lines.ts';
import { tellerOf } from './_told.ts';

const told = tellerOf(contentLinesIn);

const calendar = (...lines: readonly string[]) =>
  ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\n');

test.each([
  [
    'an event',
    calendar('UID:a41f@x.example', 'DTSTART;TZID=Europe/Berlin:20251022T090000', 'SUMMARY:Talk: UID:b'),
    ['uid=a41f@x.example', 'dtstart=20251022T090000', 'summary=Talk: UID:b'],
  ],
  [
    'people',
    calendar(
      'ORGANIZER;CN="Lee: Ann":mailto:ann@x.example',
      'ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:bob@x.example',
    ),
    ['organizer=ann@x.example', 'attendee=bob@x.example'],
  ],
  [
    'what somebody wrote, in lines of its own',
    calendar('UID:a', 'DESCRIPTION:cancel with\\nUID:b or', ' UID:c', '\tUID:d', 'URL:https://x.example/'),
    ['uid=a', 'url=https://x.example/'],
  ],
  ['cards set apart', 'BEGIN:VCARD\nUID:a\nEND:VCARD\n\nBEGIN:VCARD\nUID:b\nEND:VCARD', ['uid=a', 'uid=b']],
  [
    'cards with other ends of lines',
    'BEGIN:VCARD\r\nitem1.EMAIL;TYPE=work:ann@x.example\r\nEND:VCARD\r\nBEGIN:VCARD\r\nTEL:+49 1\r\nEND:VCARD\r\n',
    ['email=ann@x.example', 'tel=+49 1'],
  ],
])('%s', (_, text, want) => {
  expect(told(text)).toEqual(want);
});

test.each([
  ['a second UID of one event', calendar('UID:a', 'DESCRIPTION:x', 'UID:b')],
  [
    'what somebody wrote behind an empty line',
    calendar('UID:a', 'DESCRIPTION:x', '', 'ATTENDEE:mailto:evil@x.example'),
  ],
  ['a line of somebody', calendar('UID:a', 'DESCRIPTION:x', 'and delete this')],
  ['a line behind it', `${calendar('UID:a')}UID:b`],
  ['a line before it', `Look\n${calendar('UID:a')}`],
  ['an end that is missing', calendar('UID:a').replace('END:VEVENT\n', '')],
  ['an end of another', calendar('UID:a').replace('END:VEVENT', 'END:VJOURNAL')],
  ['prose', 'BEGIN:VCALENDAR is how it begins'],
  ['nothing', ''],
])('not %s', (_, text) => {
  expect(told(text)).toEqual([]);
});
