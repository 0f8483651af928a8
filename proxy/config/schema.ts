/**
 * `portcullis.yaml`: the zod source of its types, its checks, `config/schema/portcullis.json` and
 * `docs/configuration.md`. Objects are strict, so a misspelt key is an error and not a default.
 */
import { z } from 'zod';
import { INPUT_LIMITS } from '../decide/judgeable-args.ts';
import { FRAME_LIMITS } from '../frame/read-frame.ts';
import { authConfig } from './auth.ts';

const address = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'write host:port, e.g. 127.0.0.1:8080')
  .refine((text) => !(Number(text.slice(text.lastIndexOf(':') + 1)) > 65_535), 'names a port above 65535')
  .describe('host:port');

const path = z.string().min(1);
const headers = z.record(z.string().regex(/^[A-Za-z0-9-]+$/, 'is not a header name'), z.string());

const routePath = z
  .string()
  .regex(
    /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+(?:\/\*)?$/,
    'write an absolute path, perhaps ending in /*',
  );

const instance = z
  .enum(['per_session', 'per_caller', 'shared'])
  .default('per_session')
  .describe('who shares a connection: nobody, the sessions of one caller, or everybody');

const stdioServer = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string().min(1).describe('looked up on the PATH; never given to a shell'),
  args: z.array(z.string()).default([]),
  env: z
    .record(z.string(), z.string())
    .default({})
    .describe('added to PATH, HOME, LANG and TMPDIR, which is all a child gets'),
  cwd: path.optional(),
  root: path.optional().describe('where relative path arguments begin; without it they are suspicious'),
  max_processes: z.int().min(1).max(10_000).default(64),
  idle_seconds: z.int().min(1).default(900).describe('a process nobody uses is ended after this time'),
  instance,
});

const bearer = z
  .strictObject({ type: z.literal('bearer'), token_env: z.string().min(1) })
  .optional()
  .describe("the gate's own credential; a client's is never passed on");

const httpServer = z.strictObject({
  type: z
    .enum(['http', 'streamable-http', 'streamable_http'], { error: 'write http, sse, ws or stdio' })
    .optional(),
  url: z.url({ protocol: /^https?$/ }),
  headers: headers.default({}),
  auth: bearer,
  routes: z
    .array(routePath)
    .default([])
    .describe('paths that are not MCP and pass unjudged, e.g. OAuth metadata'),
  root: path.optional(),
  connections: z.int().min(1).max(10_000).default(128),
});

/** One connection for each session, caller or gate, as `instance` says. */
const linkedServer = {
  headers: headers.default({}),
  auth: bearer,
  root: path.optional(),
  connections: z.int().min(1).max(10_000).default(64),
  idle_seconds: z.int().min(1).default(900).describe('a connection nobody uses is closed after this time'),
  instance,
};

const sseServer = z.strictObject({
  type: z.literal('sse').describe('HTTP+SSE, the transport of 2024-11-05'),
  url: z.url({ protocol: /^https?$/ }),
  ...linkedServer,
});

const wsServer = z.strictObject({
  type: z.enum(['ws', 'websocket']),
  url: z.url({ protocol: /^wss?$/, error: 'write a ws:// or wss:// URL' }),
  ...linkedServer,
});

export const serverConfig = z.union([httpServer, stdioServer, sseServer, wsServer], {
  error: 'needs either url, or command; type says which transport a url speaks: http, sse or ws',
});

