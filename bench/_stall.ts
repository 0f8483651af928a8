/**
 * Frames made to keep the gate busy, each within the limits of what is read at all, and how long the loop of the gate
 * stood still for one of them. Several are refused; a refusal must not stall other callers either.
 */
import type { Peer } from './_peer.ts';
import { median } from './_statistics.ts';
import { pathOf, requestOf, result } from './_traffic.ts';

export interface Stall {
  readonly name: string;
  /** Milliseconds the loop stood still, one for each repetition. */
  readonly ms: readonly number[];
  /** Milliseconds of CPU for everything done about it: no stall can be longer on a machine of one's own. */
  readonly cpuMs: readonly number[];
}

const MIB = 1024 * 1024;
const WAIT_MS = 40;

function call(args: string): string {
  const request = JSON.parse(requestOf(0)) as { params: { arguments: unknown } };
  request.params.arguments = 'HERE';
  return JSON.stringify(request).replace('"HERE"', () => args);
}

const list = (item: string, count: number): string => `[${Array(count).fill(item).join(',')}]`;
const fill = (piece: string, length: number): string => piece.repeat(Math.floor(length / piece.length));
const wide = `{${Array.from({ length: 256 }, (_, at) => `"k${at}":${at}`).join(',')}}`;

const REQUESTS: Readonly<Record<string, string>> = {
  '4 MiB of empty arrays': call(`{"a":${list('[]', 1_390_000)}}`),
  '99,000 empty arrays': call(`{"a":${list('[]', 49_400)}}`),
  '99,000 numbers of 36 digits': call(`{"a":${list('1'.repeat(36), 98_900)}}`),
  '60 levels, 1,600 times': call(`{"a":${list(`${'['.repeat(60)}${']'.repeat(60)}`, 1_600)}}`),
  '7 objects of 256 keys, within the policy input': call(`{"a":${list(wide, 7)}}`),
  '4 MiB in one string of escaped quotes': call(`{"a":"${fill('\\"', 4 * MIB - 2_000)}"}`),
  '4 MiB in one string of \\u escapes': call(`{"a":"${fill('\\u0041', 4 * MIB - 2_000)}"}`),
  '3 paths of 16,000 characters': call(JSON.stringify(threeOf('path', fill('a/../%2e%2e/', 16_000)))),
  '3 SQL texts of 16,000 characters': call(JSON.stringify(threeOf('sql', fill('select * from (', 16_000)))),
  '3 texts of near-secrets': call(
    JSON.stringify(threeOf('note', fill('token=ghp_ password: AKIA ', 16_000))),
  ),
};

const REPLIES: Readonly<Record<string, string>> = {
  'reply, 4 MiB of prose': result(fill('the quick brown fox jumps over\n', 4 * MIB - 140_000)),
  'reply, 4 MiB of near-secrets': result(fill('token=ghp_ password: AKIA eyJ', 4 * MIB - 2_000)),
  'reply, 99,000 strings': result('').replace(
    '"text":""',
    () => `"text":"","more":${list('"ghp_"', 98_900)}`,
  ),
};

function threeOf(name: string, text: string): Record<string, string> {
  return { [name]: text, [`${name}_2`]: text, [`${name}_3`]: text };
}

export async function measureStalls(
  parts: { readonly gate: Peer; readonly load: Peer; readonly upstream: Peer },
  url: string,
  repeat: number,
): Promise<readonly Stall[]> {
  const { gate, load, upstream } = parts;
  const stalls: Stall[] = [];
  async function measure(name: string, path: string | undefined, body: string): Promise<void> {
    const ms: number[] = [];
    const cpuMs: number[] = [];
    for (let round = -1; round < repeat; round++) {
      await gate.ask('stall:begin');
      const before = await gate.ask<number>('cpu');
      await pause(WAIT_MS / 4);
      if (path !== undefined) await load.ask('send', { url, path, body });
      await pause(WAIT_MS);
      const stalled = await gate.ask<number>('stall:end');
      const cpu = (await gate.ask<number>('cpu')) - before;
      if (round < 0) continue;
      ms.push(stalled);
      cpuMs.push(cpu / 1000);
    }
    stalls.push({ name, ms, cpuMs });
  }
  await measure('nothing (what this machine alone does)', undefined, '');
  await measure('one small call', pathOf('small'), requestOf(0));
  for (const [name, body] of Object.entries(REQUESTS)) await measure(name, pathOf('small'), body);
  for (const [name, text] of Object.entries(REPLIES)) {
    await upstream.ask('add', { name: 'small', text });
    await measure(name, pathOf('small'), requestOf(0));
  }
  return stalls.toSorted((a, b) => median(a.ms) - median(b.ms));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
