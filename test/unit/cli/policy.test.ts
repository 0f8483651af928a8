/** The day of a policy author, command by command, in an empty folder and with the real OPA. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { run } from '../../support/command.ts';
import { opa, opaPath } from '../../support/opa.ts';

const CLI = resolve('cli/portcullis.ts');
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'author-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function policy(...args: readonly string[]) {
  return run(process.execPath, [CLI, 'policy', ...args], {
    cwd: folder,
    env: { ...process.env, OPA: opaPath() },
  });
}

function write(name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const RULE = `# METADATA
# title: Mine
package mcp.rules.mine

# METADATA
# title: No
block contains {"code": "mine.no", "message": "No."} if {
	input.phase == "request"
	input.tool == "no"
}
`;
const TEST = `package mine_test

test_no if count(data.mcp.rules.mine.block) == 1 with input as {"phase": "request", "tool": "no"}
`;

const TABLE = `package mine_test

test_row[name] if {
	some name, row in {"refused": {"tool": "no", "blocks": 1}, "let pass": {"tool": "yes", "blocks": 0}}
	blocks := data.mcp.rules.mine.block with input as {"phase": "request", "tool": row.tool}
	count(blocks) == row.blocks
}
`;

/** OPA's own WebAssembly runtime is only in some builds of it; the one that scripts/opa.sh makes has it. */
const opaRunsWasm = /WebAssembly: available/.test(opa(['version']));

describe('init', () => {
  test('makes a repository that passes its own CI, and plain opa test as well', async () => {
    expect(await policy('init')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('portcullis policy test'),
    });
    const ci = await policy('ci', '--markdown', 'report.md');
    expect(ci).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/ok {3}check {2}0 findings[\s\S]*\nok\n$/),
    });
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain('## Policy: passed');
    expect(opa(['test', 'policies', 'tests', 'library'], folder)).toContain('PASS: 7/7');
    expect(opa(['fmt', '--list', 'policies', 'tests'], folder)).toBe('');
  });

  test('overwrites nothing', async () => {
    write('mine.txt', 'x');
    expect(await policy('init')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is not empty (mine.txt'),
    });
  });
});

describe('build', () => {
  test('says the same name for the same sources, and the gate can run what it built', async () => {
    write('policies/mine.rego', RULE);
    const [first, second] = [await policy('build', '--json'), await policy('build', '--json')];
    expect(first).toMatchObject({ exitCode: 0, stdout: second.stdout });
    expect(JSON.parse(first.stdout)).toMatchObject({
      revision: expect.stringMatching(/^policy-[0-9a-f]{12}$/),
    });
  });

  test.each([
    {
      name: 'a built-in the engine does not have',
      text: RULE.replace('input.tool == "no"', 'http.send({}).x'),
      says: 'http.send',
    },
    { name: 'Rego that does not parse', text: 'package x\n}', says: 'mine.rego:2' },
  ])('tells of $name in words of OPA', async ({ text, says }) => {
    write('policies/mine.rego', text);
    expect(await policy('build')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(says) });
  });

  test('takes the data of the author in place of the defaults, name by name', async () => {
    write('policies/mine.rego', RULE);
    write('policies/data.yaml', 'grants: [{ tools: ["a__*"] }]\nteams: { red: [ann] }\n');
    await policy('build');
    const data = JSON.parse(await untar('/data.json')) as Record<string, unknown>;
    expect(data).toMatchObject({
      grants: [{ tools: ['a__*'] }],
      teams: { red: ['ann'] },
      chain_rules: [],
      packs: {},
    });
  });

  test('leaves tests out', async () => {
    write('policies/mine.rego', RULE);
    write('policies/mine_test.rego', TEST);
    await policy('build');
    expect((await run('tar', ['tzf', 'bundle.tar.gz'], { cwd: folder })).stdout).not.toContain('_test.rego');
  });

  test('a folder that is not there is named', async () => {
    expect(await policy('build', 'nowhere')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('nowhere: there is no such'),
    });
  });

  async function untar(name: string): Promise<string> {
    return (await run('tar', ['xzOf', 'bundle.tar.gz', name], { cwd: folder })).stdout;
  }
});

