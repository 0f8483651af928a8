/**
 * Which revision of MCP a message from a client speaks, decided by its body; headers are a cross-check and never
 * an upgrade or a downgrade. A modern request also mirrors its method and subject in headers: since the gate
 * judges the body and the server may route by header, the two must say the same.
 *
 * @see MCP 2026-07-28, basic/transports/streamable-http, "Server Validation"; SEP-2243
 */
import { isUtf8 } from 'node:buffer';
import { isObject, type JsonObject } from './json.ts';
import { ASSUMED_VERSION, type Era, LEGACY_VERSIONS, MODERN_VERSIONS, methodRow } from './methods.ts';
import type { Frame } from './read-frame.ts';

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** The protocol's own error numbers; these are the specification's words, not the gate's. */
export const HEADER_MISMATCH = -32020;
export const UNSUPPORTED_VERSION = -32022;
export const INVALID_PARAMS = -32602;
export const METHOD_NOT_FOUND = -32601;

export type EraOutcome =
  | { readonly kind: 'era'; readonly era: Era; readonly protocol: string }
  | {
      readonly kind: 'mismatch';
      readonly status: 400 | 404;
      readonly code: number;
      readonly message: string;
      readonly data?: JsonObject;
    };

export interface EraOptions {
  /** On WebSocket, stdio and legacy SSE no header mirrors the message: only what it says itself counts. */
  readonly headerless?: boolean;
}

/**
 * @param headers lower-case names; single values (the edge has refused duplicates). Without HTTP around messages,
 * `mcp-protocol-version` is what this connection speaks, for messages that do not say it.
 */
export function eraOf(
  frame: Frame,
  headers: Readonly<Record<string, string | undefined>>,
  { headerless = false }: EraOptions = {},
): EraOutcome {
  const header = headers['mcp-protocol-version'];
  const claim = claimOf(frame);
  if (claim !== undefined) {
    return headerless
      ? claimedEra(frame, claim, undefined, undefined)
      : claimedEra(frame, claim, header, headers);
  }
  if (header !== undefined && MODERN_VERSIONS.includes(header)) {
    if (frame.kind === 'notification') return modernNotification(frame.method, header, headers);
    return mismatch(INVALID_PARAMS, `params._meta["${VERSION_KEY}"] is missing`);
  }
  if (header !== undefined && !LEGACY_VERSIONS.includes(header)) return unsupported(header);
  return { kind: 'era', era: 'legacy', protocol: header ?? ASSUMED_VERSION };
}

function claimOf(frame: Frame): unknown {
  if (frame.kind === 'response') return undefined;
  const meta = frame.params?.['_meta'];
  return isObject(meta) ? meta[VERSION_KEY] : undefined;
}

function claimedEra(
  frame: Frame,
  claim: unknown,
  header: string | undefined,
  headers: Readonly<Record<string, string | undefined>> | undefined,
): EraOutcome {
  if (typeof claim !== 'string')
    return mismatch(INVALID_PARAMS, `params._meta["${VERSION_KEY}"] is not a string`);
  if (header !== undefined && header !== claim) {
    return mismatch(HEADER_MISMATCH, 'MCP-Protocol-Version and the message name different revisions');
  }
  if (LEGACY_VERSIONS.includes(claim)) return { kind: 'era', era: 'legacy', protocol: claim };
  if (!MODERN_VERSIONS.includes(claim)) return unsupported(claim);
  if (frame.kind === 'notification') return modernNotification(frame.method, claim, headers ?? {});
  if (frame.kind === 'request') {
    // Said before the headers are looked at: clients tell a removed method by exactly this.
    if (methodRow(frame.method)?.only === 'legacy') {
      return { kind: 'mismatch', status: 404, code: METHOD_NOT_FOUND, message: 'Method not found' };
    }
    if (headers === undefined) return { kind: 'era', era: 'modern', protocol: claim };
    if (header === undefined) return mismatch(HEADER_MISMATCH, 'MCP-Protocol-Version is missing');
    const wrong = mirrored(frame.method, frame.params, headers);
    if (wrong) return mismatch(HEADER_MISMATCH, wrong);
  }
  return { kind: 'era', era: 'modern', protocol: claim };
}

function modernNotification(
  method: string,
  protocol: string,
  headers: Readonly<Record<string, string | undefined>>,
): EraOutcome {
  const mirror = headers['mcp-method'];
  return mirror !== undefined && mirror !== method
    ? mismatch(HEADER_MISMATCH, 'Mcp-Method and the message name different methods')
    : { kind: 'era', era: 'modern', protocol };
}

/** @returns what is wrong with the mirrored headers, or undefined. */
function mirrored(
  method: string,
  params: JsonObject | undefined,
  headers: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const mirror = headers['mcp-method'];
  if (mirror === undefined) return 'Mcp-Method is missing';
  if (mirror !== method) return 'Mcp-Method and the message name different methods';
  const subject = subjectMember(method);
  if (subject === undefined) return undefined;
  const named = headers['mcp-name'];
  if (named === undefined) return 'Mcp-Name is missing';
  const decoded = decodeHeaderValue(named);
  if (decoded === undefined) return 'Mcp-Name is not UTF-8 in Base64';
  return decoded === params?.[subject] ? undefined : 'Mcp-Name and the message name different things';
}

/** The params member that `Mcp-Name` mirrors. */
export function subjectMember(method: string): 'name' | 'uri' | 'taskId' | undefined {
  if (method === 'tools/call' || method === 'prompts/get') return 'name';
  if (method === 'resources/read') return 'uri';
  return methodRow(method)?.subject === 'task' ? 'taskId' : undefined;
}

const ENCODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/** A mirrored header value as the message spells it; undefined when it is not UTF-8 in Base64. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!value.startsWith('=?base64?') || !value.endsWith('?=')) return value;
  const encoded = ENCODED.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // Buffer is lenient; what does not encode back to itself could be read differently elsewhere.
  return isUtf8(bytes) && bytes.toString('base64') === encoded ? bytes.toString('utf8') : undefined;
}

/** The value as a header can carry it: as it is when it is plain visible ASCII, else Base64. */
export function encodeHeaderValue(value: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !value.startsWith('=?base64?');
  return plain ? value : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

function unsupported(requested: string): EraOutcome {
  return {
    kind: 'mismatch',
    status: 400,
    code: UNSUPPORTED_VERSION,
    message: 'Unsupported protocol version',
    // Legacy revisions are agreed on by `initialize`, not by a claim.
    data: { supported: [...MODERN_VERSIONS], requested: requested.slice(0, 64) },
  };
}

function mismatch(code: number, message: string): EraOutcome {
  return { kind: 'mismatch', status: 400, code, message };
}
