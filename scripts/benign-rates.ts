/**
 * How often packs are in the way of honest work: calls and definitions recorded on real servers
 * (`test/fixtures/benign`), judged again with one pack at its defaults. Each alone, without labels or history from the
 * calls before it.
 */
import { globSync, readFileSync } from 'node:fs';
import type { PolicyDecision } from '../proxy/decide/contract.ts';
import { readBundle } from '../proxy/services/policy/bundle.ts';
import { createPolicyHolder } from '../proxy/services/policy/holder.ts';

export interface BenignRate {
  /** Recorded requests of all servers, and tool definitions. */
  readonly total: number;
  /** `server__tool: code, code` of each that was refused or would have been asked about. */
  readonly stopped: readonly string[];
}

const HISTORY = [{ name: 'history', text: () => '{"calls":[],"counts":{}}' }];

/** @throws Error when the engine fails: then nothing was measured. */
export async function benignRate(packs: readonly string[]): Promise<BenignRate> {
  const inputs = globSync('test/fixtures/benign/*.jsonl')
    .toSorted()
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean));
  const data = {
    grants: [{ tools: ['*'] }],
    packs: Object.fromEntries(packs.map((name) => [name, {}])),
  };
  const policy = await createPolicyHolder(readBundle(readFileSync('wasm/bundle.tar.gz')), data, {
    isolation: 'inline',
  });
  try {
    const stopped = inputs.flatMap((input) => {
      const evaluation = policy.evaluate(input, HISTORY) as { readonly value?: PolicyDecision };
      if (evaluation.value === undefined) throw new Error(`not judged: ${JSON.stringify(evaluation)}`);
      const { verdict, reasons } = evaluation.value;
      const { name, method } = JSON.parse(input) as { readonly name?: string; readonly method: string };
      const codes = reasons.map(({ code }) => code).join(', ');
      return verdict === 'allow' || verdict === 'redact' ? [] : [`${name ?? method}: ${codes}`];
    });
    return { total: inputs.length, stopped };
  } finally {
    await policy.close();
  }
}