describe('test', () => {
  test('runs every test in both engines', async () => {
    write('policies/mine.rego', RULE);
    write('tests/mine_test.rego', TEST);
    const ran = await policy('test', '--json');
    expect(ran.exitCode).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: true,
      engines: [
        { engine: 'opa', passed: 1 },
        { engine: 'opa wasm' },
        { engine: 'portcullis', passed: 1, failed: [] },
      ],
    });
  });

  test('a pattern only one engine reads passes in OPA and fails in the gate’s', async () => {
    write(
      'policies/mine.rego',
      RULE.replace('input.tool == "no"', () => 'regex.match(`^(?<word>no)$`, input.tool)'),
    );
    write('tests/mine_test.rego', TEST);
    const ran = await policy('test', '--json');
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      engines: [{ passed: 1, failed: [] }, {}, { passed: 0, failed: ['data.mine_test.test_no'] }],
    });
  });

  test.skipIf(!opaRunsWasm)(
    'a row of a table that holds in OPA’s interpreter alone fails in its WebAssembly',
    async () => {
      write(
        'policies/mine.rego',
        RULE.replace('input.tool == "no"', () => 'regex.match(`^(?<word>no)$`, input.tool)'),
      );
      write('tests/mine_test.rego', TABLE);
      const ran = await policy('test', '--json');
      expect(ran.exitCode).toBe(1);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        engines: [
          { passed: 2, failed: [] },
          { passed: 1, failed: ['data.mine_test.test_row: refused'] },
          { passed: 1, failed: ['data.mine_test.test_row: refused'] },
        ],
      });
    },
  );

  test('a test that does not load is told in words of OPA, not taken for none', async () => {
    write('policies/mine.rego', RULE);
    write('tests/mine_test.rego', `${TEST}\ntest_odd if nowhere.to_be(found)\n`);
    expect(await policy('test')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/opa test did not run:[\s\S]*mine_test\.rego:5/),
    });
  });

  test('a test that only OPA can run is named and not counted as passed', async () => {
    write('policies/mine.rego', RULE);
    write('tests/mine_test.rego', TEST);
    write(
      'tests/odd_test.rego',
      'package odd_test\n\ntest_odd if rego.parse_module("x.rego", "package x")\n',
    );
    const ran = await policy('test');
    expect(ran).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /portcullis 1 passed, 0 failed, 1 skipped\n {4}skipped: tests\/odd_test\.rego: .*rego\.parse_module/,
      ),
    });
  });

  test.each([
    {
      name: 'a failing test',
      files: { 'tests/mine_test.rego': TEST.replace('== 1', '== 2') },
      says: 'FAIL data.mine_test.test_no',
    },
    { name: 'no tests', files: {}, says: 'There are no tests.' },
    {
      name: 'lines no test reaches',
      files: {
        'tests/mine_test.rego': TEST,
        'policies/other.rego':
          RULE.replaceAll('mine', 'other') +
          RULE.slice(RULE.indexOf('block')).replace('"no"', '"never"').replace('mine.no', 'x.y'),
      },
      says: 'policies/other.rego:',
    },
  ])('$name fails it', async ({ files, says }) => {
    write('policies/mine.rego', RULE);
    for (const [name, text] of Object.entries(files)) write(name, text);
    expect(await policy('test', '--coverage', '100')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining(says),
    });
  });
});

