/**
 * Policy contract, version 1: what the policy is told about a frame, and what it may answer.
 *
 * These zod sources are the only definition. `npm run generate` turns them into
 * `config/schema/policy-input.json` and `config/schema/policy-decision.json`, which `opa check --schema`
 * uses to type-check the Rego. They run at build time and in tests only: on the path of a frame the input
 * is written by `policy-input.ts` and the answer is narrowed by `verdict.ts`, both without zod.
 */
import { z } from 'zod';

export const PHASES = [
  'request',
  'response',
  'list',
  'server_request',
  'client_response',
  'notification',
] as const;
export const DETECTORS = ['secret', 'private_key', 'jwt', 'email', 'card', 'iban', 'phone'] as const;
export const REPLACEMENTS = ['mask', 'hash', 'drop'] as const;

const pathFact = z.strictObject({
  at: z.string().describe('JSON pointer into the input, e.g. /args/path'),
  raw: z.string(),
  path: z.string().describe('canonical: absolute, no empty or dot segment, percent-decoded once, NFC'),
  op: z.enum(['read', 'write', 'delete', 'unknown']),
  suspicious: z
    .array(z.string())
    .describe('how the raw spelling differed: dot_segments, encoded, relative, control, backslash, …'),
  declared: z
    .boolean()
    .describe(
      'the tool schema, data.tools or a well-known name says this argument is a path; false: it only looks like one',
    ),
});
const hostFact = z.strictObject({
  at: z.string(),
  host: z.string().describe('lower case, no trailing dot, punycode'),
  ip: z.string().optional().describe('when the host is an address, in canonical form'),
  private: z
    .boolean()
    .describe(
      'loopback, link-local, private, unique-local, CGNAT, metadata or unspecified address; or a name that always means one',
    ),
  scheme: z.string(),
  port: z.int().optional(),
});
const sqlFact = z.strictObject({
  at: z.string(),
  verbs: z.array(z.string()).describe('lower case, one per statement and per nested statement'),
  tables: z.array(z.string()),
  parsed: z.boolean().describe('false: no dialect understood it; treat as unknown'),
});
const secretFact = z.strictObject({ at: z.string(), class: z.string(), count: z.int() });
const sighting = z.strictObject({
  server: z.string(),
  tool: z.string().optional(),
  name: z.string().optional().describe('server__tool'),
  method: z.string().optional().describe('where no tool showed it, e.g. resources/read'),
  how: z.enum(['whole', 'part']).describe('whole: a field of its own; part: inside longer text'),
  field: z.string().describe('pointer into what was shown, * for any element, e.g. /messages/*/body'),
  label: z
    .string()
    .optional()
    .describe('in text that begins with lines of `Label: value`, the label before it, e.g. from'),
  age_s: z.number(),
  alone: z
    .literal(true)
    .optional()
    .describe('part only: all of a line, a table cell or what follows a label'),
  brief: z
    .literal(true)
    .optional()
    .describe('part only: the line, cell or field has a few words and no more'),
  mailbox: z
    .literal(true)
    .optional()
    .describe('part only: the address of a mailbox, with a name or among others, that is all of its field'),
  echo: z.literal(true).optional().describe('the call that was answered had it in its own arguments'),
  after_use: z.literal(true).optional().describe('the caller had used it in arguments by then'),
});
const since = { age_s: z.number(), labels: z.array(z.string()).describe('carried then') };
const met = {
  seen: z.array(sighting).describe('in answers to this caller, oldest first'),
  more: z.literal(true).optional().describe('there are more than are told'),
  first: z
    .strictObject({ in: z.enum(['args', 'result']), ...since })
    .optional()
    .describe("where this caller's traffic first had it; left out for one that is new"),
  used: z
    .strictObject({
      how: z.enum(['whole', 'part']).describe('whole: as all of an argument; part: only inside longer ones'),
      ...since,
    })
    .optional()
    .describe('since when this caller uses it in arguments'),
};
const piece = z.strictObject({
  of: z
    .enum(['host', 'site', 'base', 'like', 'folder', 'tail', 'part'])
    .describe(
      'its host; the domain that is of; the mailbox without +tag; one with the same letters and digits; the nearest folder that was met; the longest end of a path that was met; a name in the path or a value in the query that was met',
    ),
  text: z.string(),
  apart: z.literal(true).optional().describe('part only: no message that showed it showed the place as well'),
  ...met,
});
const provenanceFact = z.strictObject({
  at: z.string().describe('pointer of the argument, e.g. /args/recipients/0'),
  kind: z.enum(['address', 'url', 'host', 'account', 'path', 'number', 'word', 'text']),
  inside: z.string().optional().describe('this value, inside the longer text of that argument'),
  ...met,
  pieces: z
    .array(piece)
    .optional()
    .describe('of a URL, and of an address or host that was not seen: what of it was'),
  made_from: z
    .array(
      z.strictObject({
        ...sighting.shape,
        as: z.enum(['words', 'reversed', 'base64', 'hex', 'rot13', 'decimal']),
      }),
    )
    .optional()
    .describe('answers that held all it takes to make it up, for one that was not seen'),
  intent: z
    .boolean()
    .optional()
    .describe("stands in the user's words; only where a trusted host passes them"),
});
const reasonShape = z.strictObject({ code: z.string(), message: z.string(), rule: z.string() });

