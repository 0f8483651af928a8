/**
 * The data that the default policy and its packs read: the zod source of what is checked when `policy.data` is loaded and
 * by `portcullis policy check`, of `config/policy-data.schema.json` and of `docs/policy/data.md`. Names that are not
 * here belong to the author and are not looked at. The rules do not rely on these checks: data that comes another way
 * and is malformed closes.
 */
import { z } from 'zod';
import { DETECTORS } from '../decide/contract.ts';
import { SQL_DIALECTS } from '../decide/facts/declaration.ts';
import type { Problem } from './interpolate.ts';
import { toProblems } from './problems.ts';
import { isReadableGlob, isReadableRegex } from './readable-patterns.ts';
import { closest } from './suggest.ts';

const text = z.string().min(1);
const texts = z.array(text);
const glob = text.refine(
  isReadableGlob,
  'is no glob that can be read: close its brackets, and give each something',
);
const globs = z.array(glob);
const tools = globs.describe('globs over server__tool; server.tool means the same');
const seconds = z.number().positive();
const action = z.enum(['block', 'require_approval']);
const approvers = texts.describe('who may answer');

const grant = z
  .strictObject({
    tools: tools.optional(),
    prompts: globs.describe('globs over server__prompt').optional(),
    resources: globs.describe('globs over URIs').optional(),
    methods: globs.describe('globs over other methods, e.g. logging/setLevel').optional(),
    server_requests: globs.describe('globs over requests of servers, e.g. sampling/createMessage').optional(),
    roles: texts.describe('one of these').optional(),
    subjects: texts.describe('one of these').optional(),
    orgs: texts.describe('one of these').optional(),
    servers: texts.describe('one of these').optional(),
  })
  .describe('everything it names has to hold; without roles, subjects, orgs and servers it is for everyone');

const NOTHING = 'confines nothing: give it a list, or leave the server out';

const scope = z
  .strictObject({
    read: globs.describe('globs over canonical paths').optional(),
    write: globs.describe('globs over canonical paths').optional(),
    delete: globs.describe('globs over canonical paths').optional(),
    deny: globs.describe('paths that are never touched; a bare name is meant at any depth').optional(),
    operations: texts.describe('SQL verbs that may run, e.g. select').optional(),
    deny_operations: texts.describe('SQL verbs that may not').optional(),
    repos: globs.describe('globs over owner/name').optional(),
    without_repo: globs.describe('tools that need no repository').optional(),
    actions: texts.describe('first words of the tools that may be called').optional(),
    deny_actions: texts.describe('words that no tool may have in its name').optional(),
  })
  .refine(
    (value) => Object.keys(value).length > 0,
    'confines nothing: give it a list, or leave the server out',
  );

const argument = z.enum([
  'path',
  'path:read',
  'path:write',
  'path:delete',
  'url',
  'host',
  'sql',
  ...SQL_DIALECTS.map((dialect) => `sql:${dialect}` as const),
  'opaque',
  'text',
]);

const chainRule = z.strictObject({
  name: text,
  pattern: globs.min(2).max(6).describe('globs over server__tool, in the order of the calls'),
  action,
  within_s: seconds.describe('between the first and the last call; without it any time').optional(),
  message: text.describe('what the agent is told').optional(),
  approvers: approvers.optional(),
  ttl_s: seconds.describe('for how long a yes holds').optional(),
});

const found = { name: text.optional(), tools: tools.optional(), message: text.optional() };
const regex = text
  .refine(isReadableRegex, 'is no pattern the engine can read: RE2 has no look-around and no back-references')
  .describe('RE2');
const blockPattern = z.union(
  [z.strictObject({ text, ...found }), z.strictObject({ regex, ...found })],
  'needs text or regex, and not both',
);

