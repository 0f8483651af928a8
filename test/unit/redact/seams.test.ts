/** Secrets cut over neighbouring items of one answer. */
import { expect, test } from 'vitest';
import type { Redaction } from '../../../proxy/decide/contract.ts';
import { redactText } from '../../../proxy/decide/redact/redact.ts';

const SECRET: readonly Redaction[] = [{ detector: 'secret' }];
const MASK = '[REDACTED:aws_access_key]';
const LONG = 'x '.repeat(2_000);

function through(texts: readonly string[], edits = SECRET): readonly string[] {
  const content = texts.map((text) => ({ type: 'text', text }));
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content } });
  const done = redactText(message, edits, { hashKey: '00' });
  if (done.kind === 'failed') throw done.cause;
  const out = JSON.parse(done.kind === 'edited' ? done.text : message) as {
    result: { content: { text: string }[] };
  };
  return out.result.content.map(({ text }) => text);
}

test.each([
  ['in two', ['AKIA2TZR9VK', 'C4XMW7LPE'], [MASK, '']],
  [
    'in two, among words',
    ['the key: AKIA2TZR9VK', 'C4XMW7LPE, and more'],
    [`the key: ${MASK}`, ', and more'],
  ],
  ['in three', ['a AKIA2TZ', 'R9VKC4X', 'MW7LPE b'], [`a ${MASK}`, '', ' b']],
  ['at the ends of long texts', [`${LONG}AKIA2TZR9VK`, `C4XMW7LPE${LONG}`], [`${LONG}${MASK}`, LONG]],
  ['beside a whole one', ['AKIAIOSFODNN7EXAMPLE AKIA2TZR9VK', 'C4XMW7LPE'], [`${MASK} ${MASK}`, '']],
  ['with invisible characters between', ['AKIA2TZR9VK\u200b', 'C4XMW7LPE'], [MASK, '']],
  ['not: two words of two sentences', ['password:', 'correct-horse-1'], ['password:', 'correct-horse-1']],
  [
    'not: what only the word before it calls a secret',
    ['token=hunter22', 'DE89370400440532013000'],
    ['token=hunter22', 'DE89370400440532013000'],
  ],
  ['not: nothing to find', ['abc', 'def'], ['abc', 'def']],
  [
    'not: heads and tails of one long text',
    [`AKIA2TZR9VK${LONG}`, 'C4XMW7LPE'],
    [`AKIA2TZR9VK${LONG}`, 'C4XMW7LPE'],
  ],
])('%s', (_, texts, want) => {
  expect(through(texts)).toEqual(want);
});

test('what is found is hashed whole, and an author’s pattern keeps to one item', () => {
  const [first, second] = through(['AKIA2TZR9VK', 'C4XMW7LPE x'], [{ detector: 'secret', with: 'hash' }]);
  expect(first).toMatch(/^\[sha256:[0-9a-f]{12}\]$/);
  expect(second).toBe(' x');
  expect(through(['TOP-12', '34 x'], [{ pattern: 'TOP-[0-9]{4}' }])).toEqual(['TOP-12', '34 x']);
});

test('texts of different lists are no neighbours, and other bytes stay', () => {
  const message =
    '{"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"AKIA2TZR9VK"}], "contents":[{"text":"C4XMW7LPE"}],"n":1.50}}';
  expect(redactText(message, SECRET)).toEqual({ kind: 'unchanged' });
  const cut =
    '{"jsonrpc":"2.0","id":1,"result":{ "content":[{"text":"\\u0041 AKIA2TZR9VK"},{"n":1.50,"text":"C4XMW7LPE \\u00e9"}]}}';
  expect(redactText(cut, SECRET)).toMatchObject({
    text: `{"jsonrpc":"2.0","id":1,"result":{ "content":[{"text":"\\u0041 ${MASK}"},{"n":1.50,"text":" \\u00e9"}]}}`,
    hits: [{ class: 'aws_access_key', count: 1 }],
  });
});
