/** `input.time`: the parts a rule about office hours reads, in the zone of the configuration. */
import { expect, test } from 'vitest';
import { timeText } from '../../../proxy/pipeline/time-text.ts';

const at = (iso: string, zone = 'UTC') => JSON.parse(timeText(Date.parse(iso), zone)) as object;

test.each([
  ['2026-11-21T09:40:00Z', 'UTC', { epoch: 1795254000, weekday: 'saturday', hour: 9, minute: 40, tz: 'UTC' }],
  ['2026-11-21T00:00:00Z', 'UTC', { weekday: 'saturday', hour: 0, minute: 0 }],
  ['2026-11-21T23:59:59.999Z', 'UTC', { epoch: 1795305599, weekday: 'saturday', hour: 23, minute: 59 }],
  [
    '2026-11-22T00:30:00Z',
    'America/New_York',
    { weekday: 'saturday', hour: 19, minute: 30, tz: 'America/New_York' },
  ],
  ['2026-11-20T18:30:00Z', 'Asia/Kolkata', { weekday: 'saturday', hour: 0, minute: 0 }],
  ['2026-11-20T18:15:00Z', 'Asia/Kathmandu', { weekday: 'saturday', hour: 0, minute: 0 }],
  ['2026-03-29T00:59:00Z', 'Europe/Berlin', { weekday: 'sunday', hour: 1, minute: 59 }],
  ['2026-03-29T01:00:00Z', 'Europe/Berlin', { weekday: 'sunday', hour: 3, minute: 0 }],
  ['2026-10-25T01:30:00Z', 'Europe/Berlin', { weekday: 'sunday', hour: 2, minute: 30 }],
  ['2028-02-29T12:00:00Z', 'UTC', { weekday: 'tuesday', hour: 12, minute: 0 }],
])('%s in %s', (iso, zone, want) => {
  expect(at(iso, zone)).toMatchObject(want);
});

test('the second moves within a minute, and the minute after it', () => {
  expect(at('2026-11-21T09:40:01Z')).toMatchObject({ epoch: 1795254001, minute: 40 });
  expect(at('2026-11-21T09:40:59Z')).toMatchObject({ epoch: 1795254059, minute: 40 });
  expect(at('2026-11-21T09:41:00Z')).toMatchObject({ epoch: 1795254060, minute: 41 });
});

test('another zone in the same minute is another time, and so is going back', () => {
  expect(at('2026-11-21T09:40:00Z', 'Europe/Berlin')).toMatchObject({ hour: 10, tz: 'Europe/Berlin' });
  expect(at('2026-11-21T09:40:00Z', 'UTC')).toMatchObject({ hour: 9, tz: 'UTC' });
  expect(at('2026-11-21T09:39:00Z', 'UTC')).toMatchObject({ hour: 9, minute: 39 });
});

test('one text, members in the order of the contract', () => {
  expect(timeText(Date.UTC(2026, 10, 21, 9, 40), 'UTC')).toBe(
    '{"epoch":1795254000,"weekday":"saturday","hour":9,"minute":40,"tz":"UTC"}',
  );
});
