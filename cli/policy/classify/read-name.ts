/**
 * What a tool's name says it does. Comes in: its words. Goes out: effects, each with the word that says it, and whether
 * the name says that the tool reads. A verb counts where a verb stands: first, after `and`, or anywhere when it is no
 * thing as well. A name may say nothing; then nothing is made of it.
 */
import { THING_WORDS } from './_things.ts';
import {
  COMBINATIONS,
  CONJUNCTIONS,
  LIKE_READING,
  NOT_YET,
  ONLY_READING,
  READING,
  VERBS,
  VERBS_OR_THINGS,
} from './_verbs.ts';
import type { Effect } from './tool-class.ts';
import { has } from './words.ts';

export interface SaidByName {
  /** By effect, the words that say it. */
  readonly effects: ReadonlyMap<Effect, string>;
  /** `yes`: its verb reads. `perhaps`: a word in it sounds like it. */
  readonly reads: 'yes' | 'perhaps' | 'no';
  /** A reading verb stands where a verb stands: the tool shows something, whatever else it does. */
  readonly shows: boolean;
  /** A word after `and` that could be anything: what else the name says does not count. */
  readonly unclear: string | undefined;
}

/** @param ofServer words that may stand before the verb: the server's name, products. */
export function readName(words: readonly string[], ofServer: ReadonlySet<string>): SaidByName {
  const begins = words.findIndex((word) => !ofServer.has(word) || VERBS.has(word) || READING.has(word));
  const rest = begins < 0 ? words : words.slice(begins);
  const { acting, unclear } = readVerbs(rest);
  const effects = new Map<Effect, string>();
  for (const verb of acting) {
    const said = VERBS.get(verb) ?? VERBS_OR_THINGS.get(verb) ?? [];
    for (const effect of said) if (!effects.has(effect)) effects.set(effect, verb);
  }
  for (const [effect, said] of combine(words, acting)) if (!effects.has(effect)) effects.set(effect, said);
  const reads = toReads(rest, acting);
  return { effects, reads, shows: reads === 'yes' || acting.some((word) => READING.has(word)), unclear };
}

/** The words that stand where a verb stands, in order. */
function readVerbs(words: readonly string[]): {
  readonly acting: readonly string[];
  readonly unclear?: string;
} {
  const acting: string[] = [];
  const endsReading = ONLY_READING.has(words.at(-1) ?? '');
  let seen = false;
  for (const [index, word] of words.entries()) {
    if (CONJUNCTIONS.has(word)) {
      const next = words[index + 1] ?? word;
      if (!isKnown(next)) return { acting, unclear: next };
      seen = false;
      continue;
    }
    // `git_log` shows, `log_event` writes.
    const ends = index === words.length - 1 && (endsReading || LIKE_READING.has(word));
    const acts: boolean =
      VERBS.has(word) ||
      (!seen && READING.has(word)) ||
      (!seen && !endsReading && !ends && VERBS_OR_THINGS.has(word));
    if (acts) acting.push(word);
    seen ||= acts;
  }
  return { acting };
}

function isKnown(word: string): boolean {
  return (
    VERBS.has(word) ||
    VERBS_OR_THINGS.has(word) ||
    READING.has(word) ||
    LIKE_READING.has(word) ||
    has(THING_WORDS, word)
  );
}

function* combine(words: readonly string[], acting: readonly string[]): Generator<[Effect, string]> {
  const notYet = words.some((word) => has(NOT_YET, word));
  for (const { verbs, things, effect } of COMBINATIONS) {
    if (notYet && (effect === 'send' || effect === 'post')) continue;
    const verb = acting.find((word) => verbs.has(word));
    const thing = words.find((word) => word !== verb && has(things, word));
    if (verb !== undefined && thing !== undefined) yield [effect, `${verb} … ${thing}`];
  }
}

function toReads(words: readonly string[], acting: readonly string[]): SaidByName['reads'] {
  const [head = ''] = words;
  if (READING.has(head)) return 'yes';
  const verb = words.findIndex(
    (word) => !has(THING_WORDS, word) || READING.has(word) || LIKE_READING.has(word),
  );
  const tail = words.at(-1) ?? '';
  if (verb === words.length - 1 && (READING.has(tail) || LIKE_READING.has(tail))) return 'yes';
  if (acting.some((word) => READING.has(word))) return 'perhaps';
  return words.some((word) => LIKE_READING.has(word)) ? 'perhaps' : 'no';
}
