/** What callers did outlives the process: whatever happened before a restart, and wherever the process was cut down. */
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStateJournal, type StateJournal } from '../../../proxy/services/state/journal.ts';
import { createMemoryState } from '../../../proxy/services/state/memory-state.ts';

const OPTIONS = { maxCallers: 100, maxHistory: 5, labelTtlSeconds: 100, idleSeconds: 60 };
let folder: string;
let file: string;
let opened: StateJournal[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  file = join(folder, 'state.jsonl');
  opened = [];
});
afterEach(() => {
  for (const journal of opened) journal.close();
  rmSync(folder, { recursive: true });
});

function open(compactAfterBytes?: number) {
  const journal = openStateJournal({
    file,
    ...(compactAfterBytes === undefined ? {} : { compactAfterBytes }),
  });
  opened.push(journal);
  return { journal, state: createMemoryState(OPTIONS, journal) };
}

function call(name: string, labels: readonly string[] = [], ttlSeconds?: number) {
  return { name, verdict: 'allow', labels, ttlSeconds };
}

/** As a kill leaves it: nothing is closed or written, only the lock of this same process has to go. */
function restart(before: { readonly journal: StateJournal }, compactAfterBytes?: number) {
  before.journal.close();
  return open(compactAfterBytes);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a restart', () => {
  test('washes off no label and no call', () => {
    const first = open();
    first.state.remember('ann', 1_000, call('fs__read', ['read_private']));
    first.state.remember('ann', 2_000, call('fs__list'));
    const { state } = restart(first);
    expect(JSON.parse(state.read('ann', 5_000).labels)).toEqual({
      read_private: { age_s: 4, from: 'fs__read' },
    });
    expect(JSON.parse(state.read('ann', 5_000).history)).toEqual({
      calls: [
        { name: 'fs__list', verdict: 'allow', labels: [], age_s: 3 },
        { name: 'fs__read', verdict: 'allow', labels: ['read_private'], age_s: 4 },
      ],
      counts: { fs__read: 1, fs__list: 1 },
    });
    expect(state.read('bob', 5_000).labels).toBe('{}');
  });

  test('keeps the time a label ends', () => {
    const first = open();
    first.state.remember('ann', 0, call('fs__read', ['short'], 10));
    expect(restart(first).state.read('ann', 11_000).labels).toBe('{}');
  });

  test('forgets the half line of a frame that never left, and goes on behind it', () => {
    const first = open();
    first.state.remember('ann', 0, call('a__b', ['x']));
    appendFileSync(file, '{"key":"ann","at":1,"name":"c__');
    const second = restart(first);
    expect(JSON.parse(second.state.read('ann', 0).history)).toMatchObject({ counts: { a__b: 1 } });
    second.state.remember('ann', 0, call('d__e', ['y']));
    expect(Object.keys(JSON.parse(restart(second).state.read('ann', 0).labels))).toEqual(['x', 'y']);
  });

  test.each([
    { name: 'no JSON', line: 'hello' },
    { name: 'JSON of another kind', line: '{"hello":1}' },
    { name: 'a list', line: '[]' },
  ])('refuses a file with $name in it, and says where and what to do', ({ line }) => {
    const first = open();
    first.state.remember('ann', 0, call('a__b'));
    first.journal.close();
    appendFileSync(file, `${line}\n`);
    expect(() => open()).toThrow(/state\.jsonl: line 2 cannot be read .*move it away/);
  });

  test('refuses to know fewer callers than it did', () => {
    const first = open();
    for (const key of ['ann', 'bob']) first.state.remember(key, 0, call('a__b', ['x']));
    first.journal.close();
    const journal = openStateJournal({ file });
    opened.push(journal);
    expect(() => createMemoryState({ ...OPTIONS, maxCallers: 1 }, journal)).toThrow('limits.maxCallers');
  });
});

