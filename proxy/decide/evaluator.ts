/**
 * The caller of OPA's WebAssembly ABI (1.2 and later), and the only file that knows it. Policy input text goes in,
 * an `Evaluation` comes out; `evaluate` never throws. Memory is an arena: compiled patterns and garbage stay between
 * evaluations, and the heap is reset by size or by pattern count, because a reset throws away every compiled pattern
 * (opa_eval and the published SDK do that each time, at three to six times the cost).
 *
 * An instance that aborted, trapped or saw a host throw is never used again: its shadow stack is not unwound, and
 * after some hundred throws it is dead for good. A warm spare takes its place and the next one is made off the path.
 */
import { countPatterns, learnPatternCache } from './_patterns.ts';
import { type Builtin, type BuiltinContext, toJsonText } from './builtins/builtin.ts';
import { HOST_BUILTINS } from './builtins/table.ts';
import { parseValue, type RegoValue } from './builtins/value.ts';
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

export interface EvaluatorLimits {
  /** Memory of one instance, in pages of 64 KiB. */
  readonly maxPages: number;
  readonly initialPages: number;
  /** Heap used since the last reset that calls for another. */
  readonly resetBytes: number;
  readonly resetPatterns: number;
  /** Patterns of a single decision that make it fail: beyond 100, OPA's own cache goes wrong. */
  readonly blockPatterns: number;
  /** An instance that a large input blew up beyond this is replaced at its next reset: memory never shrinks. */
  readonly retirePages: number;
}

export const EVALUATOR_LIMITS: EvaluatorLimits = {
  maxPages: 512,
  initialPages: 64,
  resetBytes: 8 * 1024 * 1024,
  resetPatterns: 50,
  blockPatterns: 95,
  retirePages: 128,
};

export interface EvaluatorStats {
  readonly evaluations: number;
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
  evaluateToText(inputText: string, late?: LateMember): TextEvaluation;
  stats(): EvaluatorStats;
}

/**
 * @throws Error in plain words when the policy cannot run here: another ABI, a missing entrypoint or built-in, data
 *   that does not fit, a probe that fails.
 */
