/**
 * The pattern guard. OPA's WebAssembly keeps compiled regular expressions and translated globs in two C++ maps
 * of at most 100 entries, and a hit while a map is full frees an entry that is still in use: the instance hangs,
 * traps, or could answer wrongly. Here stands what keeps us away from that: where the two maps hang, how many
 * entries they hold, and a module whose maps may grow far beyond what a decision is allowed to use.
 */

/** Entries of a builtin cache in OPA's malloc.c: `static void *builtin_cache[8]`. */
const CACHE_SLOTS = 8;
const POISON = 0xa5a5a5a5;

/**
 * Finds `builtin_cache` in the static data: the only run of exactly eight words that a heap reset clears.
 * Works on any module, whatever its policy does. Writes over the instance's memory: use one made for this alone.
 *
 * @param top heap pointer of the fresh instance; static data lies below.
 * @param reset calls the instance's `opa_heap_ptr_set(top)`.
 * @returns the byte address of the first word (regular expressions; the second is globs), or `undefined`
 *   when the layout is not the known one. The caller then resets before every evaluation: slow, but safe.
 */
export function learnPatternCache(
  memory: WebAssembly.Memory,
  top: number,
  reset: () => void,
): number | undefined {
  const words = new Uint32Array(memory.buffer, 0, top >>> 2);
  const wasZero = words.map((word) => (word === 0 ? 1 : 0));
  for (let at = 0; at < words.length; at++) if (wasZero[at] === 1) words[at] = POISON;
  reset();
  const runs: number[] = [];
  for (let at = 0; at < words.length; ) {
    const start = at;
    while (at < words.length && wasZero[at] === 1 && words[at] === 0) at++;
    if (at - start === CACHE_SLOTS) runs.push(start * 4);
    if (at === start) at++;
  }
  return runs.length === 1 ? runs[0] : undefined;
}

/** libc++ unordered_map: element count and load factor behind bucket list and first node. */
const MAP_SIZE_OFFSET = 12;
const MAP_LOAD_FACTOR_OFFSET = 16;

/**
 * How many compiled patterns the instance holds: the larger of the two maps, since every glob also is a regex.
 *
 * @returns -1 when the words do not look like the maps they should be.
 */
export function countPatterns(view: DataView, cache: number, heapStart: number): number {
  const regexes = mapSize(view, view.getUint32(cache, true), heapStart);
  const globs = mapSize(view, view.getUint32(cache + 4, true), heapStart);
  return regexes < 0 || globs < 0 ? -1 : Math.max(regexes, globs);
}

function mapSize(view: DataView, map: number, heapStart: number): number {
  if (map === 0) return 0;
  if (map < heapStart || map + MAP_LOAD_FACTOR_OFFSET + 4 > view.byteLength) return -1;
  return view.getFloat32(map + MAP_LOAD_FACTOR_OFFSET, true) === 1
    ? view.getUint32(map + MAP_SIZE_OFFSET, true)
    : -1;
}

/** `size() < 100` as clang writes it: i32.load offset=12, i32.const 100, i32.lt_u, br_if 0. */
const FULL_AT_100 = [0x28, 0x02, 0x0c, 0x41, 0xe4, 0x00, 0x49, 0x0d, 0x00];
/** The constant's two bytes as the largest two-byte number, 8191. */
const LIFTED = [0xff, 0x3f];

/**
 * A copy of the module in which the maps count as full at 8,191 entries, so that the faulty eviction cannot run in a
 * decision: the guard refuses it at `blockPatterns`, and memory ends long before 8,191.
 *
 * @returns `undefined` when the module holds no such comparison (it uses no patterns, or another OPA made it) or more
 *   than the two that belong to regular expressions and globs; it then runs as it is, and only the guard between
 *   evaluations protects.
 */
export function liftPatternCap(wasm: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Buffer.from(wasm.buffer, wasm.byteOffset, wasm.byteLength);
  const wanted = Buffer.from(FULL_AT_100);
  const found: number[] = [];
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) found.push(at);
  if (found.length < 1 || found.length > 2) return undefined;
  const lifted = new Uint8Array(bytes);
  for (const at of found) lifted.set(LIFTED, at + 4);
  return lifted;
}
