/**
 * The streams on which sessions hear what the server says unasked. What comes before a session listens is held for it,
 * and whoever leaves too much unread loses the stream: the link is shared, so a slow listener must not slow its calls.
 */
import type { Frame } from '../frame/read-frame.ts';
import type { LogPort } from '../pipeline/ports.ts';
import { EventQueue } from './event-queue.ts';

export interface Listeners {
  /** @param closed is told when the stream has ended, from whatever side. */
  open(session: string, signal: AbortSignal | undefined, closed: () => void): EventQueue;
  /** @returns false when the session does not listen. */
  push(session: string, frame: Frame): boolean;
  /** Keeps a frame until the session listens. */
  hold(session: string, frame: Frame): void;
  names(): readonly string[];
  forget(session: string): void;
  close(): void;
}

const MAX_HELD = 64;
const MAX_UNREAD = 1_000;
/** Sessions for which something is held; the oldest gives way. */
const MAX_HOLDING = 1_000;
const FLOWING = { pause() {}, resume() {} };

export function createListeners(name: string, log: LogPort): Listeners {
  const open = new Map<string, EventQueue>();
  const held = new Map<string, Frame[]>();

  function close(session: string): void {
    open.get(session)?.end();
    open.delete(session);
  }

  return {
    open(session, signal, closed) {
      close(session);
      const done = () => {
        closed();
        if (open.get(session) === stream) open.delete(session);
        stream.end();
        signal?.removeEventListener('abort', done);
      };
      const stream = new EventQueue({ ...FLOWING, cancel: done });
      open.set(session, stream);
      if (signal?.aborted) done();
      signal?.addEventListener('abort', done, { once: true });
      for (const data of held.get(session) ?? []) stream.push({ data, id: undefined, retryMs: undefined });
      held.delete(session);
      return stream;
    },
    push(session, data) {
      const stream = open.get(session);
      if (stream === undefined) return false;
      if (stream.length >= MAX_UNREAD) {
        log.warn('stream_unread', { server: name });
        close(session);
        return false;
      }
      stream.push({ data, id: undefined, retryMs: undefined });
      return true;
    },
    hold(session, frame) {
      const frames = held.get(session) ?? [];
      if (frames.length >= MAX_HELD) return log.warn('nobody_listens', { server: name });
      if (held.size >= MAX_HOLDING && !held.has(session)) held.delete(held.keys().next().value as string);
      frames.push(frame);
      held.set(session, frames);
    },
    names: () => [...open.keys()],
    forget(session) {
      close(session);
      held.delete(session);
    },
    close() {
      for (const session of [...open.keys()]) close(session);
      held.clear();
    },
  };
}
