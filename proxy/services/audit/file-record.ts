/**
 * The record as a file of JSON lines. On a busy gate the lines of one turn of the event loop are written with one
 * call, and everybody who waits goes on together; on a quiet one a line is written at once. Either way it is in the
 * kernel before the frame leaves, so a killed gate loses none. A write that fails rejects everybody who waited for it,
 * and the next one tries again.
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
  /** Lines in this turn of the event loop and in the one before; few of them are not worth waiting for. */
  let lines = 0;
  let linesBefore = 0;

  function write(text: string): void {
    try {
      writeAll(fd, `${torn ? '\n' : ''}${text}\n`, () => {
        torn = true;
      });
      torn = false;
      if (durability === 'fsync') fdatasyncSync(fd);
    } catch (cause) {
      throw new RecordFailed(`the audit file could not be written: ${(cause as Error).message}`, { cause });
    }
  }

  function flush(): void {
    const current = batch;
    if (current === undefined) return;
    batch = undefined;
    try {
      write(current.lines.join('\n'));
      current.resolve();
    } catch (cause) {
      current.reject(cause as RecordFailed);
    }
  }

  function endTurn(): void {
    linesBefore = lines;
    lines = 0;
    if (!closed) flush();
  }

  return {
    async append(line) {
      // The number of a closed file may by now be another file's.
      if (closed) throw new RecordFailed('the audit file is closed');
      if (lines++ === 0) setImmediate(endTurn);
      const safe = toOneLine(line);
      if (durability === 'flush' && batch === undefined && linesBefore <= FEW) return write(safe);
      batch ??= newBatch();
      batch.lines.push(safe);
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
    return { lines: [], written: promise, resolve, reject };
  }
}

const FEW = 2;

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
