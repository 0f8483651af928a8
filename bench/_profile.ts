/** Reads a V8 CPU profile and says where the time itself was spent, function by function. */
import { readFileSync } from 'node:fs';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds from one sample to the next. */
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly us: number;
}

const NOT_WORK = ['(idle)', '(program)', '(root)'];

/** @returns functions by their own time, most first; `(garbage collector)` is one, waiting is none. */
export function selfTimes(file: string): readonly SelfTime[] {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const total = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) as string;
    total.set(name, (total.get(name) ?? 0) + (timeDeltas[at + 1] ?? 0));
  }
  return [...total]
    .map(([name, us]) => ({ name, us }))
    .filter(({ name }) => !NOT_WORK.includes(name))
    .toSorted((a, b) => b.us - a.us);
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const place = url.replace(/^file:\/\//, '').replace(/^.*\/(?=(?:node_modules|proxy|bench|cli)\/)/, '');
  return `${name} ${place}${url.startsWith('wasm:') ? '' : `:${lineNumber + 1}`}`;
}

/** Of all time spent working, in per cent; once with the garbage collector among it and once without. */
export function profileTable(times: readonly SelfTime[], calls: number, rows: number): string {
  const all = times.reduce((sum, { us }) => sum + us, 0);
  const collector = times.find(({ name }) => name === '(garbage collector)')?.us ?? 0;
  const lines = times.slice(0, rows).map(({ name, us }) => {
    const without = name === '(garbage collector)' ? '' : `${((100 * us) / (all - collector)).toFixed(1)} %`;
    return `| ${name} | ${(us / calls).toFixed(2)} | ${((100 * us) / all).toFixed(1)} % | ${without} |`;
  });
  const head = ['| function | µs a call | share | without GC |', '|---|---|---|---|'];
  return [...head, ...lines, `| all | ${(all / calls).toFixed(2)} | | |`].join('\n');
}
