/**
 * A strict reader of ustar archives, as `opa build` and `tar` write them: regular files come out by name, directories
 * are passed over, pax headers may only give a long name or times. Everything else, and everything that two readers
 * could understand differently, throws `TarError`.
 */
export class TarError extends Error {}

const BLOCK = 512;

/** @returns contents by name, without a leading `/` or `./`; views on `archive`, not copies. */
export function readTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  let at = 0;
  for (; !isZeroBlock(archive, at); ) {
    const entry = readEntry(archive, at);
    at = entry.next;
    if (entry.type === 'x') {
      longName = readPax(entry.content);
      continue;
    }
    const name = toSafeName(longName ?? entry.name);
    longName = undefined;
    if (entry.type === '5') continue;
    if (entry.type !== '0')
      throw new TarError(`${name} is not a regular file (type ${JSON.stringify(entry.type)})`);
    if (files.has(name)) throw new TarError(`${name} is there twice`);
    files.set(name, entry.content);
  }
  if (archive.subarray(at).some((byte) => byte !== 0))
    throw new TarError('bytes after the end of the archive');
  return files;
}

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly content: Uint8Array;
  readonly next: number;
}

function readEntry(archive: Uint8Array, at: number): Entry {
  const header = archive.subarray(at, at + BLOCK);
  if (header.length < BLOCK) throw new TarError('the archive ends within a header');
  checkSum(header);
  const size = readOctal(header, 124, 12);
  const start = at + BLOCK;
  if (start + size > archive.length) throw new TarError('the archive ends within a file');
  const prefix = readText(header, 257, 6) === 'ustar' ? readText(header, 345, 155) : '';
  const name = readText(header, 0, 100);
  const type = String.fromCharCode(header[156] || 0x30);
  return {
    type,
    name: prefix === '' ? name : `${prefix}/${name}`,
    content: archive.subarray(start, start + size),
    next: start + Math.ceil(size / BLOCK) * BLOCK,
  };
}

/** The sum of the header's bytes with the eight of the sum itself taken as spaces. */
function checkSum(header: Uint8Array): void {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  if (sum !== readOctal(header, 148, 8)) throw new TarError('a header fails its checksum');
}

function readOctal(header: Uint8Array, at: number, length: number): number {
  const text = String.fromCharCode(...header.subarray(at, at + length));
  const digits = /^ *([0-7]+)[ \0]*$/.exec(text)?.[1];
  if (digits === undefined) throw new TarError('a header holds a number that is not octal');
  return Number.parseInt(digits, 8);
}

function readText(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return decode(end === -1 ? field : field.subarray(0, end));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TarError('a name is not UTF-8', { cause });
  }
}

/** Records are `length key=value\n`; a size or link given here would overrule the header. */
function readPax(content: Uint8Array): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(decode(content.subarray(at, Math.max(space, at))));
    const end = at + length;
    if (!Number.isInteger(length) || length <= space - at + 1 || content[end - 1] !== 0x0a) {
      throw new TarError('a pax header is malformed');
    }
    const [key = '', ...rest] = decode(content.subarray(space + 1, end - 1)).split('=');
    if (key === 'path') path = rest.join('=');
    else if (!['mtime', 'atime', 'ctime'].includes(key))
      throw new TarError(`pax header ${key} is not supported`);
    at = end;
  }
  return path;
}

/** One spelling per file, none that could leave a folder. */
function toSafeName(name: string): string {
  const plain = name.replace(/^(?:\.?\/)+/, '').replace(/\/$/, '');
  const isSafe =
    plain.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..') ||
    ['', '.'].includes(plain);
  if (!isSafe || /[\u0000-\u001f\u007f\\]/.test(plain)) {
    throw new TarError(`the name ${JSON.stringify(name)} is not plain`);
  }
  return plain;
}

function isZeroBlock(archive: Uint8Array, at: number): boolean {
  if (at >= archive.length) throw new TarError('the archive has no end');
  return archive.subarray(at, at + BLOCK).every((byte) => byte === 0);
}
