/**
 * What callers did, on disk: one JSON line for each thing that is remembered, handed to the kernel before the frame it
 * belongs to leaves, so that neither a restart nor `kill -9` washes a label off. When the file has grown well past
 * what it means, it is written anew beside itself, a few callers at a time, and takes the old one's place.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { lockFile } from './_lock.ts';

export interface StateJournal {
  /** Each line there was when it was opened, oldest first. @throws Error for one that cannot be read. */
  replay(entry: (line: unknown) => void): void;
  /** @returns false when it is not written; then nothing of it is. */
  append(entry: object): boolean;
  /** Says how what is remembered is written down whole, one entry for each caller. */
  compactFrom(snapshot: () => Iterable<object>): void;
  close(): void;
}

export interface JournalOptions {
  readonly file: string;
  /** Bytes up to which it is never written anew; default 16 MiB. */
  readonly compactAfterBytes?: number;
}

const COMPACT_AFTER = 16 * 1024 * 1024;
const GROWTH = 4;
const CALLERS_AT_ONCE = 100;

/** @throws Error when the file cannot be opened, is held by another gate, or is not what a gate wrote. */
export function openStateJournal({ file, compactAfterBytes = COMPACT_AFTER }: JournalOptions): StateJournal {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  const unlock = lockFile(file);
  let fd = -1;
  try {
    rmSync(`${file}.next`, { force: true }); // of a rewriting that was cut short; the old file is whole
    fd = openSync(file, 'a', 0o600);
  } catch (cause) {
    unlock();
    throw cause;
  }
  let size = fstatSync(fd).size;
  let sizeOfWhole = 0;
  let snapshot: (() => Iterable<object>) | undefined;
  let rewriting: { readonly fd: number; readonly rest: Iterator<object> } | undefined;
  let closed = false;

  function append(entry: object): boolean {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    if (closed || !writeWhole(fd, line, size)) return false;
    size += line.length;
    if (rewriting !== undefined && !writeWhole(rewriting.fd, line)) giveUpRewriting();
    if (rewriting === undefined && size > Math.max(compactAfterBytes, GROWTH * sizeOfWhole)) startRewriting();
    return true;
  }

  function startRewriting(): void {
    if (snapshot === undefined) return;
    try {
      const next = openSync(`${file}.next`, 'w', 0o600);
      rewriting = { fd: next, rest: snapshot()[Symbol.iterator]() };
      setImmediate(rewriteSome);
    } catch {
      sizeOfWhole = size; // no room for a second file; tried again when this one has grown further
    }
  }

  /** A caller's line says all about it, and what happens to it later follows; so no moment has to be the same for all. */
  function rewriteSome(): void {
    if (rewriting === undefined || closed) return;
    for (let index = 0; index < CALLERS_AT_ONCE; index++) {
      const { done, value } = rewriting.rest.next();
      if (done) return finishRewriting(rewriting.fd);
      if (!writeWhole(rewriting.fd, Buffer.from(`${JSON.stringify(value)}\n`))) return giveUpRewriting();
    }
    setImmediate(rewriteSome);
  }

  function finishRewriting(next: number): void {
    try {
      fsyncSync(next);
      renameSync(`${file}.next`, file);
    } catch {
      return giveUpRewriting();
    }
    closeSync(fd);
    fd = next;
    size = fstatSync(fd).size;
    sizeOfWhole = size;
    rewriting = undefined;
  }

  function giveUpRewriting(): void {
    if (rewriting === undefined) return;
    closeSync(rewriting.fd);
    rewriting = undefined;
    sizeOfWhole = size;
    rmSync(`${file}.next`, { force: true });
  }

  return {
    replay(entry) {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      const lines = text.split('\n');
      // A line without its end was being written when the gate was killed: its frame never left.
      const torn = lines.pop() ?? '';
      for (const [index, line] of lines.entries()) readLine(file, index + 1, line, entry);
      if (torn === '') return;
      size -= Buffer.byteLength(torn);
      ftruncateSync(fd, size);
    },
    append,
    compactFrom(whole) {
      snapshot = whole;
    },
    close() {
      if (closed) return;
      giveUpRewriting();
      closed = true;
      closeSync(fd);
      unlock();
    },
  };
}

function readLine(file: string, number: number, line: string, entry: (line: unknown) => void): void {
  try {
    entry(JSON.parse(line));
  } catch (cause) {
    throw new Error(
      `${file}: line ${number} cannot be read (${(cause as Error).message}). The labels and history of callers are ` +
        'kept there; put the file back as it was, or move it away to start with callers of whom nothing is known',
      { cause },
    );
  }
}

/** All of it or, when there is no room, none. @param end where the file ends now; given to cut off what was written in part. */
function writeWhole(fd: number, bytes: Buffer, end?: number): boolean {
  try {
    let done = 0;
    while (done < bytes.length) done += writeSync(fd, bytes, done);
    return true;
  } catch {
    if (end !== undefined) cutOff(fd, end);
    return false;
  }
}

function cutOff(fd: number, end: number): void {
  try {
    ftruncateSync(fd, end);
  } catch {
    // Then the next line is glued to half a one, and the next start says so instead of guessing.
  }
}
