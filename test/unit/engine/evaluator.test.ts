/** What the evaluator does when things go wrong: every failure has its code, costs one instance at most, and passes. */
import { describe, expect, test } from 'vitest';
import { readResult } from '../../../proxy/decide/engine-text.ts';
import { createEvaluator } from '../../../proxy/decide/evaluator.ts';
import { readBundle } from '../../../proxy/services/policy/bundle.ts';
import { openEngine, policy } from '../../support/engine.ts';
import { buildWasm } from '../../support/opa.ts';

const GATE = policy(`
default decision := {"verdict": "block"}

decision := {"verdict": "allow"} if input.tool == "read"

decision := {"verdict": "redact"} if input.conflict

decision := {"verdict": "allow"} if input.conflict`);
const ALLOW = { kind: 'value', value: { verdict: 'allow' } };
const READ = '{"tool":"read"}';

describe('an input that is not one well-formed JSON object never reaches the rules', () => {
  /** A policy of deny rules alone: on an undefined input it would be silent. */
  const engine = openEngine(policy('decision := {"deny": d} if d := [1 | input.tool != "safe"]'));

  test.each([
    { name: 'nothing', input: '' },
    { name: 'white space', input: ' ' },
    { name: 'a scalar', input: '5' },
    { name: 'null', input: 'null' },
    { name: 'an array', input: '[]' },
    { name: 'an unclosed object', input: '{"tool":"x"' },
    { name: 'a missing colon', input: '{"tool" "x"}' },
    { name: 'a missing value', input: '{"tool":}' },
    { name: 'a bare word', input: '{"tool":tru}' },
    { name: 'an unclosed string', input: '{"tool":"x}' },
    { name: 'a set literal', input: '{1,2}' },
    { name: 'text behind the object', input: '{"tool":"x"}tail' },
    { name: 'a byte order mark', input: '\ufeff{"tool":"x"}' },
    { name: 'a lone surrogate', input: '{"tool":"\ud800"}' },
    { name: 'an escaped lone high surrogate', input: '{"tool":"\\ud800"}' },
    { name: 'an escaped lone low surrogate', input: '{"tool":"\\uDC00"}' },
    { name: 'an escaped pair the wrong way round', input: '{"tool":"\\udc00\\ud800"}' },
    { name: 'a lone surrogate behind an escaped backslash', input: '{"tool":"\\\\\\ud800"}' },
  ])('$name', ({ input }) => {
    expect(engine.evaluate(input)).toMatchObject({ kind: 'failed', code: 'engine.input' });
    expect(engine.stats().drops).toBe(0);
  });

  test.each([
    { name: 'an escaped pair', input: '{"tool":"\\ud83d\\ude00"}' },
    { name: 'an escaped backslash before "ud800"', input: '{"tool":"\\\\ud800"}' },
    { name: 'characters beyond the BMP', input: '{"tool":"😀"}' },
  ])('$name is well-formed', ({ input }) => {
    expect(engine.evaluate(input)).toEqual({ kind: 'value', value: { deny: [1] } });
  });
});

describe('a result is read strictly', () => {
  test.each([
    { text: '[]', why: 'no result is told apart before, by its text' },
    { text: '[{"result":1},{"result":2}]', why: 'two results' },
    { text: '[{"other":1}]', why: 'no value' },
    { text: '[null]', why: 'not an object' },
    { text: '{"result":1}', why: 'not a list' },
    { text: '[{"result":.}]', why: 'OPA writes "." for to_number(".")' },
    { text: '[{"result":{"ttl_s":1e400}}]', why: 'Infinity' },
    { text: '[{"result":1}] ', why: undefined },
  ])('$text: $why', ({ text, why }) => {
    const want = why === undefined ? { kind: 'value', value: 1 } : { kind: 'failed', code: 'engine.output' };
    expect(readResult(text)).toMatchObject(want);
  });
});

