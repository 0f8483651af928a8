/**
 * What it costs to remember where values came from: working an answer into a caller's index, telling a call's values, and
 * the memory of a thousand callers. Reading the same answer with JSON.parse stands beside it as a measure of the machine.
 */
import { CallerIndex } from '../proxy/decide/provenance/caller-index.ts';
import { provenanceOf } from '../proxy/decide/provenance/facts.ts';
import { toHashKey } from '../proxy/decide/provenance/hash.ts';
import type { Json } from '../proxy/frame/json.ts';

const KEY = toHashKey(new Uint8Array(16).fill(7));
const SOURCE = { server: 'mail', tool: 'search', method: 'tools/call' };
const RUNS = 300;
const RESULTS_EACH = 25;

/** A session of twenty calls whose answers are of 0.2 to 4 KB, 1 KB in the middle. */
const SESSION = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1, 1, 1.1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4];

/** The same figures each time: what is measured must not be a matter of luck. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const WORDS =
  `the of and to in a is that for it as was with be by on not he his but at are this have from or had an they
  which one you were all her she there would their we him been has when who will no more if out so up said what its about
  than into them can only other time new some could these two may first then do any like my now over such our man me even
  most made after also did many off before must well back through years where much your way down should because long each
  just state those people too mr how little good world make very year still see own work men day get here old life both
  between being under three never know same last another while us might great go come since against right came take used
  himself few house american use place during high without again home around small however found mrs part school thought
  went general once upon war left every course meeting budget invoice quarter project draft review supplier contract
  schedule customer delivery agenda minutes report account balance travel booking flight hotel conference budgetary`.split(
    /\s+/,
  );

function prose(bytes: number, roll: (below: number) => number): string {
  let text = '';
  while (text.length < bytes) {
    const word = WORDS[roll(roll(WORDS.length) + 1)] as string;
    const kind = roll(300);
    if (kind === 0) text += `person${roll(900)}@company${roll(40)}.example `;
    else if (kind === 1) text += `https://www.site${roll(90)}.example/page/${roll(9999)} `;
    else if (kind < 6) text += `${roll(100_000)} `;
    else if (kind < 30) text += `${word}, `;
    else if (kind < 50) text += `${word}. `;
    else text += `${word} `;
  }
  return text.slice(0, bytes);
}

function mails(bytes: number, roll: (below: number) => number): string {
  const rows: Json[] = [];
  for (let size = 0; size < bytes; ) {
    const row = {
      id: `msg-${roll(1e9)}`,
      from: `person${roll(900)}@company${roll(40)}.example`,
      subject: prose(40, roll),
      date: `2026-11-${10 + roll(18)}T10:00:00Z`,
      body: prose(Math.min(700, bytes), roll),
    };
    rows.push(row);
    size += JSON.stringify(row).length;
  }
  return JSON.stringify(rows);
}

const KINDS = { 'a page of prose': prose, 'a list of mails': mails } as const;

function resultOf(text: string): { readonly wire: string; readonly payload: Json } {
  const wire = JSON.stringify({ content: [{ type: 'text', text }] });
  return { wire, payload: JSON.parse(wire) as Json };
}

/** Median over the runs, in microseconds. */
function timed(run: (turn: number) => void, runs: number): number {
  const samples = new Float64Array(runs);
  for (let turn = 0; turn < runs; turn++) {
    const start = process.hrtime.bigint();
    run(turn);
    samples[turn] = Number(process.hrtime.bigint() - start) / 1000;
  }
  return samples.toSorted()[Math.floor(runs / 2)] as number;
}

export function benchProvenance(rounds: number): void {
  console.log(`\n## Where values came from\n`);
  console.log('Microseconds, median (range) over the rounds; each message is new to its caller.\n');
  console.log('| work | aim | measured | JSON.parse of the same |\n|---|---|---|---|');
  for (const { kb, aim } of [
    { kb: 4, aim: 60 },
    { kb: 64, aim: 1000 },
  ]) {
    for (const [name, make] of Object.entries(KINDS)) {
      const each = Array.from({ length: rounds }, (_, round) => indexing(make, kb * 1024, round));
      row(`index ${name}, ${kb} KB`, aim, each);
    }
  }
  const facts = Array.from({ length: rounds }, () => ({ own: telling(), peer: undefined }));
  row('tell the values of a call, after 20 answers', 30, facts);
  memory();
}

