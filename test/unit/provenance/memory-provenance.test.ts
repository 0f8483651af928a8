/** The indexes of all callers together: room, silence, restarts and kills. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createProvenanceJournal } from '../../../proxy/services/provenance/journal.ts';
import { createMemoryProvenance } from '../../../proxy/services/provenance/memory-provenance.ts';
import { createTracker } from '../../../proxy/services/provenance/tracker.ts';
import { openStateJournal } from '../../../proxy/services/state/journal.ts';

const SOURCE = { server: 'srv', tool: 'read', method: 'tools/call' };
const DAY = 86_400;

let nowMs = 1_000_000_000;
let folder: string;
let tasks: (() => void)[] = [];
beforeEach(() => {
  nowMs = 1_000_000_000;
  folder = mkdtempSync(join(tmpdir(), 'provenance-'));
  tasks = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const OPTIONS = {
  maxBytes: 1024 * 1024,
  maxBytesPerCaller: 256 * 1024,
  keepSeconds: DAY,
  key: new Uint8Array(16).fill(7),
  defer: (task: () => void) => void tasks.push(task),
  now: () => nowMs,
};
const show = (text: string) => ({
  source: SOURCE,
  atMs: nowMs,
  labels: [],
  payload: { content: [{ type: 'text', text }] },
});
const ask = (value: string) => ({ args: [value], at: '/args', nowMs });
const filler = (n: number) => Array.from({ length: 600 }, (_, i) => `w${n}x${i}`).join(' ');

function journal() {
  const file = openStateJournal({ file: join(folder, 'provenance.jsonl') });
  return createProvenanceJournal(file, { now: () => nowMs, everySeconds: 3600 });
}

describe('what was shown', () => {
  test('is worked in later, and before its caller is told anything', () => {
    const all = createMemoryProvenance(OPTIONS);
    all.shown('a', show('ann@corp.example'));
    expect(tasks).toHaveLength(1);
    expect(all.tell('a', ask('ann@corp.example'))[0]?.seen).toHaveLength(1);
    for (const task of tasks) task();
    expect(all.tell('a', ask('ann@corp.example'))[0]?.seen).toHaveLength(1);
  });

  test('of many callers is worked in one caller at a time', () => {
    const all = createMemoryProvenance(OPTIONS);
    for (const caller of ['a', 'b', 'c']) all.shown(caller, show('ann@corp.example'));
    let turns = 0;
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      task();
      turns++;
    }
    expect(turns).toBe(3);
  });

  test('is for the one caller', () => {
    const all = createMemoryProvenance(OPTIONS);
    all.shown('a', show('ann@corp.example'));
    expect(all.tell('b', ask('ann@corp.example'))).toEqual([{ at: '/args/0', kind: 'address', seen: [] }]);
  });

  test('is forgotten when its time is over, and that is no loss', () => {
    const all = createMemoryProvenance(OPTIONS);
    all.shown('a', show('ann@corp.example'));
    all.tell('a', ask('x'));
    nowMs += (DAY + 1) * 1000;
    expect(all.tell('a', ask('ann@corp.example'))[0]?.seen).toEqual([]);
    expect(all.isComplete('a', nowMs)).toBe(true);
  });
});

describe('for want of room', () => {
  test('a caller is incomplete, until what went would have gone anyway', () => {
    const all = createMemoryProvenance(OPTIONS);
    for (let n = 0; n < 60; n++) all.shown('a', show(filler(n)));
    expect(all.isComplete('a', nowMs)).toBe(false);
    expect(all.isComplete('b', nowMs)).toBe(true);
    nowMs += (DAY + 1) * 1000;
    expect(all.isComplete('a', nowMs)).toBe(true);
  });

  test('whoever was silent longest goes first, and is not taken for somebody new', () => {
    const all = createMemoryProvenance(OPTIONS);
    for (let caller = 0; caller < 40; caller++) {
      nowMs += 1000;
      for (let n = 0; n < 3; n++) all.shown(`c${caller}`, show(filler(n)));
      all.tell(`c${caller}`, ask('x'));
    }
    expect(all.isComplete('c39', nowMs)).toBe(true);
    expect(all.tell('c39', ask('w1x1'))[0]?.seen).toHaveLength(1);
    expect(all.isComplete('c0', nowMs)).toBe(false);
    expect(all.tell('c0', ask('w1x1'))[0]?.seen).toEqual([]);
  });
});

describe('the next process', () => {
  test('knows what was written down when the gate ended', () => {
    const file = journal();
    const before = createMemoryProvenance(OPTIONS, file);
    before.shown('a', show('write to ann@corp.example'));
    before.used('b', { atMs: nowMs, labels: ['l'], args: { to: 'bob@corp.example' } });
    file.close();
    const again = journal();
    const after = createMemoryProvenance({ ...OPTIONS, key: new Uint8Array(16).fill(9) }, again);
    expect(after.tell('a', ask('ann@corp.example'))[0]?.seen).toHaveLength(1);
    expect(after.tell('b', ask('bob@corp.example'))[0]?.first).toEqual({
      in: 'args',
      age_s: 0,
      labels: ['l'],
    });
    expect(after.isComplete('a', nowMs)).toBe(true);
    again.close();
    // Names of tools and fields, hashes, and no text.
    expect(readFileSync(join(folder, 'provenance.jsonl'), 'utf8')).not.toMatch(/ann@|bob@|corp\.example/);
  });

  test('knows after a kill whom it does not know whole', () => {
    const file = journal();
    const before = createMemoryProvenance(OPTIONS, file);
    before.shown('a', show('ann@corp.example'));
    file.close();
    const second = journal();
    const killed = createMemoryProvenance(OPTIONS, second);
    killed.shown('b', show('bob@corp.example'));
    rmSync(join(folder, 'provenance.jsonl.lock'));
    // Nobody closes it.
    const copy = join(folder, 'copy.jsonl');
    writeFileSync(copy, readFileSync(join(folder, 'provenance.jsonl')));
    const third = createProvenanceJournal(openStateJournal({ file: copy }), {
      now: () => nowMs,
      everySeconds: 3600,
    });
    const after = createMemoryProvenance(OPTIONS, third);
    expect(after.isComplete('a', nowMs)).toBe(true);
    expect(after.tell('a', ask('ann@corp.example'))[0]?.seen).toHaveLength(1);
    expect(after.isComplete('b', nowMs)).toBe(false);
    third.close();
    second.close();
  });

  test('knows nobody whole from a file in another format', () => {
    const file = journal();
    const before = createMemoryProvenance(OPTIONS, file);
    before.shown('a', show('ann@corp.example'));
    file.close();
    const path = join(folder, 'provenance.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/,"format":\d+/g, ''));
    const again = journal();
    const after = createMemoryProvenance(OPTIONS, again);
    expect(after.tell('a', ask('ann@corp.example'))[0]?.seen).toEqual([]);
    expect(after.isComplete('a', nowMs)).toBe(false);
    again.close();
  });

  test('does not start from what no gate wrote', () => {
    const file = join(folder, 'provenance.jsonl');
    appendFileSync(file, '{"caller":7}\n');
    const opened = openStateJournal({ file });
    expect(() => createProvenanceJournal(opened, { now: () => nowMs, everySeconds: 60 })).toThrow(
      /line 1 cannot be read/,
    );
    opened.close();
  });

  test('finds what is left after rewriting', () => {
    const lines = openStateJournal({ file: join(folder, 'provenance.jsonl'), compactAfterBytes: 10_000 });
    const file = createProvenanceJournal(lines, { now: () => nowMs, everySeconds: 3600 });
    const before = createMemoryProvenance(OPTIONS, file);
    for (let n = 0; n < 20; n++) before.shown(`c${n}`, show(`n${n}@corp.example ${filler(n)}`));
    file.close();
    const again = journal();
    const after = createMemoryProvenance(OPTIONS, again);
    expect(after.tell('c7', ask('n7@corp.example'))[0]?.seen).toHaveLength(1);
    again.close();
  });
});

describe('over reloads', () => {
  const log = { info() {}, warn() {}, error() {} };
  const open = () => createTracker({ ...OPTIONS, log, open: undefined });

  test('it is begun when it is first wanted', () => {
    const tracker = open();
    expect(tracker.port(false)).toBeUndefined();
    const port = tracker.port(true);
    expect(port?.isComplete('a', nowMs)).toBe(false);
    nowMs += (DAY + 1) * 1000;
    expect(port?.isComplete('a', nowMs)).toBe(true);
  });

  test('it goes on, and what went by while nobody wanted it is known to be missing', () => {
    const tracker = open();
    const port = tracker.port(true);
    port?.shown('a', show('ann@corp.example'));
    expect(tracker.port(true)).toBe(port);
    expect(port?.isComplete('a', nowMs)).toBe(true);
    tracker.port(false);
    tracker.port(true);
    expect(port?.isComplete('a', nowMs)).toBe(false);
    expect(port?.tell('a', ask('ann@corp.example'))[0]?.seen).toHaveLength(1);
  });
});
