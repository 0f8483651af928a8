/**
 * A client of the hostile corpus: opens sessions, sends frames with the headers their bodies ask for, and
 * keeps every byte that came back. It follows no rule of a good client that a case tells it to break.
 */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface Answer {
  /** 0 when no response came: `ended` says how. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** `held`: nothing more came in time and the client gave up. */
  readonly ended: 'complete' | 'aborted' | 'held';
}
type Headers = Readonly<Record<string, string | readonly string[] | null>>;

export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Headers;
  readonly body?: Uint8Array;
  /** How long to wait for the end of the answer. */
  readonly patienceMs?: number;
}

/** By which the harmless calls of a run are told from the others; cases that bring their own use it too. */
export const HARMLESS_TEXT = 'still here';

const MODERN = '2026-07-28';

export class HostileClient {
  sessionId: string | undefined;
  readonly #url: URL;
  readonly #authorization: string | undefined;
  readonly #version: string;
  // One connection: the call after a hostile frame must find it usable.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string, version: string, authorization: string | undefined) {
    this.#url = new URL(url);
    this.#version = version;
    this.#authorization = authorization;
  }

  /** Opens a legacy session; the modern revision has none. */
  async open(): Promise<void> {
    if (this.#version === MODERN) return;
    const params = {
      protocolVersion: this.#version,
      capabilities: { sampling: {}, elicitation: {}, roots: {} },
      clientInfo: { name: 't', version: '1' },
    };
    const answer = await this.#post({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    if (answer.status !== 200) throw new Error(`no session: ${answer.status} ${answer.body.slice(0, 300)}`);
    this.sessionId = [answer.headers['mcp-session-id']].flat()[0];
    await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** A harmless call, to see that the connection and the session still work. */
  async benign(): Promise<Answer> {
    const params: Record<string, unknown> = { name: 'echo', arguments: { text: HARMLESS_TEXT } };
    if (this.#version === MODERN) params['_meta'] = modernMeta;
    return this.#post({ jsonrpc: '2.0', id: 99, method: 'tools/call', params });
  }

  #post(message: object): Promise<Answer> {
    return this.send({ body: Buffer.from(JSON.stringify(message)) });
  }

  /** @param sent called once the request has been handed to the kernel: parallel steps keep their order. */
  send({ method = 'POST', path, headers = {}, body, patienceMs = 2000 }: Sending, sent?: () => void) {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const chunks: Buffer[] = [];
    let status = 0;
    let received: IncomingHttpHeaders = {};
    const finish = (ended: Answer['ended']) => {
      clearTimeout(timer);
      resolve({ status, headers: received, body: decoded(Buffer.concat(chunks), received), ended });
    };
    const req = request({
      host: this.#url.hostname,
      port: this.#url.port,
      path: path ?? this.#url.pathname,
      method,
      agent: sent === undefined ? this.#agent : false,
      headers: this.#headersFor(body, headers),
    });
    const timer = setTimeout(() => {
      finish('held');
      req.destroy();
    }, patienceMs);
    req.on('response', (res) => {
      status = res.statusCode ?? 0;
      received = res.headers;
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => finish('complete'));
      res.on('error', () => finish('aborted'));
    });
    req.on('error', () => finish('aborted'));
    if (sent !== undefined) req.on('finish', sent);
    req.end(body);
    return promise;
  }

  #headersFor(body: Uint8Array | undefined, overrides: Headers): Record<string, string | string[]> {
    const text = Buffer.from(body ?? []).toString('utf8');
    const modern = text.includes(`"io.modelcontextprotocol/protocolVersion":"${MODERN}"`);
    const derived: Record<string, string | undefined> = {
      'content-type': body === undefined ? undefined : 'application/json',
      'content-length': body === undefined ? undefined : String(body.length),
      accept: 'application/json, text/event-stream',
      authorization: this.#authorization,
      'mcp-protocol-version': modern ? MODERN : this.sessionId && this.#version,
      'mcp-session-id': modern ? undefined : this.sessionId,
      ...(modern && mirroredHeaders(text)),
    };
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(derived)) if (value !== undefined) headers[name] = value;
    for (const [name, value] of Object.entries(overrides)) {
      const lower = name.toLowerCase();
      if (value === null) delete headers[lower];
      else headers[lower] = typeof value === 'string' ? value : [...value];
    }
    return headers;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** As real clients do, whether or not they asked for compression. */
function decoded(bytes: Buffer, headers: IncomingHttpHeaders): string {
  try {
    if (headers['content-encoding'] === 'gzip') return gunzipSync(bytes).toString('utf8');
  } catch {
    // cut off or mislabelled: shown as it is
  }
  return bytes.toString('utf8');
}

export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** SEP-2243: what an honest client mirrors from the body. */
function mirroredHeaders(text: string): Record<string, string> {
  try {
    const { method, params } = JSON.parse(text) as { method: string; params: Record<string, unknown> };
    const name = method === 'resources/read' ? params['uri'] : params['name'];
    return { 'mcp-method': method, ...(typeof name === 'string' && { 'mcp-name': toHeaderValue(name) }) };
  } catch {
    return {};
  }
}

function toHeaderValue(name: string): string {
  const plain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name) && !name.startsWith('=?');
  return plain ? name : `=?base64?${Buffer.from(name, 'utf8').toString('base64')}?=`;
}
