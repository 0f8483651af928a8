/**
 * A client that sends what a test says and hands over what comes back, whole or event by event, with nothing made up
 * and nothing hidden. Also the few messages most tests need.
 */
import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
} from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

/** One server-sent event as the gate framed it. */
export interface Event {
  /** Lines of the event joined by `\n`, e.g. `id: 1\ndata: {}`. */
  readonly raw: string;
  readonly id?: string;
  readonly retry?: string;
  readonly data: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
  readonly json: any;
}

export interface Stream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The next event; undefined at the end of the stream, whether it was ended or cut. */
  next(): Promise<Event | undefined>;
  rest(): Promise<readonly Event[]>;
  /** True when the stream ended by its own last chunk, known once `next` gave undefined. */
  readonly complete: boolean;
  /** Drops the connection. */
  abort(): void;
  readonly response: IncomingMessage;
}

export type Body = string | Uint8Array | object | undefined;
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const POST_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export class Client {
  session: string | undefined;
  readonly url: URL;
  readonly agent = new Agent({ keepAlive: true });
  readonly #headers: Headers;
  #id = 100;

  constructor(url: string, headers: Headers = {}) {
    this.url = new URL(url);
    this.#headers = headers;
  }

  /** Opens a legacy session, or finds out that the server keeps none. */
  async open(): Promise<this> {
    const answer = await this.post(initialize);
    if (answer.status !== 200) throw new Error(`initialize: ${answer.status} ${answer.text}`);
    this.session = [answer.headers['mcp-session-id']].flat()[0];
    await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return this;
  }

  post(body: Body, headers: Headers = {}): Promise<Answer> {
    return this.send('POST', body, headers);
  }

  /** A tool call with an id of its own. */
  call(name: string, args: object = {}, headers: Headers = {}): Promise<Answer> {
    return this.post(toolCall(++this.#id, name, args), headers);
  }

  async send(method: string, body?: Body, headers: Headers = {}, path?: string): Promise<Answer> {
    const { response } = await this.start(method, body, headers, path);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      json: parse(text),
    };
  }

  /** The answer as a stream, from its first byte on. */
  async stream(body: Body, headers: Headers = {}): Promise<Stream> {
    const { request: sent, response } = await this.start('POST', body, headers);
    return toStream(sent, response);
  }

  async listen(headers: Headers = {}): Promise<Stream> {
    const { request: sent, response } = await this.start('GET', undefined, {
      accept: 'text/event-stream',
      ...headers,
    });
    return toStream(sent, response);
  }

  /** What `start` gave, as a stream. */
  streamOf(sent: ClientRequest, response: IncomingMessage): Stream {
    return toStream(sent, response);
  }

  /** Sends; resolves with the head of the answer. */
  start(method: string, body: Body, headers: Headers, path = this.url.pathname) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      request: ClientRequest;
      response: IncomingMessage;
    }>();
    const bytes = toBytes(body);
    const sent = this.request(method, body === undefined ? {} : POST_HEADERS, headers, path);
    sent.once('response', (response) => resolve({ request: sent, response }));
    sent.once('error', reject);
    sent.end(bytes);
    return promise;
  }

  /** A request not yet ended, for those that must be cut short. */
  request(method: string, base: Headers, headers: Headers, path = this.url.pathname): ClientRequest {
    const all: Headers = {
      ...base,
      ...(this.session === undefined ? {} : { 'mcp-session-id': this.session }),
      ...this.#headers,
      ...headers,
    };
    return request({
      host: this.url.hostname,
      port: this.url.port,
      method,
      path,
      agent: this.agent,
      headers: Object.fromEntries(
        Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

export const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: { sampling: {}, elicitation: {}, roots: {} },
    clientInfo: { name: 'test', version: '1' },
  },
};

export function toolCall(id: string | number, name: string, args: object = {}, meta?: object) {
  const params = { name, arguments: args, ...(meta && { _meta: meta }) };
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
}

const MODERN = '2026-07-28';

/** A call of the modern era and the headers that mirror it. */
export function modernCall(id: string | number, name: string, args: object = {}, meta: object = {}) {
  return {
    body: toolCall(id, name, args, { 'io.modelcontextprotocol/protocolVersion': MODERN, ...meta }),
    headers: { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': name },
  };
}

/** Text of the only content of a tool result. */
export function textOf(answer: { readonly json: { result?: { content?: { text?: string }[] } } }): string {
  return answer.json?.result?.content?.[0]?.text ?? '';
}

function toBytes(body: Body): string | Uint8Array | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}

function toStream(sent: ClientRequest, response: IncomingMessage): Stream {
  const events: Event[] = [];
  let text = '';
  let over = false;
  let complete = false;
  let wake = () => {};
  response.setEncoding('utf8');
  // Taken only when asked for: what a test does not read stays on the wire.
  const pull = () => {
    for (let chunk = response.read(); chunk !== null; chunk = response.read()) {
      text += chunk as string;
      for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
        events.push(toEvent(text.slice(0, at)));
        text = text.slice(at + 2);
      }
    }
  };
  response.on('readable', () => wake());
  response.on('end', () => {
    complete = true;
  });
  response.on('error', () => {});
  response.on('close', () => {
    over = true;
    wake();
  });
  const stream: Stream = {
    status: response.statusCode ?? 0,
    headers: response.headers,
    response,
    async next() {
      for (;;) {
        pull();
        const event = events.shift();
        if (event) return event;
        if (over) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async rest() {
      const all: Event[] = [];
      for (let event = await stream.next(); event; event = await stream.next()) all.push(event);
      return all;
    },
    get complete() {
      return complete;
    },
    abort: () => void sent.destroy(),
  };
  return stream;
}

function toEvent(raw: string): Event {
  const field = (name: string) =>
    raw
      .split('\n')
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const data = field('data').join('\n');
  const [id] = field('id');
  const [retry] = field('retry');
  return {
    raw,
    data,
    json: parse(data),
    ...(id === undefined ? {} : { id }),
    ...(retry === undefined ? {} : { retry }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
