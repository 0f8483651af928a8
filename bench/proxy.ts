/**
 * What the gate costs beside proxies that judge nothing: CPU a call, added latency, start, stalls, in one run. Every
 * proxy is a process of its own in front of the same upstream, the load is another, and each proxy has its turn in
 * every round, so that ratios within a round hold on a busy machine too, where times alone mean little.
 *
 * Run: `node bench/proxy.ts [--quick] [--profile] [--against DIR]`; prints Markdown.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { GateSettings } from './_gate.ts';
import type { Load, LoadResult } from './_load.ts';
import { type Peer, startPeer } from './_peer.ts';
import { profileTable, selfTimes } from './_profile.ts';
import { BARE, DIRECT, GATE, GATE_PLAIN, HANDWRITTEN, report, type Series } from './_report.ts';
import { measureStalls } from './_stall.ts';
import { KINDS, type Kind, POLICY_DATA, pathOf, REQUEST_HEADERS, requestOf } from './_traffic.ts';

const { values: flags } = parseArgs({
  options: {
    /** Few rounds, under half a minute. */
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    /** Also to docs/performance.md. */
    /** Where the gate spends its time, and nothing else. */
    profile: { type: 'boolean', default: false },
    /** CPU of one kind of call only, as JSON: small, large or sse. */
    only: { type: 'string' },
    /** The gate of another checkout, in the same rounds. */
    against: { type: 'string', multiple: true, default: [] },
  },
});
const only = KINDS.find((kind) => kind === flags.only);
if (flags.only !== undefined && only === undefined) throw new Error(`--only takes ${KINDS.join(', ')}`);

interface Target {
  readonly name: string;
  readonly peer: Peer;
  readonly url: string;
}

const ROOT = resolve(import.meta.dirname, '..');
const ROUNDS = Number(flags.rounds ?? (flags.quick ? 5 : 21));
const CALLS: Readonly<Record<Kind, number>> = flags.quick
  ? { small: 1_000, large: 24, sse: 300 }
  : { small: 2_000, large: 40, sse: 800 };
const CONNECTIONS: Readonly<Record<Kind, number>> = { small: 16, large: 4, sse: 16 };
const LATENCY_CALLS = flags.quick ? 150 : 250;

async function start(name: string, file: string, args: readonly string[], cwd = ROOT): Promise<Target> {
  const peer = startPeer(join(ROOT, 'bench', file), args, cwd);
  return { name, peer, url: await peer.ask<string>('url') };
}

function startGate(name: string, upstream: Target, data: object, cwd = ROOT): Promise<Target> {
  const servers = Object.fromEntries(KINDS.map((kind) => [kind, { url: upstream.url + pathOf(kind) }]));
  const settings: GateSettings = { config: { servers }, data: { ...POLICY_DATA, ...data } };
  return start(name, '_gate.ts', [JSON.stringify(settings)], cwd);
}

const load = startPeer(join(ROOT, 'bench/_load.ts'), []);
const run = (target: Target, rest: Omit<Load, 'url'>) =>
  load.ask<LoadResult>('run', { url: target.url, ...rest } satisfies Load);

/** CPU microseconds of one call, by the proxy's own account. */
async function cpuOf(target: Target, kind: Kind): Promise<number> {
  const before = await target.peer.ask<number>('cpu');
  await run(target, { kind, connections: CONNECTIONS[kind], calls: CALLS[kind] });
  return ((await target.peer.ask<number>('cpu')) - before) / CALLS[kind];
}

/** One value for each target and round; whoever begins a round changes, as the first one finds colder caches. */
async function interleave(
  targets: readonly Target[],
  measure: (target: Target) => Promise<number>,
): Promise<Series> {
  const series = Object.fromEntries(targets.map(({ name }) => [name, [] as number[]]));
  for (let round = -2; round < ROUNDS; round++) {
    const first = (round + targets.length * 2) % targets.length;
    for (const target of [...targets.slice(first), ...targets.slice(0, first)]) {
      const value = await measure(target);
      if (round >= 0) series[target.name]?.push(value);
    }
  }
  return series;
}

async function latencyOf(target: Target): Promise<number> {
  return (await run(target, { kind: 'small', connections: 1, calls: LATENCY_CALLS })).p50;
}

