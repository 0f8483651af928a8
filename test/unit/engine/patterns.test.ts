/**
 * The pattern cache of OPA's WebAssembly frees an entry in use once it holds 100: a policy must be stopped before it
 * hangs or answers wrongly, and must keep its compiled patterns as long as it behaves.
 */
import { describe, expect, test } from 'vitest';
import { countPatterns, learnPatternCache, liftPatternCap } from '../../../proxy/decide/_patterns.ts';
import { compilePolicy } from '../../../proxy/decide/compile.ts';
import { createEvaluator } from '../../../proxy/decide/evaluator.ts';
import { readBundle } from '../../../proxy/services/policy/bundle.ts';
import { openEngine, policy } from '../../support/engine.ts';
import { buildWasm } from '../../support/opa.ts';

/** Matches every pattern against every text: hits on a full cache, the case that frees an entry in use. */
const MATRIX = policy(`
decision := {"hits": hits} if {
	hits := count([1 | some p in input.patterns; some t in input.texts; regex.match(p, t)])
}`);
const TENANTS = policy(`
default decision := "block"

decision := "allow" if {
	some pattern in input.globs
	glob.match(pattern, [], input.name)
}`);

function matrix(patterns: number): string {
  const list = Array.from({ length: patterns }, (_, at) => `^item-${at}-[a-z]+$`);
  return JSON.stringify({ patterns: list, texts: ['item-1-a', 'item-7-b', 'item-1-c', 'none', 'item-7-d'] });
}

describe('a decision of many patterns', () => {
  test.each([
    { patterns: 40, want: { kind: 'value', value: { hits: 4 } }, drops: 0 },
    { patterns: 94, want: { kind: 'value', value: { hits: 4 } }, drops: 0 },
    { patterns: 95, want: { kind: 'failed', code: 'engine.patterns' }, drops: 30 },
    { patterns: 120, want: { kind: 'failed', code: 'engine.patterns' }, drops: 30 },
    { patterns: 400, want: { kind: 'failed', code: 'engine.patterns' }, drops: 30 },
  ])('$patterns patterns, 30 times over', ({ patterns, want, drops }) => {
    const engine = openEngine(MATRIX);
    for (let round = 0; round < 30; round++) expect(engine.evaluate(matrix(patterns))).toMatchObject(want);
    expect(engine.stats().drops).toBe(drops);
    expect(engine.evaluate(matrix(8))).toEqual({ kind: 'value', value: { hits: 4 } });
  });

  const HITS = { kind: 'value', value: { hits: 4 } };
  const renamed = (patterns: number, word: string) => matrix(patterns).replaceAll('item-', `${word}-`);

  test('two that together pass the limit are both judged, the second on a fresh instance', () => {
    const engine = openEngine(MATRIX);
    expect(engine.evaluate(matrix(40))).toEqual(HITS);
    expect(engine.evaluate(renamed(60, 'other'))).toEqual(HITS);
    expect(engine.stats()).toMatchObject({ failures: 0, drops: 1 });
  });

  test('one too many is refused too where every new instance starts with patterns of its probe', () => {
    const engine = openEngine(MATRIX, { probe: matrix(5) });
    expect(engine.evaluate(matrix(120))).toMatchObject({ kind: 'failed', code: 'engine.patterns' });
    expect(engine.evaluate(renamed(92, 'other'))).toEqual(HITS);
    expect(engine.evaluate(matrix(120))).toMatchObject({ kind: 'failed', code: 'engine.patterns' });
    expect(engine.stats()).toMatchObject({ failures: 2 });
  });

  test('from then on the heap is reset in time, and no instance is lost', () => {
    const engine = openEngine(MATRIX);
    for (let round = 0; round < 20; round++) {
      expect(engine.evaluate(matrix(48))).toEqual(HITS);
      expect(engine.evaluate(renamed(48, 'other'))).toEqual(HITS);
    }
    expect(engine.stats()).toMatchObject({ failures: 0, drops: 0 });
  });
});