describe('check and fmt', () => {
  test.each([
    { name: 'a plain rule', text: RULE, exitCode: 0, says: 'ok, no findings' },
    {
      name: 'a misspelt member',
      text: RULE.replace('input.tool', 'input.tol'),
      exitCode: 1,
      says: 'policies/mine.rego:9: rego_type_error',
    },
    {
      name: 'a clock',
      text: RULE.replace('input.tool == "no"', 'http.send({}).x'),
      exitCode: 1,
      says: 'A decision cannot wait for a network',
    },
    {
      name: 'a rule that never fires',
      text: RULE.replace('"no"', '"a__no"'),
      exitCode: 1,
      says: 'policies/mine.rego:9: unreachable',
    },
    {
      name: 'another form',
      text: RULE.replace('\tinput.tool', '  input.tool'),
      exitCode: 1,
      says: 'Run portcullis policy fmt',
    },
  ])('$name', async ({ text, exitCode, says }) => {
    write('policies/mine.rego', text);
    expect(await policy('check')).toMatchObject({ exitCode, stdout: expect.stringContaining(says) });
  });

  test('data that the library would not understand is told by file and line', async () => {
    write('policies/mine.rego', RULE);
    write('policies/data.yaml', 'grants:\n  - tools: ["a__*"]\n  - tool: ["b__*"]\nteams: {}\n');
    const ran = await policy('check', '--json');
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.stdout).findings).toMatchObject([
      {
        check: 'data',
        file: 'policies/data.yaml',
        line: 3,
        message: expect.stringContaining('did you mean tools?'),
      },
    ]);
  });

  test('patterns in data that the engine cannot read, or not so many of, are told', async () => {
    write('policies/mine.rego', RULE);
    const many = Array.from({ length: 51 }, (_, at) => `"*__read_${at}_*"`).join(', ');
    write('policies/data.yaml', `grants:\n  - tools: [${many}]\n  - tools: ["a__[", "b__*"]\nteams: {}\n`);
    const ran = await policy('check', '--json');
    expect(JSON.parse(ran.stdout).findings).toMatchObject([
      { check: 'data', line: 3, message: expect.stringContaining('no glob that can be read') },
      { check: 'patterns', line: 1, message: expect.stringContaining('52 distinct globs') },
    ]);
    write(
      'policies/data.yaml',
      `grants:\n  - tools: [${many.replace('"*__read_0_*", ', '')}, "*.x", "a__*"]\n`,
    );
    expect(await policy('check')).toMatchObject({ exitCode: 0 });
  });

  test('fmt writes the form that check wants', async () => {
    write('policies/mine.rego', RULE.replace('\tinput.tool', '  input.tool'));
    expect(await policy('fmt', '--check')).toMatchObject({ exitCode: 1, stdout: 'policies/mine.rego\n' });
    expect(await policy('fmt')).toMatchObject({ exitCode: 0, stdout: 'policies/mine.rego\n' });
    expect(await policy('check')).toMatchObject({ exitCode: 0 });
  });
});

describe('ci', () => {
  test('tells of everything that is wrong in one run', async () => {
    write('policies/mine.rego', RULE.replace('"no"', '"a__no"'));
    write('tests/mine_test.rego', TEST);
    write('recorded/x.jsonl', 'hello\n');
    const ran = await policy('ci', '--markdown', 'report.md');
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toMatch(
      /FAIL check {2}1 findings[\s\S]*FAIL test[\s\S]*ok {3}build[\s\S]*FAIL replay[\s\S]*FAIL\n$/,
    );
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toMatch(
      /## Policy: failed[\s\S]*❌ check[\s\S]*1 lines that could not be read/,
    );
  });
});

test('the policy that is shipped passes as an author’s would, its record replayed and nothing changed since', async () => {
  const ran = await run('make', ['--silent', '--no-print-directory', 'policy-ci'], {
    env: { ...process.env, OPA: opaPath() },
  });
  expect(ran, ran.stdout).toMatchObject({ exitCode: 0, stderr: '' });
  const steps =
    /ok {3}check {2}0 findings\nok {3}test .*\nok {3}build .*\nok {3}replay (.*)\nok {3}diff {3}(.*)\nok\n$/;
  const [, replay, diff] = steps.exec(ran.stdout) ?? [];
  expect(replay).toMatch(/^[1-9]\d* decisions: \d+ the same, 0 looser, 0 tighter$/);
  expect(diff).toBe('0 rules and 0 names of data can decide otherwise');
}, 180_000);

test('without an OPA every command that needs one says how to get it', async () => {
  write('policies/mine.rego', RULE);
  const ran = await run(process.execPath, [CLI, 'policy', 'test', '--opa', join(folder, 'none')], {
    cwd: folder,
  });
  expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/is not an OPA.*install it/) });
});
