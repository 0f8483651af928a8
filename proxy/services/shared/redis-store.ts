/**
 * Callers in Redis: a hash of fields for each, and a lock beside it, so that of several gates one at a time judges a
 * caller. Nothing is written by who lost its lock, and nothing is read from a Redis that has lost what it held.
 *
 * @see https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/ for one instance
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

export interface Change {
  readonly set: ReadonlyMap<string, string>;
  readonly gone: readonly string[];
  /** Milliseconds until the caller may be forgotten. */
  readonly keepMs: number;
}

/** A turn with one caller, until it is released or its time is over. */
export interface Turn {
  /** Of the fields; another when somebody has changed them since. */
  readonly version: string;
  fields(): Promise<Readonly<Record<string, string>>>;
  /** @param change undefined when there is none. @returns the version then. @throws Error when its time was over. */
  release(change: Change | undefined): Promise<string>;
}

export interface SharedStore {
  /** 16 bytes that all gates have and nobody else, for hashes of values. */
  readonly key: Uint8Array;
  /** @returns undefined while another gate has it. @throws Error when Redis cannot be asked, or has lost what it held. */
  take(caller: string): Promise<Turn | undefined>;
  isReachable(): boolean;
  close(): void;
}

export interface RedisOptions {
  /** `redis://[user@]host[:port][/db]`, `rediss://` for TLS. */
  readonly url: string;
  readonly password?: string | undefined;
  readonly onError: (message: string) => void;
}

const PREFIX = 'portcullis';
const KEY_BYTES = 16;
/** Of a turn: judging takes no longer by far, and a gate that was killed in one keeps others waiting for so long. */
const TURN_MS = 5_000;
const COMMAND_MS = 2_000;

/** KEYS: the key of all, lock, hash. ARGV: the key as it was, token, milliseconds. */
const TAKE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LOST what it held') end
if not redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return false end
return redis.call('HGET', KEYS[3], 'version') or '0'`;

/** The version is the token of who wrote last: a number would come again after a caller was forgotten. KEYS: lock, hash. ARGV: token, milliseconds or '', how many fields are set, those with their texts, fields that are gone. */
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LATE for its turn') end
local version = redis.call('HGET', KEYS[2], 'version') or '0'
if ARGV[2] ~= '' then
  local last = 3 + 2 * tonumber(ARGV[3])
  for at = 4, last, 2 do redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1]) end
  for at = last + 1, #ARGV do redis.call('HDEL', KEYS[2], ARGV[at]) end
  version = ARGV[1]
  redis.call('HSET', KEYS[2], 'version', version)
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
redis.call('DEL', KEYS[1])
return version`;

/** @throws Error that says what to change, when Redis cannot be reached or would forget callers for want of room. */
export async function openRedisStore({ url, password, onError }: RedisOptions): Promise<SharedStore> {
  const redis = new Redis(url, {
    ...(password === undefined ? {} : { password }),
    lazyConnect: true,
    // What cannot be asked now is refused now.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: COMMAND_MS,
    commandTimeout: COMMAND_MS,
    retryStrategy: (times) => Math.min(times * 100, 2_000),
  });
  let reason: string | undefined;
  redis.on('error', (cause: Error) => {
    reason = cause.message;
    onError(cause.message);
  });
  try {
    await redis.connect();
    await refuseForgetful(redis);
    const keyText = await commonKey(redis);
    return createStore(redis, keyText);
  } catch (cause) {
    redis.disconnect();
    throw new Error(`state.url: ${reason ?? (cause as Error).message}`, { cause });
  }
}

/** Under any other policy labels would be gone without a word when memory is full. */
async function refuseForgetful(redis: Redis): Promise<void> {
  const said = await redis.config('GET', 'maxmemory-policy').catch(() => []);
  const policy = (said as readonly string[])[1];
  if (policy === undefined || policy === 'noeviction') return;
  throw new Error(`Redis has maxmemory-policy ${policy} and would forget callers; set it to noeviction`);
}

async function commonKey(redis: Redis): Promise<string> {
  await redis.set(`${PREFIX}:key`, randomBytes(KEY_BYTES).toString('base64'), 'NX');
  const text = await redis.get(`${PREFIX}:key`);
  if (text === null || Buffer.from(text, 'base64').length !== KEY_BYTES) {
    throw new Error(`${PREFIX}:key in Redis is not what a gate wrote`);
  }
  return text;
}

function createStore(redis: Redis, keyText: string): SharedStore {
  const key = Buffer.from(keyText, 'base64');

  async function release(
    lock: string,
    hash: string,
    token: string,
    change: Change | undefined,
  ): Promise<string> {
    const fields = change === undefined ? [] : [...change.set].flat();
    const gone = change?.gone ?? [];
    const keepMs = change === undefined ? '' : String(Math.ceil(change.keepMs));
    const args = [token, keepMs, String(fields.length / 2), ...fields, ...gone];
    return String(await redis.eval(RELEASE, 2, lock, hash, ...args));
  }

  return {
    key,
    async take(caller) {
      // Who callers are is nobody's business who can look into Redis.
      const name = createHmac('sha256', key).update(caller).digest('base64url');
      const lock = `${PREFIX}:turn:${name}`;
      const hash = `${PREFIX}:caller:${name}`;
      const token = randomUUID();
      const version = await redis.eval(TAKE, 3, `${PREFIX}:key`, lock, hash, keyText, token, TURN_MS);
      if (version === null) return undefined;
      return {
        version: String(version),
        fields: () => redis.hgetall(hash),
        release: (change) => release(lock, hash, token, change),
      };
    },
    isReachable: () => redis.status === 'ready',
    close() {
      redis.disconnect();
    },
  };
}
