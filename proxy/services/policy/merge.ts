/** Lays one data document over another: objects merge member by member, anything else of the overlay wins whole. */
import { isObject, type JsonObject } from '../../frame/json.ts';

/** @returns a new object; neither argument is written to. `__proto__` is a member like any other. */
export function mergeData(base: JsonObject, overlay: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(overlay)) {
    const below = merged.get(name);
    merged.set(name, isObject(value) && isObject(below) ? mergeData(below, value) : value);
  }
  return Object.fromEntries(merged);
}
