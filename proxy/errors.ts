/**
 * The one table of everything Portcullis itself may answer with.
 *
 * A row says which HTTP status is used while no JSON-RPC id is known, whether trying again can help, and one
 * sentence for the agent's operator. The JSON-RPC number is −(31000 + status): MCP reserves −32768…−32000,
 * and a client must be able to tell the gate's word from the server's. `docs/errors.md` is generated from
 * this table and `test/pins/errors.test.ts` holds it in literals.
 *
 * @see design of the numbers: MCP 2026-07-28, basic, "Error codes"
 */

interface ErrorRow {
  /** HTTP status before an id is known; also what the JSON-RPC number is derived from. */
  readonly status: number;
  /** Whether the same call may succeed later without anybody changing it. */
  readonly retry: 'no' | 'later' | 'after_change';
  readonly message: string;
  readonly help: string;
}

export const ERRORS = {
  GW_ROUTE: {
    status: 404,
    retry: 'no',
    message: 'No such path.',
    help: 'Use /mcp/{server}, or /mcp when one server is configured.',
  },
  GW_SERVER_UNKNOWN: {
    status: 404,
    retry: 'after_change',
    message: 'No server of that name is configured.',
    help: 'Check the name in the URL against `servers` in the configuration.',
  },
  GW_HTTP_METHOD: {
    status: 405,
    retry: 'no',
    message: 'That HTTP method is not served here.',
    help: 'POST a JSON-RPC message; GET and DELETE need an Mcp-Session-Id of a 2025 session.',
  },
  GW_HOST: {
    status: 403,
    retry: 'after_change',
    message: 'The Host header names a host this gate does not serve.',
    help: 'Add the name to `hosts` in the configuration if clients are meant to use it.',
  },
  GW_ORIGIN: {
    status: 403,
    retry: 'after_change',
    message: 'The Origin header is not allowed.',
    help: 'Add the origin to `origins` in the configuration if that page is meant to call.',
  },
  GW_HEADERS: {
    status: 400,
    retry: 'no',
    message: 'The request headers are ambiguous.',
    help: 'Send each of Host, Authorization, Content-Type and the Mcp-* headers once.',
  },
  GW_MEDIA_TYPE: {
    status: 415,
    retry: 'no',
    message: 'The body must be application/json in UTF-8, not compressed.',
    help: 'Send Content-Type: application/json and no Content-Encoding.',
  },
  GW_ACCEPT: {
    status: 406,
    retry: 'no',
    message: 'The client accepts neither application/json nor text/event-stream.',
    help: 'Send Accept: application/json, text/event-stream.',
  },
  GW_BODY_TOO_LARGE: {
    status: 413,
    retry: 'no',
    message: 'The message is larger than the gate reads.',
    help: 'Send less at once, or raise limits.maxBodyBytes.',
  },
  GW_BODY_TIMEOUT: {
    status: 408,
    retry: 'later',
    message: 'The request body did not arrive in time.',
    help: 'Send the whole body at once.',
  },
  GW_AUTH: {
    status: 401,
    retry: 'after_change',
    message: 'The caller is not known.',
    help: 'Send a credential of a kind the configuration names; see WWW-Authenticate.',
  },
  GW_AUTH_UNAVAILABLE: {
    status: 503,
    retry: 'later',
    message: 'The caller could not be checked.',
    help: 'The key set of the identity provider could not be read; ask the operator.',
  },
  GW_SESSION: {
    status: 404,
    retry: 'no',
    message: 'Session not found.',
    help: 'Initialize again to open a new session.',
  },
  GW_SESSION_REQUIRED: {
    status: 400,
    retry: 'no',
    message: 'Mcp-Session-Id is missing.',
    help: 'Send the session id that initialize answered with.',
  },
  GW_SESSIONS_FULL: {
    status: 503,
    retry: 'later',
    message: 'Too many sessions are open.',
    help: 'End sessions with DELETE, or raise limits.maxSessions.',
  },

  GW_FRAME_UTF8: {
    status: 400,
    retry: 'no',
    message: 'The message is not valid UTF-8.',
    help: 'Encode the JSON as UTF-8.',
  },
  GW_FRAME_BOM: {
    status: 400,
    retry: 'no',
    message: 'The message begins with a byte order mark.',
    help: 'Send UTF-8 without a byte order mark.',
  },
  GW_FRAME_SYNTAX: {
    status: 400,
    retry: 'no',
    message: 'The message is not one JSON document.',
    help: 'Send exactly one JSON text and nothing after it.',
  },
  GW_FRAME_DEPTH: {
    status: 400,
    retry: 'no',
    message: 'The message is nested too deeply.',
    help: 'Nest at most limits.maxDepth levels.',
  },
  GW_FRAME_COUNT: {
    status: 400,
    retry: 'no',
    message: 'The message has too many elements.',
    help: 'Send fewer members and elements in one message.',
  },
  GW_FRAME_DUPLICATE: {
    status: 400,
    retry: 'no',
    message: 'An object in the message names a member twice.',
    help: 'Name every member once.',
  },
  GW_FRAME_FOLD: {
    status: 400,
    retry: 'no',
    message: 'A member name differs from another or from a known one only in case.',
    help: 'Spell member names exactly as the protocol does, each once.',
  },
  GW_FRAME_MEMBER: {
    status: 400,
    retry: 'no',
    message: 'The message has a member that JSON-RPC does not know, or __proto__.',
    help: 'Use only jsonrpc, id, method, params, result and error.',
  },
  GW_FRAME_STRING: {
    status: 400,
    retry: 'no',
    message: 'A string in the message holds a lone surrogate or a NUL.',
    help: 'Send well-formed Unicode without U+0000.',
  },
  GW_FRAME_NUMBER: {
    status: 400,
    retry: 'no',
    message: 'A number in the message is too large to be represented.',
    help: 'Send finite numbers, or strings.',
  },
  GW_FRAME_ENVELOPE: {
    status: 400,
    retry: 'no',
    message: 'The message is not exactly one request, notification or response of JSON-RPC 2.0.',
    help: 'Send jsonrpc "2.0" with method, or with result or error.',
  },
  GW_FRAME_BATCH: {
    status: 400,
    retry: 'no',
    message: 'Batches are accepted at revision 2025-03-26 only, of at most 50 messages.',
    help: 'Send each message by itself.',
  },
  GW_FRAME_ID: {
    status: 400,
    retry: 'no',
    message: 'The id must be a string or an integer that every JSON reader keeps exact.',
    help: 'Use a string or an integer between −2^53 and 2^53, written plainly.',
  },
  GW_FRAME_PARAMS: {
    status: 400,
    retry: 'no',
    message: 'params must be an object, and its members of the types the method asks for.',
    help: 'Send params by name, with name as a string and arguments as an object.',
  },
  GW_FRAME_DIRECTION: {
    status: 400,
    retry: 'no',
    message: 'That message does not belong in this direction.',
    help: 'Answer only requests the server has sent, once.',
  },

  GW_POLICY_BLOCKED: {
    status: 403,
    retry: 'after_change',
    message: 'Blocked by policy.',
    help: 'The reasons name the rule; change the call or ask the owner of the policy.',
  },
  GW_APPROVAL_UNAVAILABLE: {
    status: 403,
    retry: 'after_change',
    message: 'This needs a person’s approval, and approvals are not available here.',
    help: 'Ask the owner of the policy for a grant.',
  },
  GW_POLICY_UNDEFINED: {
    status: 500,
    retry: 'after_change',
    message: 'The policy gave no decision.',
    help: 'The operator should check that the bundle defines mcp/main/decision.',
  },
  GW_POLICY_FAILED: {
    status: 500,
    retry: 'later',
    message: 'The policy could not be evaluated.',
    help: 'The record names the cause; nothing was forwarded.',
  },
  GW_POLICY_MISSING: {
    status: 503,
    retry: 'later',
    message: 'No policy is loaded.',
    help: 'The operator should check policy.bundle.',
  },
  GW_POLICY_ARGS: {
    status: 413,
    retry: 'no',
    message: 'The arguments are larger than the policy can judge whole.',
    help: 'Send less, or declare the argument opaque in data.tools.',
  },
  GW_REDACTION_FAILED: {
    status: 500,
    retry: 'after_change',
    message: 'What the policy wanted removed could not be removed safely.',
    help: 'Nothing was forwarded; the record names the cause.',
  },
  GW_RECORD_FAILED: {
    status: 503,
    retry: 'later',
    message: 'The decision could not be recorded.',
    help: 'Nothing was forwarded; the operator should check the audit file and its disk.',
  },
  GW_STATE_FAILED: {
    status: 503,
    retry: 'later',
    message: 'The gate could not write down what this call leaves behind.',
    help: 'The operator should look at the disk that holds state.file, or at the Redis of state.url.',
  },
  GW_STATE_FULL: {
    status: 503,
    retry: 'later',
    message: 'The gate cannot remember more callers.',
    help: 'The operator should raise limits.maxCallers.',
  },

  GW_UPSTREAM_UNREACHABLE: {
    status: 502,
    retry: 'later',
    message: 'The MCP server could not be reached.',
    help: 'Check that it runs and that its address or command is right.',
  },
  GW_UPSTREAM_TIMEOUT: {
    status: 504,
    retry: 'later',
    message: 'The MCP server did not answer in time.',
    help: 'Try again, or raise limits.requestDeadlineMs.',
  },
  GW_UPSTREAM_ANSWER: {
    status: 502,
    retry: 'later',
    message: 'The MCP server answered with something the gate refuses to pass on.',
    help: 'The record names what was wrong with the answer.',
  },
  GW_UPSTREAM_GONE: {
    status: 502,
    retry: 'later',
    message: 'The MCP server ended before it answered.',
    help: 'Try again; the server is started anew.',
  },
  GW_BUSY: {
    status: 503,
    retry: 'later',
    message: 'Too many calls are in flight.',
    help: 'Try again shortly, or raise limits.maxInFlight.',
  },
  GW_SERVER_BUSY: {
    status: 503,
    retry: 'later',
    message: 'Too many processes of this server are running.',
    help: 'End sessions with DELETE, or raise servers.<name>.max_processes.',
  },
  GW_INTERNAL: {
    status: 500,
    retry: 'later',
    message: 'The gate failed.',
    help: 'Nothing more was forwarded; the operator’s log names the cause.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** The JSON-RPC error number of a row: −(31000 + status), e.g. −31403. */
export function rpcNumber(code: ErrorCode): number {
  return -(31000 + ERRORS[code].status);
}

/** What the gate says instead of forwarding: a row, and what is particular to this case. Never an exception. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: ErrorCode;
  /** What exactly was wrong, without any text from the message itself. */
  readonly detail?: string;
}

/** @example refuse('GW_FRAME_DEPTH', 'more than 64 levels') */
export function refuse(code: ErrorCode, detail?: string): Refusal {
  return detail === undefined ? { kind: 'refusal', code } : { kind: 'refusal', code, detail };
}

/** Thrown by the record when a line may not be on disk: whoever waited for it must not go on. */
export class RecordFailed extends Error {
  override readonly name = 'RecordFailed';
}

/** What is known of a caller could not be read or written where several gates share it. */
export class StateFailed extends Error {
  override readonly name = 'StateFailed';
}