describe('200 tenants with globs of their own, in rotation', () => {
  const ask = (tenant: number, tool: string) =>
    JSON.stringify({ globs: [`t${tenant}__read_*`, `t${tenant}__list_*`], name: `t${tenant}__${tool}` });

  test.each([
    { name: 'with the cap lifted', lifted: true },
    { name: 'on the module as OPA made it', lifted: false },
  ])('are answered rightly $name', ({ lifted }) => {
    const { wasm } = readBundle(buildWasm(TENANTS));
    const module = lifted ? compilePolicy(wasm).module : new WebAssembly.Module(new Uint8Array(wasm));
    const engine = createEvaluator(module, {
      data: '{}',
      entrypoint: 'mcp/main/decision',
      now: Date.now,
      defer: setImmediate,
      limits: { remember: 0 },
    });
    for (let call = 0; call < 4000; call++) {
      const [tool, want] = call % 3 === 0 ? ['write_x', 'block'] : ['read_x', 'allow'];
      expect(engine.evaluate(ask(call % 200, tool))).toEqual({ kind: 'value', value: want });
    }
    expect(engine.stats()).toMatchObject({ drops: 0, failures: 0, arena: true });
    expect(engine.stats().resets).toBeGreaterThan(50);
  });

  test('one tenant keeps its compiled patterns: the heap is reset by size alone', () => {
    const engine = openEngine(TENANTS);
    for (let call = 0; call < 2000; call++) engine.evaluate(ask(1, 'read_x'));
    expect(engine.stats().patterns).toBe(2);
    expect(engine.stats().resets).toBeLessThan(5);
  });
});

describe('the cache is found, counted and lifted only where it is what it should be', () => {
  test('a reset that clears nothing teaches nothing', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    expect(learnPatternCache(memory, 4096, () => {})).toBeUndefined();
  });

  test('two runs of eight cleared words are one too many', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const clear =
      (...starts: number[]) =>
      () => {
        for (const start of starts) new Uint32Array(memory.buffer, start, 8).fill(0);
      };
    expect(learnPatternCache(memory, 4096, clear(256))).toBe(256);
    expect(learnPatternCache(new WebAssembly.Memory({ initial: 1 }), 4096, clear(256, 512))).toBeUndefined();
  });

  test.each([
    { name: 'nothing compiled', map: 0, size: 0, load: 0, want: 0 },
    { name: 'a map of 7', map: 2048, size: 7, load: 1, want: 7 },
    { name: 'a load factor that is none', map: 2048, size: 7, load: 2, want: -1 },
    { name: 'a pointer below the heap', map: 512, size: 7, load: 1, want: -1 },
    { name: 'a pointer beyond memory', map: 65_530, size: 7, load: 1, want: -1 },
  ])('$name', ({ map, size, load, want }) => {
    const view = new DataView(new ArrayBuffer(65_536));
    view.setUint32(256, map, true);
    if (map > 0 && map < 65_000) {
      view.setUint32(map + 12, size, true);
      view.setFloat32(map + 16, load, true);
    }
    expect(countPatterns(view, 256, 1024)).toBe(want);
  });

  test.each([
    { name: 'globs and regular expressions', options: TENANTS, comparisons: 2 },
    { name: 'regular expressions alone', options: MATRIX, comparisons: 1 },
  ])('a module of $name is changed in two bytes a comparison', ({ options, comparisons }) => {
    const { wasm } = readBundle(buildWasm(options));
    const lifted = liftPatternCap(wasm);
    const changed = lifted ? [...lifted.keys()].filter((at) => lifted[at] !== wasm[at]) : [];
    expect(changed).toHaveLength(2 * comparisons);
  });

  test('a module without patterns is left as it is', () => {
    const plain = readBundle(buildWasm(policy('decision := input.a'))).wasm;
    expect(liftPatternCap(plain)).toBeUndefined();
    expect(compilePolicy(plain).patternCapLifted).toBe(false);
  });
});
