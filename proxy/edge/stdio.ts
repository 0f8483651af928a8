/**
 * The stdio edge: one client that started us as its server. A line of the input is a message, a line of the output
 * is one, and nothing else is ever written there. The end of the input is the client's goodbye.
 *
 * @see MCP 2025-11-25, basic/transports, "stdio"
 */
import type { Readable, Writable } from 'node:stream';
import { createLineSplitter } from '../frame/lines.ts';
import { oneLine } from '../frame/one-line.ts';
import type { Gate } from '../pipeline/gate.ts';
import type { HeaderMap } from '../pipeline/ports.ts';
import { createDuplex, type Wire } from './duplex.ts';

export interface StdioEdgeOptions {
  readonly server: string;
  readonly input: Readable;
  readonly output: Writable;
  /** A credential the host passed us, as headers would carry it. */
  readonly headers: HeaderMap;
  readonly maxMessageBytes: number;
}

/** After the input has ended: how long answers may still come. */
const GRACE_MS = 5_000;

/** Serves until the input ends, a line is longer than may be, or `signal` aborts. */
export async function serveStdio(
  current: () => Gate,
  options: StdioEdgeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { input, output } = options;
  const { promise: over, resolve: end } = Promise.withResolvers<'input' | 'forced'>();
  const wire: Wire = {
    transport: 'stdio',
    server: options.server,
    headers: options.headers,
    send(text) {
      if (output.destroyed || output.write(`${oneLine(text)}\n`)) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          output.off('drain', done);
          output.off('close', done);
          resolve();
        };
        output.once('drain', done);
        output.once('close', done);
      });
    },
    pause: () => void input.pause(),
    resume: () => void input.resume(),
    close: () => end('forced'),
  };
  const duplex = createDuplex(current, wire);
  const feed = createLineSplitter(
    options.maxMessageBytes,
    (line) => void duplex.receive(line),
    () => end('forced'),
  );
  output.on('error', () => end('forced')); // EPIPE: nobody reads us any more
  input.on('error', () => end('forced'));
  input.once('end', () => end('input'));
  signal.addEventListener('abort', () => end('forced'), { once: true });
  input.on('data', feed);
  if ((await over) === 'input') await Promise.race([duplex.settled(), grace()]);
  input.off('data', feed);
  await duplex.closed();
}

function grace(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref());
}
