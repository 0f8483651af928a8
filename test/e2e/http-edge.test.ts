/**
 * The HTTP edge, before any message is judged: exact routes, Host and Origin, media types, ambiguous heads, smuggling,
 * and limits. Every refusal is asked twice: what the client was told, and whether the server behind saw anything.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { sendRaw } from '../support/raw-http.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts';
import { Client, modernCall, textOf, toolCall } from './_client.ts';
import { sayBundle } from './_policies.ts';

let upstream: ScriptedUpstream;
let gate: TestGate;
let client: Client;
let port: number;
let seen = 0;

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  gate = await startGate({
    bundle: sayBundle(),
    config: {
      servers: { rec: { url: upstream.url }, other: { url: upstream.url } },
      limits: { maxBodyBytes: 4096, bodyTimeoutMs: 150 },
      hosts: ['Gate.Example.com'],
    },
  });
  port = Number(new URL(gate.url).port);
  client = await new Client(gate.server('rec')).open();
});
afterAll(async () => {
  client.close();
  await gate.close();
  await upstream.close();
});
beforeEach(() => {
  seen = upstream.requests.length;
});

/** Nothing of the request got through, and both the connection and the session still serve the next one. */
async function expectUnharmed(): Promise<void> {
  expect(upstream.requests.length - seen).toBe(0);
  expect(textOf(await client.call('echo'))).toBe('ran echo');
}

