/** Recorded decisions judged again: by the same policy, by looser and stricter ones, and by one that reads histories. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRecorded } from '../../../cli/policy/replay/recorded.ts';
import { replayLog } from '../../../cli/policy/replay/replay-log.ts';
import type { PolicyHandle } from '../../../proxy/services/policy/holder.ts';
import { loadPolicy } from '../../../proxy/services/policy/load-policy.ts';
import { run } from '../../support/command.ts';

const GRANTS = { grants: [{ tools: ['*'] }] };
const CHAIN = {
  ...GRANTS,
  chain_rules: [{ name: 'leak', pattern: ['*__read_*', 'mail__send'], action: 'block', within_s: 60 }],
};
let folder: string;
let policy: PolicyHandle;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  policy = await loadPolicy(
    {
      data: file('grants.json', JSON.stringify(GRANTS)),
      isolation: 'inline',
      deadlineMs: 250,
      maxPages: 512,
    },
    folder,
  );
});
afterAll(async () => {
  await policy.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

let ids = 0;
/** One line as a gate with everything granted writes it. */
function line(subject: string, name: string, second: number, more: object = {}): string {
  const [server, tool] = name.split('__') as [string, string];
  const input = `{"v":1,"phase":"request","direction":"to_server","transport":"http","protocol":"2026-07-28","method":"tools/call","server":"${server}","tool":"${tool}","name":"${name}","args":{"n":9007199254740993},"caller":{"subject":"${subject}","roles":[],"permissions":[],"auth":"jwt","claims":{}},"labels":{},"mode":"enforce"}`;
  const evaluation = policy.evaluate(input);
  if (evaluation.kind !== 'value') throw new Error('no answer');
  const timestamp = new Date(1_767_225_600_000 + second * 1000).toISOString();
  const id = `id-${ids++}`;
  const tail = JSON.stringify({ ...more, metrics: {}, custom: { record: 'decision', action: 'forward' } });
  return `{"decision_id":"${id}","labels":{},"timestamp":"${timestamp}","bundles":{},"path":"mcp/main/decision","requested_by":"${subject}","input":${input},"result":${JSON.stringify(evaluation.value)},${tail.slice(1)}`;
}

function replay(lines: readonly string[], data: object) {
  const log = file(`log-${ids}.jsonl`, lines.join('\n'));
  const dataFile = file(`data-${ids}.json`, JSON.stringify(data));
  return replayLog([log], { bundle: undefined, data: dataFile, cwd: folder, threads: 2 });
}

const TRAFFIC = () => [
  line('ann', 'fs__read_file', 0),
  line('bob', 'mail__send', 5),
  line('ann', 'fs__list', 10),
  line('ann', 'mail__send', 20),
  line('ann', 'mail__send', 100),
];