/** No slash, no double underscore: names are parts of URLs and of server__tool. */
export const serverName = z
  .string()
  .regex(/^(?!.*__)[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'use letters, digits, - and single _, at most 64');

const limits = z.strictObject({
  maxBodyBytes: z
    .int()
    .min(1024)
    .default(4 * 1024 * 1024)
    .describe('one message, either direction'),
  maxEventBytes: z
    .int()
    .min(1024)
    .default(4 * 1024 * 1024)
    .describe('one server-sent event or line'),
  bodyTimeoutMs: z.int().min(100).default(30_000),
  maxDepth: z.int().min(4).max(FRAME_LIMITS.maxDepth).default(FRAME_LIMITS.maxDepth),
  maxElements: z.int().min(100).default(FRAME_LIMITS.maxElements),
  maxInput: z
    .int()
    .min(1024)
    .max(1024 * 1024)
    .default(INPUT_LIMITS.maxInput)
    .describe('characters of a policy input'),
  maxString: z.int().min(256).default(INPUT_LIMITS.maxString).describe('characters of a string in it'),
  maxWidth: z
    .int()
    .min(8)
    .max(INPUT_LIMITS.maxWidth)
    .default(INPUT_LIMITS.maxWidth)
    .describe('members of an object in it'),
  maxNodes: z.int().min(16).default(INPUT_LIMITS.maxNodes).describe('values in it'),
  maxInFlight: z.int().min(1).default(1_000),
  maxSessions: z.int().min(1).default(10_000),
  maxSessionsPerCaller: z.int().min(1).default(1_000),
  maxCallers: z.int().min(1).default(100_000),
  maxHistory: z.int().min(0).max(50).default(50),
  connectTimeoutMs: z.int().min(100).default(5_000),
  requestDeadlineMs: z.int().min(100).default(600_000).describe('extended by every event of an answer'),
  requestDeadlineMaxMs: z.int().min(100).default(3_600_000).describe('of a whole answer, however extended'),
});

export const configSchema = z.strictObject({
  listen: address.default('127.0.0.1:8080').describe('anything but loopback needs auth and hosts'),
  ops: z
    .strictObject({ listen: address })
    .optional()
    .describe(
      '/healthz and /readyz on a listener of their own; nothing on it needs a credential, so keep it inside',
    ),
  hosts: z.array(z.string().min(1)).default([]).describe('names clients reach this gate by, without port'),
  origins: z
    .array(z.string().regex(/^https?:\/\/[^/]+$/))
    .default([])
    .describe(
      'web pages that may call; when none is named, pages of this machine may, if the gate is on loopback',
    ),
  servers: z
    .record(serverName, serverConfig)
    .refine((all) => Object.keys(all).length > 0, 'name at least one server'),
  policy: z
    .strictObject({
      bundle: path
        .optional()
        .describe('made by `opa build -t wasm -e mcp/main/decision`; the shipped one by default'),
      candidate: z.null().optional().describe('accepted while null'),
      data: path.optional().describe('YAML or JSON laid over the data of the bundle'),
      isolation: z
        .enum(['inline', 'worker'])
        .default('inline')
        .describe('worker: an overrunning decision is killed'),
      deadlineMs: z.int().min(10).max(60_000).default(250),
      maxPages: z.int().min(64).max(4096).default(512).describe('of 64 KiB'),
      timeZone: z
        .string()
        .default('UTC')
        .refine(isTimeZone, 'is not an IANA time zone')
        .describe('of input.time'),
    })
    .prefault({}),
  auth: authConfig.prefault({ kind: 'none' }),
  audit: z
    .strictObject({
      file: path.default('var/audit.jsonl'),
      durability: z
        .enum(['flush', 'fsync'])
        .default('flush')
        .describe('fsync survives power loss, flush a kill'),
    })
    .prefault({}),
  state: z
    .strictObject({
      kind: z
        .enum(['memory', 'redis'])
        .default('memory')
        .describe('redis: labels, history and provenance are shared by all gates with the same url'),
      url: z
        .string()
        .regex(/^rediss?:\/\//, 'is no redis:// or rediss:// URL')
        .optional()
        .describe('of the Redis, with maxmemory-policy noeviction; for kind redis'),
      password_env: z
        .string()
        .min(1)
        .optional()
        .describe('name of the environment variable that holds the password of the Redis'),
      file: path
        .nullable()
        .optional()
        .describe(
          'where labels and history of callers outlive the process; state.jsonl beside audit.file by default, null for memory only',
        ),
      labelTtlSeconds: z.int().min(1).default(86_400).describe('of a label that names no time of its own'),
    })
    .superRefine(({ kind, url, password_env, file }, context) => {
      const say = (path: string, message: string) =>
        context.addIssue({ code: 'custom', path: [path], message });
      if (kind === 'redis' && url === undefined) say('url', 'is missing: kind redis needs one');
      if (kind === 'redis' && file != null) say('file', 'is for kind memory; Redis keeps what this would');
      if (url !== undefined && URL.parse(url)?.password)
        say('url', 'holds a password: name its variable in password_env');
      if (kind === 'memory' && url !== undefined) say('url', 'is for kind redis');
      if (kind === 'memory' && password_env !== undefined) say('password_env', 'is for kind redis');
    })
    .prefault({}),
  provenance: z
    .strictObject({
      track: z
        .enum(['auto', 'on', 'off'])
        .default('auto')
        .describe(
          'remember where values came from; auto: when the data names the pack data_flow, or a bundle of your own may ask',
        ),
      intentFrom: z
        .array(z.string().min(1))
        .default([])
        .describe(
          "subjects of callers whose _meta['io.portcullis/intent'] is taken for the words of their user",
        ),
      keepSeconds: z.int().min(60).default(86_400).describe('what was met longer ago is forgotten'),
      maxBytesPerCaller: z
        .int()
        .min(64 * 1024)
        .default(4 * 1024 * 1024)
        .describe('of memory; when it is full the oldest goes, and the caller is known to be incomplete'),
      maxBytes: z
        .int()
        .min(1024 * 1024)
        .default(256 * 1024 * 1024)
        .describe('of memory, over all callers'),
    })
    .prefault({}),
  approvals: z
    .strictObject({ store: z.string().optional(), ttlSeconds: z.number().positive().optional() })
    .optional()
    .describe('accepted and not used yet: require_approval answers as a block, approval.unavailable'),
  platforms: z.strictObject({}).optional().describe('accepted while empty'),
  limits: limits.prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type ServerConfig = z.infer<typeof serverConfig>;

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