describe('an instance that threw is given up', () => {
  test('a conflict fails one decision and costs one instance', () => {
    const engine = openEngine(GATE);
    expect(engine.evaluate('{"conflict":true}')).toMatchObject({
      kind: 'failed',
      code: 'engine.threw',
      cause: expect.objectContaining({ message: expect.stringContaining('conflict') }),
    });
    expect(engine.evaluate(READ)).toEqual(ALLOW);
    expect(engine.stats()).toMatchObject({ evaluations: 2, failures: 1, drops: 1 });
  });

  test('the spare is made off the path and takes over; without one an instance is made in place', () => {
    const tasks: (() => void)[] = [];
    const engine = openEngine(GATE, { defer: (task) => tasks.push(task) });
    expect(tasks).toHaveLength(1);
    tasks.shift()?.();
    engine.evaluate('{"conflict":true}');
    expect(tasks).toHaveLength(1);
    engine.evaluate('{"conflict":true}');
    engine.evaluate('{"conflict":true}');
    expect(tasks).toHaveLength(1);
    expect(engine.evaluate(READ)).toEqual(ALLOW);
    tasks.shift()?.();
    expect(engine.evaluate(READ)).toEqual(ALLOW);
    expect(engine.stats().drops).toBe(3);
  });

  test('5,000 aborts in a row leave it as it was (the SDK is dead after 510)', () => {
    const engine = openEngine(GATE, { limits: { initialPages: 8 } });
    for (let throws = 0; throws < 5000; throws++) {
      const { kind } = engine.evaluate('{"conflict":true}');
      if (kind !== 'failed') throw new Error(`abort ${throws} came out as ${kind}`);
    }
    expect(engine.evaluate(READ)).toEqual(ALLOW);
    expect(engine.stats()).toMatchObject({ failures: 5000, drops: 5000 });
  }, 60_000);

  test.each([
    { name: 'an Error', thrown: new Error('broken'), message: 'broken' },
    { name: 'a string', thrown: 'broken', message: 'broken' },
    { name: 'a plain object', thrown: { message: 'x' }, message: '[object Object]' },
    { name: 'undefined', thrown: undefined, message: 'undefined' },
  ])('a host built-in that throws $name fails the decision with an Error', ({ thrown, message }) => {
    const engine = openEngine(policy('decision := strings.count(input.text, "a")'), {
      builtins: {
        'strings.count': () => {
          throw thrown;
        },
      },
    });
    const evaluation = engine.evaluate('{"text":"a"}');
    expect(evaluation).toMatchObject({ kind: 'failed', code: 'engine.threw' });
    if (evaluation.kind === 'failed') {
      expect(evaluation.cause).toBeInstanceOf(Error);
      expect(evaluation.cause.message).toBe(message);
    }
  });

  test('a host built-in that answers undefined makes only its expression undefined', () => {
    const rules = 'default decision := "block"\n\ndecision := "allow" if strings.count(input.text, "a") == 1';
    const engine = openEngine(policy(rules), { builtins: { 'strings.count': () => undefined } });
    expect(engine.evaluate('{"text":"a"}')).toEqual({ kind: 'value', value: 'block' });
    expect(engine.stats()).toMatchObject({ failures: 0, drops: 0 });
  });
});

describe('memory', () => {
  const GROW = policy(`
default decision := "small"

decision := count(x) if x := [[a, b] | input.grow; some a in numbers.range(1, 3000); some b in numbers.range(1, 3000)]`);

  test('a policy that wants more than maxPages fails with engine.memory, and the next decision stands', () => {
    const engine = openEngine(GROW, { limits: { maxPages: 128 } });
    expect(engine.evaluate('{"grow":true}')).toMatchObject({ kind: 'failed', code: 'engine.memory' });
    expect(engine.evaluate('{"grow":false}')).toEqual({ kind: 'value', value: 0 });
  });

  test('an input that does not fit fails with engine.memory', () => {
    const engine = openEngine(GATE, { limits: { maxPages: 64 } });
    const input = JSON.stringify({ tool: 'read', filler: 'x'.repeat(5_000_000) });
    expect(engine.evaluate(input)).toMatchObject({ kind: 'failed', code: 'engine.memory' });
    expect(engine.evaluate(READ)).toEqual(ALLOW);
  });

  test('the heap is reset by size and answers stay right', () => {
    const engine = openEngine(GATE, { limits: { resetBytes: 64 * 1024 } });
    for (let round = 0; round < 3000; round++) expect(engine.evaluate(READ)).toEqual(ALLOW);
    expect(engine.stats()).toMatchObject({ drops: 0, pages: 64 });
    expect(engine.stats().resets).toBeGreaterThan(5);
  });

  test('an instance that a large input blew up is replaced at its next reset', () => {
    const tasks: (() => void)[] = [];
    const defer = (task: () => void) => tasks.push(task);
    const engine = openEngine(GATE, { defer, limits: { resetBytes: 1024 * 1024 } });
    tasks.shift()?.();
    const many = JSON.stringify({ tool: 'read', list: Array.from({ length: 60_000 }, (_, at) => at) });
    expect(engine.evaluate(many)).toEqual(ALLOW);
    expect(engine.stats().pages).toBeGreaterThan(128);
    expect(engine.evaluate(READ)).toEqual(ALLOW);
    expect(engine.stats()).toMatchObject({ retired: 1, drops: 0, pages: 64 });
  });

  test('data that does not fit is refused at load, in words', () => {
    const data = JSON.stringify({ list: Array.from({ length: 200_000 }, (_, at) => at) });
    expect(() => openEngine(GATE, { data, limits: { maxPages: 64 } })).toThrow(
      'the data document could not be loaded: opa_malloc: failed',
    );
  });
});

