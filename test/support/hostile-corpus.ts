/**
 * The hostile corpus as types: one case a line in `test/fixtures/hostile/*.jsonl`, in, and bytes ready to be
 * sent, out. The format is described in `test/fixtures/hostile/README.md`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes in one of three spellings. `gen` concatenates literals and repetitions, so that big frames stay small. */
export type Bytes =
  | string
  | { readonly b64: string }
  | {
      readonly gen: readonly (readonly ['lit', string] | readonly ['repeat', string, number])[];
    };

export interface TokenSpec {
  readonly alg: string;
  /** How it is signed; without it, honestly (or not at all for `none`). */
  readonly sign?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  /** `exp` and `nbf` may be `+60`: seconds from now. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Step {
  readonly send?: Bytes;
  readonly http_method?: string;
  readonly path?: string;
  /** On top of what the body asks for; `null` leaves one out, a list sends several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly as?: string;
  readonly token?: TokenSpec;
  readonly parallel?: readonly Step[];
  /** Opens the session's own stream; the upstream writes these messages on it. */
  readonly listen?: readonly string[];
  readonly new_session?: true;
  /** Not what is judged: a call that must still work, whatever was tried before. */
  readonly also_passes?: true;
  readonly fault?: string;
  /** Answers of the upstream to the call before. */
  readonly upstream?: Bytes;
  readonly upstream_sse?: Bytes;
  readonly upstream_sse_chunks?: readonly string[];
  readonly upstream_http?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly chunks: readonly Bytes[];
  };
}

export interface Oracle {
  readonly upstream_never?: readonly { readonly tool?: string; readonly method?: string }[];
  readonly upstream_header_never?: readonly string[];
  readonly client_never?: readonly string[];
  readonly client_has?: readonly string[];
  /** More ways to look for `client_never`: `base64` inside strings, `joined` text of neighbouring items. */
  readonly views?: readonly ('base64' | 'joined')[];
  /** Some of the frame may go on, and only what is named must not: a batch, a call whose answer is refused. */
  readonly partly?: boolean;
  /** Upstream and client get each other's bytes as they were. */
  readonly unchanged?: boolean;
  readonly decision?: string;
  readonly status?: readonly number[];
}

export interface HostileCase {
  readonly id: string;
  readonly class: string;
  readonly transport: 'any' | 'http' | 'http-sse' | 'raw-http';
  readonly request: Bytes | { readonly raw: string } | { readonly steps: readonly Step[] };
  readonly policy_context: {
    readonly policy: string;
    readonly proto?: string;
    readonly auth?: 'api_keys' | 'jwt';
    readonly runs?: number;
  };
  /** `refused`: blocked or error, whichever comes first. */
  readonly expect: 'blocked' | 'error' | 'refused' | 'redacted' | 'allowed';
  readonly tier: 'must' | 'should';
  readonly why: string;
  readonly oracle?: Oracle;
}

const folder = join(import.meta.dirname, '../fixtures/hostile');

export function loadCorpus(): HostileCase[] {
  const lines = ['base.jsonl', 'own.jsonl'].flatMap((file) =>
    readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'),
  );
  return lines.map((line) => JSON.parse(line) as HostileCase);
}

export function toBytes(bytes: Bytes): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes, 'utf8');
  if ('b64' in bytes) return Buffer.from(bytes.b64, 'base64');
  return Buffer.concat(
    bytes.gen.map((part) => Buffer.from(part[0] === 'lit' ? part[1] : part[1].repeat(part[2]), 'utf8')),
  );
}

/** The steps of a case; a bare frame is one step. Raw requests have none. */
export function stepsOf({ request }: HostileCase): readonly Step[] {
  if (typeof request === 'object' && 'raw' in request) return [];
  return typeof request === 'object' && 'steps' in request ? request.steps : [{ send: request }];
}