/** Milliseconds from the start of `portcullis serve` to the answer of its first call. */
async function timeStart(upstream: Target): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  const config = {
    servers: { small: { url: upstream.url + pathOf('small') } },
    policy: { data: join(folder, 'data.json') },
    audit: { file: join(folder, 'audit.jsonl') },
  };
  writeFileSync(join(folder, 'data.json'), JSON.stringify(POLICY_DATA));
  writeFileSync(join(folder, 'portcullis.yaml'), JSON.stringify(config));
  const began = performance.now();
  const args = [
    'cli/portcullis.ts',
    'serve',
    '--json',
    '--listen',
    '127.0.0.1:0',
    '-c',
    join(folder, 'portcullis.yaml'),
  ];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await new Promise<string>((done, fail) => {
      child.once('exit', (code) => fail(new Error(`portcullis serve ended with ${code}`)));
      child.stdout.once('data', (line: Buffer) => done((JSON.parse(line.toString()) as { url: string }).url));
    });
    const answer = await fetch(url + pathOf('small'), {
      method: 'POST',
      headers: REQUEST_HEADERS,
      body: requestOf(0),
    });
    const text = await answer.text();
    if (!text.includes('"isError":false')) throw new Error(`the first call was answered ${text}`);
    return performance.now() - began;
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timeStarts(upstream: Target): Promise<readonly number[]> {
  const starts: number[] = [];
  for (let round = 0; round < (flags.quick ? 3 : 7); round++) starts.push(await timeStart(upstream));
  return starts;
}

async function profile(gate: Target): Promise<string> {
  const calls = flags.quick ? 10_000 : 30_000;
  const kind = only ?? 'small';
  const count = kind === 'large' ? calls / 50 : calls;
  await run(gate, { kind, connections: CONNECTIONS[kind], calls: count / 4 });
  await gate.peer.ask('profile:begin');
  await run(gate, { kind, connections: CONNECTIONS[kind], calls: count });
  const file = join(ROOT, '.cache/prof', `${new Date().toISOString().replaceAll(':', '')}.cpuprofile`);
  await gate.peer.ask('profile:end', file);
  return `${profileTable(selfTimes(file), count, 25)}\n\n${file}`;
}

async function measureAll(upstream: Target, opened: Target[]): Promise<string> {
  const open = async (target: Promise<Target>) => {
    opened.push(await target);
    return opened.at(-1) as Target;
  };
  const gate = await open(startGate(GATE, upstream, {}));
  if (flags.profile) return profile(gate);
  const bare = await open(start(BARE, '_bare.ts', [upstream.url]));
  const hand = await open(start(HANDWRITTEN, '_handwritten.ts', [upstream.url]));
  const plain = await open(startGate(GATE_PLAIN, upstream, { redaction: { detectors: [] } }));
  const others: Target[] = [];
  for (const folder of flags.against)
    others.push(await open(startGate(folder, upstream, {}, resolve(folder))));

  const each: Readonly<Record<Kind, readonly Target[]>> = {
    small: [bare, hand, gate, ...others],
    large: [bare, hand, plain, gate, ...others],
    sse: [bare, hand, gate, ...others],
  };
  const cpu = (kind: Kind) => interleave(each[kind], (target) => cpuOf(target, kind));
  if (only) return JSON.stringify(await cpu(only));
  const small = await cpu('small');
  const direct = { ...upstream, name: DIRECT };
  const latency = await interleave([direct, bare, hand, gate, ...others], latencyOf);
  const large = await cpu('large');
  const sse = await cpu('sse');
  const starts = await timeStarts(upstream);
  const stalls = await measureStalls(
    { gate: gate.peer, load, upstream: upstream.peer },
    gate.url,
    flags.quick ? 5 : 9,
  );
  return report({ rounds: ROUNDS, small, latency, large, sse, starts, stalls });
}

const upstream = await start('upstream', '_upstream.ts', []);
const opened: Target[] = [upstream];
try {
  process.stdout.write(`${await measureAll(upstream, opened)}\n`);
} finally {
  await load.stop();
  for (const { peer } of opened) await peer.stop();
}
