/** http-proxy-3 as it comes, with kept-alive connections: the proxy every other one is compared with. */
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProxyServer } from 'http-proxy-3';
import { answerParent } from './_peer.ts';

const [target] = process.argv.slice(2) as [string];
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true }) });
proxy.on('error', (cause) => {
  throw cause;
});
const server = createServer((request, response) => void proxy.web(request, response));
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  answerParent({ url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
