/** What fired and what almost did, told of real decisions with the real OPA. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../support/command.ts';
import { opaPath } from '../../support/opa.ts';

const OWN = `# METADATA
# title: Mail
package mcp.rules.mail

import data.mcp.lib.chain

block contains _after_private if {
	input.phase == "request"
	input.tool == "send_mail"
	chain.after("read_private", 3600)
}

# METADATA
# title: Mail after private
# custom:
#   code: mail.after_private
_after_private := {"code": "mail.after_private", "message": "No."}

require_approval contains _late if {
	input.phase == "request"
	input.time.hour > 18
}

# METADATA
# title: Late
# custom:
#   code: mail.late
_late := {"code": "mail.late", "message": "Late."}
`;
const INPUT = {
  v: 1,
  phase: 'request',
  direction: 'to_server',
  transport: 'http',
  protocol: '2026-07-28',
  method: 'tools/call',
  server: 'mail',
  tool: 'send_mail',
  name: 'mail__send_mail',
  args: {},
  caller: { subject: 'ann', roles: [], permissions: [], auth: 'jwt', claims: {} },
  labels: {},
  time: { epoch: 1, weekday: 'monday', hour: 9, minute: 0, tz: 'UTC' },
  mode: 'enforce',
};
// Each asks OPA some hundred questions, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 });

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'explain-'));
  write('mail.rego', OWN);
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function explain(input: object | string, data: object, ...more: readonly string[]) {
  const what = typeof input === 'string' ? input : write('input.json', JSON.stringify(input));
  const args = [
    'policy',
    'explain',
    what,
    '-p',
    join(folder, 'mail.rego'),
    '--data',
    write('data.json', JSON.stringify(data)),
  ];
  return run(process.execPath, ['cli/portcullis.ts', ...args, '--opa', opaPath(), ...more]);
}

const GRANTS = { grants: [{ tools: ['*'] }] };

describe('explain', () => {
  test.each([
    {
      name: 'a rule that almost fired, and what it wanted',
      input: INPUT,
      data: GRANTS,
      says: [
        /The verdict is allow\./,
        /mail\.late \(mcp\.rules\.mail\.require_approval, .*mail\.rego:19; 1 of 2\)\n {4}wanted: input\.time\.hour > 18\n {4}but input\.time\.hour is 9/,
      ],
    },
    {
      name: 'what a helper looked back at',
      input: { ...INPUT, labels: { other: { age_s: 1, from: 'a__b' } } },
      data: GRANTS,
      says: [
        /mail\.after_private .*2 of 3\)\n {4}wanted: chain\.after\("read_private", 3600\)\n {4}but input\.labels is \{"other"/,
      ],
    },
    {
      name: 'a member that is missing',
      input: { ...INPUT, time: undefined },
      data: GRANTS,
      says: [/but there is no input\.time\.hour/],
    },
    {
      name: 'what fired, in its own words',
      input: { ...INPUT, labels: { read_private: { age_s: 5, from: 'a__b' } } },
      data: GRANTS,
      says: [
        /The verdict is block for mail\.after_private\./,
        /What fired:\n {2}mail\.after_private \(mcp\.rules\.mail\)\n {4}No\./,
      ],
    },
    {
      name: 'a grant that is missing, and what would help',
      input: INPUT,
      data: {},
      says: [/The verdict is block for policy\.no_grant\./, /Whoever runs this gate can add one to grants/],
    },
    {
      name: 'grants that would have given it but for one thing',
      input: { ...INPUT, tool: 'send', name: 'mail__send', caller: { ...INPUT.caller, roles: ['reader'] } },
      data: {
        grants: [
          { tools: ['mail__*'], roles: ['writer', 'admin'] },
          { tools: ['mail__read_*'], roles: ['reader'] },
          { tools: ['crm__*'], roles: ['writer'] },
        ],
      },
      says: [
        /What nearly granted it:\n {2}grants\[0\] gives tools \["mail__\*"\], to roles \["writer","admin"\]\n {4}but the caller's roles are \["reader"\]\n/,
        / {2}grants\[1\] gives tools \["mail__read_\*"\], to roles \["reader"\]\n {4}but none of these is mail__send\n/,
        /^(?![\s\S]*grants\[2\])/,
      ],
    },
    {
      name: 'what a condition wanted that a rule stands on',
      input: { ...INPUT, tool: 'send_mail', name: 'post__send_mail' },
      data: { ...GRANTS, packs: { exfiltration: {} } },
      says: [
        /exfiltration\.leaves .*; 1 of \d\)\n {4}wanted: chain\.after\("read_private", settings\.of\("exfiltration", "window_s"\)\)\n {4}but input\.labels/,
      ],
    },
    {
      name: 'a pack that is awake, and none that sleeps',
      input: { ...INPUT, tool: 'git_checkout', name: 'git__git_checkout', args: { branch_name: 'main' } },
      data: { ...GRANTS, packs: { git: {} } },
      says: [/The verdict is block for git\.protected/, /^(?![\s\S]*mcp\.packs\.sql)/],
    },
  ])('tells $name', async ({ input, data, says }) => {
    const ran = await explain(input, data, '--all');
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    for (const text of says) expect(ran.stdout).toMatch(text);
  });

  test('finds a decision in the record, and says when it was another one then', async () => {
    const result = { verdict: 'allow', reasons: [] };
    const line = { decision_id: 'the-id', labels: {}, input: INPUT, result, custom: { record: 'decision' } };
    const log = write('audit.jsonl', `{"decision_id":"other"}\n${JSON.stringify(line)}\n`);
    const ran = await explain('the-id', {}, '--log', log);
    expect(ran.stdout).toMatch(
      /The verdict is block for policy\.no_grant\.\nWhen it was recorded it was allow\./,
    );
  });

  test('speaks JSON', async () => {
    const ran = await explain(INPUT, GRANTS, '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({
      decision: { verdict: 'allow' },
      almost: expect.arrayContaining([
        expect.objectContaining({ code: 'mail.late', held: 1, of: 2, line: 19 }),
      ]),
    });
  });

  test('does not show a secret of an input that was never masked', async () => {
    const secret = `AKIA${'Z7Q2M4X9P1L8K3J6'}`;
    const input = { ...INPUT, labels: { [secret]: { age_s: 1, from: 'a__b' } }, args: { body: secret } };
    const ran = await explain(input, GRANTS, '--all');
    expect(ran.stdout).not.toContain(secret);
  });

  test.each([
    { name: 'no such file or decision', what: () => 'nothing', says: 'there is no record at' },
    { name: 'no JSON', what: () => write('bad.json', 'hello'), says: 'is not JSON' },
    { name: 'no input', what: () => write('odd.json', '{"a":1}'), says: 'phase is missing' },
  ])('says in words that there is $name', async ({ what, says }) => {
    const ran = await explain(what(), GRANTS, '--log', join(folder, 'nowhere.jsonl'));
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(says) });
  });
});

describe('where a refused value came from', () => {
  const SEEN = {
    server: 'mail',
    tool: 'search',
    name: 'mail__search',
    how: 'part',
    field: '/*/body',
    age_s: 3,
  };
  const FIRST = { in: 'result', age_s: 3, labels: [] };
  const DATA = {
    ...GRANTS,
    packs: { data_flow: {} },
    tools: { mail: { send_mail: { effects: ['send'], source: 'record', sinks: { '/to': 'address' } } } },
  };
  const to = (...provenance: object[]) => ({
    ...INPUT,
    args: { to: 'mallory@evil.example', cc: 'ann@corp.example' },
    provenance: [
      ...provenance,
      { at: '/args/cc', kind: 'address', seen: [], first: { in: 'args', age_s: 9, labels: [] } },
    ],
  });

  test.each([
    {
      name: 'the answer that first had it',
      entry: { at: '/args/to', kind: 'address', seen: [SEEN], first: FIRST },
      says: 'mallory@evil.example (/args/to) was first seen inside the text of mail__search, 3 s ago\n',
    },
    {
      name: 'those that had it later',
      entry: {
        at: '/args/to',
        kind: 'address',
        seen: [SEEN, { server: 'web', method: 'resources/read', how: 'whole', field: '/x', age_s: 1 }],
        first: FIRST,
      },
      says: 'inside the text of mail__search, 3 s ago, and later as a field of resources/read of web, 1 s ago\n',
    },
    {
      name: 'what it can be made of',
      entry: { at: '/args/to', kind: 'address', seen: [], made_from: [{ ...SEEN, as: 'base64' }] },
      says: 'was never seen like this; it stood in base64 inside the text of mail__search, 3 s ago\n',
    },
    {
      name: 'the mailbox it belongs to',
      entry: {
        at: '/args/to',
        kind: 'address',
        seen: [],
        pieces: [{ of: 'base', text: 'mallory@evil.example', seen: [SEEN], first: FIRST }],
      },
      says: 'was never seen before; its base mallory@evil.example was first seen inside the text of mail__search',
    },
  ])('$name', async ({ entry, says }) => {
    const { stdout } = await explain(to(entry), DATA);
    expect(stdout).toContain('The verdict is require_approval for data_flow.planted.');
    expect(stdout).toContain('Where that came from:');
    expect(stdout).toContain(says);
    expect(stdout).not.toContain('(/args/cc)');
  });

  test('as JSON', async () => {
    const { stdout } = await explain(
      to({ at: '/args/to', kind: 'address', seen: [SEEN], first: FIRST }),
      DATA,
      '--json',
    );
    expect((JSON.parse(stdout) as { origins: unknown }).origins).toEqual([
      {
        at: '/args/to',
        value: 'mallory@evil.example',
        told: 'first seen inside the text of mail__search, 3 s ago',
      },
    ]);
  });

  test('nothing of what is let through', async () => {
    const { stdout } = await explain(to({ at: '/args/to', kind: 'address', seen: [] }), DATA);
    expect(stdout).not.toContain('Where that came from');
  });
});
