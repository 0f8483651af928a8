/** What the policy may say, and that everything else is a failure of the policy and not a word of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyDecision } from '../../../proxy/decide/contract.ts';
import { ENGINE_FAILURES, type EngineFailure } from '../../../proxy/decide/evaluation.ts';
import { toVerdict, type Verdict } from '../../../proxy/decide/verdict.ts';

const said = (value: unknown) => toVerdict({ kind: 'value', value });
const reason = { code: 'paths.outside', message: 'Outside.', rule: 'mcp.rules.paths' };
const NOTHING = {
  reasons: [],
  reply: { inspect: false, redact: [] },
  labels: { add: [], ttlSeconds: undefined },
};

describe('understood', () => {
  test.each<{ name: string; value: unknown; want: Verdict }>([
    {
      name: 'a bare allow',
      value: { verdict: 'allow', reasons: [] },
      want: { kind: 'allow', obligations: NOTHING },
    },
    {
      name: 'an allow with all that may ride along',
      value: {
        verdict: 'allow',
        reasons: [reason],
        redact: [],
        reply: { inspect: true, redact: [{ detector: 'secret' }] },
        labels: { add: ['read_private'], ttl_s: 0.5 },
        show: 'hide',
      },
      want: {
        kind: 'allow',
        obligations: {
          reasons: [reason],
          reply: { inspect: true, redact: [{ detector: 'secret' }] },
          labels: { add: ['read_private'], ttlSeconds: 0.5 },
        },
      },
    },
    {
      name: 'a redaction of each kind',
      value: {
        verdict: 'redact',
        reasons: [],
        redact: [
          { at: '/args/a', with: 'drop' },
          { detector: 'email', with: 'mask' },
          { pattern: 'x+', with: 'hash' },
        ],
      },
      want: {
        kind: 'redact',
        edits: [
          { at: '/args/a', with: 'drop' },
          { detector: 'email', with: 'mask' },
          { pattern: 'x+', with: 'hash' },
        ],
        obligations: NOTHING,
      },
    },
    {
      name: 'redact with nothing to rewrite is an allow',
      value: { verdict: 'redact', reasons: [], redact: [] },
      want: { kind: 'allow', obligations: NOTHING },
    },
    {
      name: 'redact without its list is an allow',
      value: { verdict: 'redact', reasons: [] },
      want: { kind: 'allow', obligations: NOTHING },
    },
    {
      name: 'an approval',
      value: {
        verdict: 'require_approval',
        reasons: [reason],
        approval: { ttl_s: 300, approvers: ['role:security'], message: 'May it?' },
      },
      want: { kind: 'require_approval', reasons: [reason] },
    },
    {
      name: 'a block',
      value: { verdict: 'block', reasons: [reason] },
      want: { kind: 'block', reasons: [reason], show: 'explain' },
    },
    {
      name: 'a block that hides',
      value: { verdict: 'block', reasons: [], show: 'hide' },
      want: { kind: 'block', reasons: [], show: 'hide' },
    },
    {
      name: 'a block beside edits',
      value: { verdict: 'block', reasons: [], redact: [{ detector: 'email' }] },
      want: { kind: 'block', reasons: [], show: 'explain' },
    },
  ])('$name', ({ value, want }) => {
    expect(said(value)).toEqual(want);
  });
});

describe('not understood', () => {
  const allow = { verdict: 'allow', reasons: [] };
  const redact = (one: unknown) => ({ verdict: 'redact', reasons: [], redact: [one] });
  test.each<[string, unknown, string]>([
    ['alow', { verdict: 'alow', reasons: [] }, 'unknown verdict'],
    ['ALLOW', { verdict: 'ALLOW', reasons: [] }, 'unknown verdict'],
    ['allow with a space', { verdict: 'allow ', reasons: [] }, 'unknown verdict'],
    ['deny', { verdict: 'deny', reasons: [] }, 'unknown verdict'],
    ['no verdict', { reasons: [] }, 'unknown verdict'],
    ['verdict null', { verdict: null, reasons: [] }, 'unknown verdict'],
    ['verdict true', { verdict: true, reasons: [] }, 'unknown verdict'],
    ['verdict in a list', { verdict: ['allow'], reasons: [] }, 'unknown verdict'],
    ['a verdict of the prototype', { verdict: 'constructor', reasons: [] }, 'unknown verdict'],
    ['nothing', {}, 'reasons is not an array'],
    ['true', true, 'the decision is not an object'],
    ['the bare word', 'allow', 'the decision is not an object'],
    ['null', null, 'the decision is not an object'],
    ['a list of decisions', [allow], 'the decision is not an object'],
    ['an empty list', [], 'the decision is not an object'],
    ['a result set of OPA', { result: allow }, 'unknown member result'],
    ['an unknown member', { ...allow, note: 'x' }, 'unknown member note'],
    ['an unknown obligation', { ...allow, notify: ['security'] }, 'unknown member notify'],
    ['a member in another case', { ...allow, Redact: [] }, 'unknown member Redact'],
    ['no reasons', { verdict: 'allow' }, 'reasons is not an array'],
    ['reasons null', { verdict: 'allow', reasons: null }, 'reasons is not an array'],
    ['reasons as an object', { verdict: 'block', reasons: { a: reason } }, 'reasons is not an array'],
    ['a reason as text', { verdict: 'block', reasons: ['no'] }, 'a reason is not an object'],
    ['a reason null', { verdict: 'block', reasons: [null] }, 'a reason is not an object'],
    [
      'a reason without its rule',
      { verdict: 'block', reasons: [{ code: 'a', message: 'b' }] },
      'a reason without code, message or rule',
    ],
    [
      'a reason with a numeric code',
      { verdict: 'block', reasons: [{ ...reason, code: 1 }] },
      'a reason without code, message or rule',
    ],
    [
      'a reason with more to say',
      { verdict: 'block', reasons: [{ ...reason, severity: 1 }] },
      'unknown member severity in a reason',
    ],
    ['allow and redact', { ...allow, redact: [{ detector: 'email' }] }, 'allow with redact'],
    ['redact null', { ...allow, redact: null }, 'redact is not an array'],
    ['redact as an object', { ...allow, redact: {} }, 'redact is not an array'],
    ['a redaction null', redact(null), 'a redaction is not an object'],
    ['a redaction of nothing', redact({}), 'a redaction needs exactly one of at, detector and pattern'],
    [
      'a redaction only with',
      redact({ with: 'mask' }),
      'a redaction needs exactly one of at, detector and pattern',
    ],
    [
      'a redaction of two things',
      redact({ at: '/a', detector: 'email' }),
      'a redaction needs exactly one of at, detector and pattern',
    ],
    [
      'a redaction of one thing and null',
      redact({ at: '/a', pattern: null }),
      'a redaction needs exactly one of at, detector and pattern',
    ],
    [
      'a redaction at a number',
      redact({ at: 1 }),
      'a redaction needs exactly one of at, detector and pattern',
    ],
    ['a detector nobody has', redact({ detector: 'passport' }), 'a redaction with an unknown detector'],
    ['a detector in another case', redact({ detector: 'Email' }), 'a redaction with an unknown detector'],
    [
      'a replacement nobody knows',
      redact({ at: '/a', with: 'blur' }),
      'a redaction with an unknown replacement',
    ],
    ['a replacement null', redact({ at: '/a', with: null }), 'a redaction with an unknown replacement'],
    [
      'a redaction with a misspelt member',
      redact({ at: '/a', wiht: 'drop' }),
      'unknown member wiht in a redaction',
    ],
    ['reply null', { ...allow, reply: null }, 'reply is not an object'],
    ['reply true', { ...allow, reply: true }, 'reply is not an object'],
    ['reply.inspect as text', { ...allow, reply: { inspect: 'true' } }, 'reply.inspect is not true or false'],
    ['reply.inspect null', { ...allow, reply: { inspect: null } }, 'reply.inspect is not true or false'],
    ['reply.redact null', { ...allow, reply: { redact: null } }, 'reply.redact is not an array'],
    [
      'reply.redact with an unknown detector',
      { ...allow, reply: { redact: [{ detector: 'x' }] } },
      'a redaction with an unknown detector',
    ],
    ['reply.inpsect', { ...allow, reply: { inpsect: true } }, 'unknown member inpsect in reply'],
    ['labels null', { ...allow, labels: null }, 'labels is not an object'],
    ['labels as a list', { ...allow, labels: ['a'] }, 'labels is not an object'],
    ['labels without add', { ...allow, labels: {} }, 'labels.add is not an array'],
    ['labels.add null', { ...allow, labels: { add: null } }, 'labels.add is not an array'],
    ['labels.add with a number', { ...allow, labels: { add: [1] } }, 'labels.add holds a non-string'],
    [
      'labels.ttl_s of nothing',
      { ...allow, labels: { add: [], ttl_s: 0 } },
      'labels.ttl_s is not a positive number',
    ],
    [
      'labels.ttl_s in the past',
      { ...allow, labels: { add: [], ttl_s: -1 } },
      'labels.ttl_s is not a positive number',
    ],
    [
      'labels.ttl_s as text',
      { ...allow, labels: { add: [], ttl_s: '60' } },
      'labels.ttl_s is not a positive number',
    ],
    [
      'labels.ttl_s null',
      { ...allow, labels: { add: [], ttl_s: null } },
      'labels.ttl_s is not a positive number',
    ],
    [
      'labels.ttl_s without end',
      { ...allow, labels: { add: [], ttl_s: Number.POSITIVE_INFINITY } },
      'labels.ttl_s is not a positive number',
    ],
    [
      'labels with a misspelt member',
      { ...allow, labels: { add: [], ttl: 60 } },
      'unknown member ttl in labels',
    ],
    [
      'approval null',
      { verdict: 'require_approval', reasons: [], approval: null },
      'approval is not an object',
    ],
    [
      'approval as a list',
      { verdict: 'require_approval', reasons: [], approval: [] },
      'approval is not an object',
    ],
    [
      'approval.ttl_s as text',
      { verdict: 'require_approval', reasons: [], approval: { ttl_s: '5m' } },
      'approval has a member of the wrong type',
    ],
    [
      'approval.approvers with null',
      { verdict: 'require_approval', reasons: [], approval: { approvers: [null] } },
      'approval has a member of the wrong type',
    ],
    [
      'approval.message null',
      { verdict: 'require_approval', reasons: [], approval: { message: null } },
      'approval has a member of the wrong type',
    ],
    [
      'approval with a misspelt member',
      { verdict: 'require_approval', reasons: [], approval: { aprovers: [] } },
      'unknown member aprovers in approval',
    ],
    ['show null', { verdict: 'block', reasons: [], show: null }, 'show is neither explain nor hide'],
    ['show false', { verdict: 'block', reasons: [], show: false }, 'show is neither explain nor hide'],
    [
      'show of another word',
      { verdict: 'block', reasons: [], show: 'hidden' },
      'show is neither explain nor hide',
    ],
  ])('%s', (_, value, message) => {
    expect(said(value)).toEqual({ kind: 'failed', code: 'policy.contract', cause: new TypeError(message) });
  });
});

describe('engine', () => {
  test('a rule that did not speak is undefined, not a block', () => {
    expect(toVerdict({ kind: 'undefined' })).toEqual({ kind: 'undefined' });
  });

  test.each(Object.keys(ENGINE_FAILURES) as EngineFailure[])('%s stays what it is', (code) => {
    const failed = { kind: 'failed', code, cause: new Error('x') } as const;
    expect(toVerdict(failed)).toBe(failed);
  });
});

/** Values of members, right and wrong ones. */
const odd = fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '', 'allow', 'x', [], {}, [null], ['a'], {
  a: 1,
});
const maybe = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: right, weight: 9 }, { arbitrary: odd, weight: 1 });
const withExtra = (shape: Record<string, fc.Arbitrary<unknown>>, required: string[]) =>
  fc.oneof(
    { arbitrary: fc.record(shape, { requiredKeys: required }), weight: 9 },
    { arbitrary: fc.record({ ...shape, extra: odd }, { requiredKeys: [] }), weight: 1 },
  );
