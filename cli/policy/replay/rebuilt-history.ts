/**
 * Histories for inputs recorded without one. A gate writes a caller's history out only for a policy that reads it
 * (docs/decisions/004), so a rule that is new to it finds none in the log; but the log itself is that history. Calls
 * that were let through are remembered as they pass by, in the order of the log, newest first, as the gate does.
 */
const MAX_CALLS = 50;

interface Caller {
  readonly calls: { readonly head: string; readonly at: number }[];
  readonly counts: Map<string, number>;
}

export interface RebuiltHistory {
  /** What the line's caller had done before it, as `input.history`; then remembers the line. */
  next(line: string): string;
}

const NAME = /"name":"((?:[^"\\]|\\.)*)"/;

export function createRebuiltHistory(): RebuiltHistory {
  const callers = new Map<string, Caller>();

  function callerOf(line: string): Caller {
    const key = between(line, '"requested_by":', ',"input":') ?? '';
    let caller = callers.get(key);
    if (caller === undefined) {
      caller = { calls: [], counts: new Map() };
      callers.set(key, caller);
    }
    return caller;
  }

  return {
    next(line) {
      const caller = callerOf(line);
      const at = Date.parse(between(line, '"timestamp":"', '"') ?? '');
      const history = toText(caller, at);
      remember(caller, line, at);
      return history;
    },
  };
}

function remember(caller: Caller, line: string, at: number): void {
  if (!line.includes('"method":"tools/call"') || !line.includes('"phase":"request"')) return;
  if (!line.includes('"action":"forward"', line.lastIndexOf('"custom":'))) return;
  const name = NAME.exec(line.slice(line.indexOf('"tool":"')))?.[1];
  if (name === undefined) return;
  const verdict = between(line.slice(line.lastIndexOf(',"result":')), '"verdict":"', '"') ?? 'allow';
  const labels = between(line.slice(line.lastIndexOf(',"result":')), '"labels":{"add":', ']');
  const head = `{"name":"${name}","verdict":"${verdict}","labels":${labels === undefined ? '[]' : `${labels}]`}`;
  caller.calls.unshift({ head, at });
  if (caller.calls.length > MAX_CALLS) caller.calls.length = MAX_CALLS;
  caller.counts.set(name, (caller.counts.get(name) ?? 0) + 1);
}

function toText({ calls, counts }: Caller, now: number): string {
  const shown = calls.map(
    ({ head, at }) => `${head},"age_s":${Math.max(0, Math.floor((now - at) / 1000)) || 0}}`,
  );
  const counted = [...counts].map(([name, count]) => `"${name}":${count}`);
  return `{"calls":[${shown.join(',')}],"counts":{${counted.join(',')}}}`;
}

function between(text: string, before: string, after: string): string | undefined {
  const from = text.indexOf(before);
  if (from < 0) return undefined;
  const to = text.indexOf(after, from + before.length);
  return to < 0 ? undefined : text.slice(from + before.length, to);
}
