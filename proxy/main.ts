/**
 * Puts the gate together from a configuration and keeps it running: the only file that knows every part. A reload
 * builds what has changed beside what runs, then swaps it in by one assignment; what cannot be built leaves
 * everything as it was.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { createOpsServer } from './admin/ops.ts';
import { toIdentityOptions } from './config/auth.ts';
import type { Config, ServerConfig } from './config/schema.ts';
import { createHttpEdge, type HttpEdgeState } from './edge/http.ts';
import { isLoopback } from './edge/http-hosts.ts';
import { createPassThrough, routesOf } from './edge/pass-through.ts';
import { serveStdio } from './edge/stdio.ts';
import { isObject } from './frame/json.ts';
import { type KnownCallers, openKnownCallers } from './known-callers.ts';
import { createCatalogue } from './pipeline/catalogue.ts';
import type { Gate, Server } from './pipeline/gate.ts';
import { showsNow } from './pipeline/lists.ts';
import type { Clock, HeaderMap, LogPort, PolicyPort, RecordPort, StatePort } from './pipeline/ports.ts';
import { createSessions, type Sessions } from './pipeline/sessions.ts';
import { createTasks, type Tasks } from './pipeline/tasks.ts';
import { createViews, type Views } from './pipeline/views.ts';
import { openFileRecord } from './services/audit/file-record.ts';
import { createIdentity } from './services/identity/create-identity.ts';
import type { PolicyHandle } from './services/policy/holder.ts';
import { loadPolicy } from './services/policy/load-policy.ts';
import type { Tracker } from './services/provenance/tracker.ts';
import { createUpstream, type UpstreamTarget } from './upstream/create-upstream.ts';

export interface StartOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths in the configuration start from. */
  readonly cwd: string;
  readonly log: LogPort;
  readonly version: string;
  /** Parts to use in place of the configured ones; how tests inject faults. */
  readonly replace?: Partial<Replaceable>;
}
export interface Replaceable {
  readonly record: RecordPort;
  readonly state: StatePort;
  readonly clock: Clock;
  /** Stands around the loaded policy. */
  readonly policy: (loaded: PolicyPort) => PolicyPort;
}

export interface RunningGate {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where health is told, when the configuration asks for it. */
  readonly opsUrl: string | undefined;
  readonly revision: () => { readonly revision: string; readonly digest: string };
  readonly sessions: () => number;
  /** Calls being answered now. */
  readonly inFlight: () => number;
  /** Swaps in another configuration. @throws Error with the old one still running. */
  reload(config: Config): Promise<void>;
  close(): Promise<void>;
}

const SYSTEM_CLOCK: Clock = { now: Date.now, ticks: () => performance.now(), id: randomUUID };
/** Calls in flight may end on the server they began on. */
const DRAIN_MS = 30_000;

