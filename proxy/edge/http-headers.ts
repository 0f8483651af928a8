/**
 * The head of an HTTP request, read once and strictly: what came twice where one is meant, what only a hop may
 * see, and forms of the request line that proxies read differently are refused. Node's parser has already refused
 * conflicting lengths, bare line feeds and folded lines; it lets the rest of these through.
 *
 * @see RFC 9110 §7.6.1, RFC 9112 §3.2 and §6.1
 */
import { type Refusal, refuse } from '../errors.ts';
import type { HeaderMap } from '../pipeline/ports.ts';

/** Headers the gate reads or forwards; every other one ends here. */
const READ: ReadonlySet<string> = new Set([
  ...['host', 'origin', 'authorization', 'x-api-key', 'content-type', 'content-encoding', 'content-length'],
  ...['transfer-encoding', 'accept', 'connection', 'upgrade', 'last-event-id', 'sec-websocket-protocol'],
]);

export interface RequestHead {
  readonly kind: 'head';
  readonly headers: HeaderMap;
}

/** @param raw names and values in turn, as `IncomingMessage.rawHeaders` has them. */
export function readHead(method: string, raw: readonly string[]): RequestHead | Refusal {
  const read = readFields(raw);
  if (read.kind === 'refusal') return read;
  const { headers } = read;
  if (headers['upgrade'] !== undefined) return refuse('GW_HEADERS', 'Upgrade is not served here');
  const connection = headers['connection'];
  if (connection !== undefined && !/^(?:keep-alive|close)$/i.test(connection)) {
    return refuse('GW_HEADERS', 'Connection names other headers');
  }
  if (method !== 'POST' && hasBody(headers)) return refuse('GW_HEADERS', `a body on ${method.slice(0, 16)}`);
  return read;
}

/** The head of a request that wants to become a WebSocket, as strictly; any other upgrade is refused. */
export function readUpgradeHead(method: string, raw: readonly string[]): RequestHead | Refusal {
  const read = readFields(raw);
  if (read.kind === 'refusal') return read;
  const { headers } = read;
  if (method !== 'GET' || hasBody(headers)) return refuse('GW_HEADERS', 'Upgrade is not served here');
  if (headers['upgrade']?.toLowerCase() !== 'websocket')
    return refuse('GW_HEADERS', 'Upgrade is not to websocket');
  if (!/^(?:keep-alive\s*,\s*)?upgrade(?:\s*,\s*keep-alive)?$/i.test(headers['connection'] ?? '')) {
    return refuse('GW_HEADERS', 'Connection names other headers');
  }
  return read;
}

function readFields(raw: readonly string[]): RequestHead | Refusal {
  const headers: Record<string, string> = Object.create(null);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    if (!READ.has(name) && !name.startsWith('mcp-')) continue;
    if (name in headers) return refuse('GW_HEADERS', `${name.slice(0, 64)} came twice`);
    headers[name] = (raw[at + 1] as string).trim();
  }
  if (headers['host'] === undefined) return refuse('GW_HEADERS', 'Host is missing');
  return { kind: 'head', headers };
}

function hasBody(headers: HeaderMap): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** JSON in UTF-8, not compressed: what the gate has not decoded it cannot have judged. */
export function checkMediaType(headers: HeaderMap): Refusal | undefined {
  const [type, ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  if (type !== 'application/json') return refuse('GW_MEDIA_TYPE', 'Content-Type');
  const charset = parameters.find((parameter) => parameter.startsWith('charset'));
  if (charset !== undefined && !/^charset\s*=\s*"?utf-?8"?$/.test(charset))
    return refuse('GW_MEDIA_TYPE', 'charset');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return refuse('GW_MEDIA_TYPE', 'Content-Encoding');
  }
  return undefined;
}

/** @param wanted the media types that will be answered with; a missing Accept takes anything. */
export function checkAccept(headers: HeaderMap, wanted: readonly string[]): Refusal | undefined {
  const accept = headers['accept'];
  if (accept === undefined) return undefined;
  const types = accept.split(',').map((part) => (part.split(';')[0] as string).trim().toLowerCase());
  const fits = types.some(
    (type) => type === '*/*' || wanted.some((want) => type === want || type === `${want.split('/')[0]}/*`),
  );
  return fits ? undefined : refuse('GW_ACCEPT');
}
