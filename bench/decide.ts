/**
 * What a decision costs: our caller against the published SDK, the shipped policy with an operator's data, inputs of
 * 0.8 and 4 KB, without packs and with four, in one run. Figures of a shared machine mean little alone; the ratio within
 * a round means something, and its spread over the rounds says how much. "Blocks" gives each caller its turn, "paired"
 * alternates them call by call, so that each finds the other's leavings in the processor's caches.
 *
 * Every call names another path, so nothing is answered from memory but in the row that says so. "Gate" writes the input
 * as the gate does, with what the policy may not look at left out until it does; all others get it whole.
 *
 * At the end, what it costs to remember where values came from.
 *
 * Run: `node bench/decide.ts [rounds]`; prints Markdown.
 */
import { readFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import type { PolicyInput } from '../proxy/decide/contract.ts';
import { writePolicyInput } from '../proxy/decide/policy-input.ts';
import type { JsonObject } from '../proxy/frame/json.ts';
import { type PolicyBundle, readBundle } from '../proxy/services/policy/bundle.ts';
import { createPolicyHolder, type PolicyHandle } from '../proxy/services/policy/holder.ts';
import { mergeData } from '../proxy/services/policy/merge.ts';
import { benchPacks, FOUR } from './_packs.ts';
import { benchProvenance } from './_provenance.ts';

const CALLS = 1500;
const rounds = Number(process.argv[2] ?? 9);

/** An operator with three servers, two roles, scopes, one chain and a few patterns. */
const DATA: JsonObject = {
  grants: [
    {
      roles: ['developer'],
      tools: ['filesystem__read_*', 'filesystem__list_*', 'github__get_*', 'github__list_*'],
    },
    { roles: ['developer'], tools: ['filesystem__write_file', 'slack__send_message'] },
    { roles: ['analyst'], tools: ['postgres__query', 'postgres__list_*'] },
  ],
  scopes: {
    filesystem: {
      read: ['/workspace/**'],
      write: ['/workspace/drafts/**'],
      deny: ['**/.env', '**/secrets/**'],
    },
    postgres: { operations: ['select'] },
  },
  chain_rules: [
    {
      name: 'exfiltration',
      pattern: ['*__read_*', 'slack__send_message'],
      action: 'require_approval',
      within_s: 600,
    },
  ],
  require_approval_for: ['github__delete_*', 'postgres__drop_*'],
  block_patterns: [{ name: 'production', text: 'prod-db-01', tools: ['postgres__*'] }],
};

function makeInput(calls: number, textBytes: number): PolicyInput {
  const history = Array.from({ length: calls }, (_, at) => ({
    name: at % 2 === 0 ? 'github__get_issue' : 'filesystem__list_directory',
    verdict: 'allow',
    age_s: 10 + at,
    labels: [],
  }));
  return {
    v: 1,
    phase: 'request',
    direction: 'to_server',
    transport: 'http',
    protocol: '2026-07-28',
    method: 'tools/call',
    server: 'filesystem',
    tool: 'read_text_file',
    name: 'filesystem__read_text_file',
    args: { path: '/workspace/notes/readme.md', head: 40, note: 'x'.repeat(textBytes) },
    annotations: { readOnlyHint: true },
    paths: [
      {
        at: '/args/path',
        raw: '/workspace/notes/readme.md',
        path: '/workspace/notes/readme.md',
        op: 'read',
        suspicious: [],
        declared: true,
      },
    ],
    caller: {
      subject: 'ci-agent',
      org: 'acme',
      roles: ['developer'],
      permissions: [],
      auth: 'jwt',
      claims: {},
    },
    labels: {},
    history: { calls: history, counts: { github__get_issue: 3 } },
    time: { epoch: 1795251600, weekday: 'saturday', hour: 9, minute: 40, tz: 'UTC' },
    mode: 'enforce',
  };
}

const INPUTS = [
  { size: '0.8 KB', input: makeInput(1, 60) },
  { size: '4 KB, 25 calls of history', input: makeInput(25, 1260) },
  { size: '4 KB, one long argument', input: makeInput(1, 3250) },
];

type Judge = (input: PolicyInput) => unknown;

async function openSdk(bundle: PolicyBundle, data: JsonObject): Promise<Judge> {
  const policy = await loadPolicy(new Uint8Array(bundle.wasm), { initial: 64, maximum: 512 });
  policy.setData(mergeData(bundle.data, data));
  return (input) => (policy.evaluate(input) as { result: unknown }[])[0]?.result;
}

function toJudge(handle: PolicyHandle): Judge {
  return function judge(input) {
    const evaluation = handle.evaluate(JSON.stringify(input));
    if (evaluation.kind !== 'value') throw new Error(`no decision: ${JSON.stringify(evaluation)}`);
    return evaluation.value;
  };
}

/** The wire's text of these stands at hand in the gate; here it is written once. */
const wireTexts = new WeakMap<object, string>();
function wireText(value: object | undefined): string | undefined {
  if (value === undefined) return undefined;
  let text = wireTexts.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    wireTexts.set(value, text);
  }
  return text;
}

