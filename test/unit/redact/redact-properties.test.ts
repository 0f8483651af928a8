import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Redaction } from '../../../proxy/decide/contract.ts';
import { redactText } from '../../../proxy/decide/redact/redact.ts';
import { AWS_ID, GITHUB, JWT } from './_samples.ts';

const PLANTED = [
  ['bob@example.com', '[REDACTED:email]'],
  [AWS_ID, '[REDACTED:aws_access_key]'],
  [GITHUB, '[REDACTED:github_token]'],
  [JWT, '[REDACTED:jwt]'],
] as const;
const EDITS: readonly Redaction[] = [{ detector: 'secret' }, { detector: 'email' }];

/** Pieces of JSON text no detector minds, in spellings a re-serialised document would lose. */
const quiet = fc.constantFrom(
  '"a b"',
  '"\\u00e9\\/\\t"',
  '"日本"',
  '"\\\\"',
  '"\\""',
  '9007199254740993',
  '1.0',
  '-0',
  '1E+2',
  'null',
  'true',
  '[ ]',
  '{ }',
);
const planted = fc
  .constantFrom(...PLANTED)
  .chain(([secret]) =>
    fc
      .tuple(fc.constantFrom('', '\\n', 'é ', '\\" ', '\\u00e9 '), fc.constantFrom('', ' \\/', '\\n', ' 日'))
      .map(([before, after]) => `"${before}${secret}${after}"`),
  );
const space = fc.constantFrom('', ' ', '\n\t');
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    quiet,
    planted,
    fc
      .tuple(space, fc.array(tie('value'), { maxLength: 4 }))
      .map(([s, items]) => `[${s}${items.join(`${s},`)}${s}]`),
    fc
      .tuple(space, fc.array(tie('value'), { maxLength: 4 }))
      .map(([s, items]) => `{${s}${items.map((item, at) => `"k${at}"${s}:${item}`).join(`,${s}`)}}`),
  ),
}));
const frame = fc
  .tuple(space, value)
  .map(([s, body]) => `{${s}"jsonrpc":"2.0","id":1,"result":${s}{"structuredContent":${body}}}`);

test('everything outside the matches keeps every byte', () => {
  fc.assert(
    fc.property(frame, (text) => {
      let want = text;
      for (const [secret, mark] of PLANTED) want = want.replaceAll(secret, mark);
      const answer = redactText(text, EDITS);
      if (want === text) expect(answer).toEqual({ kind: 'unchanged' });
      else expect(answer).toMatchObject({ kind: 'edited', text: want });
      JSON.parse(want);
    }),
    { numRuns: 500 },
  );
});

const edit: fc.Arbitrary<Redaction> = fc.oneof(
  fc.record({
    detector: fc.constantFrom('secret', 'email', 'card', 'iban', 'phone', 'jwt', 'private_key'),
    with: fc.constantFrom('mask', 'hash', 'drop'),
  }),
  fc.record({
    pattern: fc.constantFrom(
      'AKIA[0-9A-Z]{16}',
      '[A-Z]+',
      'e.',
      '(?i)red',
      '\\w+',
      'pattern|bob',
      '[0-9a-f]{4}',
      '\\[',
      '^.',
    ),
    with: fc.constantFrom('mask', 'hash', 'drop'),
  }),
);
const content = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        'bob@example.com',
        AWS_ID,
        GITHUB,
        'password=hunter22',
        '4111 1111 1111 1111',
        '+49 30 123456',
        'DE89370400440532013000',
        '[REDACTED:email]',
        '[REDACTED]',
        '[sha256:0123456789ab]',
        ' ',
        '\u200b',
        'postgres://a:b@c.de',
      ),
    ),
    { maxLength: 8 },
  )
  .map((all) => all.join(''));

test('redacting twice changes nothing more', () => {
  fc.assert(
    fc.property(
      fc.array(content, { maxLength: 3 }),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (texts, edits) => {
        const text = JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          result: { content: texts.map((t) => ({ type: 'text', text: t })) },
        });
        const once = redactText(text, edits, { hashKey: 'k' });
        // Patterns may keep matching what they leave; then nothing gets out.
        if (once.kind !== 'edited') return;
        JSON.parse(once.text);
        expect(redactText(once.text, edits, { hashKey: 'k' })).toEqual({ kind: 'unchanged' });
      },
    ),
    { numRuns: 2_000 },
  );
});

test('nothing planted survives, wherever it stands and however its letters are escaped', () => {
  const spelled = fc
    .tuple(fc.constantFrom(...PLANTED.map(([secret]) => secret)), fc.infiniteStream(fc.nat(4)))
    .map(([secret, dice]) =>
      [...secret]
        .map((c) => (dice.next().value === 0 ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c))
        .join(''),
    );
  const hiding = fc
    .tuple(spelled, fc.constantFrom('"%"', '["%"]', '{"%":1}', '[[{"a":["x % y"]}]]', '{"a":{"% z":[]}}'))
    .map(([secret, shape]) => shape.replace('%', () => secret));
  fc.assert(
    fc.property(fc.array(hiding, { minLength: 1, maxLength: 4 }), (parts) => {
      const answer = redactText(
        `{"jsonrpc":"2.0","id":1,"result":{"structuredContent":[${parts.join(',')}]}}`,
        EDITS,
      );
      if (answer.kind !== 'edited') throw new Error(answer.kind);
      const plain = JSON.stringify(JSON.parse(answer.text));
      for (const [secret] of PLANTED) expect(plain).not.toContain(secret);
    }),
    { numRuns: 500 },
  );
});
