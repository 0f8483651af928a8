/** A token issuer for the tests: real keys, real signatures, and a key set served on loopback or from a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import type { IdentityRequest } from '../../../proxy/services/identity/identity.ts';
import type { JwtOptions } from '../../../proxy/services/identity/jwt.ts';

export const ISSUER = 'https://id.example.com';
export const AUDIENCE = 'https://gate.example.com/mcp';
/** The clock of every test, unless it says otherwise: 2026-11-21T10:40:00Z. */
export const NOW_MS = 1_795_257_600_000;
export const NOW = NOW_MS / 1000;

export interface Signer {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly pem: string;
}

export async function createSigner(kid: string, alg = 'ES256'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    alg,
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    pem: await exportSPKI(publicKey),
  };
}

/** Members set to undefined are left out of the token. */
export function sign(
  signer: Signer,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: NOW + 600, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ alg: signer.alg, kid: signer.kid, ...header })
    .sign(signer.privateKey);
}

/** A token put together by hand; `signature` is used as it is. */
export function forge(header: object, claims: Record<string, unknown>, signature: string): string {
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'mallory', exp: NOW + 600, ...claims };
  return `${base64url(header)}.${base64url(payload)}.${signature}`;
}

export function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'identity-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

export function writeJwks(folder: string, ...signers: readonly Signer[]): string {
  const file = join(folder, 'jwks.json');
  writeFileSync(file, JSON.stringify({ keys: signers.map((signer) => signer.jwk) }));
  return file;
}

/** Serves until the test ends. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
}

export function jwtOptions(keys: JwtOptions['keys'], more: Partial<JwtOptions> = {}): JwtOptions {
  return { kind: 'jwt', issuer: ISSUER, audience: [AUDIENCE], algorithms: ['ES256'], keys, ...more };
}

export function bearer(token: string): IdentityRequest {
  return { authorization: [`Bearer ${token}`], headers: {} };
}

export function apiKey(key: string): IdentityRequest {
  return { headers: { 'x-api-key': key } };
}