describe('deep nesting', () => {
  const nested = (depth: number) => `{"tool":"read","a":${'['.repeat(depth)}${']'.repeat(depth)}}`;

  test.each([64, 1000])('%i levels are judged', (depth) => {
    expect(openEngine(GATE).evaluate(nested(depth))).toEqual(ALLOW);
  });

  test('100,000 levels end in a trap, and the next decision stands', () => {
    const engine = openEngine(GATE);
    expect(engine.evaluate(nested(100_000))).toMatchObject({ kind: 'failed', code: 'engine.trap' });
    expect(engine.evaluate(READ)).toEqual(ALLOW);
  });
});

describe('the clock', () => {
  test('is asked once a decision, to the millisecond, and not at all when no rule asks', () => {
    let asked = 0;
    const now = () => 1_795_251_600_123 + asked++;
    const rules = 'decision := {"ns": sprintf("%d %d", [time.now_ns(), time.now_ns()])} if input.clock';
    const engine = openEngine(policy(rules), { now });
    const at = (ms: string) => ({ kind: 'value', value: { ns: `${ms}000000 ${ms}000000` } });
    expect(engine.evaluate('{"clock":true}')).toEqual(at('1795251600123'));
    expect(engine.evaluate('{}')).toEqual({ kind: 'undefined' });
    expect(engine.evaluate('{"clock":true}')).toEqual(at('1795251600124'));
    expect(asked).toBe(2);
  });

  test('the zone "Local" fails the decision: it would depend on the host', () => {
    const engine = openEngine(policy('decision := time.clock([0, "Local"])'));
    expect(engine.evaluate('{}')).toMatchObject({ kind: 'failed', code: 'engine.threw' });
  });
});

describe('what cannot run here is refused at load', () => {
  test('a built-in the host does not have', () => {
    const options = policy('decision := http.send({"method": "get", "url": input.url})');
    expect(() => openEngine(options)).toThrow(/calls the built-in http\.send.*opa build --capabilities/);
  });

  test('another entrypoint', () => {
    const options = policy('decision := 1');
    expect(() => openEngine(options, { entrypoint: 'mcp/main/other' })).toThrow(
      'the policy has no entrypoint mcp/main/other; build it with -e mcp/main/other',
    );
  });

  test('data that is not JSON', () => {
    expect(() => openEngine(GATE, { data: '{' })).toThrow('the data document is not JSON');
  });

  test('a probe that fails', () => {
    expect(() => openEngine(GATE, { probe: '{"conflict":true}' })).toThrow(/failed its probe.*conflict/);
  });

  test('a module that is no policy', () => {
    const empty = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    const options = { data: '{}', entrypoint: 'mcp/main/decision', now: Date.now, defer: setImmediate };
    expect(() => createEvaluator(empty, options)).toThrow();
  });

  test('no rule speaking is told apart from every failure', () => {
    const { wasm } = readBundle(buildWasm(policy('decision := 1 if input.never')));
    const options = { data: '{}', entrypoint: 'mcp/main/decision', now: Date.now, defer: setImmediate };
    const engine = createEvaluator(new WebAssembly.Module(new Uint8Array(wasm)), options);
    expect(engine.evaluate('{}')).toEqual({ kind: 'undefined' });
    expect(engine.stats().failures).toBe(0);
  });
});
