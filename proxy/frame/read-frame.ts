/**
 * Bytes in, one frame or a refusal out; never throws.
 *
 * The reader is strict so that what the policy judges is what every other reader will see: whatever two JSON
 * decoders under MCP SDKs could understand differently is refused here, in both directions. A frame keeps its
 * text, and whoever forwards it unedited forwards exactly that.
 *
 * @see RFC 8259 §4 and §8; MCP 2026-07-28, basic, "Messages"
 */
import { isUtf8 } from 'node:buffer';
import { type Refusal, refuse } from '../errors.ts';
import { checkTree, foldName, type TreeSize } from './check-tree.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { type Member, type ScanLimits, scan } from './scan.ts';

export type FrameId = string | number;

interface FrameBase {
  /** The JSON text exactly as it came. */
  readonly text: string;
  /** The bytes of `text`, when the frame came as bytes: forwarding them needs no second encoding. */
  readonly bytes: Uint8Array | undefined;
  /** Spans of the members of the envelope, and of `params`, `result` or `error`. */
  readonly top: readonly Member[];
  readonly inner: readonly Member[];
  readonly size: Readonly<TreeSize>;
}
export interface RequestFrame extends FrameBase {
  readonly kind: 'request';
  readonly id: FrameId;
  readonly method: string;
  readonly params: JsonObject | undefined;
}
export interface NotificationFrame extends FrameBase {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject | undefined;
}
export interface ResponseFrame extends FrameBase {
  readonly kind: 'response';
  /** `null` only on an error that answers a message whose id could not be read. */
  readonly id: FrameId | null;
  readonly result: JsonObject | undefined;
  readonly error: JsonObject | undefined;
}
export type Frame = RequestFrame | NotificationFrame | ResponseFrame;

export interface ReadOptions extends ScanLimits {
  /** Frames towards a server are also refused for siblings that fold to one name, at any depth. */
  readonly direction: 'to_server' | 'to_client';
}

/** Defaults of the reader: 64 levels and 100,000 elements a frame. */
export const FRAME_LIMITS: ScanLimits = { maxDepth: 64, maxElements: 100_000 };

const MAX_NAME_LENGTH = 256;
const ENVELOPE_MEMBERS: ReadonlySet<string> = new Set([
  'jsonrpc',
  'id',
  'method',
  'params',
  'result',
  'error',
]);

/** Members of `params`, `result` and `error` that change what a message means; look-alikes of them are refused. */
const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  ...['_meta', 'name', 'arguments', 'uri', 'cursor', 'ref', 'argument', 'context', 'level', 'task', 'taskId'],
  ...['inputResponses', 'requestState', 'protocolVersion', 'capabilities', 'clientInfo', 'serverInfo'],
  ...['requestId', 'reason', 'progressToken', 'notifications', 'content', 'structuredContent', 'isError'],
  ...[
    'resultType',
    'inputRequests',
    'tools',
    'resources',
    'resourceTemplates',
    'prompts',
    'contents',
    'messages',
  ],
  ...['nextCursor', 'instructions', 'completion', 'code', 'message', 'data', 'ttlMs', 'cacheScope'],
]);
const KNOWN_FOLDED: ReadonlySet<string> = new Set([...KNOWN_MEMBERS, ...ENVELOPE_MEMBERS].map(foldName));

/**
 * Reads one JSON-RPC message from bytes.
 *
 * @param bytes UTF-8 JSON, at most `maxBodyBytes`, which the edge has checked.
 * @returns the frame, or a refusal whose code begins with GW_FRAME_.
 */
export function readFrame(bytes: Uint8Array, options: ReadOptions): Frame | Refusal {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return refuse('GW_FRAME_BOM');
  if (!isUtf8(bytes)) return refuse('GW_FRAME_UTF8');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return read(buffer.toString('utf8'), bytes, options);
}

/** Reads one message from text that was decoded as strict UTF-8, as the data of a server-sent event is. */
export function readFrameText(text: string, options: ReadOptions): Frame | Refusal {
  return text.charCodeAt(0) === 0xfeff ? refuse('GW_FRAME_BOM') : read(text, undefined, options);
}

