/** What the gate remembers of callers: long enough, never less than it should, and bounded. */
import { describe, expect, test } from 'vitest';
import type { RememberedCall } from '../../../proxy/pipeline/ports.ts';
import { createMemoryState, type MemoryStateOptions } from '../../../proxy/services/state/memory-state.ts';

const OPTIONS: MemoryStateOptions = { maxCallers: 3, maxHistory: 50, labelTtlSeconds: 100, idleSeconds: 60 };
const FULL = { kind: 'refusal', code: 'GW_STATE_FULL' };
const NOTHING = { labels: {}, history: { calls: [], counts: {} } };

function open(options: Partial<MemoryStateOptions> = {}) {
  const state = createMemoryState({ ...OPTIONS, ...options });
  return {
    /** Seconds, to keep the rows short. */
    read: (key: string, at: number) => {
      const { labels, history } = state.read(key, at * 1000);
      return { labels: JSON.parse(labels) as object, history: JSON.parse(history) as object };
    },
    call: (key: string, at: number, call: Partial<RememberedCall> = {}) =>
      state.remember(key, at * 1000, {
        name: 's__t',
        verdict: 'allow',
        labels: [],
        ttlSeconds: undefined,
        ...call,
      }),
  };
}

test('of a caller never seen there is nothing', () => {
  expect(open().read('alice', 0)).toEqual(NOTHING);
});

describe('labels', () => {
  test('have an age and the tool they came from', () => {
    const state = open();
    state.call('alice', 10, { name: 'fs__read', labels: ['a', 'b'] });
    expect(state.read('alice', 52.9).labels).toEqual({
      a: { age_s: 42, from: 'fs__read' },
      b: { age_s: 42, from: 'fs__read' },
    });
  });

  test.each<[string, Partial<RememberedCall>, number]>([
    ['the configured time', {}, 100],
    ['a shorter time of their own', { ttlSeconds: 5 }, 5],
    ['a longer time of their own', { ttlSeconds: 1_000 }, 1_000],
    ['a fraction of a second', { ttlSeconds: 0.5 }, 0.5],
  ])('last %s', (_, call, seconds) => {
    const state = open();
    state.call('alice', 10, { ...call, labels: ['a'] });
    expect(state.read('alice', 10 + seconds - 0.001).labels).toHaveProperty('a');
    expect(state.read('alice', 10 + seconds).labels).toEqual({});
    expect(state.read('alice', 10 + seconds - 0.001).labels).toEqual({});
  });

  test('given again for a shorter time end no sooner, and are as young as the last time', () => {
    const state = open();
    state.call('alice', 0, { name: 'fs__read', labels: ['a'], ttlSeconds: 500 });
    state.call('alice', 40, { name: 'db__read', labels: ['a'], ttlSeconds: 1 });
    expect(state.read('alice', 50).labels).toEqual({ a: { age_s: 10, from: 'db__read' } });
    expect(state.read('alice', 499.9).labels).toHaveProperty('a');
    expect(state.read('alice', 500).labels).toEqual({});
  });

  test('given again for a longer time end later', () => {
    const state = open();
    state.call('alice', 0, { labels: ['a'], ttlSeconds: 10 });
    state.call('alice', 5, { labels: ['a'], ttlSeconds: 10 });
    expect(state.read('alice', 14.9).labels).toHaveProperty('a');
    expect(state.read('alice', 15).labels).toEqual({});
  });

  test('once ended, begin anew', () => {
    const state = open();
    state.call('alice', 0, { labels: ['a'], ttlSeconds: 500 });
    state.call('alice', 500, { labels: ['a'], ttlSeconds: 1 });
    expect(state.read('alice', 501).labels).toEqual({});
  });

  test('of a frame that is no tool call leave no call behind', () => {
    const state = open();
    state.call('alice', 0, { name: undefined, labels: ['a'] });
    expect(state.read('alice', 1)).toEqual({
      labels: { a: { age_s: 1, from: '' } },
      history: { calls: [], counts: {} },
    });
  });

  test('belong to one caller', () => {
    const state = open();
    state.call('alice', 0, { labels: ['a'] });
    state.call('alice2', 0, { labels: ['b'] });
    expect(Object.keys(state.read('alice', 1).labels)).toEqual(['a']);
    expect(Object.keys(state.read('alice2', 1).labels)).toEqual(['b']);
    expect(state.read('alice', 1).history).toMatchObject({ counts: { s__t: 1 } });
  });

  test('are never younger than now, should the clock go back', () => {
    const state = open();
    state.call('alice', 10, { labels: ['a'] });
    expect(state.read('alice', 5).labels).toEqual({ a: { age_s: 0, from: 's__t' } });
  });

  test('with names that need quoting stay JSON', () => {
    const state = open();
    const odd = ['"', '\\', '\n', '__proto__', 'é'];
    state.call('alice', 0, { name: 'a"__b\\', labels: odd });
    const { labels, history } = state.read('alice', 0);
    expect(Object.keys(labels)).toEqual(odd);
    expect(history).toEqual({
      calls: [{ name: 'a"__b\\', verdict: 'allow', labels: odd, age_s: 0 }],
      counts: { 'a"__b\\': 1 },
    });
  });

  test('above 256 at once are refused, and those there stay', () => {
    const state = open();
    const many = Array.from({ length: 256 }, (_, at) => `l${at}`);
    expect(state.call('alice', 0, { labels: many })).toBeUndefined();
    expect(state.call('alice', 1, { labels: ['l0', 'l255'] })).toBeUndefined();
    expect(state.call('alice', 2, { labels: ['l0', 'new'] })).toEqual({ ...FULL, detail: 'too many labels' });
    expect(Object.keys(state.read('alice', 3).labels)).toEqual(many);
    expect(state.call('alice', 200, { labels: ['new'] })).toBeUndefined();
    expect(Object.keys(state.read('alice', 200).labels)).toEqual(['new']);
  });
});

