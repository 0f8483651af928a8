/** The measurements as Markdown: medians over the rounds with their range, and beside them what was to be reached. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Stall } from './_stall.ts';
import { median, ratios, spread } from './_statistics.ts';

/** CPU microseconds a call, or microseconds of latency: one number for each round, by proxy. */
export type Series = Readonly<Record<string, readonly number[]>>;

export interface Measurements {
  readonly rounds: number;
  readonly small: Series;
  readonly large: Series;
  readonly sse: Series;
  readonly latency: Series;
  /** Milliseconds from the start of the process to the first answer. */
  readonly starts: readonly number[];
  readonly stalls: readonly Stall[];
}

export const BARE = 'http-proxy-3, bare';
export const HANDWRITTEN = 'Node by hand, one JSON.parse';
export const GATE = 'Portcullis';
export const GATE_PLAIN = 'Portcullis, redaction off';
export const DIRECT = 'no proxy';

/** Most that each may cost; a ratio to the bare proxy in the same round, or a time. */
const TARGETS = { small: 0.85, latency: 1.2, largePlain: 1.9, large: 6, startMs: 1_000, stallMs: 5 } as const;

export function report(measured: Measurements): string {
  return [
    where(measured.rounds),
    '## CPU of one small call, 16 connections',
    cpuTable(measured.small, { [GATE]: TARGETS.small }),
    '## Latency a proxy adds, one connection',
    latencyTable(measured.latency),
    '## CPU of one result of 1 MB, 4 connections',
    cpuTable(measured.large, { [GATE_PLAIN]: TARGETS.largePlain, [GATE]: TARGETS.large }),
    '## CPU of one stream of three events, 16 connections',
    cpuTable(measured.sse, {}),
    '## From the start of the process to the first judged call',
    startTable(measured.starts),
    '## Longest stall of the event loop for one hostile frame',
    stallTable(measured.stalls),
  ].join('\n\n');
}

function where(rounds: number): string {
  const load = loadavg()[0]?.toFixed(1);
  return (
    `${new Date().toISOString().slice(0, 10)}; Node ${process.version}, OPA ${opaVersion()}, ` +
    `http-proxy-3 ${versionOf('http-proxy-3')}, undici ${versionOf('undici')}; ` +
    `${availableParallelism()} cores of ${cpus()[0]?.model.trim()}, load ${load} at the end; ${rounds} rounds, ` +
    'each proxy in turn in every round. Numbers are medians over the rounds with (least–most); ratios are taken within a round.'
  );
}

function cpuTable(series: Series, targets: Readonly<Record<string, number>>): string {
  const bare = series[BARE] as readonly number[];
  const lines = Object.entries(series).map(([name, values]) => {
    const ratio = ratios(values, bare);
    return `| ${name} | ${spread(values, 1)} | ${spread(ratio, 2)} | ${mark(targets[name], median(ratio), '×')} |`;
  });
  return ['| proxy | CPU µs a call | ratio to the bare proxy | target |', '|---|---|---|---|', ...lines].join(
    '\n',
  );
}

/** What a proxy adds is small beside the noise of a round, so the medians are compared and not the single rounds. */
function latencyTable(series: Series): string {
  const direct = series[DIRECT] as readonly number[];
  const added = (name: string) =>
    (series[name] as readonly number[]).map((p50, round) => p50 - (direct[round] as number));
  const bare = median(added(BARE));
  const lines = Object.keys(series).map((name) => {
    if (name === DIRECT) return `| ${name} | ${spread(direct, 0)} | | | |`;
    const ratio = median(added(name)) / bare;
    const target = mark(name === GATE ? TARGETS.latency : undefined, ratio, '×');
    return `| ${name} | ${spread(series[name] as readonly number[], 0)} | ${spread(added(name), 0)} | ${ratio.toFixed(2)} | ${target} |`;
  });
  return [
    '| way | p50 µs | added µs | ratio to the bare proxy | target |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function startTable(starts: readonly number[]): string {
  const target = mark(TARGETS.startMs, median(starts), ' ms');
  return ['| `portcullis serve` | target |', '|---|---|', `| ${spread(starts, 0)} ms | ${target} |`].join(
    '\n',
  );
}

function stallTable(stalls: readonly Stall[]): string {
  const lines = stalls.map(({ name, ms, cpuMs }) => {
    return `| ${name} | ${spread(ms, 1)} | ${spread(cpuMs, 1)} | ${mark(TARGETS.stallMs, median(ms), ' ms')} |`;
  });
  return ['| frame | stall ms | CPU ms in all | target |', '|---|---|---|---|', ...lines].join('\n');
}

function mark(target: number | undefined, value: number, unit: string): string {
  return target === undefined ? '' : `≤ ${target}${unit}: ${value <= target ? 'met' : 'missed'}`;
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function opaVersion(): string {
  const file = new URL('../wasm/manifest.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { opa: string }).opa;
}
