/** The official client on every edge of a gate; `stdio` runs `portcullis wrap` in front of a configured server. */
import { join } from 'node:path';
import { type Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { WebSocket } from 'ws';
import type { Edge } from '../requirements.ts';

type Transport = Parameters<Client['connect']>[0];
type Message = Parameters<NonNullable<Transport['onmessage']>>[0];

const CLI = join(import.meta.dirname, '../../cli/portcullis.ts');

export interface EdgeTarget {
  /** e.g. `http://127.0.0.1:1234` */
  readonly gateUrl: string;
  readonly server: string;
  /** For `wrap`: a configuration that names the server. */
  readonly configFile: string;
}

export function transportTo(edge: Edge, { gateUrl, server, configFile }: EdgeTarget): Transport {
  const url = `${gateUrl}/mcp/${server}`;
  switch (edge) {
    case 'http':
      return new StreamableHTTPClientTransport(new URL(url));
    case 'sse':
      return new SSEClientTransport(new URL(`${url}/sse`));
    case 'ws':
      return webSocketTransport(url.replace('http', 'ws'));
    case 'stdio':
      return new StdioClientTransport({
        command: process.execPath,
        args: [CLI, 'wrap', '--config', configFile, '--server', server],
        stderr: 'ignore',
      });
  }
}

/** WebSocket went from the SDK with its second generation; the frames are the same. */
export function webSocketTransport(url: string): Transport {
  const socket = new WebSocket(url, ['mcp'], { perMessageDeflate: false });
  const transport: Transport = {
    start: () =>
      new Promise((open, fail) => {
        socket.once('open', () => open());
        socket.once('error', fail);
        socket.on('message', (data) => transport.onmessage?.(JSON.parse(String(data)) as Message));
        socket.once('close', () => transport.onclose?.());
      }),
    send: (message) =>
      new Promise((sent, fail) => {
        socket.send(JSON.stringify(message), (error) => (error ? fail(error) : sent()));
      }),
    async close() {
      socket.close();
    },
  };
  return transport;
}
