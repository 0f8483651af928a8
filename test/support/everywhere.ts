/** The matrix server on all four transports, as upstreams of a gate: entries of `servers`, and how to stop them. */

import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { classifyInboundRequest, createMcpHandler, isInitializeRequest } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { WebSocketServer } from 'ws';
import { defineMatrixServer } from '../fixtures/matrix/server.ts';

type Transport = NonNullable<NonNullable<Parameters<typeof serveStdio>[1]>['transport']>;
type Message = Parameters<NonNullable<Transport['onmessage']>>[0];

export interface Everywhere {
  /** By transport: `http`, `sse`, `ws`, `stdio`. */
  readonly servers: Readonly<Record<'http' | 'sse' | 'ws' | 'stdio', object>>;
  close(): Promise<void>;
}

export async function startEverywhere(): Promise<Everywhere> {
  const [http, sse, ws] = await Promise.all([startHttp(), startSse(), startWs()]);
  return {
    servers: {
      http: { url: `http://127.0.0.1:${portOf(http)}/mcp` },
      sse: { type: 'sse', url: `http://127.0.0.1:${portOf(sse)}/sse` },
      ws: { type: 'ws', url: `ws://127.0.0.1:${portOf(ws)}/mcp` },
      stdio: { command: process.execPath, args: [join(import.meta.dirname, '../fixtures/matrix/server.ts')] },
    },
    async close() {
      for (const server of [http, sse, ws]) server.closeAllConnections();
      await Promise.all([http, sse, ws].map((server) => new Promise((done) => server.close(done))));
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function listening(server: Server): Promise<Server> {
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

function startHttp(): Promise<Server> {
  const modern = toNodeHandler(createMcpHandler(() => defineMatrixServer()));
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  return listening(
    createServer(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      const body = chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString()) as unknown) : undefined;
      const header = (name: string) => [req.headers[name]].flat()[0];
      const version = header('mcp-protocol-version');
      const method = header('mcp-method');
      const inbound = classifyInboundRequest({
        httpMethod: 'POST',
        body,
        ...(version !== undefined && { protocolVersionHeader: version }),
        ...(method !== undefined && { mcpMethodHeader: method }),
      });
      if (req.method === 'POST' && inbound.kind !== 'legacy')
        return modern(req as Parameters<typeof modern>[0], res, body);
      const known = sessions.get(header('mcp-session-id') ?? '');
      if (known) return known.handleRequest(req, res, body);
      if (!isInitializeRequest(body)) return void res.writeHead(404).end();
      const transport = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id),
      });
      await defineMatrixServer().connect(transport);
      return transport.handleRequest(req, res, body);
    }),
  );
}

/** A transport whose other end is whatever `send` writes to and `receive` is fed from. */
function wired(
  send: (text: string) => void,
  close: () => void,
): Transport & { receive(text: string): void; gone(): void } {
  const transport: Transport & { receive(text: string): void; gone(): void } = {
    async start() {},
    async send(message) {
      send(JSON.stringify(message));
    },
    async close() {
      close();
      transport.onclose?.();
    },
    receive: (text) => transport.onmessage?.(JSON.parse(text) as Message),
    gone: () => transport.onclose?.(),
  };
  return transport;
}

function startWs(): Promise<Server> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'mcp' });
  sockets.on('connection', (socket) => {
    const transport = wired(
      (text) => socket.send(text),
      () => socket.close(),
    );
    socket.on('message', (data) => transport.receive(String(data)));
    socket.on('close', () => transport.gone());
    serveStdio(() => defineMatrixServer(), { transport });
  });
  return listening(http);
}

function startSse(): Promise<Server> {
  const connections = new Map<string, ReturnType<typeof wired>>();
  return listening(
    createServer(async (req, res) => {
      if (req.method === 'GET') {
        const id = randomUUID();
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(`event: endpoint\ndata: /messages?id=${id}\n\n`);
        const transport = wired(
          (text) => res.write(`event: message\ndata: ${text}\n\n`),
          () => res.end(),
        );
        connections.set(id, transport);
        res.on('close', () => {
          connections.delete(id);
          transport.gone();
        });
        serveStdio(() => defineMatrixServer(), { transport });
        return;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      res.writeHead(202).end('Accepted');
      connections.get((req.url ?? '').split('id=')[1] ?? '')?.receive(Buffer.concat(chunks).toString());
    }),
  );
}