describe('writing anew', () => {
  test('makes the file small again and loses nothing that is written meanwhile', async () => {
    const first = open(20_000);
    for (let index = 0; index < 3_000; index++) {
      first.state.remember(`caller-${index % 30}`, index, call('a__b', [`l${index % 3}`]));
      if (index % 50 === 0) await turn(); // 3,000 lines are some 200 KB
    }
    while (existsSync(`${file}.next`)) await turn();
    first.state.remember('caller-1', 1_000, call('last__one', ['last']));
    expect(statSync(file).size).toBeLessThan(80_000);
    const { state } = restart(first);
    expect(JSON.parse(state.read('caller-1', 1_000).history)).toMatchObject({
      counts: { a__b: 100, last__one: 1 },
    });
    expect(Object.keys(JSON.parse(state.read('caller-29', 1_000).labels))).toHaveLength(1);
  });

  test('that was cut short leaves the old file as it was', () => {
    const first = open();
    first.state.remember('ann', 0, call('a__b', ['x']));
    first.journal.close();
    writeFileSync(`${file}.next`, '{"half');
    expect(open().state.read('ann', 0).labels).toContain('"x"');
    expect(existsSync(`${file}.next`)).toBe(false);
  });

  test('property: whatever is remembered, restarts and rewriting change nothing', async () => {
    const step = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({
          key: fc.constantFrom('a', 'b', 'c'),
          name: fc.constantFrom('x__1', 'x__2'),
          labels: fc.subarray(['p', 'q']),
          ttl: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
        }),
      },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
      { weight: 2, arbitrary: fc.constant('turn' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        rmSync(file, { force: true });
        const plain = createMemoryState(OPTIONS);
        let kept = open(400);
        for (const [index, what] of steps.entries()) {
          if (what === 'restart') kept = restart(kept, 400);
          else if (what === 'turn') await turn();
          else {
            const remembered = call(what.name, what.labels, what.ttl);
            plain.remember(what.key, index * 1000, remembered);
            kept.state.remember(what.key, index * 1000, remembered);
          }
        }
        kept = restart(kept, 400);
        const now = steps.length * 1000;
        for (const key of ['a', 'b', 'c']) {
          expect(JSON.parse(kept.state.read(key, now).labels)).toEqual(
            JSON.parse(plain.read(key, now).labels),
          );
          expect(kept.state.read(key, now).history).toBe(plain.read(key, now).history);
        }
        kept.journal.close();
      }),
      { numRuns: 150 },
    );
  });
});

describe('the file', () => {
  test('belongs to one gate', () => {
    open();
    expect(() => openStateJournal({ file })).toThrow('in use by another gate');
  });

  test('is refused while another process holds it, which is named', () => {
    writeFileSync(`${file}.lock`, String(process.ppid));
    expect(() => openStateJournal({ file })).toThrow(`in use by process ${process.ppid}`);
  });

  test.each([
    { name: 'of a process that is gone', text: '2147483646' },
    { name: 'of our own number, from before', text: String(process.pid) },
    { name: 'that is empty', text: '' },
  ])('is free with a lock $name', ({ text }) => {
    writeFileSync(`${file}.lock`, text);
    expect(open().state.read('ann', 0).labels).toBe('{}');
  });

  test('is nobody else’s to read', () => {
    open();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('that cannot be written refuses the frame', () => {
    const journal = openStateJournal({ file: join(folder, 'other.jsonl') });
    const state = createMemoryState(OPTIONS, journal);
    journal.close();
    expect(state.remember('ann', 0, call('a__b'))).toMatchObject({
      kind: 'refusal',
      code: 'GW_STATE_FAILED',
    });
  });

  test('on a full disk refuses the frame', () => {
    const full = { replay() {}, compactFrom() {}, close() {}, append: openFull().append };
    const state = createMemoryState(OPTIONS, full);
    expect(state.remember('ann', 0, call('a__b'))).toMatchObject({ code: 'GW_STATE_FAILED' });
  });
});

/** /dev/full has no room for anything; its lock stands elsewhere. */
function openFull(): StateJournal {
  rmSync('/dev/full.lock', { force: true });
  const journal = openStateJournal({ file: '/dev/full' });
  opened.push(journal);
  return journal;
}
