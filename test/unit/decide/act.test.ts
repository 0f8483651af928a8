/** From a verdict to what happens to the frame; permits exist only on what may leave. */
import { expect, test } from 'vitest';
import { act } from '../../../proxy/decide/act.ts';
import { ENGINE_FAILURES, type EngineFailure } from '../../../proxy/decide/evaluation.ts';
import type { Verdict } from '../../../proxy/decide/verdict.ts';

const TEXT =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"mail","arguments":{"to":"bob@example.com","n":1.0}}}';
const obligations = {
  reasons: [],
  reply: { inspect: false, redact: [] },
  labels: { add: ['a'], ttlSeconds: 60 },
} as const;
const reason = { code: 'c', message: 'm', rule: 'r' };
const permit = { decisionId: 'd1' };
const unavailable = {
  code: 'approval.unavailable',
  message: 'This call needs a person’s approval, and no way to approve is set up at this gate.',
  rule: 'portcullis',
};

const answer = (code: string, more: object = {}) => ({
  kind: 'answer',
  code,
  reasons: [],
  show: 'explain',
  cause: undefined,
  permit,
  ...more,
});

test.each<{ name: string; verdict: Verdict; want: object }>([
  {
    name: 'allow forwards the frame as it came',
    verdict: { kind: 'allow', obligations },
    want: { kind: 'forward', permit, text: undefined, hits: [], obligations },
  },
  {
    name: 'redact forwards what is left',
    verdict: { kind: 'redact', edits: [{ detector: 'email' }], obligations },
    want: {
      kind: 'forward',
      permit,
      text: TEXT.replace('bob@example.com', '[REDACTED:email]'),
      hits: [{ class: 'email', count: 1 }],
      obligations,
    },
  },
  {
    name: 'redact that finds nothing forwards the frame as it came',
    verdict: { kind: 'redact', edits: [{ detector: 'iban' }], obligations },
    want: { kind: 'forward', permit, text: undefined, hits: [], obligations },
  },
  {
    name: 'block answers with its reasons',
    verdict: { kind: 'block', reasons: [reason], show: 'explain' },
    want: answer('GW_POLICY_BLOCKED', { reasons: [reason] }),
  },
  {
    name: 'a block that hides says so to whoever answers',
    verdict: { kind: 'block', reasons: [reason], show: 'hide' },
    want: answer('GW_POLICY_BLOCKED', { reasons: [reason], show: 'hide' }),
  },
  {
    name: 'an approval cannot be given yet',
    verdict: { kind: 'require_approval', reasons: [reason] },
    want: answer('GW_APPROVAL_UNAVAILABLE', { reasons: [reason, unavailable] }),
  },
  {
    name: 'silence of the policy is not its word',
    verdict: { kind: 'undefined' },
    want: answer('GW_POLICY_UNDEFINED', { cause: 'no rule spoke' }),
  },
  {
    name: 'a broken contract is not its word either',
    verdict: { kind: 'failed', code: 'policy.contract', cause: new TypeError('unknown verdict') },
    want: answer('GW_POLICY_FAILED', { cause: 'policy.contract: unknown verdict' }),
  },
])('$name', ({ verdict, want }) => {
  expect(act(verdict, TEXT, 'd1', { hashKey: 'k' })).toEqual(want);
});

test.each(Object.keys(ENGINE_FAILURES) as EngineFailure[])('%s closes the gate', (code) => {
  const action = act({ kind: 'failed', code, cause: new Error('x') }, TEXT, 'd1', {});
  const expected = code === 'engine.missing' ? 'GW_POLICY_MISSING' : 'GW_POLICY_FAILED';
  expect(action).toEqual(answer(expected, { cause: `${code}: x` }));
});

test.each([
  ['a pattern RE2 does not read', { pattern: '(' }],
  ['a pattern with a look-behind', { pattern: '(?<=a)b' }],
  ['a pattern that matches nothing but emptiness', { pattern: '' }],
] as const)('%s: nothing is forwarded', (_, edit) => {
  const action = act({ kind: 'redact', edits: [edit], obligations }, TEXT, 'd1', {});
  expect(action).toMatchObject({ kind: 'answer', code: 'GW_REDACTION_FAILED', reasons: [], show: 'explain' });
});

test('a verdict of no known kind forwards nothing', () => {
  const action = act({ kind: 'maybe' } as never, TEXT, 'd1', {});
  expect(action.kind).not.toBe('forward');
  expect(action).not.toHaveProperty('permit');
});
