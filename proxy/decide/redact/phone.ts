/**
 * Phone numbers, with few false alarms rather than none missed: international form with a country code that
 * exists, and national forms only where their grouping or a word beside them tells.
 */
import { type Finder, type Match, patternPlaces } from './match.ts';

/** ITU-T E.164 country codes. */
const COUNTRY =
  '(?:1|7|2(?:0|1[1-368]|2\\d|3\\d|4\\d|5[0-8]|6\\d|7|9[01789])|3(?:[0-469]|5\\d|7\\d|8[0-35-79])|4(?:[013-9]|2[013])|5(?:[1-8]|0\\d|9\\d)|6(?:[0-6]|7[02-9]|8[0-35-9]|9[0-2])|8(?:[1246]|00|08|5[02356]|7[08]|8[0-368])|9(?:[0-58]|6[0-8]|7[0-79]|9[2-68]))';
const SEP = '[ .\\-/]?';
const NOT_BEFORE = '(?<![\\p{L}\\p{N}_+.:/-])';
const NOT_AFTER = '(?![\\p{L}\\p{N}_]|[.,:/-]\\d)';

const FORMS: readonly RegExp[] = [
  // +49 30 123456, +1 (415) 555-2671
  `(?<![\\p{L}\\p{N}_+.])\\+${COUNTRY}(?:${SEP}\\(?\\d\\)?){6,12}${NOT_AFTER}`,
  // 00 44 20 7946 0958
  `${NOT_BEFORE}00[ .-]?${COUNTRY}[ .-]\\d{1,4}(?:[ .-]\\d{2,8}){1,4}${NOT_AFTER}`,
  // (415) 555-2671, 415-555-2671, 1.415.555.2671
  `${NOT_BEFORE}(?:1[ .-])?(?:\\([2-9]\\d{2}\\) ?|[2-9]\\d{2}([ .-]))[2-9]\\d{2}[ .-]\\d{4}${NOT_AFTER}`,
  // 06 12 34 56 78
  `${NOT_BEFORE}0[1-9]([ .-])\\d{2}\\1\\d{2}\\1\\d{2}\\1\\d{2}${NOT_AFTER}`,
  // 020 7946 0958, 0161 496 0000, 07700 900123, (02) 9374 4000, 0412 345 678
  `${NOT_BEFORE}(?:\\(0\\d{1,4}\\)|0\\d{2}) \\d{4} \\d{4}${NOT_AFTER}`,
  `${NOT_BEFORE}0\\d{3} \\d{3} \\d{3,4}${NOT_AFTER}`,
  `${NOT_BEFORE}0\\d{4} \\d{6}${NOT_AFTER}`,
  // 03-1234-5678, 090-1234-5678
  `${NOT_BEFORE}0\\d{1,2}-\\d{4}-\\d{4}${NOT_AFTER}`,
  // 0171/1234567
  `${NOT_BEFORE}0\\d{2,4} ?/ ?\\d{5,8}${NOT_AFTER}`,
  // Tel.: 4155552671
  `(?<=(?:tel|phone|mobile|cell|fax|telefon|handy|whatsapp|sms)\\.?[ :=#]{1,3})\\(?\\d(?:[ ./()-]{0,2}\\d){6,14}${NOT_AFTER}`,
].map((source) => new RegExp(source, 'giu'));

const CANDIDATE = /\d[\d ().\\/-]{5,}/g;
const MARGIN = 24;
const PHONE_MEMBER = /(?:phone|mobile|cell|tel|telephone|fax|msisdn|whatsapp)(?:number|nr|no)?$/;

export const phoneFinder: Finder = {
  places: (text) => patternPlaces(text, CANDIDATE),
  find(text, out, key) {
    CANDIDATE.lastIndex = 0;
    for (let run = CANDIDATE.exec(text); run !== null; run = CANDIDATE.exec(text)) {
      const next = CANDIDATE.lastIndex;
      // What stands before and after decides, but only near by.
      const from = Math.max(0, run.index - MARGIN);
      matchForms(text.slice(from, next + MARGIN), from, out);
      CANDIDATE.lastIndex = next;
    }
    if (key !== undefined && PHONE_MEMBER.test(key.toLowerCase().replace(/[^a-z]/g, ''))) {
      if (/^[+(]?\d[\d ()./-]{5,20}$/.test(text)) out.push({ start: 0, end: text.length, class: 'phone' });
    }
  },
};

function matchForms(text: string, offset: number, out: Match[]): void {
  for (const form of FORMS) {
    for (const { 0: number, index } of text.matchAll(form)) {
      const digits = number.replace(/\D/g, '').length;
      if (digits < 7 || digits > 17) continue;
      out.push({ start: offset + index, end: offset + index + number.length, class: 'phone' });
    }
  }
}
