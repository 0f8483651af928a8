/**
 * How long a replay takes: `npm run bench:replay [-- LINES]`. Writes a log of so many decisions (a million by default) in
 * the form the gate writes them, calls that pass and calls that do not, with data of scopes and grants; replays it; and
 * prints decisions a second.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadPolicy } from '../proxy/services/policy/load-policy.ts';

const lines = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'bench-replay-'));
const DATA = {
  grants: [{ roles: ['developer'], tools: ['filesystem__*', 'fetch__*', 'git.git_*'] }],
  scopes: {
    filesystem: { read: ['/workspace/**'], write: ['/workspace/drafts/**'], deny: ['.env', 'secrets'] },
  },
  require_approval_for: ['git__git_reset'],
};

try {
  const data = join(folder, 'data.json');
  writeFileSync(data, JSON.stringify(DATA));
  const log = join(folder, 'audit.jsonl');
  await writeLog(log, data);
  process.stdout.write(`${lines} decisions, ${(statSync(log).size / 1e6).toFixed(0)} MB\n`);
  for (const [name, file] of [
    ['the same policy', data],
    ['scopes taken away', undefined],
  ] as const) {
    const began = performance.now();
    const args = ['cli/portcullis.ts', 'policy', 'replay', log, '--fail-on', 'none', '--json'];
    const ran = spawnSync(process.execPath, file ? [...args, '--data', file] : args, {
      cwd: resolve(import.meta.dirname, '..'),
      encoding: 'utf8',
    });
    const seconds = (performance.now() - began) / 1000;
    const { same, looser, tighter } = JSON.parse(ran.stdout) as Record<string, number>;
    process.stdout.write(
      `${name}: ${seconds.toFixed(1)} s, ${Math.round(lines / seconds)} a second; ${same} same, ${looser} looser, ${tighter} tighter\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function writeLog(log: string, data: string): Promise<void> {
  const policy = await loadPolicy(
    { data, isolation: 'inline', deadlineMs: 250, maxPages: 512 },
    process.cwd(),
  );
  const made = inputs().map((input) => {
    const evaluation = policy.evaluate(JSON.stringify(input));
    if (evaluation.kind !== 'value') throw new Error('the policy does not answer');
    return { input: JSON.stringify(input), result: JSON.stringify(evaluation.value) };
  });
  const fd = openSync(log, 'w');
  let text = '';
  for (let index = 0; index < lines; index++) {
    const { input, result } = made[index % made.length] as (typeof made)[number];
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    text += `{"decision_id":"${id}","labels":{"id":"bench"},"timestamp":"2026-01-01T00:00:00.000Z","bundles":{"portcullis":{"revision":"bench"}},"path":"mcp/main/decision","requested_by":"ci-agent","input":${input},"result":${result},"metrics":{"timer_rego_query_eval_ns":20000},"custom":{"record":"decision","action":"forward"}}\n`;
    if (text.length > 1_000_000) {
      writeSync(fd, text);
      text = '';
    }
  }
  writeSync(fd, text);
  closeSync(fd);
}

function inputs(): readonly object[] {
  const tools = ['read_text_file', 'write_file', 'list_directory', 'move_file'];
  const paths = ['/workspace/notes/a.md', '/workspace/drafts/b.md', '/workspace/.env', '/etc/passwd'];
  return tools.flatMap((tool) =>
    paths.map((path) => ({
      v: 1,
      phase: 'request',
      direction: 'to_server',
      transport: 'http',
      protocol: '2026-07-28',
      method: 'tools/call',
      server: 'filesystem',
      tool,
      name: `filesystem__${tool}`,
      args: { path, content: 'x'.repeat(300) },
      paths: [
        {
          at: '/args/path',
          raw: path,
          path,
          op: tool.startsWith('write') ? 'write' : 'read',
          suspicious: [],
          declared: true,
        },
      ],
      caller: {
        subject: 'ci-agent',
        org: 'acme',
        roles: ['developer'],
        permissions: [],
        auth: 'jwt',
        claims: {},
      },
      labels: {},
      time: { epoch: 1795251600, weekday: 'saturday', hour: 9, minute: 40, tz: 'UTC' },
      mode: 'enforce',
    })),
  );
}
