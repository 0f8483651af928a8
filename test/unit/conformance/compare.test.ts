import { expect, test } from 'vitest';
import { type Check, compare, type SuiteRun, scoreOf } from '../../../scripts/conformance.ts';

const run = (scenarios: Record<string, string[]>, unscored: string[] = []): SuiteRun => ({
  checks: new Map(
    Object.entries(scenarios).map(([name, statuses]) => [
      name,
      statuses.map((pair): Check => {
        const [id = '', status = ''] = pair.split('=');
        return { id, status };
      }),
    ]),
  ),
  unscored: new Set(unscored),
});

test.each([
  {
    name: 'equal verdicts are identical, in any order',
    direct: { s: ['a=SUCCESS', 'b=SUCCESS', 'b=FAILURE'] },
    proxied: { s: ['b=FAILURE', 'a=SUCCESS', 'b=SUCCESS'] },
    want: { identical: 2, lines: [] },
    why: 'ids repeat within a scenario',
  },
  {
    name: 'a failure that was a success is worse',
    direct: { s: ['a=SUCCESS'] },
    proxied: { s: ['a=FAILURE'] },
    want: { identical: 0, lines: ['WORSE s:a  direct=SUCCESS proxied=FAILURE'] },
    why: 'the proxy broke something',
  },
  {
    name: 'a check that is gone is worse',
    direct: { s: ['a=SUCCESS', 'b=SUCCESS'] },
    proxied: { s: ['a=SUCCESS'] },
    want: { identical: 1, lines: ['WORSE s:b  direct=SUCCESS proxied=ABSENT'] },
    why: 'a scenario that stops half-way loses its checks',
  },
  {
    name: 'a scenario that is gone is worse',
    direct: { s: ['a=SUCCESS'], t: ['b=SUCCESS'] },
    proxied: { s: ['a=SUCCESS'] },
    want: { identical: 1, lines: ['WORSE t:b  direct=SUCCESS proxied=ABSENT'] },
    why: 'a crash must not pass unseen',
  },
  {
    name: 'a success that was a failure is better, a warning between',
    direct: { s: ['a=FAILURE', 'b=WARNING'] },
    proxied: { s: ['a=SUCCESS', 'b=SKIPPED'] },
    want: {
      identical: 0,
      lines: ['BETTER s:a  direct=FAILURE proxied=SUCCESS', 'BETTER s:b  direct=WARNING proxied=SKIPPED'],
    },
    why: 'a gate that validates Host improves on a server that does not',
  },
  {
    name: 'information is not compared',
    direct: { s: ['a=INFO'] },
    proxied: { s: ['a=SUCCESS'] },
    want: { identical: 0, lines: ['BETTER s:a  direct=ABSENT proxied=SUCCESS'] },
    why: 'absent counts as a failure',
  },
  {
    name: 'more of the same is changed',
    direct: { s: ['a=SUCCESS'] },
    proxied: { s: ['a=SUCCESS', 'a=SUCCESS'] },
    want: { identical: 0, lines: ['CHANGED s:a  direct=SUCCESS proxied=SUCCESS+SUCCESS'] },
    why: 'the worst of both is equal',
  },
])('$name', ({ direct, proxied, want }) => {
  const { identical, differences } = compare(run(direct), run(proxied));
  expect({ identical, lines: differences.map(({ line }) => line) }).toEqual(want);
});

test('a scenario passes when none of its scored checks failed; unscored ones do not count', () => {
  const result = run({ s: ['a=SUCCESS', 'b=WARNING'], t: ['a=FAILURE'], u: ['a=FAILURE'] }, ['u']);
  expect(scoreOf(result)).toEqual({ passed: 1, total: 2, checks: { SUCCESS: 1, WARNING: 1, FAILURE: 1 } });
});
