/**
 * Exact bytes on a TCP socket and everything that comes back: for requests no HTTP client would send, where
 * the bytes on the wire are the test.
 */
import { connect } from 'node:net';

export interface RawAnswer {
  /** All bytes received, as latin1 so that nothing is lost. */
  readonly text: string;
  /** Status of each response found, in order. */
  readonly statuses: readonly number[];
  /** The other side closed the connection before the quiet time was over. */
  readonly closed: boolean;
}

/**
 * @param parts written one after the other, each in a segment of its own.
 * @param quietMs how long nothing may arrive before the answer counts as whole, when the peer keeps the
 *   connection open. Only a bound: a peer that closes ends the wait at once.
 */
export function sendRaw(
  port: number,
  parts: readonly (string | Uint8Array)[],
  { quietMs = 700 }: { readonly quietMs?: number } = {},
): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const chunks: Buffer[] = [];
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const finish = (closed: boolean) => {
    socket.destroy();
    const text = Buffer.concat(chunks).toString('latin1');
    const statuses = [...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status));
    resolve({ text, statuses, closed });
  };
  socket.setTimeout(quietMs, () => finish(false));
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('close', () => finish(true));
  socket.on('error', () => finish(true)); // a reset is an answer too
  socket.on('connect', async () => {
    for (const part of parts) {
      socket.write(part);
      await new Promise(setImmediate);
    }
  });
  return promise;
}
