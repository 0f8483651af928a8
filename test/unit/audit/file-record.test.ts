/** The record: a line that was confirmed is there, whole and alone, whatever happens to the process or the disk. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { RecordFailed } from '../../../proxy/errors.ts';
import { openFileRecord } from '../../../proxy/services/audit/file-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'record-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = () => join(folder, `${++files}`, 'audit.jsonl');
const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const WRITER = join(import.meta.dirname, '_writer.ts');

describe.each(['flush', 'fsync'] as const)('%s', (durability) => {
  test('1,000 lines at once are whole, in order, each confirmed after it can be read', async () => {
    const file = fresh();
    const record = openFileRecord({ file, durability });
    const lines = Array.from({ length: 1_000 }, (_, n) => JSON.stringify({ n, pad: 'é'.repeat(n) }));
    await Promise.all(
      lines.map(async (line, n) => {
        await record.append(line);
        if (n % 250 === 0) expect(linesOf(file)).toContain(line);
      }),
    );
    record.close();
    expect(linesOf(file)).toEqual(lines);
  });

  test('what is there already stays', async () => {
    const file = fresh();
    for (const line of ['{"n":1}', '{"n":2}']) {
      const record = openFileRecord({ file, durability });
      await record.append(line);
      record.close();
    }
    expect(linesOf(file)).toEqual(['{"n":1}', '{"n":2}']);
  });

  test('a full disk rejects everybody who waits, and later ones too', async () => {
    const record = openFileRecord({ file: '/dev/full', durability });
    const failed = new RecordFailed(
      'the audit file could not be written: ENOSPC: no space left on device, write',
    );
    const first = record.append('{}');
    const second = record.append('{}');
    await expect(first).rejects.toEqual(failed);
    await expect(second).rejects.toEqual(failed);
    await expect(record.append('{}')).rejects.toBeInstanceOf(RecordFailed);
    record.close();
  });
});

test('fsync means it: what the disk cannot confirm is not confirmed', async () => {
  // The null device takes every line and can sync none.
  const flush = openFileRecord({ file: '/dev/null', durability: 'flush' });
  await expect(flush.append('{}')).resolves.toBeUndefined();
  flush.close();
  const fsync = openFileRecord({ file: '/dev/null', durability: 'fsync' });
  await expect(fsync.append('{}')).rejects.toThrow('the audit file could not be written: EINVAL');
  fsync.close();
});

test('the file is for its owner and group, and a folder that is missing is made', () => {
  const file = fresh();
  openFileRecord({ file, durability: 'flush' }).close();
  expect(statSync(file).mode & 0o137).toBe(0);
  expect(statSync(join(file, '..')).mode & 0o027).toBe(0);
});

test('a file that cannot be opened is said at once', () => {
  expect(() => openFileRecord({ file: folder, durability: 'flush' })).toThrow('EISDIR');
});

describe('closing', () => {
  test('writes what waits', async () => {
    const file = fresh();
    const record = openFileRecord({ file, durability: 'flush' });
    const waiting = record.append('{"n":1}');
    record.close();
    expect(linesOf(file)).toEqual(['{"n":1}']);
    await waiting;
  });

  test('leaves nothing to write to: the number of the file may be another one by then', async () => {
    const file = fresh();
    const record = openFileRecord({ file, durability: 'flush' });
    record.close();
    const other = openFileRecord({ file: fresh(), durability: 'flush' });
    await expect(record.append('{"n":1}')).rejects.toEqual(new RecordFailed('the audit file is closed'));
    record.close();
    await other.append('{"n":2}');
    other.close();
    expect(linesOf(file)).toEqual([]);
  });
});

test.each<[string, string, string]>([
  [
    'line breaks between tokens, which would forge a line',
    '{"input":{"args":{"a":\n{"decision_id":"forged","result":{"verdict":"allow"}}\r\n}}}',
    '{"input":{"args":{"a": {"decision_id":"forged","result":{"verdict":"allow"}}  }}}',
  ],
  ['line and paragraph separators', '{"a":"x\u2028y\u2029z\u0085"}', '{"a":"x\\u2028y\\u2029z\\u0085"}'],
  ['C1 controls, which terminals obey', '{"a":"\u009b2J\u007f"}', '{"a":"\\u009b2J\\u007f"}'],
  ['bidirectional marks', '{"a":"\u202eexe.txt\u2066\u200f"}', '{"a":"\\u202eexe.txt\\u2066\\u200f"}'],
  ['other scripts as they are', '{"a":"日本 é 😀 \\u001b"}', '{"a":"日本 é 😀 \\u001b"}'],
])('a line stays one line: %s', async (_, line, want) => {
  const file = fresh();
  const record = openFileRecord({ file, durability: 'flush' });
  await record.append(line);
  record.close();
  expect(readFileSync(file, 'utf8')).toBe(`${want}\n`);
  expect(JSON.parse(want)).toEqual(JSON.parse(line));
});

test('a line that was torn by a full disk stands alone, and the next ones are whole', () => {
  const file = fresh();
  // `ulimit -f` counts 512 bytes in sh: a real write that stops half-way.
  const script = 'ulimit -f 2; exec "$0" "$1" starved "$2"';
  const run = spawnSync('sh', ['-c', script, process.execPath, WRITER, file], { encoding: 'utf8' });
  expect([run.stdout, run.stderr]).toEqual(['["written","RecordFailed","written","written"]', '']);
  const lines = linesOf(file);
  expect(lines.map((line) => line.slice(0, 5))).toEqual(['{"a":', '{"b":', '{"c":', '{"d":']);
  expect(lines.map((line) => line.length)).toEqual([908, 41, 9, 9]);
});

describe('kill -9', () => {
  const kills = Array.from({ length: 20 }, (_, at) => ({ at, durability: at % 5 === 4 ? 'fsync' : 'flush' }));
  test.each(kills)('no confirmed line is lost, $at ($durability)', async ({ at, durability }) => {
    const file = fresh();
    const child = spawn(process.execPath, [WRITER, 'stream', file, durability], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((done) => child.once('close', done));
    let confirmed = '';
    for await (const chunk of child.stdout) {
      confirmed += String(chunk);
      if (confirmed.length > at * 997) child.kill('SIGKILL');
    }
    await ended;
    expect(child.signalCode).toBe('SIGKILL');
    const numbers = confirmed.split('\n').slice(0, -1).map(Number);
    const [written, torn] = [linesOf(file), readFileSync(file, 'utf8').split('\n').at(-1)];
    const found = written.map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers.length).toBeGreaterThan(0);
    expect(found.slice(0, numbers.length)).toEqual(numbers);
    expect(found).toEqual(found.map((_, index) => index));
    expect(torn?.length).toBeLessThan(230);
  });
});