/** What one evaluation is told. Members that do not apply are left out, never `null`. */
export const policyInput = z.strictObject({
  v: z.literal(1),
  phase: z.enum(PHASES),
  direction: z.enum(['to_server', 'to_client']),
  transport: z.enum(['http', 'sse', 'ws', 'stdio']),
  protocol: z.string(),
  method: z.string(),
  server: z.string(),
  tool: z.string().optional(),
  name: z.string().optional().describe('server__tool'),
  args: z.record(z.string(), z.any()).optional(),
  annotations: z.record(z.string(), z.any()).optional().describe("the server's claims; never proof"),
  tool_digest: z
    .string()
    .optional()
    .describe("sha256:… of the tool's whole definition as last listed; left out before it was"),
  uri: z.string().optional(),
  prompt: z.string().optional(),
  task: z.string().optional(),
  params: z
    .record(z.string(), z.any())
    .optional()
    .describe(
      'the params of every method without members of its own here, and of server_request, client_response and notification',
    ),
  item: z.record(z.string(), z.any()).optional().describe('phase list only: the entry being shown'),
  paths: z.array(pathFact).optional(),
  hosts: z.array(hostFact).optional(),
  sql: z.array(sqlFact).optional(),
  secrets: z.array(secretFact).optional(),
  unknown: z
    .array(z.string())
    .optional()
    .describe('facts that could not be derived; absent never means allowed'),
  caller: z.strictObject({
    subject: z.string(),
    org: z.string().optional(),
    plan: z.string().optional(),
    roles: z.array(z.string()),
    permissions: z.array(z.string()),
    agent: z.string().optional(),
    auth: z.enum(['none', 'api_key', 'jwt', 'mtls']),
    claims: z.record(z.string(), z.any()),
  }),
  session: z.strictObject({ id: z.string(), age_s: z.number() }).optional(),
  labels: z.record(z.string(), z.strictObject({ age_s: z.number(), from: z.string() })),
  history: z
    .strictObject({
      calls: z.array(
        z.strictObject({
          name: z.string(),
          verdict: z.string(),
          age_s: z.number(),
          labels: z.array(z.string()),
        }),
      ),
      counts: z.record(z.string(), z.int()),
    })
    .optional(),
  provenance: z
    .array(provenanceFact)
    .optional()
    .describe(
      'phase request: for every string and number of the arguments, and addresses, URLs, hosts and account numbers inside longer ones, where this caller met it before',
    ),
  approval: z
    .strictObject({ id: z.string(), approver: z.string(), age_s: z.number(), message: z.string() })
    .optional()
    .describe('only while a grant given by a person is being spent'),
  time: z
    .strictObject({
      epoch: z.number(),
      weekday: z.string(),
      hour: z.int(),
      minute: z.int(),
      tz: z.string(),
    })
    .optional(),
  result: z
    .strictObject({
      is_error: z.boolean(),
      bytes: z.int(),
      text_sample: z.string(),
      secrets: z.array(secretFact),
      urls: z.array(z.string()),
      content_types: z.array(z.string()),
    })
    .optional(),
  mode: z.enum(['enforce', 'shadow']),
});

const redaction = z.union([
  z.strictObject({ at: z.string(), with: z.enum(REPLACEMENTS).optional() }),
  z.strictObject({ detector: z.enum(DETECTORS), with: z.enum(REPLACEMENTS).optional() }),
  z.strictObject({ pattern: z.string(), with: z.enum(REPLACEMENTS).optional() }),
]);

/** What the policy may answer. Anything else is a failure of the policy and closes the gate. */
export const policyDecision = z.strictObject({
  verdict: z.enum(['allow', 'redact', 'require_approval', 'block']),
  reasons: z.array(reasonShape),
  redact: z.array(redaction).optional().describe('edits to this frame'),
  reply: z
    .strictObject({ inspect: z.boolean().optional(), redact: z.array(redaction).optional() })
    .optional()
    .describe('what to do with the answer; inspect asks for phase response'),
  labels: z.strictObject({ add: z.array(z.string()), ttl_s: z.number().positive().optional() }).optional(),
  approval: z
    .strictObject({
      ttl_s: z.number().optional(),
      approvers: z.array(z.string()).optional(),
      message: z.string().optional(),
    })
    .optional(),
  show: z.enum(['explain', 'hide']).optional(),
});

export type PolicyInput = z.infer<typeof policyInput>;
export type PolicyDecision = z.infer<typeof policyDecision>;
export type Phase = (typeof PHASES)[number];
export type Detector = (typeof DETECTORS)[number];
export type Replacement = (typeof REPLACEMENTS)[number];
export type PathFact = z.infer<typeof pathFact>;
export type HostFact = z.infer<typeof hostFact>;
export type SqlFact = z.infer<typeof sqlFact>;
export type SecretFact = z.infer<typeof secretFact>;
export type ProvenanceFact = z.infer<typeof provenanceFact>;
export type ProvenancePiece = z.infer<typeof piece>;
export type ProvenanceSighting = z.infer<typeof sighting>;
export type Redaction = z.infer<typeof redaction>;
export type Reason = z.infer<typeof reasonShape>;
export type Caller = PolicyInput['caller'];
