/**
 * Chunks of a byte stream in, its lines out, without their ends and without empty ones. A line over the limit is told
 * once, and everything after it is ignored: what cannot be framed cannot be read on.
 */

/** @returns what to feed with chunks. */
export function createLineSplitter(
  maxBytes: number,
  onLine: (line: Buffer) => void,
  onTooLong: () => void,
): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let size = 0;
  let broken = false;
  return (chunk) => {
    let from = 0;
    while (!broken) {
      const end = chunk.indexOf(0x0a, from);
      const part = chunk.subarray(from, end < 0 ? undefined : end);
      size += part.length;
      if (size > maxBytes) {
        broken = true;
        parts = [];
        return onTooLong();
      }
      if (end < 0) {
        if (part.length > 0) parts.push(part);
        return;
      }
      const line = parts.length === 0 ? part : Buffer.concat([...parts, part]);
      parts = [];
      size = 0;
      from = end + 1;
      const whole = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
      if (whole.length > 0) onLine(whole);
    }
  };
}
