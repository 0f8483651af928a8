/**
 * Go's `strconv.Quote` family: a string in double quotes, or a character in single quotes, with everything
 * that does not print escaped. `ascii` escapes whatever lies beyond ASCII too (the `%+q` form). What prints is asked of the
 * runtime's Unicode tables: a character newer than Go's shows as itself here and as an escape there.
 */
const SHORT: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};
/** Go's IsPrint: letters, marks, numbers, punctuation, symbols, and of the spaces only U+0020. */
const PRINTS = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const PLAIN_ASCII = /^[ !#-[\]-~]*$/;

export function quote(text: string, ascii = false): string {
  return PLAIN_ASCII.test(text) ? `"${text}"` : `"${escapeAll(text, '"', ascii)}"`;
}

export function quoteCharacter(character: string, ascii = false): string {
  return `'${escapeAll(character, "'", ascii)}'`;
}

/** True when a raw, backquoted string can hold the text: no control but tab, no backquote, no BOM, no DEL. */
export function canBackquote(text: string): boolean {
  return !/[\u0000-\u0008\u000a-\u001f`\u007f\ufeff]/.test(text);
}

export function isPrintable(character: string): boolean {
  return PRINTS.test(character);
}

function escapeAll(text: string, delimiter: string, ascii: boolean): string {
  let out = '';
  for (const character of text) out += escapeOne(character, delimiter, ascii);
  return out;
}

function escapeOne(character: string, delimiter: string, ascii: boolean): string {
  if (character === delimiter) return `\\${delimiter}`;
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (PRINTS.test(character) && (!ascii || code < 0x80)) return character;
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