/** A gate without a door: what clients reach it by is opened by whoever runs it. */
interface OpenGate {
  readonly edge: () => HttpEdgeState;
  readonly policy: () => PolicyHandle;
  readonly sessions: () => number;
  reload(config: Config): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error that says what to change, before anything listens. */
export async function startGate(config: Config, options: StartOptions): Promise<RunningGate> {
  checkExposure(config);
  const open = await openGate(config, options);
  const edge = createHttpEdge(open.edge, config.limits.maxBodyBytes);
  const ops = config.ops && createOpsServer(() => ({ policy: open.policy(), gate: open.edge().gate }));
  try {
    await listenAt(edge.http, config.listen);
    if (ops && config.ops) await listenAt(ops, config.ops.listen);
  } catch (cause) {
    await open.close();
    throw cause;
  }
  return {
    url: urlOf(edge.http),
    revision() {
      const { revision, digest } = open.policy();
      return { revision, digest };
    },
    opsUrl: ops && urlOf(ops),
    sessions: open.sessions,
    inFlight: () => open.edge().gate.load.inFlight,
    async reload(next) {
      checkExposure(next);
      await open.reload(next);
    },
    async close() {
      edge.close();
      await Promise.all([edge.http, ...(ops ? [ops] : [])].map(closeServer));
      await open.close();
    },
  };
}

export interface WrapOptions extends StartOptions {
  /** Name of the one server that is served. */
  readonly server: string;
  readonly input: Readable;
  readonly output: Writable;
  /** What the host showed for itself, e.g. `authorization`. */
  readonly headers: HeaderMap;
  /** Ends it before its input does. */
  readonly signal: AbortSignal;
}

/**
 * Serves one client on a pair of streams, for hosts that only start processes. Resolves when the client has gone and
 * everything it began has ended.
 *
 * @throws Error that says what to change, before anything is read.
 */
export async function wrapStdio(config: Config, options: WrapOptions): Promise<void> {
  const open = await openGate(config, options);
  try {
    const edge = { ...options, maxMessageBytes: config.limits.maxBodyBytes };
    await serveStdio(() => open.edge().gate, edge, options.signal);
  } finally {
    await open.close();
  }
}

async function openGate(config: Config, options: StartOptions): Promise<OpenGate> {
  const { log, replace = {} } = options;
  const file = resolve(options.cwd, config.audit.file);
  const owned = replace.record ? undefined : openFileRecord({ file, durability: config.audit.durability });
  const clock = replace.clock ?? SYSTEM_CLOCK;
  const opening = openKnownCallers(config, { ...options, now: clock.now, state: replace.state });
  const { close: closeKnown, ...known } = await opening.catch((cause) => {
    owned?.close();
    throw cause;
  });
  const lasting: Lasting = {
    ...known,
    record: (replace.record ?? owned) as RecordPort,
    sessions: createSessions(config.limits, (session) => {
      void running.edge.gate.servers.get(session.server)?.upstream.end(session.id, session.protocol);
    }),
    tasks: createTasks(),
    views: createViews(),
    // Whatever began before a reload is judged by the policy of the day: the old one is closed some time after.
    policy: { current: () => running.policy },
    clock,
    hashKey: randomBytes(32).toString('hex'),
    load: { inFlight: 0 },
  };
  let running: Running;
  try {
    running = await build(config, options, lasting, undefined);
  } catch (cause) {
    closeFiles();
    throw cause;
  }
  function closeFiles(): void {
    owned?.close();
    closeKnown();
  }
  return {
    edge: () => running.edge,
    policy: () => running.policy,
    sessions: () => lasting.sessions.size,
    async reload(next) {
      const before = running;
      running = await build(next, options, lasting, before);
      retire(before, running, log);
      lasting.views.changed(showsNow).catch((cause: Error) => {
        log.error('announcement_failed', { message: cause.message });
      });
      for (const name of ['listen', 'ops', 'audit', 'state', 'provenance'] as const) {
        if (JSON.stringify(next[name]) !== JSON.stringify(config[name]))
          log.warn('needs_restart', { setting: name });
      }
    },
    async close() {
      running.edge.passThrough.close();
      await Promise.all([...running.edge.gate.servers.values()].map(({ upstream }) => upstream.close()));
      await running.policy.close();
      running.identity.close();
      closeFiles();
    },
  };
}

function listenAt(server: HttpServer, at: string): Promise<void> {
  const { host, port } = splitAddress(at);
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => done());
  });
}