const text = maybe(fc.constantFrom('a', '/args/a', 'x+'));
const redaction = fc.oneof(
  ...['at', 'pattern'].map((target) =>
    withExtra({ [target]: text, with: maybe(fc.constantFrom('mask', 'hash', 'drop')) }, [target]),
  ),
  withExtra(
    { detector: maybe(fc.constantFrom('secret', 'email', 'iban')), with: maybe(fc.constant('hash')) },
    ['detector'],
  ),
);
const redactions = maybe(fc.array(redaction, { maxLength: 2 }));
const decision = withExtra(
  {
    verdict: maybe(fc.constantFrom('allow', 'redact', 'require_approval', 'block')),
    reasons: maybe(
      fc.array(withExtra({ code: text, message: text, rule: text }, ['code', 'message', 'rule']), {
        maxLength: 2,
      }),
    ),
    redact: redactions,
    reply: maybe(withExtra({ inspect: maybe(fc.boolean()), redact: redactions }, [])),
    labels: maybe(
      withExtra(
        { add: maybe(fc.array(fc.constantFrom('a', 'b'))), ttl_s: maybe(fc.constantFrom(1, 60, 0.5)) },
        ['add'],
      ),
    ),
    approval: maybe(
      withExtra({ ttl_s: maybe(fc.constant(60)), approvers: maybe(fc.constant(['a'])), message: text }, []),
    ),
    show: maybe(fc.constantFrom('explain', 'hide')),
  },
  ['verdict', 'reasons'],
);

test('the narrowing takes what the contract takes, and nothing else', () => {
  const counts = { taken: 0, failed: 0 };
  fc.assert(
    fc.property(decision, (value) => {
      const contract = policyDecision.safeParse(value);
      const contradicts =
        contract.success && contract.data.verdict === 'allow' && (contract.data.redact ?? []).length > 0;
      const verdict = said(value);
      if (contract.success && !contradicts) {
        counts.taken++;
        expect(verdict.kind).not.toBe('failed');
      } else {
        counts.failed++;
        expect(verdict).toMatchObject({ kind: 'failed', code: 'policy.contract' });
      }
    }),
    { numRuns: 20_000 },
  );
  expect(Math.min(counts.taken, counts.failed)).toBeGreaterThan(1_500);
});

test('whatever the engine hands over, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(['failed', 'allow', 'redact', 'require_approval', 'block']).toContain(said(value).kind);
    }),
    { numRuns: 5_000 },
  );
});
