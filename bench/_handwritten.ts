/** The least a gate in Node could do: node:http in, JSON.parse of the request, undici out. It judges nothing. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { answerParent } from './_peer.ts';

const [target] = process.argv.slice(2) as [string];
const pool = new Pool(target, { connections: 128, pipelining: 1 });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => forward(request, Buffer.concat(chunks), response));
});

function forward(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { method } = JSON.parse(body.toString('utf8')) as { method?: unknown };
  if (typeof method !== 'string') return void response.writeHead(400).end();
  const headers = { ...request.headers };
  delete headers.connection;
  delete headers['content-length'];
  pool.dispatch(
    { path: request.url as string, method: 'POST', headers, body },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, answered) {
        delete answered['connection'];
        delete answered['keep-alive'];
        response.writeHead(status, answered);
      },
      onResponseData: (_controller, chunk) => void response.write(chunk),
      onResponseEnd: () => void response.end(),
      onResponseError(_controller, cause) {
        throw cause;
      },
    },
  );
}

server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  answerParent({ url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
