/** The operational log of every command: JSON lines on standard error. */
import pino from 'pino';
import type { LogPort } from '../proxy/pipeline/ports.ts';

/** Operational log on stderr: JSON lines, LOG_LEVEL, never a message's content. */
export function createLog(): LogPort {
  const level = process.env['LOG_LEVEL'] ?? 'warn';
  const logger = pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
  return {
    info: (event, fields) => logger.info({ event, ...fields }),
    warn: (event, fields) => logger.warn({ event, ...fields }),
    error: (event, fields) => logger.error({ event, ...fields }),
  };
}