const CALL = JSON.stringify(toolCall(1, 'echo'));
const HEAD = (path: string, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${more}`;
const POST = (path: string, more = '', body = CALL) =>
  `${HEAD(path, more)}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const SESSION = () => `Mcp-Session-Id: ${client.session}\r\n`;

describe('routes are matched to the letter', () => {
  test.each([
    { path: '/', code: 'GW_ROUTE' },
    { path: '/mcp', code: 'GW_ROUTE', why: 'two servers are configured' },
    { path: '/mcp/', code: 'GW_ROUTE' },
    { path: '/mcp/rec/', code: 'GW_ROUTE' },
    { path: '/mcp/rec/x', code: 'GW_ROUTE' },
    { path: '//mcp/rec', code: 'GW_ROUTE' },
    { path: '/mcp//rec', code: 'GW_ROUTE' },
    { path: '/mcp;v=1/rec', code: 'GW_ROUTE' },
    { path: '/mcp/rec;v=1', code: 'GW_SERVER_UNKNOWN' },
    { path: '/mcp%2frec', code: 'GW_ROUTE' },
    { path: '/mcp/%72ec', code: 'GW_SERVER_UNKNOWN' },
    { path: '/x/../mcp/rec', code: 'GW_ROUTE' },
    { path: '/mcp/./rec', code: 'GW_ROUTE' },
    { path: '/mcp/../mcp/rec', code: 'GW_ROUTE' },
    { path: '/MCP/rec', code: 'GW_ROUTE' },
    { path: '/mcp/REC', code: 'GW_SERVER_UNKNOWN' },
    { path: '/mcp/constructor', code: 'GW_SERVER_UNKNOWN', why: 'no member of Object.prototype' },
    { path: '/mcp/rec#x', code: 'GW_SERVER_UNKNOWN' },
    { path: '/.well-known/oauth-protected-resource', code: 'GW_ROUTE' },
  ])('$path', async ({ path, code }) => {
    const answer = await sendRaw(port, [POST(path, `${SESSION()}Connection: close\r\n`)]);
    expect(answer.statuses).toEqual([404]);
    expect(answer.text).toContain(`"code":"${code}"`);
    await expectUnharmed();
  });

  test('a query is no part of the path, and stays here', async () => {
    const answer = await client.send('POST', toolCall(2, 'echo'), {}, '/mcp/rec?x=../other');
    expect(textOf(answer)).toBe('ran echo');
    expect(upstream.requests.at(-1)?.path).toBe('/mcp');
  });

  test('/mcp is the server when there is one', async () => {
    const single = await startGate({
      bundle: sayBundle(),
      config: { servers: { rec: { url: upstream.url } } },
    });
    const own = await new Client(`${single.url}/mcp`).open();
    expect(textOf(await own.call('echo'))).toBe('ran echo');
    own.close();
    await single.close();
  });
});

describe('methods', () => {
  test.each(['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND', 'QUERY'])(
    '%s is not served',
    async (method) => {
      const answer = await client.send(method);
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, POST, DELETE');
      await expectUnharmed();
    },
  );

  test('CONNECT gets no answer', async () => {
    const answer = await sendRaw(port, [
      `CONNECT ${new URL(upstream.url).host} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    ]);
    expect(answer).toMatchObject({ statuses: [], closed: true });
    await expectUnharmed();
  });

  test.each([
    { name: 'Content-Length on GET', method: 'GET', framing: 'Content-Length: 2\r\n\r\n{}' },
    { name: 'chunks on GET', method: 'GET', framing: 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n' },
    { name: 'Content-Length on DELETE', method: 'DELETE', framing: 'Content-Length: 2\r\n\r\n{}' },
    {
      name: 'chunks on DELETE',
      method: 'DELETE',
      framing: 'Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    },
  ])('$name', async ({ method, framing }) => {
    const head = `${method} /mcp/rec HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n${SESSION()}`;
    const answer = await sendRaw(port, [head + framing]);
    expect(answer).toMatchObject({ statuses: [400], closed: true });
    expect(answer.text).toContain('GW_HEADERS');
    await expectUnharmed();
  });
});

describe('Host and Origin', () => {
  const status = (headers: Record<string, string>) =>
    client.call('echo', {}, headers).then((answer) => answer.status);

  test.each([
    { host: '127.0.0.1', want: 200 },
    { host: '127.0.0.1:9', want: 200, why: 'any port of this machine' },
    { host: 'LOCALHOST:80', want: 200 },
    { host: '[::1]:80', want: 200 },
    { host: 'gate.example.com', want: 200, why: 'configured' },
    { host: 'GATE.example.com:8443', want: 200 },
    { host: 'evil.example.com', want: 403, why: 'a name rebound to this address' },
    { host: 'gate.example.com.evil.com', want: 403 },
    { host: 'gate.example.com.', want: 403 },
    { host: 'localhost.evil.com', want: 403 },
    { host: 'evil@localhost', want: 403 },
    { host: 'localhost:80:80', want: 403 },
    { host: 'localhost/x', want: 403 },
    { host: '127.0.0.2', want: 403 },
    { host: '0x7f.1', want: 403 },
  ])('Host $host: $want', async ({ host, want }) => {
    verifies('R33', 'http');
    expect(await status({ host })).toBe(want);
  });

  test.each([
    { origin: 'http://localhost:3000', want: 200 },
    { origin: 'https://127.0.0.1', want: 200 },
    { origin: 'http://[::1]:3000', want: 200 },
    { origin: 'null', want: 403 },
    { origin: 'http://localhost.evil.com', want: 403 },
    { origin: 'http://localhost@evil.com', want: 403 },
    { origin: 'http://evil.com#localhost', want: 403 },
    { origin: 'http://localhost/', want: 403, why: 'an origin has no path' },
    { origin: 'file://localhost', want: 403 },
    { origin: 'http://gate.example.com', want: 403, why: 'a host name of ours is not an origin of ours' },
    { origin: '', want: 403 },
  ])('Origin $origin: $want', async ({ origin, want }) => {
    expect(await status({ origin })).toBe(want);
  });

  test.each(['GET', 'DELETE'])('%s asks for them too', async (method) => {
    expect(await client.send(method, undefined, { origin: 'https://evil.com' })).toMatchObject({
      status: 403,
    });
    expect(await client.send(method, undefined, { host: 'evil.com' })).toMatchObject({ status: 403 });
    await expectUnharmed();
  });

  test('named origins replace those of this machine', async () => {
    const strict = await startGate({
      bundle: sayBundle(),
      config: { servers: { rec: { url: upstream.url } }, origins: ['https://app.example.com'] },
    });
    const own = await new Client(strict.server('rec')).open();
    const from = (origin: string) => own.call('echo', {}, { origin }).then((answer) => answer.status);
    expect(await from('https://app.example.com')).toBe(200);
    expect(await from('https://app.example.com.evil.com')).toBe(403);
    expect(await from('http://localhost')).toBe(403);
    own.close();
    await strict.close();
  });
});

describe('media types', () => {
  test.each([
    { type: 'application/json', want: 200 },
    { type: 'Application/JSON', want: 200 },
    { type: 'application/json; charset=utf-8', want: 200 },
    { type: 'application/json;Charset="UTF-8"', want: 200 },
    { type: 'application/json; charset=utf-16', want: 415 },
    { type: 'application/json; charset=iso-8859-1', want: 415 },
    { type: 'text/plain', want: 415, why: 'what a page can send without asking' },
    { type: 'application/jsonp', want: 415 },
    { type: 'application/json, text/plain', want: 415 },
    { type: 'multipart/form-data; boundary=x', want: 415 },
    { type: '', want: 415 },
  ])('Content-Type $type: $want', async ({ type, want }) => {
    const answer = await client.call('echo', {}, { 'content-type': type });
    expect(answer.status).toBe(want);
    if (want === 415) await expectUnharmed();
  });

  test('none at all', async () => {
    const head = `POST /mcp/rec HTTP/1.1\r\nHost: 127.0.0.1\r\n${SESSION()}Content-Length: ${CALL.length}\r\n\r\n`;
    expect(await sendRaw(port, [head + CALL])).toMatchObject({ statuses: [415], closed: true });
    await expectUnharmed();
  });

  test.each(['gzip', 'br', 'zstd', 'deflate', 'gzip, gzip', 'GZIP', 'identity, gzip', ''])(
    'Content-Encoding %s',
    async (encoding) => {
      const answer = await client.call('echo', {}, { 'content-encoding': encoding });
      expect(answer).toMatchObject({ status: 415, json: { error: { data: { code: 'GW_MEDIA_TYPE' } } } });
      await expectUnharmed();
    },
  );

  test('Content-Encoding identity says nothing', async () => {
    expect(textOf(await client.call('echo', {}, { 'content-encoding': 'Identity' }))).toBe('ran echo');
  });

  test.each([
    { accept: 'application/json, text/event-stream', want: 200 },
    { accept: 'text/event-stream', want: 200 },
    { accept: '*/*', want: 200 },
    { accept: 'Application/*', want: 200 },
    { accept: undefined, want: 200 },
    { accept: 'text/html', want: 406 },
    { accept: 'application/xml;q=1, text/plain', want: 406 },
  ])('Accept $accept: $want', async ({ accept, want }) => {
    expect((await client.call('echo', {}, { accept })).status).toBe(want);
  });

  test('a stream is asked for by name', async () => {
    expect((await client.send('GET', undefined, { accept: 'application/json' })).status).toBe(406);
    await expectUnharmed();
  });
});

describe('heads that proxies read differently', () => {
  test.each([
    { name: 'two Hosts', head: 'Host: evil.com\r\n' },
    { name: 'two Origins', head: 'Origin: http://localhost\r\norigin: https://evil.com\r\n' },
    { name: 'two Authorizations', head: 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n' },
    { name: 'two Content-Types', head: 'Content-Type: text/plain\r\n' },
    { name: 'two Accepts', head: 'Accept: */*\r\nAccept: */*\r\n' },
    { name: 'two Mcp-Methods', head: 'Mcp-Method: tools/call\r\nmcp-method: ping\r\n' },
    { name: 'two Mcp-Params', head: 'Mcp-Param-A: 1\r\nMcp-Param-A: 1\r\n' },
    { name: 'a Connection list', head: 'Connection: close, Mcp-Session-Id\r\n' },
    { name: 'a Connection that hides Host', head: 'Connection: Host\r\n' },
    {
      name: 'Upgrade h2c',
      head: 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
    },
    { name: 'Upgrade alone', head: 'Upgrade: websocket\r\n' },
  ])('$name', async ({ head }) => {
    const answer = await sendRaw(port, [POST('/mcp/rec', SESSION() + head)]);
    expect(answer).toMatchObject({ statuses: [400], closed: true });
    expect(answer.text).toContain('GW_HEADERS');
    await expectUnharmed();
  });

  test.each([
    { name: 'no Host', host: '', want: 400 },
    { name: 'an empty Host', host: 'Host:\r\n', want: 403 },
  ])('$name', async ({ host, want }) => {
    const head = `POST /mcp/rec HTTP/1.1\r\n${host}Content-Type: application/json\r\n${SESSION()}`;
    const answer = await sendRaw(port, [`${head}Content-Length: 2\r\n\r\n{}`]);
    expect(answer).toMatchObject({ statuses: [want], closed: true });
    await expectUnharmed();
  });

  test.each(['http://127.0.0.1/mcp/rec', 'http://evil.com/mcp/rec', 'mcp/rec', '*', '\\mcp\\rec'])(
    'target %s',
    async (target) => {
      const answer = await sendRaw(port, [POST(target, SESSION())]);
      expect(answer.closed).toBe(true);
      expect(answer.statuses[0]).toBeGreaterThanOrEqual(400);
      await expectUnharmed();
    },
  );

  test('more headers than anybody needs', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => `X-${at}: 1\r\n`).join('');
    expect(
      await sendRaw(port, [POST('/mcp/rec', `${SESSION()}${many(40)}Connection: close\r\n`)]),
    ).toMatchObject({
      statuses: [200],
    });
    seen = upstream.requests.length;
    // The header that comes twice stands where a reader that stops counting no longer looks.
    const most = await sendRaw(port, [POST('/mcp/rec', SESSION() + many(60))]);
    expect(most).toMatchObject({ statuses: [400], closed: true });
    expect(most.text).toContain('(too many)');
    for (const count of [64, 100, 500]) {
      const answer = await sendRaw(port, [POST('/mcp/rec', `${SESSION()}${many(count)}Host: evil.com\r\n`)]);
      expect(answer.closed).toBe(true);
      // The parser gives up by itself at some number.
      expect([400, 431]).toContain(answer.statuses[0]);
    }
    expect(await sendRaw(port, [POST('/mcp/rec', `X-Big: ${'a'.repeat(40_000)}\r\n`)])).toMatchObject({
      statuses: [431],
      closed: true,
    });
    await expectUnharmed();
  });
});

describe('one request is one request to everybody', () => {
  const second = POST('/mcp/rec', '', JSON.stringify(toolCall(66, 'smuggled')));
  test.each([
    {
      name: 'CL and TE',
      bytes: () =>
        `${HEAD('/mcp/rec', SESSION())}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
    },
    {
      name: 'TE and CL',
      bytes: () =>
        `${HEAD('/mcp/rec', SESSION())}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${second}`,
    },
    {
      name: 'two lengths',
      bytes: () =>
        `${HEAD('/mcp/rec', SESSION())}Content-Length: ${CALL.length}\r\nContent-Length: ${CALL.length + 9}\r\n\r\n${CALL}${second}`,
    },
    {
      name: 'two equal lengths',
      bytes: () =>
        `${HEAD('/mcp/rec', SESSION())}Content-Length: ${CALL.length}\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`,
    },
    {
      name: 'a list of lengths',
      bytes: () =>
        `${HEAD('/mcp/rec', SESSION())}Content-Length: ${CALL.length}, ${CALL.length}\r\n\r\n${CALL}`,
    },
    {
      name: 'a signed length',
      bytes: () => `${HEAD('/mcp/rec', SESSION())}Content-Length: +${CALL.length}\r\n\r\n${CALL}`,
    },
    {
      name: 'an unknown coding',
      bytes: () => `${HEAD('/mcp/rec', SESSION())}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    },
    {
      name: 'codings after chunked',
      bytes: () => `${HEAD('/mcp/rec', SESSION())}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    },
    {
      name: 'two codings',
      bytes: () =>
        `${HEAD('/mcp/rec', SESSION())}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    },
    { name: 'bare line feeds', bytes: () => POST('/mcp/rec', SESSION()).replaceAll('\r\n', '\n') },
    {
      name: 'a folded line',
      bytes: () =>
        `${HEAD('/mcp/rec', SESSION())}Mcp-X: a\r\n b\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`,
    },
    {
      name: 'a space before the colon',
      bytes: () => `${HEAD('/mcp/rec', SESSION())}Content-Length : ${CALL.length}\r\n\r\n${CALL}`,
    },
    {
      name: 'a NUL in a value',
      bytes: () =>
        `${HEAD('/mcp/rec', `${SESSION()}Mcp-X: a\0b\r\n`)}Content-Length: ${CALL.length}\r\n\r\n${CALL}`,
    },
    {
      name: 'a line feed after a chunk length',
      bytes: () => `${HEAD('/mcp/rec', SESSION())}Transfer-Encoding: chunked\r\n\r\n2;x\n{}\r\n0\r\n\r\n`,
    },
    {
      name: 'a chunk length no one reads alike',
      bytes: () => `${HEAD('/mcp/rec', SESSION())}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n`,
    },
  ])('$name', async ({ bytes }) => {
    const answer = await sendRaw(port, [bytes()]);
    expect(answer.statuses).toEqual([400]);
    expect(answer.closed).toBe(true);
    await expectUnharmed();
  });

  test('chunks arrive as one message, and trailers are nobody’s', async () => {
    const half = Math.floor(CALL.length / 2);
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const body = `${chunk(CALL.slice(0, half))}${chunk(CALL.slice(half))}0\r\nMcp-Session-Id: x\r\nAuthorization: y\r\n\r\n`;
    const head = `${HEAD('/mcp/rec', `${SESSION()}Connection: close\r\n`)}Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n`;
    expect(await sendRaw(port, [head, body])).toMatchObject({ statuses: [200] });
    expect(upstream.requests.at(-1)?.body.toString()).toBe(CALL);
    expect(upstream.requests.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  test('requests sent in one go are answered in order', async () => {
    const one = POST('/mcp/rec', SESSION(), JSON.stringify(toolCall('a', 'first')));
    const two = POST(
      '/mcp/rec',
      `${SESSION()}Connection: close\r\n`,
      JSON.stringify(toolCall('b', 'second')),
    );
    const answer = await sendRaw(port, [one + two]);
    expect(answer.text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
    expect(answer.text.indexOf('ran first')).toBeLessThan(answer.text.indexOf('ran second'));
  });
});

describe('limits', () => {
  const big = JSON.stringify(toolCall(1, 'echo', { text: 'x'.repeat(5000) }));

  test('a body too large by its own word is refused unread', async () => {
    const answer = await sendRaw(port, [`${HEAD('/mcp/rec', SESSION())}Content-Length: 5000\r\n\r\n`]);
    expect(answer).toMatchObject({ statuses: [413], closed: true });
    expect(answer.text).toContain('GW_BODY_TOO_LARGE');
    await expectUnharmed();
  });

  test('a body too large by its chunks is refused at the limit', async () => {
    verifies('R38', 'http');
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
    const answer = await sendRaw(port, [
      `${HEAD('/mcp/rec', SESSION())}Transfer-Encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 5 }, () => chunk),
    ]);
    expect(answer).toMatchObject({ statuses: [413], closed: true });
    await expectUnharmed();
  });

  test('whoever sends more hears so', async () => {
    const answer = await client.post(big);
    expect(answer).toMatchObject({ status: 413, json: { id: null, error: { code: -31413 } } });
    await expectUnharmed();
  });

  test('a body of exactly the limit passes', async () => {
    const frame = JSON.stringify(toolCall(1, 'echo', { text: '' }));
    const text = 'x'.repeat(4096 - frame.length);
    const answer = await client.post(JSON.stringify(toolCall(1, 'echo', { text })));
    expect(textOf(answer)).toBe('ran echo');
  });

  test('a body that dawdles is given up, and its connection with it', async () => {
    const answer = await sendRaw(port, [`${HEAD('/mcp/rec', SESSION())}Content-Length: 100\r\n\r\n{`]);
    expect(answer).toMatchObject({ statuses: [408], closed: true });
    expect(answer.text).toContain('GW_BODY_TIMEOUT');
    await expectUnharmed();
  });

  test('a body cut short is no message', async () => {
    const sent = client.request('POST', { 'content-type': 'application/json', 'content-length': '500' }, {});
    sent.on('error', () => {});
    const flushed = new Promise<void>((resolve) => sent.write(CALL, () => resolve()));
    await flushed;
    const closed = new Promise<void>((resolve) => sent.once('close', () => resolve()));
    sent.destroy();
    await closed;
    await expectUnharmed();
  });

  test('an empty body is no message', async () => {
    expect(await client.post('')).toMatchObject({
      status: 400,
      json: { error: { data: { code: 'GW_FRAME_SYNTAX' } } },
    });
    await expectUnharmed();
  });
});