function urlOf(server: HttpServer): string {
  const { address, port } = server.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function closeServer(server: HttpServer): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

/** What outlives a reload. */
interface Lasting extends KnownCallers {
  readonly record: RecordPort;
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly views: Views;
  readonly policy: PolicyPort;
  readonly clock: Clock;
  readonly hashKey: string;
  readonly load: { inFlight: number };
}

/** What a reload replaces. */
interface Running {
  readonly edge: HttpEdgeState;
  readonly policy: PolicyHandle;
  readonly identity: { close(): void };
  /** Configuration text of each server, to see which have changed. */
  readonly serverTexts: ReadonlyMap<string, string>;
}

async function build(
  config: Config,
  options: StartOptions,
  lasting: Lasting,
  before: Running | undefined,
): Promise<Running> {
  const { env, cwd, log } = options;
  const routes = routesOf(config.servers);
  const identity = createIdentity(toIdentityOptions(config.auth, { env, baseDir: cwd }), {
    now: lasting.clock.now,
  });
  const servers = new Map<string, Server>();
  const serverTexts = new Map<string, string>();
  for (const [name, server] of Object.entries(config.servers)) {
    const text = JSON.stringify([server, config.limits]);
    const kept = before?.serverTexts.get(name) === text ? before.edge.gate.servers.get(name) : undefined;
    servers.set(name, kept ?? createServer(name, server, config, options));
    serverTexts.set(name, text);
  }
  // Last, because it starts threads: nothing that fails after it would have to end them.
  const policy = await loadPolicy(config.policy, cwd).catch((cause: Error) => {
    throw new Error(`policy: ${cause.message}`, { cause });
  });
  const gate: Gate = {
    ...lasting,
    provenance: await trackedBy(lasting.tracker, config, policy),
    intentFrom: new Set(config.provenance.intentFrom),
    servers,
    identity: {
      identify: ({ headers }) => identity.identify({ headers, authorization: headers['authorization'] }),
    },
    policy: options.replace?.policy?.(lasting.policy) ?? lasting.policy,
    log,
    limits: config.limits,
    timeZone: config.policy.timeZone,
    labels: before?.edge.gate.labels ?? {
      app: 'portcullis',
      id: `${hostname()}-${randomUUID()}`,
      version: options.version,
    },
  };
  const { host } = splitAddress(config.listen);
  const edge: HttpEdgeState = {
    gate,
    hostRules: {
      loopback: isLoopback(host),
      hosts: new Set(config.hosts.map((name) => name.toLowerCase())),
      origins: new Set(config.origins),
    },
    passThrough: createPassThrough(routes, log),
    maxBodyBytes: config.limits.maxBodyBytes,
    bodyTimeoutMs: config.limits.bodyTimeoutMs,
  };
  return { edge, policy, identity, serverTexts };
}

/** Lets what is in flight end, then closes what the new configuration no longer uses. */
function retire(before: Running, after: Running, log: LogPort): void {
  const close = () => {
    before.edge.passThrough.close();
    before.identity.close();
    before.policy.close().catch((cause: Error) => log.warn('retire_failed', { message: cause.message }));
    for (const [name, { upstream }] of before.edge.gate.servers) {
      if (after.edge.gate.servers.get(name)?.upstream !== upstream) void upstream.close();
    }
  };
  setTimeout(close, DRAIN_MS).unref();
}

/** Only where a policy may ask: the shipped one does when its data names the pack that is about it. */
async function trackedBy(tracker: Tracker, config: Config, policy: PolicyHandle) {
  const { packs } = policy.data;
  const asks = config.policy.bundle !== undefined || (isObject(packs) && 'data_flow' in packs);
  const { track } = config.provenance;
  try {
    return tracker.port(track === 'on' || (track === 'auto' && asks));
  } catch (cause) {
    await policy.close();
    throw cause;
  }
}

function createServer(name: string, server: ServerConfig, config: Config, options: StartOptions): Server {
  const root = server.root === undefined ? undefined : resolve(options.cwd, server.root);
  return {
    name,
    root,
    catalogue: createCatalogue(),
    upstream: createUpstream(name, targetOf(name, server, options), config.limits, options.log),
  };
}

function targetOf(name: string, server: ServerConfig, { env, cwd }: StartOptions): UpstreamTarget {
  if ('command' in server) {
    const { command, args, instance } = server;
    return {
      kind: 'stdio',
      command,
      args,
      instance,
      env: childEnvironment(server.env, env),
      cwd: server.cwd === undefined ? cwd : resolve(cwd, server.cwd),
      maxLinks: server.max_processes,
      idleMs: server.idle_seconds * 1000,
    };
  }
  const token = server.auth && env[server.auth.token_env];
  if (server.auth && !token) throw new Error(`servers.${name}.auth: ${server.auth.token_env} is not set`);
  const url = new URL(server.url);
  const headers = {
    ...lowerCaseNames(server.headers),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  if (!('instance' in server)) return { kind: 'http', url, headers, connections: server.connections };
  const { instance, connections, idle_seconds } = server;
  const kind = server.type === 'sse' ? 'sse' : 'ws';
  return { kind, url, headers, instance, maxLinks: connections, idleMs: idle_seconds * 1000 };
}

/** A child gets what it needs to run and what it was given, never the gate's own secrets. */
function childEnvironment(
  own: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = ['PATH', 'HOME', 'LANG', 'TMPDIR'].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(passed), ...own };
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Safe by default: beyond this machine nobody is anonymous, and the names clients may use are written down. */
function checkExposure(config: Config): void {
  const { host } = splitAddress(config.listen);
  if (isLoopback(host)) return;
  const kinds = [config.auth].flat().map(({ kind }) => kind);
  if (kinds.includes('none')) {
    throw new Error(
      `listen: ${config.listen} is reachable from other machines; configure auth, or listen on 127.0.0.1`,
    );
  }
  if (config.hosts.length === 0) {
    throw new Error('hosts: name the host names clients use, since the gate listens beyond this machine');
  }
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
