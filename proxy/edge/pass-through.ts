/**
 * Routes of a server that are not MCP (OAuth metadata, assets), passed on as they are by http-proxy-3, and only
 * if the configuration lists them. No credential of the client travels along, and a path that two readers could
 * take differently is not passed: `/assets/../mcp` would be a way around the policy.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { refuse } from '../errors.ts';
import { answerEarly } from '../pipeline/early.ts';
import type { LogPort } from '../pipeline/ports.ts';
import { createHttpClient } from './http-client.ts';

export interface PassThroughRoute {
  /** An exact path, or one ending in `/*`. */
  readonly path: string;
  /** Origin of the server, e.g. `https://mcp.example.com`. */
  readonly origin: string;
}

export interface PassThrough {
  /** @returns false when no route covers the path. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): boolean;
  close(): void;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);
/** Unreserved characters and slashes, no empty and no dot segment. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/;
const NOT_FORWARDED = ['authorization', 'x-api-key', 'cookie', 'proxy-authorization', 'mcp-session-id'];

export function createPassThrough(routes: readonly PassThroughRoute[], log: LogPort): PassThrough {
  if (routes.length === 0) return { serve: () => false, close: () => {} };
  const proxy = createProxyServer({
    changeOrigin: true,
    xfwd: false,
    followRedirects: false,
    proxyTimeout: 30_000,
  });
  proxy.on('proxyReq', (outgoing) => {
    for (const name of NOT_FORWARDED) outgoing.removeHeader(name);
  });
  proxy.on('proxyRes', (incoming) => {
    delete incoming.headers['set-cookie'];
  });
  proxy.on('error', (cause, _request, response) => {
    log.warn('pass_through_failed', { message: cause.message });
    if ('writeHead' in response)
      answerEarly(createHttpClient(response as ServerResponse), refuse('GW_UPSTREAM_UNREACHABLE'));
  });
  return {
    serve(path, request, response) {
      const route = routes.find((candidate) => covers(candidate.path, path));
      if (route === undefined) return false;
      if (!METHODS.has(request.method ?? '')) {
        answerEarly(createHttpClient(response), refuse('GW_HTTP_METHOD'), { allow: 'GET, HEAD, POST' });
        return true;
      }
      proxy.web(request, response, { target: route.origin });
      return true;
    },
    close: () => proxy.close(),
  };
}

/** What a server's configuration says of routes. */
interface RoutedServer {
  readonly type?: string | undefined;
  readonly url: string;
  readonly routes?: readonly string[];
}

/** Whether a listed route serves this path. */
export function covers(route: string, path: string): boolean {
  if (!PLAIN_PATH.test(path)) return false;
  return route.endsWith('/*') ? path.startsWith(route.slice(0, -1)) : path === route;
}

/**
 * The routes a configuration lists. A route must not lead around the policy: to a server's own MCP endpoint, or to one
 * of the gate's paths; and where a server of legacy SSE takes messages is for it to say, so nothing beside it is passed.
 *
 * @throws Error that names the route.
 */
export function routesOf(
  servers: Readonly<Record<string, RoutedServer | { readonly command: string }>>,
): readonly PassThroughRoute[] {
  const named = Object.entries(servers).flatMap(([name, server]) =>
    'url' in server
      ? [{ name, paths: server.routes ?? [], url: new URL(server.url), sse: server.type === 'sse' }]
      : [],
  );
  const routes: PassThroughRoute[] = [];
  for (const { name, paths, url } of named) {
    const beside = named.filter((other) => other.url.origin === url.origin);
    const endpoints = beside.map((other) => endpointOf(other.url));
    const anywhere = beside.some(({ sse }) => sse);
    for (const path of paths) {
      if (
        anywhere ||
        path.startsWith('/mcp/') ||
        ['/mcp', ...endpoints].some((endpoint) => covers(path, endpoint))
      ) {
        throw new Error(`servers.${name}.routes: ${path} would pass MCP around the policy`);
      }
      if (routes.some((other) => other.path === path)) {
        throw new Error(`servers.${name}.routes: ${path} is already a route of another server`);
      }
      routes.push({ path, origin: url.origin });
    }
  }
  return routes;
}

/** A server may take `/%6dcp` and `/mcp` for the same. */
function endpointOf(url: URL): string {
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    return url.pathname;
  }
}
