/** The upstream a configuration describes: Streamable HTTP by itself, everything else as a pool of links. */
import type { LogPort, UpstreamPort } from '../pipeline/ports.ts';
import { startChild } from './child.ts';
import { createHttpUpstream } from './http.ts';
import { createPool, type Instance } from './pool.ts';
import { startSseLink } from './sse-link.ts';
import { startWsLink } from './ws-link.ts';

export type UpstreamTarget =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      /** All the environment it gets. */
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string;
      readonly instance: Instance;
      readonly maxLinks: number;
      readonly idleMs: number;
    }
  | {
      readonly kind: 'ws' | 'sse';
      readonly url: URL;
      readonly headers: Readonly<Record<string, string>>;
      readonly instance: Instance;
      readonly maxLinks: number;
      readonly idleMs: number;
    }
  | {
      readonly kind: 'http';
      readonly url: URL;
      /** The gate's own credential among them; lower-case names. */
      readonly headers: Readonly<Record<string, string>>;
      readonly connections: number;
    };

export interface UpstreamLimits {
  readonly maxBodyBytes: number;
  readonly maxEventBytes: number;
  readonly connectTimeoutMs: number;
  readonly requestDeadlineMs: number;
  readonly requestDeadlineMaxMs: number;
}

export function createUpstream(
  name: string,
  target: UpstreamTarget,
  limits: UpstreamLimits,
  log: LogPort,
): UpstreamPort {
  const { maxBodyBytes, maxEventBytes, connectTimeoutMs, requestDeadlineMs } = limits;
  if (target.kind === 'http') {
    return createHttpUpstream({ name, ...target, ...limits, maxReplyBytes: maxBodyBytes });
  }
  const pool = { ...limits, ...target, name };
  switch (target.kind) {
    case 'stdio':
      return createPool(
        (events) => startChild({ ...target, maxLineBytes: maxEventBytes }, events, log),
        pool,
        log,
      );
    case 'ws': {
      const link = { ...target, maxMessageBytes: maxEventBytes, connectTimeoutMs };
      return createPool((events) => startWsLink(link, events), pool, log);
    }
    case 'sse': {
      const link = { ...target, maxEventBytes, connectTimeoutMs, answerTimeoutMs: requestDeadlineMs };
      return createPool((events) => startSseLink(link, events), pool, log);
    }
  }
}