export function createEvaluator(module: WebAssembly.Module, options: EvaluatorOptions): PolicyEvaluator {
  const plan: Plan = { module, options, limits: { ...EVALUATOR_LIMITS, ...options.limits } };
  const patternCache = learnFrom(plan);
  const counters = { evaluations: 0, failures: 0, resets: 0, drops: 0, retired: 0 };
  let current: Instance | undefined = open();
  let spare: Instance | undefined;
  let refilling = false;
  let readsLate = false;
  refill();

  function open(): Instance {
    const instance = new Instance(plan, patternCache);
    const probed = options.probe === undefined ? undefined : attempt(instance, options.probe);
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

  function evaluateToText(inputText: string, late?: LateMember): TextEvaluation {
    counters.evaluations++;
    const outcome =
      late === undefined || readsLate ? run(whole(inputText, late)) : runWithout(inputText, late);
    if (outcome.kind === 'failed') counters.failures++;
    return outcome;
  }

  /**
   * Judges with an address outside all memory in place of the late member. A policy that touches it, in whatever way,
   * traps; then, and ever after, it is judged on the input written out. One that does not touch it cannot tell.
   */
  function runWithout(inputText: string, late: LateMember): TextEvaluation {
    const outcome = run(inputText, late.name);
    if (outcome.kind !== 'failed' || outcome.code !== 'engine.trap') return outcome;
    readsLate = true;
    return run(whole(inputText, late));
  }

  function run(inputText: string, absent?: string): TextEvaluation {
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
  function runAlone(inputText: string, absent?: string): TextEvaluation {
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

  function evaluate(inputText: string, late?: LateMember): Evaluation {
    const outcome = evaluateToText(inputText, late);
    if (outcome.kind !== 'text') return outcome;
    const read = readResult(outcome.text);
    if (read.kind === 'failed') counters.failures++;
    return read;
  }

  function stats(): EvaluatorStats {
    const patterns = current?.patterns() ?? 0;
    return { ...counters, patterns, pages: current?.pages() ?? 0, arena: patternCache !== undefined };
  }

  return {
    evaluate,
    evaluateToText,
    stats,
    get readsLate() {
      return readsLate;
    },
  };
}

function whole(inputText: string, late: LateMember | undefined): string {
  return late === undefined ? inputText : withLate(inputText, late);
}

interface Plan {
  readonly module: WebAssembly.Module;
  readonly options: EvaluatorOptions;
  readonly limits: EvaluatorLimits;
}

function learnFrom(plan: Plan): number | undefined {
  const scratch = new Instance({ ...plan, options: { ...plan.options, data: '{}' } }, undefined);
  return scratch.learnPatternCache();
}

const NOT_JSON = failed('engine.input', 'the input is not one well-formed JSON object');

const NO_INSTANCE = failed('engine.missing', 'no instance of the policy could be made');

/** Evaluates, and turns whatever was thrown on the way into a failure: nothing of it leaves this file as thrown. */
function attempt(instance: Instance, inputText: string, absent?: string): TextEvaluation {
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

function fromThrown(thrown: unknown): Evaluation & { kind: 'failed' } {
  if (thrown instanceof PolicyAbort) {
    const code = thrown.message === 'opa_malloc: failed' ? 'engine.memory' : 'engine.threw';
    return { kind: 'failed', code, cause: thrown };
  }
  if (thrown instanceof EngineOutput) return { kind: 'failed', code: 'engine.output', cause: thrown };
  if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError) {
    return { kind: 'failed', code: 'engine.trap', cause: thrown };
  }
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  return { kind: 'failed', code: 'engine.threw', cause };
}

/** The policy called `opa_abort`: conflicting values of a complete rule, a lone surrogate, memory at its end. */
class PolicyAbort extends Error {}
class EngineOutput extends Error {}

interface Exports {
  readonly opa_wasm_abi_version: WebAssembly.Global;
  readonly opa_wasm_abi_minor_version: WebAssembly.Global;
  builtins(): number;
  entrypoints(): number;
  eval(context: number): number;
  opa_eval_ctx_new(): number;
  opa_eval_ctx_set_input(context: number, value: number): void;
  opa_eval_ctx_set_data(context: number, value: number): void;
  opa_eval_ctx_set_entrypoint(context: number, id: number): void;
  opa_eval_ctx_get_result(context: number): number;
  opa_heap_ptr_get(): number;
  opa_heap_ptr_set(pointer: number): void;
  opa_json_dump(value: number): number;
  opa_json_parse(text: number, length: number): number;
  opa_malloc(length: number): number;
  opa_value_add_path(value: number, path: number, member: number): number;
  opa_value_dump(value: number): number;
}

const PAGE_BYTES = 65_536;
/** Beyond any memory an instance can have (4,096 pages at most): touching it traps. */
const NOWHERE = -4096;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** One instantiated policy with its data. After any throw out of `evaluate` it must not be used again. */
class Instance {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  readonly #limits: EvaluatorLimits;
  readonly #patternCache: number | undefined;
  readonly #heapStart: number;
  readonly #context: BuiltinContext;
  readonly #builtins: (Builtin | undefined)[] = [];
  readonly #entrypoint: number;
  readonly #data: number;
  /** Heap pointer behind the data: what a reset goes back to. */
  readonly #top: number;
  readonly #bloatedBytes: number;
  #bytes: Uint8Array;
  #view: DataView;
  #nowNs: bigint | undefined;
  #path: { readonly member: string; readonly address: number } | undefined;
  #used = false;
  /** Patterns held when the last evaluation began, and the most that one evaluation has added. */
  patternsBefore = 0;
  #mostAdded = 0;

  constructor({ module, options, limits }: Plan, patternCache: number | undefined) {
    this.#limits = limits;
    this.#patternCache = patternCache;
    this.#context = { nowNs: () => (this.#nowNs ??= BigInt(Math.trunc(options.now())) * 1_000_000n) };
    this.#memory = new WebAssembly.Memory({ initial: limits.initialPages, maximum: limits.maxPages });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
    this.#exports = new WebAssembly.Instance(module, { env: this.#imports() }).exports as unknown as Exports;
    this.#heapStart = this.#exports.opa_heap_ptr_get();
    requireAbi(this.#exports);
    this.#bindBuiltins(options.builtins ?? HOST_BUILTINS);
    this.#entrypoint = this.#findEntrypoint(options.entrypoint);
    this.#data = this.#loadData(options.data);
    this.#top = this.#exports.opa_heap_ptr_get();
    this.#bloatedBytes = Math.max(limits.retirePages * PAGE_BYTES, this.#top + 2 * limits.resetBytes);
  }

  /**
   * @param absent a member of the input that is not in the text and traps when it is touched.
   * @returns the result set as JSON text (`[]`: no rule spoke), or `undefined` when the input did not parse.
   */
  evaluate(inputText: string, absent: string | undefined): string | undefined {
    const wasm = this.#exports;
    this.#nowNs = undefined;
    this.#used = true;
    const input = this.#parse(inputText);
    // Zero would be an undefined input, on which a policy of deny rules is silent.
    if (input === 0) return undefined;
    if (absent !== undefined) wasm.opa_value_add_path(input, this.#pathTo(absent), NOWHERE);
    const context = wasm.opa_eval_ctx_new();
    wasm.opa_eval_ctx_set_input(context, input);
    wasm.opa_eval_ctx_set_data(context, this.#data);
    wasm.opa_eval_ctx_set_entrypoint(context, this.#entrypoint);
    const status = wasm.eval(context);
    if (status !== 0) throw new EngineOutput(`eval answered ${status}`);
    return this.#text(wasm.opa_json_dump(wasm.opa_eval_ctx_get_result(context)));
  }

  /** Notes what the last evaluation left behind. @returns true when the heap should be reset before the next. */
  takeStock(): boolean {
    if (!this.#used) return false;
    const { resetBytes, resetPatterns, blockPatterns } = this.#limits;
    const patterns = this.patterns();
    if (patterns < 0) return true;
    this.#mostAdded = Math.max(this.#mostAdded, patterns - this.patternsBefore);
    this.patternsBefore = patterns;
    const isCrowded = patterns > resetPatterns || patterns + this.#mostAdded >= blockPatterns;
    return isCrowded || this.#exports.opa_heap_ptr_get() - this.#top > resetBytes;
  }

  isBloated(): boolean {
    return this.#memory.buffer.byteLength > this.#bloatedBytes;
  }

  reset(): void {
    this.#exports.opa_heap_ptr_set(this.#top);
    this.#used = false;
    this.#path = undefined;
    this.patternsBefore = 0;
  }

  /** -1 when not known. */
  patterns(): number {
    if (this.#patternCache === undefined) return -1;
    this.#refreshViews();
    return countPatterns(this.#view, this.#patternCache, this.#heapStart);
  }

  usesTooManyPatterns(): boolean {
    return this.patterns() >= this.#limits.blockPatterns;
  }

  pages(): number {
    return this.#memory.buffer.byteLength / PAGE_BYTES;
  }

  /** Scribbles over static data: only for an instance that is thrown away. */
  learnPatternCache(): number | undefined {
    return learnPatternCache(this.#memory, this.#heapStart, () =>
      this.#exports.opa_heap_ptr_set(this.#heapStart),
    );
  }

  #imports(): WebAssembly.ModuleImports {
    const call = (id: number, _context: number, ...args: number[]): number => this.#callBuiltin(id, args);
    return {
      memory: this.#memory,
      opa_abort: (address: number) => {
        throw new PolicyAbort(this.#text(address));
      },
      opa_println: () => {},
      opa_builtin0: call,
      opa_builtin1: call,
      opa_builtin2: call,
      opa_builtin3: call,
      opa_builtin4: call,
    };
  }

  #callBuiltin(id: number, addresses: readonly number[]): number {
    const builtin = this.#builtins[id];
    if (!builtin) throw new Error(`built-in ${id} is not bound`);
    const args: RegoValue[] = [];
    for (const address of addresses) args.push(parseValue(this.#text(this.#exports.opa_value_dump(address))));
    const result = builtin(this.#context, ...args);
    if (result === undefined) return 0;
    const parsed = this.#parse(toJsonText(result));
    if (parsed === 0) throw new Error('the result of a built-in was not readable as JSON');
    return parsed;
  }

  #bindBuiltins(table: Readonly<Record<string, Builtin>>): void {
    const ids = this.#listing(this.#exports.builtins());
    for (const [name, id] of Object.entries(ids)) {
      const builtin = Object.hasOwn(table, name) ? table[name] : undefined;
      if (!builtin) {
        throw new Error(
          `the policy calls the built-in ${name}, which this engine does not have; ` +
            'build it with `opa build --capabilities config/opa-capabilities.json` to see where',
        );
      }
      this.#builtins[id] = builtin;
    }
  }

  #findEntrypoint(name: string): number {
    const ids = this.#listing(this.#exports.entrypoints());
    const id = Object.hasOwn(ids, name) ? ids[name] : undefined;
    if (id === undefined) throw new Error(`the policy has no entrypoint ${name}; build it with -e ${name}`);
    return id;
  }

  /** Names to ids, e.g. `{"mcp/main/decision": 0}`. */
  #listing(value: number): Record<string, number> {
    return JSON.parse(this.#text(this.#exports.opa_json_dump(value))) as Record<string, number>;
  }

  #loadData(text: string): number {
    try {
      const data = this.#parse(text);
      if (data === 0) throw new Error('the data document is not JSON');
      return data;
    } catch (thrown) {
      const { cause } = fromThrown(thrown);
      throw new Error(`the data document could not be loaded: ${cause.message}`, { cause });
    }
  }

  #parse(text: string): number {
    const length = Buffer.byteLength(text, 'utf8');
    const address = this.#exports.opa_malloc(length);
    this.#refreshViews();
    encoder.encodeInto(text, this.#bytes.subarray(address, address + length));
    return this.#exports.opa_json_parse(address, length);
  }

  /** The path of a member as the engine takes it, e.g. `["history"]`; made once for each reset of the heap. */
  #pathTo(member: string): number {
    if (this.#path?.member !== member)
      this.#path = { member, address: this.#parse(JSON.stringify([member])) };
    return this.#path.address;
  }

  /** The NUL-terminated UTF-8 text at an address. */
  #text(address: number): string {
    this.#refreshViews();
    const end = address === 0 ? -1 : this.#bytes.indexOf(0, address);
    if (end === -1) throw new EngineOutput('no text where the engine pointed');
    try {
      return decoder.decode(this.#bytes.subarray(address, end));
    } catch (cause) {
      throw new EngineOutput('the engine wrote text that is not UTF-8', { cause });
    }
  }

  /** Growing memory detaches every view on it. */
  #refreshViews(): void {
    const { buffer } = this.#memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }
}

function requireAbi(wasm: Exports): void {
  const major = wasm.opa_wasm_abi_version?.value;
  const minor = wasm.opa_wasm_abi_minor_version?.value;
  if (major !== 1 || minor === undefined || minor < 2) {
    throw new Error(
      `the policy speaks OPA WebAssembly ABI ${major}.${minor}; build it with OPA 0.35 or later`,
    );
  }
}
