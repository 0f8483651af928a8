/** Arrays of numbers that grow, and that are written down. */

export const GROWTH = 2;

type Numbers = Int32Array | Uint16Array | Uint8Array;

export function grown<T extends Numbers>(array: T, least = array.length * GROWTH): T {
  const length = Math.ceil(least);
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}

/** The same memory. */
export function bytesOf({ buffer, byteOffset, byteLength }: Numbers): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

export function toBase64(numbers: Numbers): string {
  return bytesOf(numbers).toString('base64');
}

/** A copy that begins where numbers may begin. */
export function fromBase64(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}