function read(text: string, bytes: Uint8Array | undefined, options: ReadOptions): Frame | Refusal {
  const scanned = scan(text, options);
  if (scanned.kind === 'refusal') return scanned;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refuse('GW_FRAME_SYNTAX');
  }
  if (Array.isArray(value)) return refuse('GW_FRAME_BATCH');
  if (!isObject(value)) return refuse('GW_FRAME_ENVELOPE', 'not an object');

  const size: TreeSize = { members: 0, nodes: 0, widest: 0, longest: 0 };
  const checks = { escapes: text.includes('\\'), siblings: options.direction === 'to_server' };
  const odd = checkTree(value, checks, size);
  if (odd) return odd;
  if (size.members !== scanned.members) return refuse('GW_FRAME_DUPLICATE');
  return toFrame(value, { text, bytes, top: scanned.top, inner: scanned.inner, size });
}

function toFrame(value: JsonObject, base: FrameBase): Frame | Refusal {
  for (const member of base.top) {
    if (!ENVELOPE_MEMBERS.has(member.name)) {
      const folds = ENVELOPE_MEMBERS.has(foldName(member.name));
      return refuse(folds ? 'GW_FRAME_FOLD' : 'GW_FRAME_MEMBER');
    }
  }
  for (const member of base.inner) {
    const { name } = member;
    // `result` in a task's result is spelled as the protocol does; only look-alikes are refused.
    const known = KNOWN_MEMBERS.has(name) || ENVELOPE_MEMBERS.has(name);
    if (!known && KNOWN_FOLDED.has(foldName(name))) return refuse('GW_FRAME_FOLD');
  }
  if (value['jsonrpc'] !== '2.0') return refuse('GW_FRAME_ENVELOPE', 'jsonrpc is not "2.0"');
  const { id, method, params, result, error } = value;
  if (method === undefined) return toResponse(base, id, result, error, params);
  if (result !== undefined || error !== undefined) {
    return refuse('GW_FRAME_ENVELOPE', 'both a call and an answer');
  }
  if (typeof method !== 'string' || method === '' || method.length > MAX_NAME_LENGTH) {
    return refuse('GW_FRAME_ENVELOPE', 'method is not a name');
  }
  if (params !== undefined && !isObject(params)) return refuse('GW_FRAME_PARAMS', 'params is not an object');
  if (id === undefined) return { ...base, kind: 'notification', method, params };
  if (!isFrameId(id, base)) return refuse('GW_FRAME_ID');
  return { ...base, kind: 'request', id, method, params };
}

function toResponse(base: FrameBase, id?: Json, result?: Json, error?: Json, params?: Json): Frame | Refusal {
  if (params !== undefined) return refuse('GW_FRAME_ENVELOPE', 'params without method');
  if ((result === undefined) === (error === undefined)) {
    return refuse('GW_FRAME_ENVELOPE', 'neither or both of result and error');
  }
  const payload = result ?? error;
  if (!isObject(payload)) return refuse('GW_FRAME_ENVELOPE', 'result or error is not an object');
  if (
    error !== undefined &&
    !(Number.isSafeInteger(payload['code']) && typeof payload['message'] === 'string')
  ) {
    return refuse('GW_FRAME_ENVELOPE', 'error without code or message');
  }
  const anonymous = (id === undefined || id === null) && error !== undefined;
  if (!anonymous && !isFrameId(id, base)) return refuse('GW_FRAME_ID');
  return {
    ...base,
    kind: 'response',
    id: anonymous ? null : (id as FrameId),
    result: result === undefined ? undefined : payload,
    error: error === undefined ? undefined : payload,
  };
}

/** Strings, and integers written so that every reader takes the same one: no 1.0, 1e2, −0 or 2^53. */
function isFrameId(id: Json | undefined, base: FrameBase): id is FrameId {
  if (typeof id === 'string') return id.length <= MAX_NAME_LENGTH;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return false;
  const member = base.top.find((candidate) => candidate.name === 'id');
  return member !== undefined && base.text.slice(member.start, member.end).trim() === String(id);
}
