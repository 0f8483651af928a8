/** The upstream of every measurement: reads a request, answers what its path asks for, keeps the connection. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from './_peer.ts';
import { ANSWERS, type Kind } from './_traffic.ts';

/** Answers of paths that a measurement has added. */
const added = new Map<string, Buffer>();

const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => {
    const name = (request.url ?? '').slice('/mcp/'.length);
    const extra = added.get(name);
    const { type, body } =
      extra === undefined ? ANSWERS[name as Kind] : { type: 'application/json', body: extra };
    response.writeHead(200, {
      'content-type': type,
      ...(type === 'text/event-stream' ? {} : { 'content-length': body.length }),
    });
    response.end(body);
  });
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  answerParent({
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: ({ name, text }: { name: string; text: string }) => void added.set(name, Buffer.from(text)),
  });
});
