/**
 * API keys: a key comes in, the caller of its entry goes out, without I/O. Keys are held as SHA-256 only.
 *
 * Entries are found by the first 32 bits of the hash and then compared in constant time. Timing can at most
 * show whether some entry shares those bits of a hash, which is no step towards the 256 random bits behind it;
 * comparing with every entry would hide even that and cost 0.1 µs an entry on every request.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { defineCaller } from './_principal.ts';
import { failed, type Provider } from './_provider.ts';
import { API_KEY_PREFIX, type ApiKeyEntry, loadApiKeys } from './api-key-file.ts';
import type { KnownCaller } from './identity.ts';

export interface ApiKeyOptions {
  readonly kind: 'api_keys';
  /** @see api-key-file.ts */
  readonly file: string;
}

interface HeldKey {
  readonly sha256: Buffer;
  readonly expiresAtMs: number;
  readonly identified: KnownCaller;
}

type KeyTable = ReadonlyMap<number, readonly HeldKey[]>;

const KEY_FORM = new RegExp(`^${API_KEY_PREFIX}[A-Za-z0-9_-]{43}$`);
const UNKNOWN = failed('auth.invalid', 'the API key is not known');
const EXPIRED = failed('auth.expired', 'the API key has expired');

export function createApiKeys({ file }: ApiKeyOptions, { now }: { now: () => number }): Provider {
  let table = toTable(loadApiKeys(file));
  return {
    verify(credential) {
      // A hand-made key may be short enough to search for, and its hash would then be worth stealing.
      if (!KEY_FORM.test(credential)) return UNKNOWN;
      const held = findKey(table, hash('sha256', credential, 'buffer'));
      if (held === undefined) return UNKNOWN;
      return now() < held.expiresAtMs ? held.identified : EXPIRED;
    },
    prepareReload() {
      const next = toTable(loadApiKeys(file));
      return () => {
        table = next;
      };
    },
    close() {},
  };
}

function findKey(table: KeyTable, sha256: Buffer): HeldKey | undefined {
  return table.get(sha256.readUInt32BE(0))?.find((held) => timingSafeEqual(held.sha256, sha256));
}

function toTable(entries: readonly ApiKeyEntry[]): KeyTable {
  return Map.groupBy(entries.map(toHeldKey), (held) => held.sha256.readUInt32BE(0));
}

function toHeldKey({ id: _id, sha256, expires, roles, ...principal }: ApiKeyEntry): HeldKey {
  return {
    sha256: Buffer.from(sha256, 'hex'),
    expiresAtMs: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
    identified: defineCaller({
      ...principal,
      roles: roles ?? [],
      permissions: [],
      auth: 'api_key',
      claims: {},
    }),
  };
}