function indexing(make: (typeof KINDS)[keyof typeof KINDS], bytes: number, seed: number) {
  const roll = dice(seed + 1);
  const runs = bytes > 10_000 ? RUNS / 10 : RUNS;
  const results = Array.from({ length: runs }, () => resultOf(make(bytes, roll)));
  let index = new CallerIndex(KEY, { maxBytes: 4 * 1024 * 1024 });
  const own = timed((turn) => {
    if (turn % RESULTS_EACH === 0) index = new CallerIndex(KEY, { maxBytes: 4 * 1024 * 1024 });
    index.shown({
      source: SOURCE,
      atMs: turn,
      labels: [],
      payload: (results[turn] as { payload: Json }).payload,
    });
  }, runs);
  const peer = timed((turn) => void JSON.parse((results[turn] as { wire: string }).wire), runs);
  return { own, peer };
}

interface Session {
  readonly index: CallerIndex;
  /** Addresses that were shown. */
  readonly addresses: readonly string[];
}

function session(roll: (below: number) => number): Session {
  const addresses: string[] = [];
  const index = new CallerIndex(KEY, { maxBytes: 4 * 1024 * 1024 });
  for (const [turn, kb] of SESSION.entries()) {
    const make = turn % 2 === 0 ? prose : mails;
    const text = make(kb * 1024, roll);
    addresses.push(...(text.match(/person\d+@company\d+\.example/g) ?? []));
    const { payload } = resultOf(text);
    const tool = `tool${turn % 5}`;
    index.used({ atMs: turn, labels: [], args: { query: prose(20, roll), limit: roll(50) } });
    index.shown({ source: { ...SOURCE, tool }, atMs: turn, labels: [], payload });
  }
  return { index, addresses };
}

/** An address that was shown, one that never was, a subject and a body with a link in it. */
function telling(): number {
  const roll = dice(99);
  const { index, addresses } = session(roll);
  const calls = Array.from({ length: RUNS }, () => ({
    to: [addresses[roll(addresses.length)] as string, `somebody${roll(900)}@elsewhere${roll(900)}.example`],
    subject: prose(30, roll),
    body: `${prose(400, roll)} https://www.site${roll(90)}.example/page/${roll(9999)}`,
    priority: 2,
  }));
  return timed((turn) => {
    JSON.stringify(provenanceOf(index, KEY, { args: calls[turn] as Json, at: '/args', nowMs: 5_000 }));
  }, RUNS);
}

function row(work: string, aim: number, each: readonly { own: number; peer: number | undefined }[]): void {
  const own = each.map((one) => one.own).toSorted((a, b) => a - b);
  const at = (list: readonly number[], share: number) =>
    (list[Math.floor(share * (list.length - 1))] ?? 0).toFixed(0);
  const peers = each.flatMap(({ peer }) => (peer === undefined ? [] : [peer])).toSorted((a, b) => a - b);
  const beside = peers.length === 0 ? '' : at(peers, 0.5);
  console.log(`| ${work} | ${aim} | ${at(own, 0.5)} (${at(own, 0)}–${at(own, 1)}) | ${beside} |`);
}

const CALLERS = 1000;

function memory(): void {
  const roll = dice(5);
  const before = used();
  const all = Array.from({ length: CALLERS }, () => session(roll).index);
  const bytes = all.reduce((sum, index) => sum + index.bytes, 0);
  const mib = (value: number) => (value / 1024 / 1024).toFixed(0);
  const shown = SESSION.reduce((sum, kb) => sum + kb, 0).toFixed(0);
  console.log(
    `\n${CALLERS} callers, each shown ${shown} KB in ${SESSION.length} answers: ${mib(used() - before)} MiB, counted by the index itself as ${mib(bytes)}; the aim is 64.`,
  );
}

function used(): number {
  // What is dropped with the first is only given back with the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
