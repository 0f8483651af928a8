/** What each pack adds to a decision, and what much data does to it: medians of rounds in which all take turns. */
import type { PolicyInput } from '../proxy/decide/contract.ts';
import { provenanceOf } from '../proxy/decide/provenance/facts.ts';
import { toHashKey } from '../proxy/decide/provenance/hash.ts';
import type { Json, JsonObject } from '../proxy/frame/json.ts';
import type { PolicyBundle } from '../proxy/services/policy/bundle.ts';
import { createPolicyHolder, type PolicyHandle } from '../proxy/services/policy/holder.ts';
import { mergeData } from '../proxy/services/policy/merge.ts';

const PACKS = [
  'change_window',
  'data_flow',
  'destructive',
  'egress',
  'exfiltration',
  'filesystem',
  'git',
  'github',
  'read_only',
  'sampling',
  'secrets_pii',
  'sql',
  'tool_poisoning',
] as const;
export const FOUR = ['filesystem', 'egress', 'secrets_pii', 'destructive'];
const CALLS = 1000;
const KEY = toHashKey(new Uint8Array(16));

/** Prints two tables of Markdown. */
export async function benchPacks(
  bundle: PolicyBundle,
  base: JsonObject,
  input: PolicyInput,
  rounds: number,
): Promise<void> {
  // The pack that asks where values came from is told of each; others never look, and the gate would not write it out.
  const told = {
    ...input,
    provenance: provenanceOf(undefined, KEY, { args: input.args as Json, at: '/args', nowMs: 0 }),
  };
  const texts: Readonly<Record<string, string>> = { data_flow: JSON.stringify(told) };
  const text = (name: string) => texts[name] ?? JSON.stringify(input);
  const rows: (readonly [string, JsonObject])[] = [
    ['no pack', {}],
    ...PACKS.map((name) => [name, { packs: { [name]: {} } }] as const),
    [`four: ${FOUR.join(', ')}`, { packs: Object.fromEntries(FOUR.map((name) => [name, {}])) }],
  ];
  console.log(
    '\n## Packs\n\nMicroseconds a decision of the 0.8 KB call; what a pack adds is against none in the same round.\n',
  );
  console.log('| packs | p50 | adds (range) |\n|---|---|---|');
  await compare(bundle, base, text, rows, rounds);
  console.log('\n## Tenants\n\nThe same call, with grants and scopes of so many tenants in the data.\n');
  console.log('| tenants | p50 | adds (range) |\n|---|---|---|');
  await compare(
    bundle,
    base,
    text,
    [10, 1_000, 10_000].map((count) => [count.toLocaleString('en'), tenants(count)] as const),
    rounds,
  );
}

async function compare(
  bundle: PolicyBundle,
  base: JsonObject,
  text: (name: string) => string,
  rows: readonly (readonly [string, JsonObject])[],
  rounds: number,
): Promise<void> {
  const handles: PolicyHandle[] = [];
  for (const [, data] of rows) {
    const limits = { maxPages: 4096, remember: 0 };
    handles.push(await createPolicyHolder(bundle, mergeData(base, data), { isolation: 'inline', limits }));
  }
  const medians = rows.map(() => [] as number[]);
  for (const [which, handle] of handles.entries()) {
    const own = text(rows[which]?.[0] ?? '');
    for (let call = 0; call < 500; call++) handle.evaluate(own);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [which, handle] of handles.entries()) {
      medians[which]?.push(medianOf(handle, text(rows[which]?.[0] ?? '')));
    }
  }
  const [none = []] = medians;
  for (const [which, [name]] of rows.entries()) {
    const own = medians[which] ?? [];
    const added = own.map((value, round) => value - (none[round] ?? 0));
    const range =
      which === 0
        ? ''
        : `${middle(added).toFixed(1)} (${Math.min(...added).toFixed(1)}–${Math.max(...added).toFixed(1)})`;
    console.log(`| ${name} | ${middle(own).toFixed(1)} | ${range} |`);
  }
  await Promise.all(handles.map((handle) => handle.close()));
}

function medianOf(handle: PolicyHandle, text: string): number {
  const samples = new Float64Array(CALLS);
  for (let call = 0; call < CALLS; call++) {
    const began = performance.now();
    handle.evaluate(text);
    samples[call] = (performance.now() - began) * 1000;
  }
  return samples.sort()[CALLS / 2] ?? 0;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Data keyed by tenant, as bundles of many tenants have it; the rules look one of them up. */
function tenants(count: number): JsonObject {
  const each = Array.from({ length: count }, (_, at) => [
    `tenant-${at}`,
    {
      grants: [{ roles: ['developer'], tools: [`t${at}__*`] }],
      scopes: { filesystem: { read: [`/data/${at}/**`] } },
    },
  ]);
  return { tenants: Object.fromEntries(each) };
}
