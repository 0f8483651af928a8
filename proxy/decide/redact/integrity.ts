/**
 * Content that is named by its digest elsewhere (skills and their files): an edit would be found out by whoever checks
 * it, as a forgery. So it is blocked where it would have been edited.
 *
 * @see SEP-2640 (extension io.modelcontextprotocol/skills)
 */
import { isObject, type Json, type JsonObject } from '../../frame/json.ts';

const DIGEST = /^sha(?:256|384|512)[-:][A-Za-z0-9+/=_-]{32,128}$/;
const DIGEST_MEMBERS = ['digest', 'integrity', 'sha256'] as const;
const MAX_DEPTH = 8;
const MAX_VISITED = 20_000;
/** A tool's own data may speak of digests of whatever it likes. */
const OWN_DATA: ReadonlySet<string> = new Set(['structuredContent', 'content', 'arguments']);

/** What a result says of digests: whether it holds any, and the URIs of what they are of. */
export interface Digests {
  readonly any: boolean;
  readonly uris: readonly string[];
}

/** @param result of any method but a tool's. Bounded; never throws. */
export function digestsIn(result: JsonObject): Digests {
  const uris: string[] = [];
  let any = false;
  let visited = 0;
  const visit = (value: Json, depth: number, within: string | undefined): void => {
    if (depth > MAX_DEPTH || ++visited > MAX_VISITED || typeof value !== 'object' || value === null) return;
    if (!isObject(value)) {
      for (const one of value as readonly Json[]) visit(one, depth + 1, within);
      return;
    }
    const own = typeof value['uri'] === 'string' ? value['uri'] : within;
    if (hasDigest(value)) {
      any = true;
      const { path } = value;
      if (own !== undefined) uris.push(typeof path === 'string' ? `${own.replace(/\/$/, '')}/${path}` : own);
    }
    for (const [name, member] of Object.entries(value))
      if (!OWN_DATA.has(name)) visit(member, depth + 1, own);
  };
  visit(result, 0, undefined);
  return { any, uris };
}

function hasDigest(value: JsonObject): boolean {
  return DIGEST_MEMBERS.some((name) => {
    const digest = value[name];
    return typeof digest === 'string' && DIGEST.test(name === 'sha256' ? `sha256:${digest}` : digest);
  });
}
