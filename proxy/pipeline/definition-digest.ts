/**
 * The fingerprint of a tool's whole definition, by which a policy pins what a person once looked at: name, title,
 * description, schemas, annotations and whatever else the server said. The order of members does not count, since two
 * servers of one version may differ in it; everything else does.
 */
import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../frame/json.ts';

/** @returns `sha256:` and 64 hex digits over the definition as JSON with its members sorted (RFC 8785's order). */
export function definitionDigest(definition: JsonObject): string {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify(sorted(definition)))
    .digest('hex')}`;
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  const members = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  // Not assigned one by one: a member called __proto__ would not be kept.
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
