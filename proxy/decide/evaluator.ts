/**
 * Judges inputs with a compiled policy: text goes in, an `Evaluation` comes out; `evaluate` never throws. An instance
 * that broke is never used again: a warm spare takes its place and the next one is made off the path.
 *
 * Members of the input that most policies never read can be given as late members. They are not written into the text;
 * in their place stands an address outside all memory, so a policy that touches one, in whatever way, traps, and from
 * then on gets it written out. A decision that comes out without a trap has seen nothing but the text. That is also why
 * it can be remembered: the same text gives the same decision, as long as the policy does not ask what time it is.
 */
import { fromThrown, Instance, type InstanceLimits, type InstancePlan } from './_instance.ts';
import type { Builtin } from './builtins/builtin.ts';
import { HOST_BUILTINS } from './builtins/table.ts';
import { failed, isSendable, readResult } from './engine-text.ts';
import { type Evaluation, type Evaluator, type LateMember, withLate } from './evaluation.ts';

export interface EvaluatorOptions {
  /** The document behind `data`, as JSON text. */
  readonly data: string;
  /** e.g. `mcp/main/decision` */
  readonly entrypoint: string;
  /** Milliseconds since the epoch; asked at most once per decision. */
  readonly now: () => number;
  /** Runs a function soon but not now, e.g. `setImmediate`; used to make the next spare. */
  readonly defer: (task: () => void) => void;
  /** One input every new instance judges before its first real one. Its result is not looked at, its failure is. */
  readonly probe?: string;
  readonly limits?: Partial<EvaluatorLimits>;
  readonly builtins?: Readonly<Record<string, Builtin>>;
}

export interface EvaluatorLimits extends InstanceLimits {
  /** Decisions remembered; 0 for none. Those of inputs up to 4,096 characters are. */
  readonly remember: number;
}

export const EVALUATOR_LIMITS: EvaluatorLimits = {
  maxPages: 512,
  initialPages: 64,
  resetBytes: 8 * 1024 * 1024,
  resetPatterns: 50,
  blockPatterns: 95,
  retirePages: 128,
  remember: 2_000,
};
const MAX_REMEMBERED = 4_096;

export interface EvaluatorStats {
  readonly evaluations: number;
  /** Of those, answered from memory. */
  readonly remembered: number;
  readonly failures: number;
  readonly resets: number;
  /** Instances given up after a failure. */
  readonly drops: number;
  /** Instances replaced because a large input had blown them up. */
  readonly retired: number;
  /** Compiled patterns held now. */
  readonly patterns: number;
  readonly pages: number;
  /** False when the pattern cache was not recognised: the heap is then reset before every evaluation. */
  readonly arena: boolean;
}

/** As `Evaluation`, with the JSON text of the result in place of its value; for those who pass it on. */
export type TextEvaluation =
  | { readonly kind: 'text'; readonly text: string }
  | Exclude<Evaluation, { kind: 'value' }>;

export interface PolicyEvaluator extends Evaluator {
  evaluateToText(inputText: string, late?: readonly LateMember[]): TextEvaluation;
  stats(): EvaluatorStats;
}

const NONE: readonly never[] = [];

/**
 * @throws Error in plain words when the policy cannot run here: another ABI, a missing entrypoint or built-in, data
 *   that does not fit, a probe that fails.
 */
