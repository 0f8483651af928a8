/**
 * Puts the gate together from a configuration and keeps it running: the only file that knows every part. A reload
 * builds what has changed beside what runs, then swaps it in by one assignment; what cannot be built leaves
 * everything as it was.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { toIdentityOptions } from './config/auth.ts';
import type { Config, ServerConfig } from './config/schema.ts';
import { createHttpEdge, type HttpEdgeState } from './edge/http.ts';
import { isLoopback } from './edge/http-hosts.ts';
import { covers, createPassThrough, type PassThroughRoute } from './edge/pass-through.ts';
import type { JsonObject } from './frame/json.ts';
import { createCatalogue } from './pipeline/catalogue.ts';
import type { Gate, Server } from './pipeline/gate.ts';
import type { Clock, LogPort, PolicyPort, RecordPort, StatePort, UpstreamPort } from './pipeline/ports.ts';
import { createSessions, type Sessions } from './pipeline/sessions.ts';
import { openFileRecord } from './services/audit/file-record.ts';
import { createIdentity } from './services/identity/create-identity.ts';
import { readBundle } from './services/policy/bundle.ts';
import { createPolicyHolder, type PolicyHandle } from './services/policy/holder.ts';
import { createMemoryState } from './services/state/memory-state.ts';
import { createHttpUpstream } from './upstream/http.ts';
import { createStdioUpstream } from './upstream/stdio.ts';

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
  readonly revision: () => { readonly revision: string; readonly digest: string };
  readonly sessions: () => number;
  /** Swaps in another configuration. @throws Error with the old one still running. */
  reload(config: Config): Promise<void>;
  close(): Promise<void>;
}

const SYSTEM_CLOCK: Clock = { now: Date.now, ticks: () => performance.now(), id: randomUUID };
/** Calls in flight may end on the server they began on. */
const DRAIN_MS = 30_000;

/** @throws Error that says what to change, before anything listens. */
export async function startGate(config: Config, options: StartOptions): Promise<RunningGate> {
  checkExposure(config);
  const { log, replace = {} } = options;
  const file = resolve(options.cwd, config.audit.file);
  const owned = replace.record ? undefined : openFileRecord({ file, durability: config.audit.durability });
  const lasting: Lasting = {
    record: (replace.record ?? owned) as RecordPort,
    state: replace.state ?? createState(config),
    sessions: createSessions(config.limits, (session) => {
      void running.edge.gate.servers.get(session.server)?.upstream.end(session.id, session.protocol);
    }),
    clock: replace.clock ?? SYSTEM_CLOCK,
    hashKey: randomBytes(32).toString('hex'),
    load: { inFlight: 0 },
  };
  let running = await build(config, options, lasting, undefined);
  const http = createHttpEdge(() => running.edge);
  await new Promise<void>((done, fail) => {
    const { host, port } = splitAddress(config.listen);
    http.once('error', fail);
    http.listen(port, host, () => done());
  });
  const { address, port } = http.address() as AddressInfo;

  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}`,
    revision: () => running.policy,
    sessions: () => lasting.sessions.size,
    async reload(next) {
      checkExposure(next);
      const before = running;
      running = await build(next, options, lasting, before);
      retire(before, running, log);
      for (const name of ['listen', 'audit', 'state'] as const) {
        if (JSON.stringify(next[name]) !== JSON.stringify(config[name]))
          log.warn('needs_restart', { setting: name });
      }
    },
    async close() {
      await new Promise<void>((done) => {
        http.close(() => done());
        http.closeAllConnections();
      });
      running.edge.passThrough.close();
      await Promise.all([...running.edge.gate.servers.values()].map(({ upstream }) => upstream.close()));
      await running.policy.close();
      running.identity.close();
      owned?.close();
    },
  };
}

/** What outlives a reload. */
interface Lasting {
  readonly record: RecordPort;
  readonly state: StatePort;
  readonly sessions: Sessions;
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
  const routes = routesOf(config);
  const policy = await loadPolicy(config, options);
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
  const port: PolicyPort = { current: () => policy };
  const gate: Gate = {
    ...lasting,
    servers,
    identity: {
      identify: ({ headers }) => identity.identify({ headers, authorization: headers['authorization'] }),
    },
    policy: options.replace?.policy?.(port) ?? port,
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

async function loadPolicy(config: Config, { cwd }: StartOptions): Promise<PolicyHandle> {
  const { bundle: file, data, isolation, deadlineMs, maxPages } = config.policy;
  const path = file === undefined ? shippedBundle() : resolve(cwd, file);
  try {
    const bundle = readBundle(readFileSync(path));
    const overlay = data === undefined ? {} : readData(resolve(cwd, data), cwd);
    return await createPolicyHolder(bundle, overlay, { isolation, deadlineMs, limits: { maxPages } });
  } catch (cause) {
    throw new Error(`policy: ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The default policy: beside the sources in a checkout, one level further up in the installed package. */
