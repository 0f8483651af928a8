/**
 * Which strings of a frame redaction may rewrite, and how the policy's pointers lead into the frame.
 *
 * Takes the path of a string from the root of a JSON-RPC message. `params`, `result` and `error` are open to
 * edits; what correlates, routes or resumes an exchange is not, because a rewritten one would reach another
 * call or none; and words the protocol itself is made of hold no data, so a pattern that happens to match
 * them is passed over.
 */

import { segmentsOf } from '../../frame/spans.ts';

/** `closed`: a hit must fail the frame. `constant`: a hit is none. `opaque`: closed, yet a token by its nature. */
export type Place = 'open' | 'closed' | 'constant' | 'opaque';

/** How pointers of the policy's input lead into a message; what is not listed leads nowhere. */
const POINTERS: readonly (readonly [input: string, message: readonly string[]])[] = [
  ['/args', ['/params/arguments']],
  ['/uri', ['/params/uri']],
  ['/result', ['/result', '/error']],
  // A client's answer is put before the policy as params; a message has only one of the three.
  ['/params', ['/params', '/result', '/error']],
];

const CLOSED_MEMBERS = new Set([
  'progressToken',
  'requestId',
  'taskId',
  'sessionId',
  'subscriptionId',
  'protocolVersion',
  'resultType',
]);
/** Minted by a server for itself; may rightly be a signed token. */
const OPAQUE_MEMBERS = new Set(['cursor', 'nextCursor', 'requestState']);
const CLOSED_META = /^(?:io\.modelcontextprotocol\/.*|progressToken|traceparent|tracestate)$/;
/** Below these the protocol has no words of its own. */
const FREE = new Set(['arguments', 'structuredContent', 'data', '_meta', 'metadata', 'inputResponses']);
/** Values of `type`, `role` and `resultType` that say of what kind something is. */
const KINDS = new Set(
  `text image audio resource resource_link tool_use tool_result user assistant system complete input_required task
  string number integer boolean object array null ref/prompt ref/resource form url`.split(/\s+/),
);
const WORDS = new Set(
  `content contents text data blob uri uriTemplate name title description mimeType type role resource resources
  resourceTemplates structuredContent isError _meta annotations audience priority lastModified size icons src sizes
  theme messages message prompt prompts arguments tools inputSchema outputSchema execution taskSupport completion
  values total hasMore nextCursor cursor resultType requestState inputRequests inputResponses method params progress
  progressToken level logger error code task tasks taskId status statusMessage createdAt lastUpdatedAt ttl
  pollInterval ttlMs cacheScope instructions capabilities serverInfo clientInfo protocolVersion supportedVersions
  version model stopReason systemPrompt maxTokens temperature requestedSchema action mode url elicitationId reason
  requestId roots argument ref context ui skills digest reply input id toolUseId result`.split(/\s+/),
);

/** @param value the decoded string, needed to tell a word of the protocol from data. */
export function placeOf(path: readonly string[], isKey: boolean, value: string): Place {
  const [top, member, inner] = path;
  if (path.length === 1 && isKey) return WORDS.has(value) || value === 'jsonrpc' ? 'constant' : 'closed';
  if (top !== 'params' && top !== 'result' && top !== 'error') return value === '2.0' ? 'constant' : 'closed';
  if (member === '_meta' && path.length > 2) return CLOSED_META.test(inner!) ? 'closed' : 'open';
  const above = isKey ? path.length - 1 : path.length;
  for (let level = 1; level < above; level++) if (FREE.has(path[level]!)) return 'open';
  if (isKey) return WORDS.has(value) ? 'constant' : 'open';
  const last = path[path.length - 1]!;
  if ((last === 'type' || last === 'role' || last === 'resultType') && KINDS.has(value)) return 'constant';
  if (OPAQUE_MEMBERS.has(last) && path.length === 2) return 'opaque';
  return isClosed(path, top) ? 'closed' : 'open';
}

function isClosed(path: readonly string[], top: string): boolean {
  const [, member, inner] = path;
  if (path.length === 2) return CLOSED_MEMBERS.has(member!) || (member === 'name' && top === 'params');
  return (
    path.length === 3 && ((member === 'ref' && inner === 'name') || (member === 'task' && inner === 'taskId'))
  );
}

/** @returns the pointers into a message `at` can mean, or why an edit may not go there. */
export function messagePointers(at: string): readonly string[] | Error {
  const found = POINTERS.find(([input]) => at === input || at.startsWith(`${input}/`));
  if (found === undefined) return new Error(`redaction of ${at}: leads outside what may be edited`);
  const pointers = found[1].map((start) => start + at.slice(found[0].length));
  return pointers.every(isEditable)
    ? pointers
    : new Error(`redaction of ${at}: the protocol needs this member as it is`);
}

function isEditable(pointer: string): boolean {
  const path = segmentsOf(pointer);
  if (path.length < 2 || (path.length === 2 && (path[1] === '_meta' || path[1] === 'task'))) return false;
  return placeOf(path, false, '') === 'open';
}
