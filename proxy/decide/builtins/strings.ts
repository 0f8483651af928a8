/** sprintf, strings.any_prefix_match, strings.any_suffix_match, strings.count and glob.quote_meta, as topdown has them. */
import { type Builtin, ofStrings, stringItems } from './builtin.ts';
import { print } from './compare.ts';
import { Float64, type PrintfArgument, sprintf } from './go-printf.ts';
import { isArray, RegoNumber, type RegoValue } from './value.ts';

export const sprintfBuiltin: Builtin = function sprintfBuiltin(_context, format, args) {
  if (typeof format !== 'string' || args === undefined || !isArray(args)) return undefined;
  return sprintf(format, args.map(toPrintfArgument));
};

/** Booleans, null and collections reach Go's fmt as their text, hence `%t` of true is `%!t(string=true)`. */
function toPrintfArgument(value: RegoValue): PrintfArgument {
  if (typeof value === 'string') return value;
  if (!(value instanceof RegoNumber)) return print(value);
  if (/^-?[0-9]+$/.test(value.text)) return BigInt(value.text);
  const float = Number(value.text);
  return Number.isFinite(float) ? new Float64(float) : value.text;
}

export const anyPrefixMatch: Builtin = (_context, texts, affixes) =>
  anyAffixMatch(texts, affixes, (text, affix) => text.startsWith(affix));

export const anySuffixMatch: Builtin = (_context, texts, affixes) =>
  anyAffixMatch(texts, affixes, (text, affix) => text.endsWith(affix));

function anyAffixMatch(
  texts: RegoValue | undefined,
  affixes: RegoValue | undefined,
  match: (text: string, affix: string) => boolean,
): boolean | undefined {
  const left = typeof texts === 'string' ? [texts] : stringItems(texts);
  const right = typeof affixes === 'string' ? [affixes] : stringItems(affixes);
  if (left === undefined || right === undefined) return undefined;
  return left.some((text) => right.some((affix) => match(text, affix)));
}

/** Occurrences that do not overlap; an empty needle counts once per code point and once more. */
export const stringsCount: Builtin = ofStrings(2, (text = '', needle = '') => {
  if (needle === '') return Array.from(text).length + 1;
  let count = 0;
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) count++;
  return count;
});

export const globQuoteMeta: Builtin = ofStrings(1, (text = '') => text.replace(/[*?\\[\]{}]/g, '\\$&'));
