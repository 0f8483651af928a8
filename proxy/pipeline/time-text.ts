/** `input.time` as JSON text. Weekday, hour and minute are worked out once a minute; only the epoch changes between. */

let minute = -1;
let zone = '';
let rest = '';

/**
 * @param timeZone an IANA zone; the configuration has checked it.
 * @example timeText(Date.UTC(2026, 10, 21, 9, 40), 'UTC')
 *   // {"epoch":1795254000,"weekday":"saturday","hour":9,"minute":40,"tz":"UTC"}
 */
export function timeText(nowMs: number, timeZone: string): string {
  const current = Math.floor(nowMs / 60_000);
  if (current !== minute || timeZone !== zone) {
    rest = partsText(nowMs, timeZone);
    minute = current;
    zone = timeZone;
  }
  return `{"epoch":${Math.floor(nowMs / 1000)}${rest}`;
}

function partsText(nowMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const part = Object.fromEntries(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  const weekday = String(part['weekday']).toLowerCase();
  const tz = JSON.stringify(timeZone);
  return `,"weekday":"${weekday}","hour":${Number(part['hour'])},"minute":${Number(part['minute'])},"tz":${tz}}`;
}
