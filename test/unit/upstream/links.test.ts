/** Links to servers over WebSocket and legacy SSE: what a hostile or broken server may do to them, and what it may not. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Link } from '../../../proxy/upstream/link.ts';
import { startSseLink } from '../../../proxy/upstream/sse-link.ts';
import { startWsLink } from '../../../proxy/upstream/ws-link.ts';
import { verifies } from '../../requirements.ts';

const LIMIT = 10_000;

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Everything a link tells, each thing awaitable. */
function listener() {
  const messages: string[] = [];
  const heard: ((text: string) => void)[] = [];
  const exited = Promise.withResolvers<string>();
  return {
    messages,
    exited: exited.promise,
    next: () => new Promise<string>((take) => heard.push(take)),
    events: {
      onMessage(message: Buffer | string) {
        messages.push(String(message));
        heard.shift()?.(String(message));
      },
      onExit: exited.resolve,
    },
  };
}

describe('WebSocket', () => {
  async function open(
    serve: (socket: WebSocket, request: IncomingMessage) => void,
    options: { protocol?: string | false } = {},
  ) {
    const http = createServer();
    const sockets = new WebSocketServer({
      server: http,
      handleProtocols: () => options.protocol ?? 'mcp',
      perMessageDeflate: true,
    });
    sockets.on('connection', serve);
    const at = await listen(http);
    const told = listener();
    const link = startWsLink(
      {
        url: new URL(`ws://${at}/mcp`),
        headers: { authorization: 'Bearer own' },
        maxMessageBytes: LIMIT,
        connectTimeoutMs: 2_000,
      },
      told.events,
    );
    onTestFinished(() => link.stop());
    return { link, ...told };
  }

  test('messages travel in order, those sent before it is open too, uncompressed, with our credential', async () => {
    verifies('R35', 'ws');
    let extensions: string | undefined;
    let credential: string | undefined;
    const { link, messages, next } = await open((socket, request) => {
      ({ 'sec-websocket-extensions': extensions, authorization: credential } = request.headers as Record<
        string,
        string
      >);
      socket.on('message', (data) => socket.send(`heard ${String(data)}`));
    });
    link.write('1');
    link.write(Buffer.from('2'));
    while (messages.length < 2) await next();
    expect(messages).toEqual(['heard 1', 'heard 2']);
    expect({ extensions, credential }).toEqual({ extensions: undefined, credential: 'Bearer own' });
  });

  test.each([
    ['a binary message', (socket: WebSocket) => socket.send(Buffer.from('{}')), /binary/],
    [
      'a message over the limit',
      (socket: WebSocket) => socket.send('x'.repeat(LIMIT + 1)),
      /WS_ERR_UNSUPPORTED_MESSAGE_LENGTH|1006/,
    ],
    ['a close', (socket: WebSocket) => socket.close(1001), /closed 1001/],
    ['a cut', (socket: WebSocket) => socket.terminate(), /closed 1006/],
  ])('%s ends it, and nothing of it is heard', async (_, act, why) => {
    verifies('R38', 'ws');
    const { link, exited, messages } = await open((socket) => act(socket));
    expect(await exited).toMatch(why);
    expect(messages).toEqual([]);
    expect(link.write('late')).toBe(false);
  });

  test('a server that does not speak the subprotocol is none', async () => {
    const { exited } = await open(() => {}, { protocol: 'soap' });
    expect(await exited).toBeTruthy();
  });

  test('a redirect is not followed', async () => {
    let elsewhere = 0;
    const target = await listen(
      createServer((_req, res) => {
        elsewhere++;
        res.end();
      }),
    );
    const at = await listen(
      createServer().on('upgrade', (_req, socket) => {
        socket.end(
          `HTTP/1.1 307 Temporary Redirect\r\nlocation: ws://${target}/\r\ncontent-length: 0\r\n\r\n`,
        );
      }),
    );
    const told = listener();
    startWsLink(
      { url: new URL(`ws://${at}/`), headers: {}, maxMessageBytes: LIMIT, connectTimeoutMs: 2_000 },
      told.events,
    );
    expect(await told.exited).toBeTruthy();
    expect(elsewhere).toBe(0);
  });
});

