/**
 * Credentials of the hostile corpus: API keys of as many callers as cases want, one key pair for tokens, and
 * every kind of forged token. Files are written to a folder of their own, which `remove` deletes.
 */
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenSpec } from './hostile-corpus.ts';

export interface Credentials {
  /** The `auth` section of a configuration, by the name cases use. */
  readonly auth: Readonly<Record<'api_keys' | 'jwt', object>>;
  keyOf(caller: string): string;
  /** A caller nobody has been before: labels are kept per caller, and cases must not taint each other. */
  freshCaller(): string;
  token(spec: TokenSpec): string;
  remove(): void;
}

const KID = 'corpus-1';

export function createCredentials(callers = 600): Credentials {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  const names = ['carol', 'dave', ...Array.from({ length: callers }, (_none, at) => `caller-${at}`)];
  const keys = new Map(names.map((name) => [name, `pk_${randomBytes(32).toString('base64url')}`]));
  const entries = [...keys].map(([subject, key]) => ({
    id: subject,
    subject,
    sha256: createHash('sha256').update(key).digest('hex'),
  }));
  const keyFile = join(folder, 'keys.json');
  writeFileSync(keyFile, JSON.stringify({ keys: entries }));

  const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwksFile = join(folder, 'jwks.json');
  const jwk = { ...ours.publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig', alg: 'RS256' };
  writeFileSync(jwksFile, JSON.stringify({ keys: [jwk] }));
  const publicPem = ours.publicKey.export({ format: 'pem', type: 'spki' });

  /** By `TokenSpec.sign`; what is signed is header and claims as they stand in the token. */
  const signers: Readonly<Record<string, (data: Buffer) => Buffer>> = {
    honest: (data) => sign('sha256', data, ours.privateKey),
    none: () => Buffer.alloc(0),
    empty: () => Buffer.alloc(0),
    zero: () => Buffer.alloc(256),
    'other-key': (data) => sign('sha256', data, other.privateKey),
    'embedded-jwk': (data) => sign('sha256', data, other.privateKey),
    'hmac-public-key': (data) => createHmac('sha256', publicPem).update(data).digest(),
    'hmac-empty': (data) => createHmac('sha256', '').update(data).digest(),
  };

  let given = 0;
  return {
    auth: {
      api_keys: { kind: 'api_keys', file: keyFile },
      jwt: {
        kind: 'jwt',
        issuer: 'https://as.example',
        audience: 'https://gw.example/mcp',
        algorithms: ['RS256'],
        jwks_file: jwksFile,
        claims: { subject: 'sub', org: 'org', roles: 'roles', agent: 'agent' },
      },
    },
    keyOf: (caller) => keys.get(caller) ?? 'unknown',
    freshCaller() {
      if (given === callers) throw new Error('more callers wanted than keys were made');
      return `caller-${given++}`;
    },
    token({ alg, sign: how = /^none$/i.test(alg) ? 'none' : 'honest', header = {}, claims }) {
      const embedded = how === 'embedded-jwk' && { jwk: other.publicKey.export({ format: 'jwk' }) };
      const parts = [{ alg, kid: KID, typ: 'JWT', ...embedded, ...header }, withTimes(claims)];
      const data = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      const signer = signers[how];
      if (signer === undefined) throw new Error(`unknown way to sign: ${how}`);
      return `${data}.${signer(Buffer.from(data)).toString('base64url')}`;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function withTimes(claims: TokenSpec['claims']): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => {
      const relative = typeof value === 'string' && /^[+-]\d+$/.test(value);
      return [name, relative ? now + Number(value) : value];
    }),
  );
}
