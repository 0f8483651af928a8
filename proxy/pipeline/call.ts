/**
 * The call that leaves: the frame's own bytes, or the text the policy had edited, with the headers that mirror
 * the body made to match it again.
 */
import { type Refusal, refuse } from '../errors.ts';
import { encodeHeaderValue, subjectMember } from '../frame/era.ts';
import type { JsonObject } from '../frame/json.ts';
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
): (UpstreamCall & { readonly kind: 'call' }) | Refusal {
  const mirrored = walk.era === 'modern' ? mirror(frame, edited, headers) : {};
  if ('kind' in mirrored) return mirrored as Refusal;
  const call = frame.kind === 'response' ? undefined : frame;
  return {
    kind: 'call',
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
  frame: Frame,
  edited: string | undefined,
  headers: Incoming['headers'],
): Record<string, string> | Refusal {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('mcp-param-') || value === undefined) continue;
    // Which argument it mirrors is the server's to say; after an edit it might still carry what was removed.
    if (edited !== undefined) return refuse('GW_REDACTION_FAILED', 'the call mirrors arguments in headers');
    out[name] = value;
  }
  if (frame.kind === 'response') return out;
  out['mcp-method'] = frame.method;
  const member = frame.kind === 'request' ? subjectMember(frame.method) : undefined;
  if (member === undefined) return out;
  const params = edited === undefined ? frame.params : (JSON.parse(edited) as { params: JsonObject }).params;
  const subject = params?.[member];
  if (typeof subject === 'string') out['mcp-name'] = encodeHeaderValue(subject);
  return out;
}
