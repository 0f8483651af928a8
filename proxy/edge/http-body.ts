/** Reads a request's body into one buffer, never more than it may be and never longer than it may take. */
import type { IncomingMessage } from 'node:http';
import { type Refusal, refuse } from '../errors.ts';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
}

/**
 * @param length the Content-Length header, when there is one.
 * @returns the bytes, or GW_BODY_TOO_LARGE, GW_BODY_TIMEOUT; never rejects.
 */
export function readBody(
  request: IncomingMessage,
  length: string | undefined,
  limits: BodyLimits,
): Promise<Uint8Array | Refusal> {
  if (length !== undefined && Number(length) > limits.maxBodyBytes) {
    return Promise.resolve(refuse('GW_BODY_TOO_LARGE'));
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => finish(refuse('GW_BODY_TIMEOUT')), limits.bodyTimeoutMs);
    const finish = (outcome: Uint8Array | Refusal) => {
      clearTimeout(timer);
      request.off('data', onData);
      resolve(outcome);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.maxBodyBytes) return finish(refuse('GW_BODY_TOO_LARGE'));
      chunks.push(chunk);
    };
    request.on('data', onData);
    request.once('end', () => finish(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.once('error', () => finish(refuse('GW_BODY_TIMEOUT', 'the connection broke')));
  });
}
