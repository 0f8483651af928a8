/** An index of one caller, told what it was shown in as few words as possible. */
import type { ProvenanceFact } from '../../proxy/decide/contract.ts';
import { CallerIndex } from '../../proxy/decide/provenance/caller-index.ts';
import { provenanceOf } from '../../proxy/decide/provenance/facts.ts';
import { toHashKey } from '../../proxy/decide/provenance/hash.ts';
import type { Json } from '../../proxy/frame/json.ts';

export const KEY = toHashKey(Uint8Array.from({ length: 16 }, (_, index) => index * 37 + 11));

export interface Told {
  /** A text block holding this, as JSON unless it is a string. */
  shows(tool: string, content: Json, args?: Json): Told;
  /** Any result. */
  answers(tool: string | undefined, payload: Json, method?: string): Told;
  uses(args: Json): Told;
  /** Seconds go by. */
  after(seconds: number): Told;
  carries(...labels: string[]): Told;
  of(value: Json, intent?: string): readonly ProvenanceFact[];
  /** The fact of a single value. */
  about(value: string | number, intent?: string): ProvenanceFact;
  readonly index: CallerIndex;
}

export function caller(maxBytes = 4 * 1024 * 1024): Told {
  const index = new CallerIndex(KEY, { maxBytes });
  let atMs = 1_000_000;
  let labels: readonly string[] = [];
  const told: Told = {
    index,
    shows(tool, content, args) {
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      const payload = { content: [{ type: 'text', text }] };
      const source = { server: 'srv', tool, method: 'tools/call' };
      index.shown({ source, atMs, labels, payload, args });
      return told;
    },
    answers(tool, payload, method = 'tools/call') {
      index.shown({ source: { server: 'srv', tool, method }, atMs, labels, payload });
      return told;
    },
    uses(args) {
      index.used({ atMs, labels, args });
      return told;
    },
    after(seconds) {
      atMs += seconds * 1000;
      return told;
    },
    carries(...names) {
      labels = names;
      return told;
    },
    of: (value, intent) => provenanceOf(index, KEY, { args: value, at: '/args', nowMs: atMs, intent }),
    about(value, intent) {
      const [fact] = provenanceOf(index, KEY, { args: value, at: '/args', nowMs: atMs, intent });
      if (fact === undefined) throw new Error('nothing was told');
      return fact;
    },
  };
  return told;
}

/** How a value was seen: the fields of its sightings with their `how`. */
export function howSeen({ seen }: ProvenanceFact): readonly string[] {
  return seen.map(({ how, field, label, alone, brief, mailbox, echo }) => {
    return `${how} ${field}${label ? ` ${label}:` : ''}${alone ? ' alone' : ''}${brief ? ' brief' : ''}${mailbox ? ' mailbox' : ''}${echo ? ' echo' : ''}`;
  });
}
