/** What is to be explained: a policy input, or a line of the record, from a file, standard input or a log. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { PolicyDecision } from '../../../proxy/decide/contract.ts';
import { readRecorded } from '../replay/recorded.ts';

export interface Subject {
  readonly inputText: string;
  /** What was said then; only of recorded decisions. */
  readonly recorded: PolicyDecision | undefined;
}

/** @throws Error that says where was looked. */
export async function findInput(what: string, log: string): Promise<Subject> {
  if (what === '-' || existsSync(what)) {
    const text = readFileSync(what === '-' ? 0 : what, 'utf8').trim();
    const recorded = readRecorded(text);
    if (recorded.kind === 'decision') return { inputText: recorded.inputText, recorded: recorded.result };
    return { inputText: checkInput(text, what), recorded: undefined };
  }
  if (!existsSync(log))
    throw new Error(
      `${what} is no file, and there is no record at ${log} to look for it; name one with --log`,
    );
  for await (const line of createInterface({
    input: createReadStream(log),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (!line.includes(what)) continue;
    const recorded = readRecorded(line);
    if (recorded.kind === 'decision' && recorded.id === what) {
      return { inputText: recorded.inputText, recorded: recorded.result };
    }
  }
  throw new Error(`${what} is neither a file nor a decision in ${log}`);
}

function checkInput(text: string, what: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${what}: is not JSON (${(cause as Error).message})`, { cause });
  }
  if (typeof value !== 'object' || value === null || !('phase' in value)) {
    throw new Error(`${what}: is no policy input (phase is missing) and no decision of a record`);
  }
  return text;
}
