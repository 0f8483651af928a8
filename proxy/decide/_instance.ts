/**
 * One instance of a policy's module, and the only file that knows OPA's WebAssembly ABI (1.2 and later). Memory is an
 * arena: compiled patterns and garbage stay between evaluations, and the heap is reset by size or by pattern count.
 * An instance that aborted, trapped or saw a host throw must never be used again: its shadow stack is not unwound, and
 * after some hundred throws it is dead for good.
 */
import { countPatterns, learnPatternCache } from './_patterns.ts';
import { type Builtin, type BuiltinContext, toJsonText } from './builtins/builtin.ts';
import { parseValue, type RegoValue } from './builtins/value.ts';
import type { Evaluation } from './evaluation.ts';

export interface InstanceLimits {
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

export interface InstancePlan {
  readonly module: WebAssembly.Module;
  /** The document behind `data`, as JSON text. */
  readonly data: string;
  readonly entrypoint: string;
  readonly now: () => number;
  readonly builtins: Readonly<Record<string, Builtin>>;
  readonly limits: InstanceLimits;
}

/** What an evaluation threw, told apart; nothing of it leaves the engine as thrown. */
export function fromThrown(thrown: unknown): Evaluation & { kind: 'failed' } {
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
export class Instance {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  readonly #limits: InstanceLimits;
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
  /** Paths of members as the engine takes them, e.g. `["history"]`; made once for each reset of the heap. */
  readonly #paths = new Map<string, number>();
  #used = false;
  /** Patterns held when the last evaluation began, and the most that one evaluation has added. */
  patternsBefore = 0;
  #mostAdded = 0;

  constructor(plan: InstancePlan, patternCache: number | undefined) {
    const { module, limits } = plan;
    this.#limits = limits;
    this.#patternCache = patternCache;
    this.#context = { nowNs: () => (this.#nowNs ??= BigInt(Math.trunc(plan.now())) * 1_000_000n) };
    this.#memory = new WebAssembly.Memory({ initial: limits.initialPages, maximum: limits.maxPages });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
    this.#exports = new WebAssembly.Instance(module, { env: this.#imports() }).exports as unknown as Exports;
    this.#heapStart = this.#exports.opa_heap_ptr_get();
    requireAbi(this.#exports);
    this.#bindBuiltins(plan.builtins);
    this.#entrypoint = this.#findEntrypoint(plan.entrypoint);
    this.#data = this.#loadData(plan.data);
    this.#top = this.#exports.opa_heap_ptr_get();
    this.#bloatedBytes = Math.max(limits.retirePages * PAGE_BYTES, this.#top + 2 * limits.resetBytes);
  }

  /**
   * @param absent members of the input that are not in the text and trap when they are touched.
   * @returns the result set as JSON text (`[]`: no rule spoke), or `undefined` when the input did not parse.
   */
  evaluate(inputText: string, absent: readonly string[]): string | undefined {
    const wasm = this.#exports;
    this.#nowNs = undefined;
    this.#used = true;
    const input = this.#parse(inputText);
    // Zero would be an undefined input, on which a policy of deny rules is silent.
    if (input === 0) return undefined;
    for (const member of absent) wasm.opa_value_add_path(input, this.#pathTo(member), NOWHERE);
    const context = wasm.opa_eval_ctx_new();
    wasm.opa_eval_ctx_set_input(context, input);
    wasm.opa_eval_ctx_set_data(context, this.#data);
    wasm.opa_eval_ctx_set_entrypoint(context, this.#entrypoint);
    const status = wasm.eval(context);
    if (status !== 0) throw new EngineOutput(`eval answered ${status}`);
    return this.#text(wasm.opa_json_dump(wasm.opa_eval_ctx_get_result(context)));
  }

  /** True when the last evaluation asked for the time, so that another one may come out otherwise. */
  askedTheTime(): boolean {
    return this.#nowNs !== undefined;
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
    this.#paths.clear();
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

  #pathTo(member: string): number {
    let address = this.#paths.get(member);
    if (address === undefined) {
      address = this.#parse(JSON.stringify([member]));
      this.#paths.set(member, address);
    }
    return address;
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
