/**
 * The waiting HTTP client: one JSON answer, or a stream of server-sent events in the gate's own framing. Streams
 * are never buffered or compressed, and a client that reads slowly slows the server behind, not the gate's memory.
 *
 * @see MCP 2025-11-25, basic/transports, "Sending Messages to the Server"; WHATWG HTML, "Server-sent events"
 */
import type { ServerResponse } from 'node:http';
import type { ClientPort, ClientStream } from '../pipeline/ports.ts';

const KEEP_ALIVE_MS = 20_000;
const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

export function createHttpClient(response: ServerResponse): ClientPort {
  let abort: AbortController | undefined;
  return {
    answer(status, body, headers) {
      // Half an answer cannot be taken back; cutting it off is the only honest thing left to say.
      if (response.headersSent) return void response.destroy();
      if (body === undefined) {
        response.writeHead(status, { ...headers, 'content-length': 0 }).end();
        return;
      }
      response.writeHead(status, {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    },
    stream(headers) {
      response.writeHead(200, { ...headers, ...STREAM_HEADERS });
      response.flushHeaders();
      return createClientStream(response);
    },
    get signal() {
      if (abort === undefined) {
        const created = new AbortController();
        abort = created;
        if (response.destroyed) created.abort();
        response.once('close', () => {
          if (!response.writableFinished) created.abort();
        });
      }
      return abort.signal;
    },
  };
}

function createClientStream(response: ServerResponse): ClientStream {
  const keepAlive = setInterval(() => response.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
  response.once('close', () => clearInterval(keepAlive));
  return {
    write(event) {
      if (response.destroyed || response.write(toEventText(event))) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          response.off('drain', done);
          response.off('close', done);
          resolve();
        };
        response.once('drain', done);
        response.once('close', done);
      });
    },
    end() {
      clearInterval(keepAlive);
      response.end();
    },
  };
}

/** JSON text has no raw line break inside strings, but may have some between tokens; each line is a data field. */
function toEventText(event: Parameters<ClientStream['write']>[0]): string {
  let text = '';
  if (event.id !== undefined) text += `id: ${event.id}\n`;
  if (event.retryMs !== undefined) text += `retry: ${event.retryMs}\n`;
  const data = /[\r\n]/.test(event.data) ? event.data.split(/\r\n|\r|\n/).join('\ndata: ') : event.data;
  return `${text}data: ${data}\n\n`;
}
