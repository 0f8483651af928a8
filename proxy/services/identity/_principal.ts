/** What may stand in a principal's name, and the key that everything kept per principal hangs on. */
import type { Caller } from '../../decide/contract.ts';
import type { KnownCaller } from './identity.ts';

const MAX_TEXT_LENGTH = 512;
// C0, DEL and C1: such a name would be read differently by logs, terminals and stores that cut at NUL.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;

/** True for text fit to name a subject, an organisation, a role: 1 to 512 UTF-16 units, well-formed, no controls. */
export function isPrincipalText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_TEXT_LENGTH &&
    value.isWellFormed() &&
    !CONTROLS.test(value)
  );
}

/**
 * Makes a caller and its key once; the result is shared by every request that presents the credential, hence
 * frozen. JSON is the encoding because joining by any delimiter lets `a:b` + `c` pass for `a` + `b:c`, and
 * `null` is apart from every string, so a missing organisation is not one called "null".
 *
 * @param issuer who vouches for the subject; two issuers may both know an `alice`.
 */
export function defineCaller(caller: Caller, issuer?: string): KnownCaller {
  const { auth, org, subject, agent } = caller;
  const key = JSON.stringify([auth, issuer ?? null, org ?? null, subject, agent ?? null]);
  return Object.freeze({ kind: 'caller', caller: deepFreeze(caller), key });
}

/** Recursion is bounded: claims are at most a few levels deep (_claims.ts), everything else is flat. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
