/** Digests, hex and URL query text, as topdown has them; strings are their UTF-8 bytes. */
import { createHash, createHmac } from 'node:crypto';
import { ofStrings } from './builtin.ts';

export const sha256 = ofStrings(1, (text = '') => createHash('sha256').update(text, 'utf8').digest('hex'));

export const hmacSha256 = ofStrings(2, (text = '', key = '') =>
  createHmac('sha256', key).update(text, 'utf8').digest('hex'),
);

export const hexEncode = ofStrings(1, (text = '') => Buffer.from(text, 'utf8').toString('hex'));

export const hexDecode = ofStrings(1, (text = '') => {
  const isHex = text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
  return isHex ? Buffer.from(text, 'hex').toString('utf8') : undefined;
});

/** Go's url.QueryEscape: everything but letters, digits and -_.~ as %XX, a space as +. */
export const urlqueryEncode = ofStrings(1, (text = '') =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+'),
);

/** Go's url.QueryUnescape: + is a space, and a % without two hex digits makes it undefined. */
export const urlqueryDecode = ofStrings(1, (text = '') => {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  return spaced.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
});
