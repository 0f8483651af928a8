/**
 * secretlint as the oracle: whatever its recommended rules find in a text (ids too, comment directives off), our
 * detectors redact. Samples are made from the vendors' formats, so that none of them stands here as a whole.
 *
 * Left out on purpose: account ids of AWS, which are no secrets.
 */
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { describe, expect, test } from 'vitest';
import { redactText } from '../../../proxy/decide/redact/redact.ts';
import { createRandom, type Random } from '../../support/fuzz-frames.ts';

const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const ALNUM = UPPER + LOWER + DIGITS;
const HEX = `${DIGITS}abcdef`;
const URL_SAFE = `${ALNUM}_-`;

/** What a sample is secret for: its random parts. */
let parts: string[] = [];
function some(random: Random, from: string, length: number): string {
  const part = Array.from({ length }, () => from[Math.floor(random() * from.length)]).join('');
  if (length >= 8) parts.push(part);
  return part;
}
const one = <T>(random: Random, from: readonly T[]) => from[Math.floor(random() * from.length)] as T;

/** A rule of the preset and how to make what it looks for. */
const RULES: readonly { rule: string; make: (random: Random) => string }[] = [
  {
    rule: 'aws',
    make: (r) =>
      one(r, ['A3TX', 'AKIA', 'AGPA', 'AIDA', 'AROA', 'AIPA', 'ANPA', 'ANVA', 'ASIA']) +
      some(r, UPPER + DIGITS, 16),
  },
  { rule: 'aws', make: (r) => `AWS_SECRET_ACCESS_KEY = "${some(r, ALNUM, 40)}"` },
  {
    rule: 'privatekey',
    make: (r) => `-----BEGIN RSA PRIVATE KEY-----\nMI${some(r, ALNUM, 400)}\n-----END RSA PRIVATE KEY-----`,
  },
  { rule: 'npm', make: (r) => `npm_${some(r, ALNUM, 36)}` },
  { rule: 'npm', make: (r) => `//registry.example/:_authToken=${some(r, ALNUM, 30)}` },
  { rule: 'npm', make: (r) => `https://${some(r, HEX, 40)}:x-oauth-basic@github.com/a/b` },
  { rule: 'basicauth', make: (r) => `https://user:${some(r, ALNUM, 12)}@example.com` },
  {
    rule: 'slack',
    make: (r) =>
      `${one(r, ['xoxb', 'xoxp', 'xapp', 'xoxa', 'xoxo', 'xoxr'])}-1-${some(r, ALNUM, 12)}-${some(r, ALNUM, 20)}`,
  },
  {
    rule: 'slack',
    make: (r) =>
      `https://hooks.slack.com/services/T${some(r, ALNUM, 8)}/B${some(r, ALNUM, 8)}/${some(r, ALNUM, 24)}`,
  },
  { rule: 'sendgrid', make: (r) => `SG.${some(r, ALNUM, 22)}.${some(r, ALNUM, 43)}` },
  { rule: 'shopify', make: (r) => `${one(r, ['shppa', 'shpca', 'shpat', 'shpss'])}_${some(r, ALNUM, 32)}` },
  {
    rule: 'stripe',
    make: (r) => `${one(r, ['sk_live', 'sk_test', 'rk_live', 'rk_test'])}_${some(r, ALNUM, 24)}`,
  },
  { rule: 'github', make: (r) => `${one(r, ['ghp', 'gho', 'ghu', 'ghs', 'ghr'])}_${some(r, ALNUM, 36)}` },
  { rule: 'github', make: (r) => `github_pat_${some(r, ALNUM, 22)}_${some(r, ALNUM, 59)}` },
  {
    rule: 'github',
    make: (r) =>
      `ghs_${some(r, DIGITS, 8)}_${some(r, URL_SAFE, 40)}.${some(r, URL_SAFE, 60)}.${some(r, ALNUM, 43)}`,
  },
  { rule: 'gitlab', make: (r) => `glpat-${some(r, ALNUM, 20)}` },
  { rule: 'grafana', make: (r) => `glsa_${some(r, ALNUM, 32)}_${some(r, HEX, 8)}` },
  { rule: 'openai', make: (r) => `sk-${some(r, ALNUM, 20)}T3BlbkFJ${some(r, ALNUM, 20)}` },
  {
    rule: 'openai',
    make: (r) =>
      `sk-${one(r, ['proj', 'svcacct', 'admin'])}-${some(r, URL_SAFE, 74)}T3BlbkFJ${some(r, ALNUM, 74)}`,
  },
  { rule: 'anthropic', make: (r) => `sk-ant-api03-${some(r, URL_SAFE, 93)}AA` },
  { rule: 'groq', make: (r) => `gsk_${some(r, ALNUM, 52)}` },
  { rule: 'huggingface', make: (r) => `hf_${some(r, UPPER + LOWER, 34)}` },
  { rule: 'linear', make: (r) => `lin_api_${some(r, ALNUM, 40)}` },
  { rule: 'notion', make: (r) => `ntn_${some(r, DIGITS, 11)}${some(r, ALNUM, 35)}` },
  {
    rule: '1password',
    make: (r) =>
      `ops_${Buffer.from(JSON.stringify({ email: 'a', secretKey: some(r, ALNUM, 40), srpX: some(r, HEX, 64) })).toString('base64url')}`,
  },
  {
    rule: 'database-connection-string',
    make: (r) => `postgres://app:${some(r, ALNUM, 14)}@db.internal:5432/main`,
  },
  {
    rule: 'database-connection-string',
    make: (r) => `mongodb+srv://app:${some(r, ALNUM, 14)}@cluster.example.net/x`,
  },
  { rule: 'database-connection-string', make: (r) => `mysql://app:${some(r, ALNUM, 14)}@db.internal/main` },
  { rule: 'hashicorp-vault', make: (r) => `hvs.${some(r, URL_SAFE, 89)}${some(r, ALNUM, 6)}` },
  { rule: 'hashicorp-vault', make: (r) => `hvb.${some(r, ALNUM, 140)}` },
  { rule: 'vercel', make: (r) => `${one(r, ['vcp', 'vci', 'vca', 'vcr', 'vck'])}_${some(r, ALNUM, 56)}` },
  { rule: 'databricks', make: (r) => `dapi${some(r, HEX, 32)}` },
  { rule: 'docker', make: (r) => `dckr_pat_${some(r, ALNUM, 27)}` },
  { rule: 'figma', make: (r) => `figd_${some(r, ALNUM, 40)}` },
  {
    rule: 'cloudflare',
    make: (r) => `${one(r, ['cfk', 'cfut', 'cfat'])}_${some(r, ALNUM, 40)}${some(r, HEX, 8)}`,
  },
  { rule: 'tailscale', make: (r) => `tskey-auth-${some(r, ALNUM, 12)}-${some(r, ALNUM, 32)}` },
];

