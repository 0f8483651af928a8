/**
 * Whose answer an unreadable message seems to be. What cannot be read is refused, and somebody waits for it: better
 * told now than at a time-out. A wrong guess refuses an answer on the same link and delivers nothing.
 */
import type { FrameId } from '../frame/read-frame.ts';

const ID = String.raw`"id"\s*:\s*("(?:[^"\\]|\\.){0,256}"|-?\d{1,15})`;
const VERSION = String.raw`"jsonrpc"\s*:\s*"2\.0"`;
/** Where servers write the id of an answer: at its end, at its beginning, or wherever else. */
const SEEMING_IDS = [
  new RegExp(String.raw`${ID}\s*(?:,\s*${VERSION}\s*)?\}\s*$`),
  new RegExp(String.raw`^[\ufeff\s]*\{\s*(?:${VERSION}\s*,\s*)?${ID}`),
  new RegExp(ID),
];
const LOOK_AT_BYTES = 4_096;

/** What looks like the id of a message that cannot be read; a wrong guess refuses an answer of the same caller. */
export function seemingId(line: Buffer): FrameId | undefined {
  const text =
    line.length <= 2 * LOOK_AT_BYTES
      ? line.toString('utf8')
      : `${line.toString('utf8', 0, LOOK_AT_BYTES)}\n${line.toString('utf8', line.length - LOOK_AT_BYTES)}`;
  if (!/^[\ufeff\s]*\{/.test(text)) return undefined;
  for (const pattern of SEEMING_IDS) {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) continue;
    try {
      return JSON.parse(found) as FrameId;
    } catch {
      return undefined;
    }
  }
  return undefined;
}