const detectors = z.array(z.enum(DETECTORS));
const holding = z.enum(['approve', 'block']);
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** Their defaults are in policies/packs; docs/policy/packs.md tells of each. */
const packs = z.strictObject({
  change_window: z.strictObject({
    from: z.number().min(0).max(24).optional(),
    to: z.number().min(0).max(24).optional(),
    days: z.array(z.enum(WEEKDAYS)).optional(),
    freeze: z.array(z.strictObject({ from: z.number(), to: z.number() })).optional(),
    servers: globs.optional(),
    allow: tools.optional(),
  }),
  data_flow: z.strictObject({
    action: holding.optional(),
    inside: texts.optional(),
    private: texts.optional(),
    window_s: seconds.optional(),
  }),
  destructive: z.strictObject({ action: holding.optional(), allow: tools.optional() }),
  egress: z.strictObject({
    schemes: texts.optional(),
    allow: texts.optional(),
    deny: texts.optional(),
    labels: texts.optional(),
  }),
  exfiltration: z.strictObject({
    private: tools.optional(),
    outbound: tools.optional(),
    inside: texts.optional(),
    window_s: seconds.optional(),
    action: holding.optional(),
  }),
  filesystem: z.strictObject({ protected: globs.optional(), startup: globs.optional() }),
  git: z.strictObject({
    protected: globs.optional(),
    repositories: globs.optional(),
    servers: globs.optional(),
    rewriting: holding.optional(),
  }),
  github: z.strictObject({ servers: globs.optional(), workflows: globs.optional() }),
  read_only: z.strictObject({
    servers: globs.optional(),
    allow: tools.optional(),
    trust_hints: texts.optional(),
  }),
  sampling: z.strictObject({
    servers: globs.optional(),
    max_tokens: z.number().positive().optional(),
    hosts: texts.optional(),
    words: texts.optional(),
  }),
  secrets_pii: z.strictObject({
    mask: detectors.optional(),
    hash: detectors.optional(),
    except: tools.optional(),
  }),
  sql: z.strictObject({
    allow: texts.optional(),
    deny_tables: globs.optional(),
    one_statement: z.boolean().optional(),
  }),
  tool_poisoning: z.strictObject({
    pins: z
      .record(text, z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is no digest: sha256: and 64 hex digits'))
      .optional(),
    require_pins: z.boolean().optional(),
    phrases: texts.optional(),
  }),
});

export const policyData = z.looseObject({
  grants: z.array(grant).optional(),
  scopes: z.record(text, scope).optional(),
  tools: z
    .record(
      text,
      z.record(
        text,
        z.strictObject({
          args: z
            .record(text, argument)
            .describe('what an argument holds, by its name or as a JSON pointer')
            .optional(),
          op: z.enum(['read', 'write', 'delete']).describe('what the tool does to its paths').optional(),
          labels: texts.describe('left on the caller once the call is let through').optional(),
          effects: texts
            .describe(
              'what a call changes outside: send, post, share, invite, grant, pay, delete, write, create, update, fetch, download, execute; [] for nothing',
            )
            .optional(),
          source: z
            .enum(['record', 'directory', 'outside', 'mixed'])
            .describe(
              "what its results are worth: one's own records, an address book, what outsiders wrote, or records with outsiders' text in them",
            )
            .optional(),
          sinks: z
            .record(z.string().regex(/^\//, 'is no pointer: write /recipients'), text)
            .describe(
              'arguments that say where something goes or what is hit, as pointers into the arguments, with what they hold: address, user, channel, account, url, path, id, name, code, secret, text',
            )
            .optional(),
        }),
      ),
    )
    .optional(),
  labels: z.strictObject({ ttl_s: seconds.describe('how long a label stays').optional() }).optional(),
  require_approval_for: tools.optional(),
  approval: z
    .strictObject({
      approvers: approvers.optional(),
      ttl_s: seconds.describe('for how long a yes holds').optional(),
    })
    .optional(),
  chain_rules: z.array(chainRule).optional(),
  hosts: z
    .strictObject({ allow: globs.describe('globs over private hosts that may be reached').optional() })
    .optional(),
  block_patterns: z.array(blockPattern).optional(),
  secrets: z
    .strictObject({
      block_requests: z.boolean().describe('refuse calls that carry a secret').optional(),
      except: tools.optional(),
    })
    .optional(),
  redaction: z
    .strictObject({ detectors: detectors.describe('what is taken out of answers').optional() })
    .optional(),
  packs: packs.partial().optional(),
});

/**
 * @param own names of data that the policy brings itself: those may be as near to a known one as they like.
 * @returns what is wrong, by path; nothing when it may be loaded.
 */
export function policyDataProblems(value: unknown, own: readonly string[] = []): readonly Problem[] {
  const parsed = policyData.safeParse(value);
  if (!parsed.success) {
    const problems = toProblems(parsed.error.issues, value, policyData);
    const paths = problems.map(({ path }) => path);
    // A scope confines nothing because its only list is misspelt: that is one mistake.
    return problems.filter(({ path, message }) => {
      return message !== NOTHING || !paths.some((other) => other.startsWith(`${path}.`));
    });
  }
  const known = Object.keys(policyData.shape);
  return Object.keys(parsed.data)
    .filter((name) => !known.includes(name) && !own.includes(name))
    .flatMap((name) => {
      const meant = closest(name, known);
      const message = `is not a name that the policy reads; did you mean ${meant}?`;
      return meant === undefined ? [] : [{ path: name, message }];
    });
}
