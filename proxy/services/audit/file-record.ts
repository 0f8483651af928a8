/**
 * The record as a file of JSON lines. Lines that arrive in one turn of the event loop are written with one call,
 * and everybody who waits goes on together: the record is in the kernel before any of their frames leaves, so a
 * killed gate loses none. A write that fails rejects everybody who waited, and the next one tries again.
 */
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { RecordFailed } from '../../errors.ts';
import type { RecordPort } from '../../pipeline/ports.ts';

export interface FileRecordOptions {
  readonly file: string;
  /** `flush`: the kernel has the line (survives kill -9). `fsync`: the disk has it (survives power loss). */
  readonly durability: 'flush' | 'fsync';
}

export interface FileRecord extends RecordPort {
  /** Writes what waits, then closes the file. */
  close(): void;
}

interface Batch {
  readonly lines: string[];
  readonly written: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (cause: Error) => void;
}

/** @throws when the file cannot be opened for appending. */
export function openFileRecord({ file, durability }: FileRecordOptions): FileRecord {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  const fd = openSync(file, 'a', 0o640);
  let batch: Batch | undefined;
  /** Set when a write stopped inside a line: the next one must not be glued to it. */
  let torn = false;
  let closed = false;

  function flush(): void {
    const current = batch;
    if (current === undefined) return;
    batch = undefined;
    try {
      writeAll(fd, `${torn ? '\n' : ''}${current.lines.join('\n')}\n`, () => {
        torn = true;
      });
      torn = false;
      if (durability === 'fsync') fdatasyncSync(fd);
      current.resolve();
    } catch (cause) {
      current.reject(
        new RecordFailed(`the audit file could not be written: ${(cause as Error).message}`, { cause }),
      );
    }
  }

  return {
    append(line) {
      // The number of a closed file may by now be another file's.
      if (closed) return Promise.reject(new RecordFailed('the audit file is closed'));
      batch ??= newBatch();
      batch.lines.push(toOneLine(line));
      return batch.written;
    },
    close() {
      if (closed) return;
      flush();
      closed = true;
      closeSync(fd);
    },
  };

  function newBatch(): Batch {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    setImmediate(flush);
    return { lines: [], written: promise, resolve, reject };
  }
}

const UNSAFE = /[\n\r\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const EACH_UNSAFE = new RegExp(UNSAFE, 'g');

/**
 * Arguments stand in a line as they were sent. Line breaks between their tokens would let a caller write lines of its
 * own; C1 controls and bidirectional marks would let it paint over others on a terminal. In JSON text the former can
 * only be white space and the latter only stand in strings, so the line still means the same.
 */
function toOneLine(line: string): string {
  if (!UNSAFE.test(line)) return line;
  return line.replace(EACH_UNSAFE, (char) => {
    if (char === '\n' || char === '\r') return ' ';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function writeAll(fd: number, text: string, partly: () => void): void {
  const bytes = Buffer.from(text, 'utf8');
  let done = 0;
  while (done < bytes.length) {
    done += writeSync(fd, bytes, done);
    if (done < bytes.length) partly();
  }
}
