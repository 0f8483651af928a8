/**
 * Values that are not what the name of their argument says: `href` or `calendar_url` has a path of the server that is
 * called, `domain` a filter or a field of knowledge. To take them for hosts would refuse honest calls.
 */
import type { Json } from '../../frame/json.ts';
import { mayNameOthers, toSnake } from './_argument-names.ts';

/**
 * `/cal/trip.ics`, within the server that is called. Two marks lead elsewhere, also with a tab between, or where somebody
 * decodes the second.
 */
const OWN_PATH = /^\/(?![\\/%])[^\\\s]*$/;

/** As WebDAV calls what it has. @see RFC 4918 section 8.3, RFC 4791, RFC 6352 */
const OWN_NAME =
  /(?:^|_)hrefs?$|(?:^|_)(?:calendar|address_?book|collection|event|object|contact|principal|resource)_ur[li]s?$/;

/** In an argument that has the name for it. */
export function isOwnPath(text: string, name: string): boolean {
  return OWN_PATH.test(text) && OWN_NAME.test(toSnake(name));
}

/** `domain: ["switch", "light"]` of a house, or the filter below. */
export function isOfOtherMeaning(list: readonly Json[], name: string): boolean {
  if (!mayNameOthers(name) || list.length === 0) return false;
  return isFilter(list) || list.every((element) => typeof element === 'string' && isPlainWord(element));
}

/**
 * `domain: ["|", ["name", "=", "x"]]` says what to look for, as Odoo has it: nothing in it but terms, and how they are
 * joined.
 */
function isFilter(list: readonly Json[]): boolean {
  return list.every(isOfFilter) && list.some(Array.isArray);
}

function isOfFilter(element: Json): boolean {
  if (Array.isArray(element)) return element.length === 3 && typeof element[0] === 'string';
  return element === '|' || element === '&' || element === '!';
}

/** Not `[::1]`, and no list of hosts. */
const FILTER_TEXT = /^\s*\[\s*(?:[[(]|(["'])[|&!]\1|\]\s*$)/;

/** The same, written as text. */
export function isFilterText(text: string): boolean {
  return FILTER_TEXT.test(text);
}

/** A name, not that of a host or a number that the network would take for one. */
export function isPlainWord(text: string): boolean {
  return /^[\w-]{1,256}$/.test(text) && !/^localhost$|^0x|^\d+$/i.test(text);
}
