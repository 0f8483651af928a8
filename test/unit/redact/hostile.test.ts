/** Hostile megabytes: a scan that is not linear does not end within the runner's time limit. */
import { describe, expect, test } from 'vitest';
import { DETECTORS } from '../../../proxy/decide/contract.ts';
import { detectSecrets } from '../../../proxy/decide/redact/detect.ts';
import { redactText } from '../../../proxy/decide/redact/redact.ts';
import { AWS_ID } from './_samples.ts';

const SIZE = 1_000_000;
const fill = (piece: string): string => piece.repeat(Math.ceil(SIZE / piece.length));

const HOSTILE: Readonly<Record<string, string>> = {
  'at signs': fill('@'),
  'addresses without an end': fill('a@a.'),
  'local part': `${fill('a')}@`,
  'domain labels': `a@${fill('a.')}`,
  digits: fill('4'),
  'digit groups': fill('4 '),
  'grouped cards that fail': fill('4111 1111 1111 1112 '),
  'account number beginnings': fill('DE89'),
  'phone beginnings': fill('+1 (4'),
  'phone separators': fill('0 1-2.3/4('),
  'token beginnings': fill('ghp_'),
  'token runs': fill('sk-'),
  'web token beginnings': fill('eyJ'),
  'web token parts': fill('eyJa.'),
  'web token of one run': `eyJ${fill('a')}`,
  'web token headers': fill('eyJhbGciOiJIUzI1NiJ9.'),
  'key beginnings': fill('-----BEGIN PRIVATE KEY-----'),
  'key labels': fill('PRIVATE KEY '),
  'key material': `-----BEGIN PRIVATE KEY-----${fill('A')}`,
  'key lines': `-----BEGIN PRIVATE KEY-----${fill('AAAAAAAAAAAAAAAAAAAA\n')}`,
  dashes: fill('-'),
  assignments: fill('password='),
  'assignments of words': fill('secret: '),
  'assignments in one run': fill('secret=secret:'),
  'quotes that stay open': fill('password="'),
  'escaped quotes': fill('password="\\"'),
  authorization: fill('authorization:$'),
  bearer: fill('bearer '),
  slashes: fill('://'),
  'user info': fill('://a:'),
  'user info without a host': `://${fill('a:')}`,
  backslashes: fill('\\'),
  escapes: fill('\\u0041'),
  'escapes that are none': fill('\\\\u00'),
  'zero-width': fill('\u200b'),
  fullwidth: fill('\uff21'),
  surrogates: fill('\u{1d400}'),
  'combining marks': `a${fill('\u0301')}`,
  'no-break spaces': fill('a\u00a0'),
  marks: fill('[REDACTED]'),
  'marks that are none': fill('[REDACTED:'),
};

describe.each(Object.entries(HOSTILE))('a megabyte of %s', (_name, text) => {
  const frame = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } });

  test.each(DETECTORS)('%s', (detector) => {
    const { kind } = redactText(frame, [{ detector, with: 'mask' }]);
    expect(['unchanged', 'edited', 'failed']).toContain(kind);
  });

  test('facts', () => {
    expect(Array.isArray(detectSecrets({ a: text }))).toBe(true);
  });
});

test.each([
  ['many strings with a hit each', '"a@b.co",'],
  ['many strings to fold', '"\\u0041",'],
  ['many strings with a character to fold', '"a\u00a0",'],
  ['many names with a hit', '{"password":"hunter22"},'],
  ['many blobs', '{"blob":"YQ=="},'],
  ['many backslashes', '"\\\\\\"",'],
])('a document of %s', (_name, piece) => {
  const frame = `{"jsonrpc":"2.0","id":1,"result":{"structuredContent":[${fill(piece)}0]}}`;
  expect(redactText(frame, [{ detector: 'secret' }, { detector: 'email' }]).kind).not.toBe('failed');
});

test('thousands of edits by place are one pass', () => {
  const frame = JSON.stringify({
    result: { structuredContent: Array.from({ length: 50_000 }, (_, i) => i) },
  });
  const edits = Array.from({ length: 2_000 }, (_, i) => ({
    at: `/result/structuredContent/${i * 7}`,
    with: 'drop' as const,
  }));
  const answer = redactText(frame, edits);
  expect(answer.kind === 'edited' && JSON.parse(answer.text).result.structuredContent).toHaveLength(48_000);
});

test('a thousand layers of a dropped secret do not settle and do not pass', () => {
  let nested = AWS_ID;
  for (let i = 0; i < 20; i++) nested = `AKIA${AWS_ID.slice(4, 12)}${nested}${AWS_ID.slice(12)}`;
  const answer = redactText(JSON.stringify({ result: { text: nested } }), [
    { pattern: 'AKIA[0-9A-Z]{16}', with: 'drop' },
  ]);
  expect(answer.kind === 'failed' || !/AKIA[0-9A-Z]{16}/.test(JSON.stringify(answer))).toBe(true);
});