function toGateJudge(handle: PolicyHandle): Judge {
  return function judge(input) {
    const written = writePolicyInput(
      {
        ...input,
        argsText: wireText(input.args),
        annotationsText: wireText(input.annotations),
        labelsText: '{}',
        timeText: wireText(input.time),
        historyText: () => wireText(input.history) as string,
        facts: { paths: input.paths ?? [], hosts: [], sql: [], unknown: [] },
        secrets: [],
        session: undefined,
        toolDigest: undefined,
      },
      65_536,
    );
    if ('kind' in written) throw new Error(written.code);
    const evaluation = handle.evaluate(written.text, written.late);
    if (evaluation.kind !== 'value') throw new Error(`no decision: ${JSON.stringify(evaluation)}`);
    return evaluation.value;
  };
}

let calls = 0;
/** The same call for another file. */
function another(input: PolicyInput): PolicyInput {
  const path = `/workspace/notes/topic-${(calls++).toString(36).padStart(6, '0')}.md`;
  const [fact] = input.paths as NonNullable<PolicyInput['paths']>;
  return {
    ...input,
    args: { ...input.args, path },
    paths: [{ ...fact, raw: path, path } as typeof fact & {}],
  };
}

/** Microseconds of each call. */
function time(judge: Judge, input: PolicyInput, samples: Float64Array, vary = another): void {
  for (let call = 0; call < samples.length; call++) {
    const varied = vary(input);
    wireText(varied.args);
    const start = process.hrtime.bigint();
    judge(varied);
    samples[call] = Number(process.hrtime.bigint() - start) / 1000;
  }
}

function timePaired(judges: readonly Judge[], input: PolicyInput, samples: readonly Float64Array[]): void {
  for (let call = 0; call < CALLS; call++) {
    for (const [which, judge] of judges.entries())
      time(judge, input, samples[which]!.subarray(call, call + 1));
  }
}

interface Figures {
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
}

function figures(samples: Float64Array): Figures {
  const sorted = samples.toSorted();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { min: at(0), p50: at(0.5), p99: at(0.99) };
}

const median = (values: readonly number[]): number => figures(Float64Array.from(values)).p50;
const us = (value: number): string => value.toFixed(1);

interface Row {
  readonly caller: string;
  readonly figures: readonly Figures[];
  /** The SDK's median over this caller's, one a round. */
  readonly ratios: readonly number[];
}