test('only so many calls at a time; the one after the last is told to come back', async () => {
  const busy = await startGate({
    bundle: sayBundle(),
    config: { servers: { rec: { url: upstream.url } }, limits: { maxInFlight: 2 } },
  });
  const own = await new Client(busy.server('rec')).open();
  const release: (() => void)[] = [];
  upstream.on('tools/call hold', (request) => {
    release.push(() => request.result({ content: [{ type: 'text', text: 'held' }] }));
  });
  const held = [own.call('hold'), own.call('hold')];
  await upstream.arrived('tools/call hold');
  await upstream.arrived('tools/call hold');
  const third = await own.call('echo');
  expect(third).toMatchObject({ status: 503, json: { error: { data: { code: 'GW_BUSY' } } } });
  for (const answer of release) answer();
  expect((await Promise.all(held)).map(textOf)).toEqual(['held', 'held']);
  expect(textOf(await own.call('echo'))).toBe('ran echo');
  own.close();
  await busy.close();
});

describe('what passes, passes byte for byte', () => {
  const odd = [
    {
      name: 'spacing',
      body: ' {\t"jsonrpc" :"2.0",\r\n  "id":1 , "method":"tools/call",\n"params":{ "arguments":{} , "name":"echo"}}\n',
    },
    {
      name: 'digits',
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":9007199254740993,"b":1.0,"c":1e2,"d":-0,"e":0.10000000000000000001,"f":123456789012345678901234567890}}}',
    },
    {
      name: 'escapes',
      body: '{"jsonrpc":"2.0","id":"\\u0041","method":"tools\\/call","params":{"name":"\\u0065cho","arguments":{"t":"\\u00e9é\\ud83d\\ude00😀\\u2028\\/"}}}',
    },
    {
      name: 'order and unknown members',
      body: '{"params":{"_meta":{"x/y":{"z":[]}},"name":"echo","later":{"a":1}},"method":"tools/call","id":7,"jsonrpc":"2.0"}',
    },
    { name: 'an unknown method', body: '{"jsonrpc":"2.0","id":7,"method":"x/y","params":{"n":1e2}}' },
    {
      name: 'a notification',
      body: '{ "jsonrpc":"2.0","method":"notifications/initialized" , "params":{"a":1.50}}',
    },
  ];

  test.each(odd)('to the server: $name', async ({ body }) => {
    expect((await client.post(body)).status).toBeLessThan(300);
    expect(upstream.requests.at(-1)?.body.toString('utf8')).toBe(body);
  });

  const answers = [
    { name: 'digits', result: '{"content":[],"n":12345678901234567890,"f":1.0,"e":1E+2}' },
    {
      name: 'spacing and order',
      result: '\t{ "structuredContent" : { "b":1 ,"a":2 },\r\n "content" : [ ] } ',
    },
    { name: 'escapes', result: '{"content":[{"type":"text","text":"\\u00e9\\/\\ud83d\\ude00\\u2028"}]}' },
    {
      name: 'unknown members',
      result: '{"content":[],"resultType":"new","x":{"y":[null]},"_meta":{"a/b":1}}',
    },
  ];
  test.each(answers)('to the client, as JSON: $name', async ({ result }) => {
    const text = ` {"jsonrpc":"2.0","result":${result},"id" : 5}\n`;
    upstream.on('tools/call exact', (request) =>
      request.send(200, { 'content-type': 'application/json' }, text),
    );
    expect((await client.post(toolCall(5, 'exact'))).text).toBe(text);
  });

  test.each(answers)('to the client, as an event: $name', async ({ result }) => {
    const text = `{"jsonrpc":"2.0","result":${result.replaceAll(/[\r\n]/g, '')},"id" : 5}`;
    upstream.on('tools/call exact', (request) => {
      const stream = request.sse();
      stream.event(text);
      stream.end();
    });
    const stream = await client.stream(toolCall(5, 'exact'));
    expect((await stream.rest()).map((event) => event.raw)).toEqual([`data: ${text}`]);
  });

  test('an error keeps its number, its data and its HTTP status', async () => {
    const text =
      '{"jsonrpc":"2.0","id":5,"error":{"code":-32022,"message":"Unsupported","data":{"supported":["x"],"n":1.0}}}';
    upstream.on('tools/call exact', (request) =>
      request.send(400, { 'content-type': 'application/json' }, text),
    );
    expect(await client.post(toolCall(5, 'exact'))).toMatchObject({ status: 400, text });
  });
});

