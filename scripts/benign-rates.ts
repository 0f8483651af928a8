/**
 * How often packs are in the way of honest work: calls and definitions recorded on real servers
 * (`test/fixtures/benign`), judged again with one pack at its defaults. Each alone, without labels or history from the
 * calls before it; of where values came from, what the calls themselves tell. The answers were not recorded, so honest work
 * with what was read is measured elsewhere, in `test/scenarios`.
 */
import { globSync, readFileSync } from 'node:fs';
import type { PolicyDecision } from '../proxy/decide/contract.ts';
import { CallerIndex } from '../proxy/decide/provenance/caller-index.ts';
import { provenanceOf } from '../proxy/decide/provenance/facts.ts';
import { toHashKey } from '../proxy/decide/provenance/hash.ts';
import type { JsonObject } from '../proxy/frame/json.ts';
import { readBundle } from '../proxy/services/policy/bundle.ts';
import { createPolicyHolder } from '../proxy/services/policy/holder.ts';

export interface BenignRate {
  /** Recorded requests of all servers, and tool definitions. */
  readonly total: number;
  /** `server__tool: code, code` of each that was refused or would have been asked about. */
  readonly stopped: readonly string[];
}

const HISTORY = { name: 'history', text: () => '{"calls":[],"counts":{}}' };
const KEY = toHashKey(new Uint8Array(16));

/** @throws Error when the engine fails: then nothing was measured. */
export async function benignRate(packs: readonly string[]): Promise<BenignRate> {
  const inputs = globSync('test/fixtures/benign/*.jsonl')
    .toSorted()
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean));
  const index = new CallerIndex(KEY, { maxBytes: Number.POSITIVE_INFINITY });
  const data = {
    grants: [{ tools: ['*'] }],
    packs: Object.fromEntries(packs.map((name) => [name, {}])),
  };
  const policy = await createPolicyHolder(readBundle(readFileSync('wasm/bundle.tar.gz')), data, {
    isolation: 'inline',
  });
  try {
    const stopped = inputs.flatMap((input) => {
      const { args = {} } = JSON.parse(input) as { readonly args?: JsonObject };
      const text = () => JSON.stringify(provenanceOf(index, KEY, { args, at: '/args', nowMs: 0 }));
      const late = [HISTORY, { name: 'provenance', text }];
      const evaluation = policy.evaluate(input, late) as { readonly value?: PolicyDecision };
      index.used({ atMs: 0, labels: [], args });
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
