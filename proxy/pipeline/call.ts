/**
 * The call that leaves: the frame's own bytes, or the text the policy had edited, with the headers that mirror
 * the body made to match it again.
 */
import { encodeHeaderValue, subjectMember } from '../frame/era.ts';
import type { JsonObject } from '../frame/json.ts';
import { isMirrored, mirrorArguments } from '../frame/param-headers.ts';
import type { Frame } from '../frame/read-frame.ts';
import type { UpstreamCall } from './ports.ts';
import type { Incoming } from './route.ts';
import type { Walk } from './walk.ts';

/** @param edited the text after redaction; undefined leaves the frame as it came. */
export function toCall(
  walk: Walk,
  frame: Frame,
  edited: string | undefined,
  headers: Incoming['headers'],
  signal: AbortSignal | undefined,
): UpstreamCall {
  const mirrored = walk.era === 'modern' ? mirror(walk, frame, edited, headers) : {};
  const call = frame.kind === 'response' ? undefined : frame;
  return {
    body: edited ?? frame.bytes ?? frame.text,
    id: frame.kind === 'request' ? frame.id : undefined,
    method: call?.method,
    params: call?.params,
    era: walk.era,
    protocol: walk.protocol,
    sessionId: walk.session?.id,
    callerKey: walk.callerKey,
    headers: mirrored,
    // Closing the stream is how a modern client cancels; a legacy client that goes away has not cancelled.
    signal: walk.era === 'modern' ? signal : undefined,
  };
}

function mirror(
  walk: Walk,
  frame: Frame,
  edited: string | undefined,
  headers: Incoming['headers'],
): Record<string, string> {
  if (frame.kind === 'response') return {};
  const params = edited === undefined ? frame.params : (JSON.parse(edited) as { params: JsonObject }).params;
  const member = frame.kind === 'request' ? subjectMember(frame.method) : undefined;
  const subject = member === undefined ? undefined : params?.[member];
  return {
    'mcp-method': frame.method,
    ...(typeof subject === 'string' ? { 'mcp-name': encodeHeaderValue(subject) } : {}),
    ...(frame.method === 'tools/call' ? mirrorParams(walk, params, edited !== undefined, headers) : {}),
  };
}

/** Declared ones from what leaves; others as they came, unless an edit has taken out what they say. */
function mirrorParams(
  { server }: Walk,
  params: JsonObject | undefined,
  edited: boolean,
  headers: Incoming['headers'],
): Record<string, string> {
  const args = params?.['arguments'];
  const declared = server.catalogue.get(String(params?.['name']))?.params ?? [];
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('mcp-param-') || value === undefined) continue;
    if (!edited || isMirrored(value, args)) out[name] = value;
  }
  for (const { header } of declared) delete out[header];
  return Object.assign(out, mirrorArguments(args, declared));
}