describe('headers end at the gate', () => {
  test('nothing of a client travels but what belongs to the message', async () => {
    verifies('R35', 'http');
    const headers = {
      authorization: 'Bearer client-token',
      cookie: 'session=client',
      'x-api-key': 'client-key',
      'proxy-authorization': 'Basic abc',
      'x-forwarded-for': '10.0.0.1',
      forwarded: 'for=10.0.0.1',
      'user-agent': 'client/1',
      referer: 'http://localhost/secret',
      traceparent: '00-a-b-01',
      'mcp-secret': 'x',
      'last-event-id': '5',
      'content-language': 'de',
    };
    await client.call('echo', {}, headers);
    const { headers: received } = upstream.requests.at(-1) ?? {};
    expect(Object.keys(received ?? {}).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'content-length',
      'content-type',
      'host',
      'mcp-protocol-version',
      'mcp-session-id',
    ]);
    expect(received).toMatchObject({
      host: new URL(upstream.url).host,
      accept: 'application/json, text/event-stream',
      'accept-encoding': 'identity',
      'mcp-session-id': client.session,
      'mcp-protocol-version': '2025-11-25',
    });
  });

  test('a modern call travels with its mirror and no session', async () => {
    const { body, headers } = modernCall('m', 'echo');
    const answer = await client.post(body, { ...headers, 'mcp-param-region': 'eu', 'mcp-other': 'x' });
    expect(textOf(answer)).toBe('ran echo');
    const received = upstream.requests.at(-1)?.headers;
    expect(received).toMatchObject({ ...headers, 'mcp-param-region': 'eu' });
    expect(received).not.toHaveProperty('mcp-session-id');
    expect(received).not.toHaveProperty('mcp-other');
  });

  test('the gate’s own credential goes to the server, and the server’s headers stay with the gate', async () => {
    const own = await startGate({
      bundle: sayBundle(),
      env: { OWN_TOKEN: 'gate-token' },
      config: {
        servers: {
          rec: {
            url: upstream.url,
            headers: { 'X-Team': 'a' },
            auth: { type: 'bearer', token_env: 'OWN_TOKEN' },
          },
        },
      },
    });
    const leaky = {
      'set-cookie': 'a=b',
      server: 'secret/1',
      'x-internal': '10.0.0.9',
      'www-authenticate': 'Basic',
    };
    upstream.on('tools/call leaky', (request) =>
      request.result({ content: [] }, { ...leaky, 'mcp-session-id': 'other' }),
    );
    upstream.on('tools/call leaky-stream', (request) => {
      const stream = request.sse(leaky);
      stream.event({ jsonrpc: '2.0', id: 1, result: { content: [] } });
      stream.end();
    });
    const caller = await new Client(own.server('rec'), { authorization: 'Bearer client-token' }).open();
    const plain = await caller.call('leaky');
    expect(upstream.requests.at(-1)?.headers).toMatchObject({
      authorization: 'Bearer gate-token',
      'x-team': 'a',
    });
    expect(Object.keys(plain.headers).sort()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'keep-alive',
    ]);
    const stream = await caller.stream(toolCall(1, 'leaky-stream'));
    await stream.rest();
    expect(Object.keys(stream.headers).sort()).toEqual([
      'cache-control',
      'connection',
      'content-type',
      'keep-alive',
      'transfer-encoding',
      'x-accel-buffering',
    ]);
    caller.close();
    await own.close();
  });
});