export function createEvaluator(module: WebAssembly.Module, options: EvaluatorOptions): PolicyEvaluator {
  const { data, entrypoint, now, builtins = HOST_BUILTINS } = options;
  const limits = { ...EVALUATOR_LIMITS, ...options.limits };
  const plan: InstancePlan = { module, data, entrypoint, now, builtins, limits };
  const patternCache = new Instance({ ...plan, data: '{}' }, undefined).learnPatternCache();
  const counters = { evaluations: 0, remembered: 0, failures: 0, resets: 0, drops: 0, retired: 0 };
  const memory = createMemory(limits.remember);
  /** Late members the policy has touched. */
  const read = new Set<string>();
  let current: Instance | undefined = open();
  let spare: Instance | undefined;
  let refilling = false;
  refill();

  function open(): Instance {
    const instance = new Instance(plan, patternCache);
    const probed = options.probe === undefined ? undefined : attempt(instance, options.probe, NONE);
    if (probed?.kind === 'failed') throw new Error(`the policy failed its probe: ${probed.cause.message}`);
    return instance;
  }

  function tryOpen(): Instance | undefined {
    try {
      return open();
    } catch {
      return undefined; // e.g. out of address space; asked again at the next decision, which fails until then
    }
  }

  function refill(): void {
    if (refilling) return;
    refilling = true;
    options.defer(function makeSpare() {
      refilling = false;
      spare ??= tryOpen();
    });
  }

  function takeSpare(): void {
    current = spare;
    spare = undefined;
    refill();
  }

  /** The instance for the next decision, reset if it is due. */
  function ready(): Instance | undefined {
    current ??= tryOpen();
    if (!current?.takeStock()) return current;
    if (current.isBloated() && spare) {
      counters.retired++;
      takeSpare();
    } else {
      counters.resets++;
      current.reset();
    }
    return current;
  }

  function evaluateToText(inputText: string, late: readonly LateMember[] = NONE): TextEvaluation {
    counters.evaluations++;
    const outcome = late.length === 0 ? judge(inputText, NONE) : judgeWithout(inputText, late);
    if (outcome.kind === 'failed') counters.failures++;
    return outcome;
  }

  function judgeWithout(inputText: string, late: readonly LateMember[]): TextEvaluation {
    const absent = late.flatMap(({ name }) => (read.has(name) ? [] : [name]));
    const seen = read.size === 0 ? NONE : late.filter(({ name }) => read.has(name));
    const outcome = judge(withLate(inputText, seen), absent);
    if (absent.length === 0 || !isTrap(outcome)) return outcome;
    const whole = run(withLate(inputText, late), NONE);
    if (!isTrap(whole)) learn(inputText, late, absent);
    return whole;
  }

  /** Which of them the policy touched: with all others written out, one that is not there traps, or it does not. */
  function learn(inputText: string, late: readonly LateMember[], absent: readonly string[]): void {
    for (const name of absent) {
      const others = late.filter((member) => member.name !== name);
      if (absent.length === 1 || isTrap(run(withLate(inputText, others), [name]))) read.add(name);
    }
  }

  /** @param absent late members that the policy is not known to touch. */
  function judge(text: string, absent: readonly string[]): TextEvaluation {
    if (text.length > MAX_REMEMBERED || limits.remember === 0) return run(text, absent);
    // Their names belong to it: that a member is there can be seen without touching it.
    const key = absent.length === 0 ? text : `${text}${absent.join()}`;
    const known = memory.get(key);
    if (known !== undefined) {
      counters.remembered++;
      return known;
    }
    const outcome = run(text, absent);
    if (outcome.kind === 'text' && !current?.askedTheTime()) memory.set(key, outcome);
    return outcome;
  }

  function run(inputText: string, absent: readonly string[]): TextEvaluation {
    if (!isSendable(inputText)) return NOT_JSON;
    const instance = ready();
    if (!instance) return NO_INSTANCE;
    const outcome = attempt(instance, inputText, absent);
    if (outcome.kind !== 'failed' || outcome === NOT_JSON) return outcome;
    giveUp();
    return outcome.code === 'engine.patterns' && instance.patternsBefore > 0
      ? runAlone(inputText, absent)
      : outcome;
  }

  /** Patterns of earlier decisions helped to fill the cache: this one gets an empty one before it is blamed. */
  function runAlone(inputText: string, absent: readonly string[]): TextEvaluation {
    const instance = ready();
    if (!instance) return NO_INSTANCE;
    instance.reset();
    const outcome = attempt(instance, inputText, absent);
    if (outcome.kind === 'failed') giveUp();
    return outcome;
  }

  function giveUp(): void {
    counters.drops++;
    takeSpare();
  }

  function evaluate(inputText: string, late?: readonly LateMember[]): Evaluation {
    const outcome = evaluateToText(inputText, late);
    if (outcome.kind !== 'text') return outcome;
    const result = readResult(outcome.text);
    if (result.kind === 'failed') counters.failures++;
    return result;
  }

  function stats(): EvaluatorStats {
    const patterns = current?.patterns() ?? 0;
    return { ...counters, patterns, pages: current?.pages() ?? 0, arena: patternCache !== undefined };
  }

  return { evaluate, evaluateToText, stats, reads: (name) => read.has(name) };
}

function isTrap(outcome: TextEvaluation): boolean {
  return outcome.kind === 'failed' && outcome.code === 'engine.trap';
}

const NOT_JSON = failed('engine.input', 'the input is not one well-formed JSON object');

const NO_INSTANCE = failed('engine.missing', 'no instance of the policy could be made');

/** Evaluates, and turns whatever was thrown on the way into a failure. */
function attempt(instance: Instance, inputText: string, absent: readonly string[]): TextEvaluation {
  try {
    const text = instance.evaluate(inputText, absent);
    if (text === undefined) return NOT_JSON;
    if (instance.usesTooManyPatterns()) {
      return failed('engine.patterns', 'one decision compiled more patterns than the engine holds safely');
    }
    return text === '[]' ? { kind: 'undefined' } : { kind: 'text', text };
  } catch (thrown) {
    return fromThrown(thrown);
  }
}

interface Memory {
  get(key: string): TextEvaluation | undefined;
  set(key: string, outcome: TextEvaluation): void;
}

/** Two generations: when the young one is full it becomes the old one, and what nobody asked for since then goes. */
function createMemory(size: number): Memory {
  const half = Math.ceil(size / 2);
  let young = new Map<string, TextEvaluation>();
  let old = new Map<string, TextEvaluation>();
  function set(key: string, outcome: TextEvaluation): void {
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(key, outcome);
  }
  return {
    get(key) {
      const known = young.get(key);
      if (known !== undefined) return known;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
  };
}
