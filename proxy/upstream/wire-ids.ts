/**
 * Ids on a wire that several clients share. A client's own id is used as it is, so that frames pass byte for
 * byte, unless another one that waits for its answer already has it; then a fresh id goes out and the client's
 * comes back. Strings and numbers are kept apart: 1 is not "1".
 *
 * @see MCP 2026-07-28, basic, "Requests"; basic/patterns/progress; basic/patterns/subscriptions
 */
import type { FrameId } from '../frame/read-frame.ts';
import { locate, splice } from '../frame/spans.ts';

export interface WireIds<T> {
  /** Reserves an id on the wire for one that waits. */
  take(id: FrameId, waiting: T): FrameId;
  get(id: FrameId): T | undefined;
  /** The answer has come, so the id may be used again. */
  free(id: FrameId): void;
  /** Nobody waits any more, but an answer may still come: the id is not given to anybody else until then. */
  retire(id: FrameId): void;
  values(): Iterable<T>;
  readonly size: number;
}

const MAX_RETIRED = 10_000;

export function createWireIds<T>(mint: () => FrameId): WireIds<T> {
  const waiting = new Map<FrameId, T>();
  const retired = new Set<FrameId>();
  return {
    take(id, entry) {
      let wire = id;
      while (waiting.has(wire) || retired.has(wire)) wire = mint();
      waiting.set(wire, entry);
      return wire;
    },
    get: (id) => waiting.get(id),
    free(id) {
      waiting.delete(id);
      retired.delete(id);
    },
    retire(id) {
      waiting.delete(id);
      if (retired.size >= MAX_RETIRED) retired.delete(retired.values().next().value as FrameId);
      retired.add(id);
    },
    values: () => waiting.values(),
    get size() {
      return waiting.size;
    },
  };
}

/** Replaces the value at a pointer by an id; everything else keeps its bytes. */
export function withId(text: string, pointer: string, id: FrameId): string {
  const at = locate(text, pointer);
  return at === undefined ? text : splice(text, [{ ...at, insert: JSON.stringify(id) }]);
}
