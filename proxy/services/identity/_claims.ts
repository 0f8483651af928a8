/**
 * Maps the verified claims of a token to a caller. Pure.
 *
 * A claim of an unexpected shape refuses the token: a dropped role or a dropped `restricted: true` could turn
 * a rule's answer around. What a token does not say is left out; only the subject must be there.
 */
import type { Caller } from '../../decide/contract.ts';
import { isPrincipalText } from './_principal.ts';

/** Members to follow from the top, e.g. `['realm_access', 'roles']`. */
export type ClaimPath = readonly string[];

export interface ClaimOptions {
  readonly subject: ClaimPath;
  readonly org?: ClaimPath;
  readonly roles?: ClaimPath;
  readonly permissions?: ClaimPath;
  /**
   * Becomes part of the caller's key, so that labels are kept per agent. Only for claims the subject cannot
   * choose: where anybody may register clients, a new `client_id` would wash every label off.
   */
  readonly agent?: ClaimPath;
}

type Claims = Readonly<Record<string, unknown>>;

const MAX_NAMES = 256;
const MAX_EXPOSED_LENGTH = 4096;
const MAX_EXPOSED_DEPTH = 8;

/**
 * @param expose names of top-level claims the policy may see as `caller.claims`.
 * @returns the caller, or which part of the token does not do.
 */
export function toCaller(claims: Claims, paths: ClaimOptions, expose: readonly string[]): Caller | string {
  const subject = textAt(claims, paths.subject);
  const org = textAt(claims, paths.org);
  const agent = textAt(claims, paths.agent);
  const roles = namesAt(claims, paths.roles);
  const permissions = namesAt(claims, paths.permissions);
  const exposed = Object.fromEntries(
    expose.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]),
  );
  if (typeof subject !== 'string') return 'the subject claim is missing or unfit';
  if (org === null) return 'the org claim is unfit';
  if (agent === null) return 'the agent claim is unfit';
  if (roles === null) return 'the roles claim is unfit';
  if (permissions === null) return 'the permissions claim is unfit';
  if (!isPlain(exposed, MAX_EXPOSED_DEPTH)) return 'an exposed claim is unfit';
  if (JSON.stringify(exposed).length > MAX_EXPOSED_LENGTH) return 'the exposed claims are too large';
  return {
    subject,
    ...(org !== undefined && { org }),
    roles,
    permissions,
    ...(agent !== undefined && { agent }),
    auth: 'jwt',
    claims: exposed,
  };
}

/** @returns undefined where the token says nothing, null where it says something that is no name. */
function textAt(claims: Claims, path: ClaimPath | undefined): string | undefined | null {
  const value = valueAt(claims, path);
  if (value === undefined) return undefined;
  return isPrincipalText(value) ? value : null;
}

/** A list of names, as an array or separated by spaces (RFC 8693 `scope`). */
function namesAt(claims: Claims, path: ClaimPath | undefined): string[] | null {
  const value = valueAt(claims, path) ?? [];
  const names: unknown = typeof value === 'string' ? value.split(' ').filter((name) => name !== '') : value;
  if (!Array.isArray(names) || names.length > MAX_NAMES || !names.every(isPrincipalText)) return null;
  return names;
}

/** Own members only, or a path such as `constructor` would find something in every token; null says nothing. */
function valueAt(claims: Claims, path: ClaimPath | undefined): unknown {
  if (path === undefined) return undefined;
  let value: unknown = claims;
  for (const member of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined;
    value = (value as Claims)[member];
  }
  return value ?? undefined;
}

/**
 * True for JSON that every reader after us understands alike: no lone surrogate (the policy engine throws on
 * it), no `__proto__`, no integer that lost digits on the way in.
 */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  return Object.entries(value).every(
    ([name, member]) => name !== '__proto__' && name.isWellFormed() && isPlain(member, depth - 1),
  );
}
