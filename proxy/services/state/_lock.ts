/** One process for one file: a file beside it holds the number of the process that has it open. */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

const ours = new Set<string>();

/** @returns what gives it back. @throws Error naming the process that holds it. */
export function lockFile(file: string): () => void {
  const lock = `${file}.lock`;
  if (ours.has(lock))
    throw new Error(`${file} is in use by another gate of this process; give each its own state.file`);
  try {
    take(lock);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    const holder = Number(readFileSync(lock, 'utf8'));
    // Our own number is that of a gate before us: the same one comes again in a container that was started anew.
    if (holder !== process.pid && isAlive(holder)) {
      throw new Error(`${file} is in use by process ${holder}; give each gate its own state.file`, { cause });
    }
    rmSync(lock, { force: true });
    take(lock);
  }
  ours.add(lock);
  return function unlock() {
    ours.delete(lock);
    rmSync(lock, { force: true });
  };
}

function take(lock: string): void {
  const fd = openSync(lock, 'wx', 0o600);
  writeSync(fd, String(process.pid));
  closeSync(fd);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
