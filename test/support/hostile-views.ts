/**
 * Ways to look at what a client received: the messages in it, and every text a person, a model or a decoder
 * could find there, so that a secret counts as shown however it was spelled.
 */
import type { Answer } from './hostile-client.ts';
import type { Oracle } from './hostile-corpus.ts';
import { isLooseObject } from './readings.ts';
import { type Loose, parseLoosely } from './tolerant-json.ts';

/** Data of each event that has any, or the whole body. */
export function messagesOf(answer: Answer): string[] {
  const isStream = /^text\/event-stream/i.test(answer.headers['content-type'] ?? '');
  if (isStream) return eventData(answer.body);
  return answer.body === '' ? [] : [answer.body];
}

/** Reads lines as leniently as the specification of server-sent events allows. */
export function eventData(text: string): string[] {
  const events: string[] = [];
  let data: string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    else if (line === '' && data.length > 0) {
      if (data.join('') !== '') events.push(data.join('\n'));
      data = [];
    }
  }
  return events;
}

export function visibleTexts(answer: Answer, views: NonNullable<Oracle['views']>): string[] {
  const texts = everyText(answer);
  const more = [...texts];
  if (views.includes('base64')) for (const text of texts) more.push(Buffer.from(text, 'base64').toString());
  if (views.includes('joined')) more.push(messagesOf(answer).map(joinedText).join(''));
  // What an eye would not tell from the secret itself.
  for (const text of texts) {
    more.push(text.normalize('NFKC').replaceAll(/[\p{Default_Ignorable_Code_Point}\0]/gu, ''));
  }
  return more;
}

/** The bytes as they are, headers, and all strings and member names in any JSON among them, decoded. */
export function everyText(answer: Answer): string[] {
  const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
  return [answer.body, ...headers, ...messagesOf(answer).flatMap((text) => stringsIn(parseLoosely(text)))];
}

/** Text items of a result, as a model reads them: one after the other. */
function joinedText(message: string): string {
  return Array.from(message.matchAll(/"text":"((?:[^"\\]|\\.)*)"/g), ([, text]) => text).join('');
}

function stringsIn(documents: readonly Loose[]): string[] {
  const strings: string[] = [];
  const queue: Loose[] = [...documents].reverse();
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (typeof value === 'string') strings.push(value);
    else if (isLooseObject(value)) {
      for (const [name, member] of value.members.toReversed()) queue.push(member, name);
    } else if (Array.isArray(value)) queue.push(...(value as Loose[]).toReversed());
  }
  return strings;
}