describe('legacy SSE', () => {
  const STREAM = { 'content-type': 'text/event-stream' };

  async function open(
    get: (response: ServerResponse, at: string) => void,
    post?: (body: string, response: ServerResponse, request: IncomingMessage) => void,
  ) {
    let at = '';
    const http = createServer(async (request, response) => {
      if (request.method === 'GET') return get(response, at);
      let body = '';
      for await (const part of request) body += String(part);
      post?.(body, response, request);
    });
    at = await listen(http);
    const told = listener();
    const options = {
      headers: { authorization: 'Bearer own' },
      maxEventBytes: LIMIT,
      connectTimeoutMs: 2_000,
      answerTimeoutMs: 2_000,
    };
    const link: Link = startSseLink({ url: new URL(`http://${at}/a/sse`), ...options }, told.events);
    onTestFinished(() => link.stop());
    return { link, ...told };
  }

  const endpoint = (uri: string) => (response: ServerResponse) =>
    void response.writeHead(200, STREAM).write(`event: endpoint\ndata: ${uri}\n\n`);

  test('messages are POSTed where the server says, one after another', async () => {
    verifies('R37', 'sse');
    const posted: string[] = [];
    const all = Promise.withResolvers<void>();
    let open2 = 0;
    let most = 0;
    const { link } = await open(endpoint('../b?x=1'), async (body, response, request) => {
      most = Math.max(most, ++open2);
      await new Promise(setImmediate);
      posted.push(`${request.url} ${request.headers.authorization} ${body}`);
      open2--;
      response.writeHead(202).end();
      if (posted.length === 3) all.resolve();
    });
    for (const body of ['1', '2', '3']) link.write(body);
    await all.promise;
    expect(posted).toEqual(['/b?x=1 Bearer own 1', '/b?x=1 Bearer own 2', '/b?x=1 Bearer own 3']);
    expect(most).toBe(1);
  });

  test.each([
    ['another host', () => 'http://evil.example/messages'],
    ['another port', () => 'http://127.0.0.1:1/messages'],
    ['another scheme', (at: string) => `https://${at}/messages`],
    ['a host without a scheme', () => '//evil.example/messages'],
    ['no URI', () => 'http://['],
    ['a very long URI', () => `/${'x'.repeat(5_000)}`],
  ])('an endpoint at %s is refused, and nothing is sent there', async (_, uri) => {
    verifies('R37', 'sse');
    const posted: string[] = [];
    const { link, exited } = await open(
      (response, at) => endpoint(uri(at))(response),
      (body, response) => {
        posted.push(body);
        response.writeHead(202).end();
      },
    );
    link.write('secret');
    expect(await exited).toBe('the endpoint is elsewhere');
    expect(posted).toEqual([]);
  });

  test.each([
    ['a refusal', (response: ServerResponse) => response.writeHead(401).end(), 'HTTP 401'],
    [
      'a page',
      (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'HTTP 200',
    ],
    [
      'a redirect',
      (response: ServerResponse) => response.writeHead(302, { location: 'http://evil.example/' }).end(),
      'HTTP 302',
    ],
    [
      'a stream that ends',
      (response: ServerResponse) => response.writeHead(200, STREAM).end(),
      'the stream ended',
    ],
    [
      'an event over the limit',
      (response: ServerResponse) =>
        response.writeHead(200, STREAM).write(`data: ${'x'.repeat(LIMIT + 1)}\n\n`),
      'an event is too large',
    ],
    [
      'bytes that are no text',
      (response: ServerResponse) => response.writeHead(200, STREAM).write(Buffer.from([0x64, 0xff])),
      'GW_FRAME_UTF8',
    ],
  ])('%s ends it', async (_, answer, why) => {
    verifies('R38', 'sse');
    const { exited, messages } = await open((response) => void answer(response));
    expect(await exited).toBe(why);
    expect(messages).toEqual([]);
  });

  test.each([400, 404, 500, 302])('a message answered %i ends it', async (status) => {
    const { link, exited } = await open(
      endpoint('/m'),
      (_body, response) => void response.writeHead(status).end(),
    );
    link.write('1');
    expect(await exited).toBe(`HTTP ${status} to a message`);
  });

  test('a second endpoint changes nothing', async () => {
    verifies('R37', 'sse');
    const posted: string[] = [];
    const done = Promise.withResolvers<void>();
    const { link } = await open(
      (response) => {
        endpoint('/first')(response);
        response.write('event: endpoint\ndata: /second\n\n');
      },
      (_body, response, request) => {
        posted.push(request.url ?? '');
        response.writeHead(202).end();
        done.resolve();
      },
    );
    link.write('1');
    await done.promise;
    expect(posted).toEqual(['/first']);
  });
});
