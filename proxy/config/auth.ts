/**
 * The `auth` section of portcullis.yaml: schema in, plain options for createIdentity out.
 *
 * Secrets are named by the environment variable that holds them and never stand in the file. The options are
 * only shaped here; the identity service has the last word on whether they make sense.
 */
import { resolve } from 'node:path';
import { z } from 'zod';

const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const;

const claimPath = z
  .union([
    z
      .string()
      .min(1)
      .refine((path) => !path.includes('://'), 'write a claim whose name is a URL as a list: ["https://…"]')
      .refine(
        (path) => path.split('.').every((member) => member !== ''),
        'has an empty member between its dots',
      ),
    z.array(z.string().min(1)).min(1),
  ])
  .describe('realm_access.roles, or as a list of members when a name has dots in it');

const claims = z.strictObject({
  subject: claimPath.default('sub'),
  org: claimPath.optional(),
  roles: claimPath.optional().describe('an array, or text separated by spaces'),
  permissions: claimPath.optional().describe('an array, or text separated by spaces, e.g. scope'),
  agent: claimPath.optional().describe('labels are kept per agent, so take a claim the caller cannot choose'),
});

const none = z.strictObject({ kind: z.literal('none').describe('everybody is anonymous; loopback only') });

const apiKeys = z.strictObject({
  kind: z.literal('api_keys'),
  file: z.string().min(1).describe('made by `portcullis api-key create`'),
});

const jwt = z
  .strictObject({
    kind: z.literal('jwt'),
    issuer: z.string().min(1).describe('the iss of the tokens, to the letter'),
    audience: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe('what aud must name: tokens made for others are refused'),
    algorithms: z
      .array(
        z.enum([...ASYMMETRIC, ...SYMMETRIC], {
          error: `use ${ASYMMETRIC.join(', ')}; HS* only with secret_env`,
        }),
      )
      .min(1)
      .default(['RS256', 'PS256', 'ES256', 'EdDSA']),
    jwks_file: z.string().min(1).optional(),
    jwks_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('https; http for loopback addresses only'),
    secret_env: z
      .string()
      .min(1)
      .optional()
      .describe('variable with the shared secret of HS* tokens, 32 bytes or more'),
    claims: claims.prefault({}),
    expose: z
      .array(
        z
          .string()
          .min(1)
          .refine((name) => name !== '__proto__', 'is no name for a claim'),
      )
      .max(32)
      .default([])
      .describe('claims the policy may see as input.caller.claims'),
    clock_tolerance_s: z.int().min(0).max(300).default(30),
    typ: z.string().min(1).optional().describe('what the header must say, e.g. at+jwt'),
    resource_metadata: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('address of the OAuth protected resource metadata, for WWW-Authenticate'),
  })
  .superRefine(({ jwks_file, jwks_url, secret_env, algorithms }, context) => {
    const sources = [jwks_file, jwks_url, secret_env].filter((source) => source !== undefined).length;
    if (sources !== 1) {
      context.addIssue({ code: 'custom', message: 'write exactly one of jwks_url, jwks_file, secret_env' });
    }
    // One list for both families is how a public key comes to be used as an HMAC secret.
    const wanted: readonly string[] = secret_env === undefined ? ASYMMETRIC : SYMMETRIC;
    if (!algorithms.every((name) => wanted.includes(name))) {
      const message = `with ${secret_env === undefined ? 'public keys' : 'secret_env'} use ${wanted.join(', ')}`;
      context.addIssue({ code: 'custom', path: ['algorithms'], message });
    }
  });

const oneAuth = z.discriminatedUnion('kind', [none, apiKeys, jwt], {
  error: 'use kind none, api_keys or jwt',
});

const severalAuth = z
  .array(oneAuth)
  .min(1, 'write at least one kind')
  .superRefine((entries, context) => {
    const kinds = entries.map((entry) => entry.kind);
    if (kinds.length > 1 && kinds.includes('none')) {
      const message = 'kind none cannot stand beside another kind: it would let in whoever the other refuses';
      context.addIssue({ code: 'custom', message });
    }
    if (new Set(kinds).size < kinds.length)
      context.addIssue({ code: 'custom', message: 'write each kind once' });
  });

/** One kind, or a list of kinds side by side; the form of a credential decides which kind checks it. */
export const authConfig = z.union([oneAuth, severalAuth], {
  // The plain message of a union is "Invalid input"; the writer meant one of the two forms, and it says which.
  error: (issue) => {
    if (issue.code !== 'invalid_union') return undefined;
    const meant = issue.errors[Array.isArray(issue.input) ? 1 : 0] ?? [];
    return meant.map(({ path, message }) => [...path, message].join(': ')).join('; ');
  },
});

export type AuthConfig = z.infer<typeof authConfig>;

/**
 * @param places.baseDir what relative file names start from: the folder of the configuration file.
 * @returns what createIdentity takes.
 * @throws Error naming the variable when `secret_env` is not set.
 */
export function toIdentityOptions(config: AuthConfig, places: { env: NodeJS.ProcessEnv; baseDir: string }) {
  return (Array.isArray(config) ? config : [config]).map((entry) => {
    if (entry.kind === 'jwt') return toJwtOptions(entry, places);
    if (entry.kind === 'api_keys') return { kind: entry.kind, file: resolve(places.baseDir, entry.file) };
    return entry;
  });
}

function toJwtOptions(entry: z.infer<typeof jwt>, places: { env: NodeJS.ProcessEnv; baseDir: string }) {
  const { subject, org, roles, permissions, agent } = entry.claims;
  return {
    kind: entry.kind,
    issuer: entry.issuer,
    audience: [entry.audience].flat(),
    algorithms: entry.algorithms,
    keys: toKeySource(entry, places),
    claims: {
      subject: toPath(subject),
      ...(org !== undefined && { org: toPath(org) }),
      ...(roles !== undefined && { roles: toPath(roles) }),
      ...(permissions !== undefined && { permissions: toPath(permissions) }),
      ...(agent !== undefined && { agent: toPath(agent) }),
    },
    expose: entry.expose,
    clockToleranceSeconds: entry.clock_tolerance_s,
    ...(entry.typ !== undefined && { typ: entry.typ }),
    ...(entry.resource_metadata !== undefined && { resourceMetadata: entry.resource_metadata }),
  };
}

function toKeySource(
  entry: z.infer<typeof jwt>,
  { env, baseDir }: { env: NodeJS.ProcessEnv; baseDir: string },
) {
  if (entry.jwks_url !== undefined) return { url: entry.jwks_url };
  if (entry.jwks_file !== undefined) return { file: resolve(baseDir, entry.jwks_file) };
  const name = entry.secret_env ?? '';
  const secret = env[name];
  if (secret === undefined || secret === '') throw new Error(`auth: secret_env: ${name} is not set`);
  return { secret: Buffer.from(secret, 'utf8') };
}

function toPath(path: string | string[]): string[] {
  return typeof path === 'string' ? path.split('.') : path;
}
