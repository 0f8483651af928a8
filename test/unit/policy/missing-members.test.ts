/**
 * Every refusal of every sheet, judged again with each member of its input missing: what is not there must not open.
 * Where it does, it is because the refusal was about that member (a path that is not there is outside nothing), and
 * that stands here; the gate says with `unknown` when it could not look.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PolicyDecision } from '../../../proxy/decide/contract.ts';
import { readBundle } from '../../../proxy/services/policy/bundle.ts';
import { createPolicyHolder } from '../../../proxy/services/policy/holder.ts';
import { readCases } from './_sheets.ts';

/** By the codes of the refusal. */
const ABOUT: Readonly<Record<string, readonly string[]>> = {
  'chains.unknown': ['unknown'],
  'data_flow.carries_out': ['labels'],
  'data_flow.planted': ['unknown'],
  'data_flow.private': ['labels'],
  'data_flow.stranger': ['labels'],
  'data_flow.untracked': ['args'],
  'destructive.destroys': ['annotations', 'paths', 'sql'],
  'egress.after_private': ['hosts', 'labels'],
  'egress.denied': ['hosts'],
  'egress.outside': ['hosts'],
  'egress.private egress.private_host': ['hosts'],
  'egress.private_host': ['hosts'],
  'egress.scheme': ['hosts'],
  'egress.unknown egress.unknown_host': ['unknown'],
  'egress.unknown_host': ['unknown'],
  'exfiltration.leaves': ['hosts', 'labels'],
  'filesystem.protected': ['paths'],
  'filesystem.startup': ['paths'],
  'filesystem.unclear': ['paths'],
  'filesystem.unknown': ['unknown'],
  'git.option': ['args'],
  'git.protected': ['args'],
  'git.rewrites': ['args'],
  'github.publishes': ['args'],
  'github.secret': ['secrets'],
  'github.workflow': ['args'],
  'patterns.found': ['args'],
  'policy.no_grant': ['params'],
  'read_only.changes': ['annotations', 'paths', 'sql', 'unknown'],
  'sampling.answer': ['secrets'],
  'sampling.credential': ['params'],
  'sampling.elsewhere': ['params'],
  'scopes.denied': ['paths'],
  'scopes.denied_operation': ['sql'],
  'scopes.holds_denied': ['paths'],
  'scopes.operation': ['sql'],
  'scopes.outside': ['paths'],
  'scopes.outside scopes.unclear': ['paths'],
  'scopes.sql_unclear': ['sql'],
  'scopes.sql_unclear scopes.unknown': ['unknown'],
  'scopes.unclear': ['paths'],
  'scopes.undeclared': ['paths'],
  'scopes.unknown': ['unknown'],
  'secrets.in_arguments': ['secrets'],
  'secrets.unknown': ['unknown'],
  'secrets_pii.secret': ['secrets'],
  'secrets_pii.unknown': ['unknown'],
  'sql.several': ['args', 'sql'],
  'sql.table': ['sql'],
  'sql.unclear': ['sql', 'unknown'],
  'sql.verb': ['sql'],
  'tool_poisoning.hides': ['item'],
  'tool_poisoning.instructs': ['item'],
};

test('what is missing opens nothing that was not about it', async () => {
  const bundle = readBundle(readFileSync('wasm/bundle.tar.gz'));
  const opened = new Map<string, Set<string>>();
  let judged = 0;
  for (const { sheet, input, data, want } of readCases()) {
    if (sheet === 'rules' || (want.verdict !== 'block' && want.verdict !== 'require_approval')) continue;
    const policy = await createPolicyHolder(bundle, data, { isolation: 'inline' });
    for (const member of Object.keys(input)) {
      const { [member]: _, ...rest } = input as Readonly<Record<string, unknown>>;
      const evaluation = policy.evaluate(JSON.stringify(rest)) as { readonly value?: PolicyDecision };
      judged += 1;
      const verdict = evaluation.value?.verdict ?? 'failed';
      if (verdict !== 'allow' && verdict !== 'redact') continue;
      const codes = (want.codes ?? ['?']).join(' ');
      opened.set(codes, (opened.get(codes) ?? new Set()).add(member));
    }
    await policy.close();
  }
  const found = Object.fromEntries([...opened].map(([codes, members]) => [codes, [...members].toSorted()]));
  expect(found).toEqual(ABOUT);
  expect(judged).toBeGreaterThan(4500);
});