function print(size: string, bytes: number, mode: string, rows: readonly Row[]): void {
  for (const { caller, figures: all, ratios } of rows) {
    const [min, p50, p99] = [
      Math.min(...all.map((f) => f.min)),
      median(all.map((f) => f.p50)),
      median(all.map((f) => f.p99)),
    ];
    const spread = `${Math.min(...ratios).toFixed(1)}–${Math.max(...ratios).toFixed(1)}`;
    console.log(
      `| ${size} (${bytes} B) | ${mode} | ${caller} | ${us(min)} | ${us(p50)} | ${us(p99)} | ${median(ratios).toFixed(1)} (${spread}) |`,
    );
  }
}

function measure(
  callers: Readonly<Record<string, Judge>>,
  run: (judges: readonly Judge[], samples: readonly Float64Array[]) => void,
): Row[] {
  const judges = Object.values(callers);
  const perRound = Array.from({ length: rounds }, () => {
    const samples = judges.map(() => new Float64Array(CALLS));
    run(judges, samples);
    return samples.map(figures);
  });
  return Object.keys(callers).map((caller, which) => ({
    caller,
    figures: perRound.map((round) => round[which]!),
    ratios: perRound.map((round) => round[0]!.p50 / round[which]!.p50),
  }));
}

const bundle = readBundle(readFileSync(new URL('../wasm/bundle.tar.gz', import.meta.url)));

console.log(`## A decision of the shipped policy\n`);
console.log(
  `Node ${process.version} ${arch()}, ${cpus().length} × ${cpus()[0]?.model.trim()}; ${rounds} rounds of ${CALLS} calls each.`,
);
console.log(
  `Microseconds, writing the input included; ratio: the SDK's median over the caller's, median (range) of the rounds.`,
);

for (const packs of [[], FOUR]) {
  const data = { ...DATA, packs: Object.fromEntries(packs.map((name) => [name, {}])) };
  const inline = await createPolicyHolder(bundle, data, { isolation: 'inline' });
  const gate = await createPolicyHolder(bundle, data, { isolation: 'inline' });
  const worker = await createPolicyHolder(bundle, data, { isolation: 'worker' });
  const callers = {
    SDK: await openSdk(bundle, data),
    gate: toGateJudge(gate),
    inline: toJudge(inline),
    worker: toJudge(worker),
  };
  const pair = { SDK: callers.SDK, gate: callers.gate };
  console.log(`\n### ${packs.length === 0 ? 'No pack' : `Packs: ${packs.join(', ')}`}\n`);
  console.log('| input | order | caller | min | p50 | p99 | times faster |\n|---|---|---|---|---|---|---|');
  for (const { size, input } of INPUTS) {
    const answers = Object.values(callers).map((judge) => JSON.stringify(judge(input), sortMembers));
    if (new Set(answers).size !== 1) throw new Error(`the callers disagree: ${answers.join(' / ')}`);
    for (const judge of Object.values(callers)) time(judge, input, new Float64Array(300));
    const bytes = Buffer.byteLength(JSON.stringify(input));
    const blocks = measure(callers, (judges, samples) => {
      for (const [which, judge] of judges.entries()) time(judge, input, samples[which]!);
    });
    print(size, bytes, 'blocks', blocks);
    print(
      size,
      bytes,
      'paired',
      measure(pair, (judges, samples) => timePaired(judges, input, samples)),
    );
    const again = { SDK: callers.SDK, 'gate, seen before': callers.gate };
    const same = (the: PolicyInput) => the;
    print(
      size,
      bytes,
      'blocks',
      measure(again, (judges, samples) => {
        for (const [which, judge] of judges.entries()) time(judge, input, samples[which]!, same);
      }).slice(1),
    );
  }
  const { resets, drops, patterns, pages } = gate.stats();
  console.log(`\ngate: ${resets} resets, ${drops} drops, ${patterns} patterns, ${pages} pages`);
  await worker.close();
}
await benchPacks(bundle, DATA, INPUTS[0]!.input, rounds);
benchProvenance(rounds);

/** Objects come in WASM's hash order. */
function sortMembers(_key: string, value: unknown): unknown {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isPlain ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}