describe('history', () => {
  test('is newest first, with what each call was', () => {
    const state = open();
    state.call('alice', 0, { name: 'a__b', verdict: 'redact', labels: ['x'] });
    state.call('alice', 30, { name: 'c__d' });
    expect(state.read('alice', 40).history).toEqual({
      calls: [
        { name: 'c__d', verdict: 'allow', labels: [], age_s: 10 },
        { name: 'a__b', verdict: 'redact', labels: ['x'], age_s: 40 },
      ],
      counts: { a__b: 1, c__d: 1 },
    });
  });

  test.each([50, 3, 1, 0])('shows at most %i calls, and counts them all', (maxHistory) => {
    const state = open({ maxHistory });
    for (let at = 0; at < 60; at++) state.call('alice', at, { name: `s__t${at % 2}` });
    const { calls, counts } = state.read('alice', 60).history as {
      calls: { age_s: number }[];
      counts: object;
    };
    expect(calls.map(({ age_s }) => age_s)).toEqual(Array.from({ length: maxHistory }, (_, at) => at + 1));
    expect(counts).toEqual({ s__t0: 30, s__t1: 30 });
  });

  test('of more than 1,000 different tools is refused, known ones go on', () => {
    const state = open();
    for (let at = 0; at < 1_000; at++) expect(state.call('alice', at, { name: `s__t${at}` })).toBeUndefined();
    expect(state.call('alice', 1_000, { name: 's__new' })).toEqual({
      ...FULL,
      detail: 'too many different tools',
    });
    expect(state.call('alice', 1_001, { name: 's__t5' })).toBeUndefined();
    expect(state.read('alice', 1_001).history).toMatchObject({ counts: { s__t5: 2 } });
  });

  test('of a refused call keeps its labels: forgetting them would open what they close', () => {
    const state = open();
    for (let at = 0; at < 1_000; at++) state.call('alice', 0, { name: `s__t${at}` });
    state.call('alice', 1, { name: 's__new', labels: ['a'] });
    expect(state.read('alice', 1).labels).toHaveProperty('a');
  });
});

describe('room', () => {
  test('for one caller too many there is none while the others are awake', () => {
    const state = open();
    for (const key of ['a', 'b', 'c']) state.call(key, 0);
    expect(state.call('d', 60)).toEqual(FULL);
    expect(state.read('d', 60)).toEqual(NOTHING);
    expect(state.call('a', 60)).toBeUndefined();
    expect(state.read('b', 60).history).toMatchObject({ counts: { s__t: 1 } });
  });

  test('is made by those who have long been silent and bear no label', () => {
    const state = open();
    state.call('labelled', 0, { labels: ['a'], ttlSeconds: 1_000 });
    state.call('silent', 0);
    state.call('awake', 0);
    state.call('awake', 50);
    expect(state.call('new', 61)).toBeUndefined();
    expect(state.read('silent', 61)).toEqual(NOTHING);
    expect(state.read('labelled', 61).labels).toHaveProperty('a');
    expect(state.read('awake', 61).history).toMatchObject({ counts: { s__t: 2 } });
  });

  test('is never made by a label, however long its bearer is silent', () => {
    const state = open();
    for (const key of ['a', 'b', 'c']) state.call(key, 0, { labels: ['x'], ttlSeconds: 1_000 });
    expect(state.call('d', 999)).toEqual(FULL);
    for (const key of ['a', 'b', 'c']) expect(state.read(key, 999).labels).toHaveProperty('x');
    expect(state.call('d', 1_000)).toBeUndefined();
  });

  test('is not taken by asking', () => {
    const state = open();
    for (let at = 0; at < 10; at++) state.read(`k${at}`, 0);
    for (const key of ['a', 'b', 'c']) expect(state.call(key, 0)).toBeUndefined();
  });
});
