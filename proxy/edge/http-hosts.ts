/**
 * Which Host and which Origin the gate answers to. Without this check a web page could rebind its own name to
 * this address and talk to the gate with the user's reach (CVE-2025-66414 and its kin in every SDK).
 *
 * @see MCP 2025-11-25, basic/transports, "Security Warning"
 */
import { type Refusal, refuse } from '../errors.ts';
import type { HeaderMap } from '../pipeline/ports.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface HostRules {
  /** True when the gate listens on loopback: then every loopback name, on any port, is its own. */
  readonly loopback: boolean;
  /** Further host names, lower case, without port. */
  readonly hosts: ReadonlySet<string>;
  /** Origins that may call, e.g. `https://app.example.com`. None named: pages of this machine, on loopback. */
  readonly origins: ReadonlySet<string>;
}

export function checkHost(headers: HeaderMap, rules: HostRules): Refusal | undefined {
  const name = /^(\[[0-9a-fA-F:.]+\]|[^:@/\\?#\s]+)(?::\d{1,5})?$/
    .exec(headers['host'] ?? '')?.[1]
    ?.toLowerCase();
  if (name === undefined || !((rules.loopback && LOOPBACK.has(name)) || rules.hosts.has(name)))
    return refuse('GW_HOST');
  return undefined;
}

export function checkOrigin(headers: HeaderMap, rules: HostRules): Refusal | undefined {
  const origin = headers['origin'];
  if (origin === undefined || rules.origins.has(origin)) return undefined;
  // Exactly scheme, host and port: user info, paths and `null` are not origins of pages we know.
  const name = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/.exec(origin)?.[1];
  const local = rules.loopback && rules.origins.size === 0 && name !== undefined && LOOPBACK.has(name);
  return local ? undefined : refuse('GW_ORIGIN');
}

/** True for addresses only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
