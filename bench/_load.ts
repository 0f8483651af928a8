/**
 * The load generator: a number of calls over a number of kept-alive connections, each connection sending its next
 * call when the last one is answered. Every answer is checked, because a refusal is quicker than a result.
 */
import { Pool } from 'undici';
import { answerParent } from './_peer.ts';
import { ANSWERS, type Kind, pathOf, REQUEST_HEADERS, requestOf } from './_traffic.ts';

export interface Load {
  readonly url: string;
  readonly kind: Kind;
  readonly connections: number;
  readonly calls: number;
}

export interface LoadResult {
  /** Median time of one call in microseconds. */
  readonly p50: number;
}

const pools = new Map<string, Pool>();

async function run({ url, kind, connections, calls }: Load): Promise<LoadResult> {
  const key = `${url} ${connections}`;
  const pool = pools.get(key) ?? new Pool(url, { connections, pipelining: 1 });
  pools.set(key, pool);
  const expected = ANSWERS[kind].body.length;
  const took = new Float64Array(calls);
  let next = 0;
  async function caller(): Promise<void> {
    while (next < calls) {
      const call = next++;
      const body = requestOf(call);
      const start = performance.now();
      const { status, bytes } = await one(pool, pathOf(kind), body);
      took[call] = (performance.now() - start) * 1000;
      // Redaction may shorten a large answer a little; a refusal is of another size altogether.
      if (status !== 200 || Math.abs(bytes - expected) > expected / 100) {
        throw new Error(`${url} ${kind}: HTTP ${status}, ${bytes} bytes, not ${expected}`);
      }
    }
  }
  await Promise.all(Array.from({ length: connections }, caller));
  return { p50: took.sort()[Math.floor(calls / 2)] as number };
}

function one(pool: Pool, path: string, body: string): Promise<{ status: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let bytes = 0;
    pool.dispatch(
      { path, method: 'POST', headers: REQUEST_HEADERS, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, answered) {
          status = answered;
        },
        onResponseData(_controller, chunk) {
          bytes += chunk.length;
        },
        onResponseEnd: () => resolve({ status, bytes }),
        onResponseError: (_controller, cause) => reject(cause),
      },
    );
  });
}

answerParent({
  run,
  /** One call with a body of its own; whatever it is answered, refusals included. */
  async send({ url, path, body }: { url: string; path: string; body: string }): Promise<void> {
    const pool = new Pool(url, { connections: 1 });
    await one(pool, path, body).catch(() => undefined);
    await pool.destroy();
  },
});