function shippedBundle(): string {
  const beside = ['../wasm/bundle.tar.gz', '../../wasm/bundle.tar.gz'].map((path) =>
    resolve(import.meta.dirname, path),
  );
  return beside.find((path) => existsSync(path)) ?? (beside[0] as string);
}

/** Data laid over the bundle's; `${cwd}` stands for the folder the gate was started in. */
function readData(path: string, cwd: string): JsonObject {
  const text = readFileSync(path, 'utf8').replaceAll('${cwd}', cwd);
  const data: unknown = parseYaml(text);
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new Error(`${path} is not a mapping`);
  return data as JsonObject;
}

function createState(config: Config): StatePort {
  const { maxCallers, maxHistory } = config.limits;
  return createMemoryState({
    maxCallers,
    maxHistory,
    labelTtlSeconds: config.state.labelTtlSeconds,
    idleSeconds: 3600,
  });
}

function createServer(name: string, server: ServerConfig, config: Config, options: StartOptions): Server {
  const root = server.root === undefined ? undefined : resolve(options.cwd, server.root);
  return {
    name,
    root,
    catalogue: createCatalogue(),
    upstream: createUpstream(name, server, config, options),
  };
}

function createUpstream(
  name: string,
  server: ServerConfig,
  config: Config,
  options: StartOptions,
): UpstreamPort {
  const { limits } = config;
  if ('command' in server) {
    return createStdioUpstream(
      {
        name,
        command: server.command,
        args: server.args,
        env: childEnvironment(server.env, options.env),
        cwd: server.cwd === undefined ? options.cwd : resolve(options.cwd, server.cwd),
        maxLineBytes: limits.maxEventBytes,
        requestDeadlineMs: limits.requestDeadlineMs,
        maxProcesses: server.max_processes,
        idleMs: server.idle_seconds * 1000,
      },
      options.log,
    );
  }
  const token = server.auth && options.env[server.auth.token_env];
  if (server.auth && !token) throw new Error(`servers.${name}.auth: ${server.auth.token_env} is not set`);
  return createHttpUpstream({
    name,
    url: new URL(server.url),
    headers: { ...lowerCaseNames(server.headers), ...(token ? { authorization: `Bearer ${token}` } : {}) },
    maxReplyBytes: limits.maxBodyBytes,
    maxEventBytes: limits.maxEventBytes,
    connectTimeoutMs: limits.connectTimeoutMs,
    requestDeadlineMs: limits.requestDeadlineMs,
    connections: server.connections,
  });
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

/** A route must not lead around the policy: to the server's own MCP endpoint, or to one of the gate's paths. */
function routesOf(config: Config): readonly PassThroughRoute[] {
  const routes: PassThroughRoute[] = [];
  for (const [name, server] of Object.entries(config.servers)) {
    if (!('url' in server)) continue;
    const { origin, pathname } = new URL(server.url);
    for (const path of server.routes) {
      if (covers(path, pathname) || covers(path, '/mcp') || path.startsWith('/mcp/')) {
        throw new Error(`servers.${name}.routes: ${path} would pass MCP around the policy`);
      }
      if (routes.some((other) => other.path === path)) {
        throw new Error(`servers.${name}.routes: ${path} is already a route of another server`);
      }
      routes.push({ path, origin });
    }
  }
  return routes;
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
