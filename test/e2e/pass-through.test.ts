/**
 * Routes that are not MCP: exactly those the configuration lists, without anybody's credentials, and never a way
 * around the policy.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startGate, type TestGate } from '../support/gate.ts';
import { sendRaw } from '../support/raw-http.ts';
import { Client } from './_client.ts';
import { sayBundle } from './_policies.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let origin: string;
let seen: Seen[] = [];
let gate: TestGate;
let client: Client;

const server = createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  seen.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers, body });
  if (req.url === '/assets/moved')
    return void res.writeHead(302, { location: 'http://elsewhere.example/' }).end();
  if (req.url === '/assets/broken') return void res.destroy();
  res
    .writeHead(200, { 'content-type': 'text/plain', 'set-cookie': 'a=b', 'x-kind': 'asset' })
    .end(`at ${req.url}`);
});

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  gate = await open(['/assets/*', '/.well-known/oauth-authorization-server', '/token']);
  client = new Client(gate.url);
});
afterAll(async () => {
  client.close();
  await gate.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen = [];
});

function open(routes: string[], more: object = {}): Promise<TestGate> {
  return startGate({
    bundle: sayBundle(),
    config: { servers: { rec: { url: `${origin}/api/mcp`, routes }, ...more } },
  });
}

const get = (path: string, headers = {}) => client.send('GET', undefined, headers, path);

describe('what is listed passes', () => {
  test.each([
    { path: '/assets/logo.svg', url: '/assets/logo.svg' },
    { path: '/assets/a/b/c.js?v=1&x=%2e%2e%2f', url: '/assets/a/b/c.js?v=1&x=%2e%2e%2f' },
    { path: '/.well-known/oauth-authorization-server', url: '/.well-known/oauth-authorization-server' },
    { path: '/token?a=b', url: '/token?a=b' },
  ])('GET $path', async ({ path, url }) => {
    expect(await get(path)).toMatchObject({ status: 200, text: `at ${url}`, headers: { 'x-kind': 'asset' } });
    expect(seen).toMatchObject([{ method: 'GET', url, headers: { host: new URL(origin).host } }]);
  });

  test('POST with its body, HEAD without one', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await client.send('POST', 'grant_type=x&a=%00', form, '/token')).status).toBe(200);
    expect(await client.send('HEAD', undefined, {}, '/token')).toMatchObject({ status: 200, text: '' });
    expect(seen).toMatchObject([
      { method: 'POST', body: 'grant_type=x&a=%00', headers: form },
      { method: 'HEAD' },
    ]);
  });

  test('redirects are the client’s to follow', async () => {
    expect(await get('/assets/moved')).toMatchObject({
      status: 302,
      headers: { location: 'http://elsewhere.example/' },
    });
    expect(seen).toHaveLength(1);
  });

  test('a server that breaks off is a 502', async () => {
    expect(await get('/assets/broken')).toMatchObject({
      status: 502,
      json: { error: { data: { code: 'GW_UPSTREAM_UNREACHABLE' } } },
    });
    expect((await get('/assets/x')).status).toBe(200);
  });
});

describe('what is not is 404, unseen', () => {
  test.each([
    '/',
    '/assets',
    '/assets/',
    '/asset',
    '/assetsx/a',
    '/token/',
    '/token/x',
    '/tokens',
    '/Token',
    '/.well-known/oauth-authorization-server/x',
    '/.well-known/openid-configuration',
    '/api/mcp',
    '/assets/../api/mcp',
    '/assets/./a',
    '/assets/..',
    '/assets//a',
    '//assets/a',
    '/assets/%2e%2e/api/mcp',
    '/assets/..%2fapi/mcp',
    '/assets/%61',
    '/assets/a%2fb',
    '/assets/..;/api/mcp',
    '/assets/a;b',
    '/assets/a\\..\\b',
    '/assets/a#b',
    '/assets/a|b',
    'http://127.0.0.1/assets/a',
  ])('%s', async (path) => {
    const bytes = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const answer = await sendRaw(Number(client.url.port), [bytes]);
    expect(answer.statuses.every((status) => status === 404 || status === 400)).toBe(true);
    expect(seen).toEqual([]);
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('nor does %s', async (method) => {
    expect(await client.send(method, undefined, {}, '/token')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, POST' },
    });
    expect(seen).toEqual([]);
  });

  test.each([
    { name: 'another Host', headers: { host: 'evil.com' }, status: 403 },
    { name: 'another Origin', headers: { origin: 'https://evil.com' }, status: 403 },
    { name: 'an Upgrade', headers: { connection: 'Upgrade', upgrade: 'websocket' }, status: 404 },
  ])('with $name', async ({ headers, status }) => {
    expect((await get('/token', headers)).status).toBe(status);
    expect(seen).toEqual([]);
  });
});

test('no credential travels either way', async () => {
  const answer = await get('/token', {
    authorization: 'Bearer client',
    'x-api-key': 'pk_client',
    cookie: 'a=client',
    'proxy-authorization': 'Basic client',
    'mcp-session-id': 'client',
    accept: 'text/plain',
  });
  expect(answer.headers).not.toHaveProperty('set-cookie');
  expect(JSON.stringify(seen)).not.toContain('client');
  expect(seen[0]?.headers).toMatchObject({ accept: 'text/plain' });
  expect(Object.keys(seen[0]?.headers ?? {}).filter((name) => name.startsWith('x-forwarded'))).toEqual([]);
});

describe('a route around the policy is refused at the start', () => {
  test.each([
    { routes: ['/api/mcp'], why: 'the server’s own endpoint' },
    { routes: ['/api/*'], why: 'a folder that holds it' },
    { routes: ['/mcp'], why: 'the gate’s own path' },
    { routes: ['/mcp/rec'], why: 'the gate’s own path' },
    { routes: ['/mcp/*'], why: 'the gate’s own paths' },
  ])('$routes: $why', async ({ routes }) => {
    await expect(open(routes)).rejects.toThrow(/would pass MCP around the policy/);
  });

  test('one path of two servers', async () => {
    const other = { other: { url: `${origin}/second`, routes: ['/assets/*'] } };
    await expect(open(['/assets/*'], other)).rejects.toThrow(/already a route of another server/);
  });

  // The routes of one server must not lead to the endpoint of another on the same host.
  test('the endpoint of another server on the same host', async () => {
    const other = { other: { url: `${origin}/second/mcp` } };
    await expect(open(['/second/*'], other)).rejects.toThrow(/would pass MCP around the policy/);
    const spelt = { other: { url: `${origin}/%73econd/mcp` } };
    await expect(open(['/second/*'], spelt)).rejects.toThrow(/would pass MCP around the policy/);
  });
});