describe('replay', () => {
  test('the same policy decides the same', async () => {
    expect(await replay(TRAFFIC(), GRANTS)).toMatchObject({ decisions: 5, same: 5, looser: 0, tighter: 0 });
  });

  test('grants taken away make every call tighter, told by rule and by tool', async () => {
    const counts = await replay(TRAFFIC(), { grants: [{ tools: ['fs__*'] }] });
    expect(counts).toMatchObject({ decisions: 5, same: 2, looser: 0, tighter: 3 });
    expect(counts.rules).toMatchObject({ 'policy.no_grant': { looser: 0, tighter: 3 } });
    expect(counts.tools).toMatchObject({ mail__send: { looser: 0, tighter: 3 } });
  });

  test('the same verdict with other edits is no flip and is told', async () => {
    const counts = await replay(TRAFFIC(), { ...GRANTS, redaction: { detectors: ['email'] } });
    expect(counts).toMatchObject({ looser: 0, tighter: 0, same: 0, changed: 5 });
  });

  test('a rule on chains finds the history rebuilt from the log, per caller and by its times', async () => {
    const counts = await replay(TRAFFIC(), CHAIN);
    expect(counts).toMatchObject({ decisions: 5, tighter: 1, looser: 0, historyRebuilt: 4 });
    expect(counts.rules).toMatchObject({ 'chains.blocked': { tighter: 1 } });
    expect(counts.tools['mail__send']).toMatchObject({ tighter: 1 });
  });

  test('a call that was refused then is no part of the history', async () => {
    const refused = line('ann', 'fs__read_file', 0).replace('"action":"forward"', '"action":"answer"');
    expect(await replay([refused, line('ann', 'mail__send', 1)], CHAIN)).toMatchObject({ tighter: 0 });
  });

  test('many lines over several batches and threads are all counted, with histories in their order', async () => {
    const lines = Array.from({ length: 2_600 }, (_, index) =>
      line(`caller-${index % 7}`, index % 13 === 0 ? 'fs__read_file' : 'mail__send', index * 10),
    );
    const counts = await replay(lines, CHAIN);
    const wanted = lines.filter((_, index) => {
      if (index % 13 === 0) return false;
      const before = Array.from({ length: 6 }, (_, back) => index - 1 - back).filter((at) => at >= 0);
      return before.some((at) => at % 7 === index % 7 && at % 13 === 0);
    });
    expect(counts).toMatchObject({ decisions: 2_600, tighter: wanted.length });
  });

  test.each([
    {
      name: 'a line cut short',
      text: () => line('ann', 'fs__list', 0).slice(0, -20),
      want: { unreadable: 1 },
    },
    { name: 'a line that is no JSON', text: () => 'hello', want: { unreadable: 1 } },
    {
      name: 'an outcome',
      text: () => '{"decision_id":"x","custom":{"record":"outcome"}}',
      want: { decisions: 0, unreadable: 0 },
    },
    {
      name: 'a failure of then',
      text: () => '{"decision_id":"x","input":{},"error":{},"custom":{"record":"decision"}}',
      want: { failedThen: 1 },
    },
    {
      name: 'masked secrets',
      text: () => line('ann', 'fs__list', 0, { masked: ['/input/args/n'] }),
      want: { masked: 1, same: 1 },
    },
    {
      name: 'a line another program wrote anew',
      text: () => JSON.stringify(JSON.parse(line('ann', 'fs__list', 0)), null, 1).replaceAll('\n', ' '),
      want: { same: 1 },
    },
  ])('$name is counted as what it is', async ({ text, want }) => {
    expect(await replay([text()], GRANTS)).toMatchObject(want);
  });

  test('the input is taken from the line digit for digit', () => {
    const recorded = readRecorded(line('ann', 'fs__list', 0));
    expect(recorded.kind === 'decision' && recorded.inputText).toContain('9007199254740993');
  });
});

describe('portcullis policy replay', () => {
  const log = () => file('cli.jsonl', TRAFFIC().join('\n'));
  const none = () => file('none.json', '{}');
  test.each([
    {
      name: 'flips fail',
      args: () => [log(), '--data', none()],
      status: 1,
      says: /0 the same, 0 looser, 5 tighter[\s\S]*policy\.no_grant[\s\S]*FAIL/,
    },
    {
      name: 'flips may be allowed',
      args: () => [log(), '--data', none(), '--allow-flips', '5'],
      status: 0,
      says: /\nok\n$/,
    },
    {
      name: 'only the other direction may fail',
      args: () => [log(), '--data', none(), '--fail-on', 'looser'],
      status: 0,
      says: /\nok\n$/,
    },
    {
      name: 'a log without decisions proves nothing',
      args: () => [file('empty.jsonl', '')],
      status: 1,
      says: /there is no decision/,
    },
  ])('$name', async ({ args, status, says }) => {
    const ran = await run(process.execPath, ['cli/portcullis.ts', 'policy', 'replay', ...args()]);
    expect(ran).toMatchObject({ exitCode: status, stdout: expect.stringMatching(says) });
  });

  test('a log that is not there is an error in words', async () => {
    const ran = await run(process.execPath, [
      'cli/portcullis.ts',
      'policy',
      'replay',
      join(folder, 'nowhere.jsonl'),
    ]);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cannot be read: ENOENT') });
  });

  test('the report is written as Markdown', async () => {
    const target = join(folder, 'report.md');
    await run(process.execPath, [
      'cli/portcullis.ts',
      'policy',
      'replay',
      log(),
      '--data',
      none(),
      '--markdown',
      target,
    ]);
    expect(readFileSync(target, 'utf8')).toMatch(
      /### Replay: failed[\s\S]*\| `policy\.no_grant` \| 0 \| 5 \|/,
    );
  });
});
