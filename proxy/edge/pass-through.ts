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

/** Whether a listed route serves this path. */
export function covers(route: string, path: string): boolean {
  if (!PLAIN_PATH.test(path)) return false;
  return route.endsWith('/*') ? path.startsWith(route.slice(0, -1)) : path === route;
}