/** Where a secret is found in the wild. */
const PLACES: Readonly<Record<string, (secret: string) => string>> = {
  alone: (secret) => secret,
  prose: (secret) => `The key is ${secret} and nothing else.`,
  'a file with a directive': (secret) => `# secretlint-disable\n${secret} # secretlint-disable-line\n`,
  YAML: (secret) => `config:\n  value: ${secret}\n  other: 1\n`,
};

async function isFound(content: string): Promise<boolean> {
  const rule = {
    id: '@secretlint/secretlint-rule-preset-recommend',
    rule: creator,
    rules: [{ id: '@secretlint/secretlint-rule-aws', options: { enableIDScanRule: true } }],
  };
  const result = await lintSource({
    source: { filePath: '.npmrc', content, contentType: 'text', ext: '' },
    options: { config: { rules: [rule] }, noPhysicFilePath: true },
  } as Parameters<typeof lintSource>[0]);
  return result.messages.some(({ messageId }) => messageId !== 'AWSAccountID');
}

/** The text of a tool's answer as it would leave. */
function redacted(text: string): string {
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } });
  const edits = [
    { detector: 'secret' as const },
    { detector: 'private_key' as const },
    { detector: 'jwt' as const },
  ];
  const done = redactText(message, edits, { hashKey: '00' });
  if (done.kind === 'failed') throw done.cause;
  const out = done.kind === 'edited' ? done.text : message;
  return (JSON.parse(out) as { result: { content: [{ text: string }] } }).result.content[0].text;
}

describe.each(RULES.map(({ rule, make }, index) => ({ rule, make, index })))(
  '$rule ($index)',
  ({ make, index }) => {
    test.each(Object.keys(PLACES))('in %s', async (place) => {
      const random = createRandom(4711 + index);
      let seen = 0;
      for (let sample = 0; sample < 20; sample++) {
        parts = [];
        const text = PLACES[place]?.(make(random)) ?? '';
        // A directive that silences the oracle must not silence us.
        if (!(await isFound(text.replaceAll('secretlint-', 'secretlint_')))) continue;
        seen++;
        const left = redacted(text);
        expect(parts.filter((part) => left.includes(part))).toEqual([]);
      }
      expect(seen).toBe(20);
    });
  },
);
