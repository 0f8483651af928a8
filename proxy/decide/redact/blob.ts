/**
 * Text inside `blob` members: base64 that decodes to something a reader would take for text is redacted as
 * text and encoded again; pictures and archives are left alone, because an edit would only break them.
 */
import { isUtf8 } from 'node:buffer';

export interface BlobText {
  readonly text: string;
  encode(text: string): string;
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const WHITE = /[ \t\r\n]+/g;
const TEXT_TYPE =
  /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|toml|sql|javascript|x-sh|x-www-form-urlencoded|x-pem-file)|[\w./-]+\+(?:json|xml|yaml)|message\/|image\/svg)/i;
const CONTROL = /[\0-\x08\x0e-\x1a\x1c-\x1f]/;

/**
 * @param mimeType asked for only when the bytes alone do not tell.
 * @returns undefined when the value is not base64 or not text.
 */
export function blobText(blob: string, mimeType: () => string | undefined): BlobText | undefined {
  const compact = WHITE.test(blob) ? blob.replace(WHITE, '') : blob;
  WHITE.lastIndex = 0;
  if (!BASE64.test(compact)) return undefined;
  const bytes = Buffer.from(compact, 'base64');
  const encoding = encodingOf(bytes, mimeType);
  if (encoding === undefined) return undefined;
  return { text: bytes.toString(encoding), encode: (text) => Buffer.from(text, encoding).toString('base64') };
}

function encodingOf(bytes: Buffer, mimeType: () => string | undefined): BufferEncoding | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf16le';
  const utf8 = isUtf8(bytes);
  const sample = bytes.toString('latin1', 0, 4096);
  if (utf8 && !sample.includes('\0')) return 'utf8';
  // Latin-1 keeps every byte, whatever encoding was meant, and shows ASCII as it is.
  if (!CONTROL.test(sample) || TEXT_TYPE.test(mimeType() ?? ''))
    return sample.includes('\0') ? sixteen(bytes) : 'latin1';
  return undefined;
}

/** Every second byte zero is UTF-16 without its mark. */
function sixteen(bytes: Buffer): BufferEncoding {
  return bytes.length % 2 === 0 && bytes[1] === 0 && bytes[0] !== 0 ? 'utf16le' : 'latin1';
}
