/**
 * What this gate promises a Model Context Protocol peer, as a table: each row says where the promise comes from and on
 * which edges it is to be kept. Tests cite a row with `verifies`; test/requirements.test.ts fails for a row that no test
 * cites on every edge it names, and docs/conformance.md is generated from rows and citations.
 *
 * Sources: `basic`, `transports`, … are pages of the MCP specification of 2026-07-28 unless another date is given.
 */
export const EDGES = ['http', 'sse', 'ws', 'stdio'] as const;
export type Edge = (typeof EDGES)[number];

interface Requirement {
  readonly promise: string;
  readonly source: string;
  /** Edges on which a test must show it. */
  readonly on: readonly Edge[];
}

const EVERY = EDGES;
const HTTP: readonly Edge[] = ['http'];
/** Edges whose messages have no HTTP around them. */
const DUPLEX: readonly Edge[] = ['sse', 'ws', 'stdio'];

export const REQUIREMENTS = {
  R01: {
    promise: 'An unedited frame is forwarded byte for byte: unknown fields, methods and extensions survive.',
    source: 'basic, "General fields"',
    on: EVERY,
  },
  R02: {
    promise: 'What two JSON readers could take differently is refused before policy sees it.',
    source: 'RFC 8259 §4, §8',
    on: EVERY,
  },
  R03: {
    promise: 'An edit changes only what it is about: digits, spelling and order of everything else stay.',
    source: 'RFC 8259 §6',
    on: EVERY,
  },
  R04: {
    promise: 'The era is decided by the body; a header that says otherwise is refused with −32020.',
    source: 'transports/streamable-http, "Server Validation"',
    on: HTTP,
  },
  R05: {
    promise: 'A modern POST without its mirrored headers is refused with HTTP 400.',
    source: 'transports/streamable-http, "Server Validation"',
    on: HTTP,
  },
  R06: {
    promise: 'Mirrored headers are decoded before they are compared: Base64, white space, case, integers.',
    source: 'SEP-2243',
    on: HTTP,
  },
  R07: {
    promise: 'After an edit the headers sent on match the new body.',
    source: 'SEP-2243',
    on: EVERY,
  },
  R08: {
    promise: 'Mirrored parameters nobody declared pass through.',
    source: 'transports/streamable-http, "Custom headers"',
    on: HTTP,
  },
  R09: {
    promise: 'No header decides alone: policy reads the body.',
    source: 'SEP-2243, "Trusting Header Values"',
    on: HTTP,
  },
  R10: {
    promise:
      'A batch is judged element by element in the revision that has batches, and refused in every other.',
    source: '2025-03-26 basic, "Batching"; 2025-06-18 changelog',
    on: EVERY,
  },
  R11: {
    promise: 'A client’s answer is judged, and matched to a request the server made of this client.',
    source: '2025-11-25 transports',
    on: EVERY,
  },
  R12: {
    promise: 'What a server asks is judged before the client sees it; a refusal is answered to the server.',
    source: '2025-11-25 client/sampling, client/elicitation, client/roots; SEP-2260',
    on: EVERY,
  },
  R13: {
    promise: 'Requests embedded in results are judged like those that come by themselves.',
    source: 'patterns/mrtr; SEP-2663',
    on: EVERY,
  },
  R14: {
    promise: 'A retry with answers is judged afresh on its own arguments.',
    source: 'patterns/mrtr',
    on: EVERY,
  },
  R15: {
    promise: 'requestState and cursors travel unchanged; an empty cursor is a cursor.',
    source: 'patterns/mrtr; server/utilities/pagination',
    on: EVERY,
  },
  R16: {
    promise:
      'The gate mints no request state of its own: what needs an approval is refused, never deferred unbound.',
    source: 'patterns/mrtr',
    on: HTTP,
  },
  R17: {
    promise:
      'A refused tool call is a result with isError; other methods get an error outside −32768…−32000.',
    source: 'server/tools, "Error Handling"; basic',
    on: EVERY,
  },
  R18: {
    promise:
      'The protocol’s own error numbers are not used for refusals; a blocked notification gets no answer.',
    source: 'basic; transports',
    on: EVERY,
  },
  R19: {
    promise: 'Lists are filtered by the rule that guards the call; order and cursors stay.',
    source: 'server/tools; server/utilities/pagination',
    on: EVERY,
  },
  R20: {
    promise:
      'A list or result that was cut or edited leaves as private, its ttl not raised, nothing invented.',
    source: 'server/utilities/caching',
    on: EVERY,
  },
  R21: {
    promise: 'No result is kept to be served to somebody else.',
    source: 'server/utilities/caching',
    on: HTTP,
  },
  R22: {
    promise: 'Redaction reaches every place text surfaces.',
    source: 'server/tools; server/prompts; server/resources; patterns/progress; server/utilities/logging',
    on: EVERY,
  },
  R23: {
    promise: 'Structured content that was edited still satisfies its schema, or the result is blocked.',
    source: 'server/tools, "Output Schema"',
    on: EVERY,
  },
  R24: {
    promise: 'Task results are redacted wherever they surface.',
    source: '2025-11-25 basic/utilities/tasks; SEP-2663',
    on: EVERY,
  },
  R25: {
    promise: 'Content that carries its digest is blocked rather than edited.',
    source: 'SEP-2640',
    on: EVERY,
  },
  R26: {
    promise: 'Streams pass event by event, none held back; ids, retry and priming events are kept.',
    source: 'transports/streamable-http; 2025-11-25 transports',
    on: EVERY,
  },
  R27: {
    promise: 'A resumed legacy stream reaches the server it came from, and what it replays is judged again.',
    source: '2025-11-25 transports, "Resumability and Redelivery"',
    on: EVERY,
  },
  R28: {
    promise: 'A client that goes away has not cancelled in the legacy era and has in the modern one.',
    source: 'patterns/cancellation; 2025-11-25 transports',
    on: EVERY,
  },
  R29: {
    promise: 'A session belongs to the caller who opened it; to anybody else it does not exist.',
    source: '2025-11-25 transports, "Session Management"',
    on: ['http', 'sse'],
  },
  R30: {
    promise: 'Clients that share a connection to a server never get each other’s ids.',
    source: 'basic, "Requests"; patterns/progress; patterns/subscriptions',
    on: EVERY,
  },
  R31: {
    promise: 'A subscription delivers what was asked for and permitted, after its acknowledgement.',
    source: 'patterns/subscriptions',
    on: EVERY,
  },
  R32: {
    promise: 'A policy change that alters a view is announced to those who see it.',
    source: 'server/tools, "List Changed Notification"',
    // `portcullis wrap` reads its policy once.
    on: ['http', 'sse', 'ws'],
  },
  R33: {
    promise: 'Host and Origin are checked by the gate itself.',
    source: 'transports, "Security Warning"',
    on: ['http', 'sse', 'ws'],
  },
  R34: {
    promise: 'Revisions are agreed on per hop, and a server’s own errors pass so that clients fall back.',
    source: 'basic/versioning',
    on: EVERY,
  },
  R35: {
    promise: 'A client’s token is never sent to a server and stands in no log or record.',
    source: 'basic/authorization, "Token Passthrough"',
    on: ['http', 'sse', 'ws'],
  },
  R36: {
    promise:
      'stdio: one message a line and nothing else; a server is ended by closed input, SIGTERM, SIGKILL.',
    source: 'transports/stdio',
    on: ['stdio'],
  },
  R37: {
    promise: 'Legacy SSE: the endpoint event names the gate’s own URI; an endpoint elsewhere is refused.',
    source: '2024-11-05 transports',
    on: ['sse'],
  },
  R38: {
    promise: 'Sizes, depth, counts and time are bounded before anything is parsed.',
    source: 'SEP-2243; patterns/cancellation, "Timeouts"',
    on: EVERY,
  },
  R39: {
    promise: 'An engine that fails, hangs or is missing closes the gate, and nothing reaches the server.',
    source: 'SEP-2624',
    on: EVERY,
  },
  R40: {
    promise: 'traceparent, tracestate and baggage in _meta arrive as they were sent.',
    source: 'SEP-414',
    on: EVERY,
  },
  R41: {
    promise: 'What HTTP says in headers and statuses is kept for clients that have neither.',
    source: 'transports, "Custom Transports"',
    on: DUPLEX,
  },
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof REQUIREMENTS;

/**
 * Says inside a test which promise it shows, and on which edges. Read from the sources by test/requirements.test.ts and
 * scripts/conformance-page.ts, so the arguments are literals.
 */
export function verifies(id: RequirementId, ..._edges: readonly (Edge | 'every')[]): void {
  if (!Object.hasOwn(REQUIREMENTS, id)) throw new Error(`${id} is no requirement`);
}
