/** What is said of policy data before any rule reads it. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { policyData, policyDataProblems } from '../../../proxy/config/policy-data.ts';
import { readAnnotations } from '../../../scripts/metadata.ts';

describe('what is shipped has no problems', () => {
  const files = ['policies/data.yaml', 'config/data.yaml', 'config/policy-data.example.yaml'];
  test.each([...files, ...globSync('examples/*/data.yaml')])('%s', (file) => {
    expect(policyDataProblems(parseYaml(readFileSync(file, 'utf8')))).toEqual([]);
  });
});

describe('a problem', () => {
  test.each([
    { data: [], want: [': Invalid input'] },
    { data: { grants: [{ tool: ['a'] }] }, want: ['grants.0.tool: is not a setting; did you mean tools?'] },
    { data: { grants: [{ tools: ['a['] }] }, want: ['grants.0.tools.0: is no glob that can be read'] },
    { data: { scopes: { fs: { deny: ['[]'] } } }, want: ['scopes.fs.deny.0: is no glob that can be read'] },
    {
      data: { packs: { filesystem: { protected: ['*.pem', '[z-a]'] } } },
      want: ['packs.filesystem.protected.1: is no glob that can be read'],
    },
    { data: { block_patterns: [{ regex: 'a(?=b)' }] }, want: ['block_patterns.0.regex: is no pattern'] },
    { data: { grants: { tools: [] } }, want: ['grants: Invalid input: expected array'] },
    { data: { grants: [{ roles: 'x' }] }, want: ['grants.0.roles: Invalid input: expected array'] },
    { data: { scopes: { fs: {} } }, want: ['scopes.fs: confines nothing'] },
    {
      data: { scopes: { fs: { reads: ['/a'] } } },
      want: ['scopes.fs.reads: is not a setting; did you mean read?'],
    },
    { data: { scopes: { fs: { read: '/a' } } }, want: ['scopes.fs.read: Invalid input'] },
    {
      data: { chain_rules: [{ name: 'a', pattern: ['a'], action: 'block' }] },
      want: ['chain_rules.0.pattern: Too small'],
    },
    {
      data: { chain_rules: [{ name: 'a', pattern: ['a', 'b'], action: 'deny' }] },
      want: ['chain_rules.0.action: Invalid option'],
    },
    {
      data: { chain_rules: [{ name: 'a', patern: ['a', 'b'], action: 'block' }] },
      want: ['chain_rules.0.patern: is not a setting; did you mean pattern?'],
    },
    { data: { require_approval_for: 'a' }, want: ['require_approval_for: Invalid input'] },
    { data: { block_patterns: [{ name: 'a' }] }, want: ['block_patterns.0.text: Invalid input'] },
    {
      data: { block_patterns: [{ text: 'a', regex: 'b' }] },
      want: ['block_patterns.0.regex: does not go with the settings beside it'],
    },
    { data: { tools: { a: { b: { args: { c: 'pth' } } } } }, want: ['tools.a.b.args.c: Invalid option'] },
    {
      data: { tools: { a: { b: { label: ['x'] } } } },
      want: ['tools.a.b.label: is not a setting; did you mean labels?'],
    },
    { data: { redaction: { detectors: ['secrets'] } }, want: ['redaction.detectors.0: Invalid option'] },
    {
      data: { packs: { filesytem: {} } },
      want: ['packs.filesytem: is not a setting; did you mean filesystem?'],
    },
    {
      data: { packs: { sql: { alow: [] } } },
      want: ['packs.sql.alow: is not a setting; did you mean allow?'],
    },
    { data: { packs: { egress: null } }, want: ['packs.egress: Invalid input'] },
    {
      data: { packs: { tool_poisoning: { pins: { a: 'sha256:1' } } } },
      want: ['packs.tool_poisoning.pins.a: is no digest'],
    },
    {
      data: { chain_rule: [] },
      want: ['chain_rule: is not a name that the policy reads; did you mean chain_rules?'],
    },
  ])('$data', ({ data, want }) => {
    const lines = policyDataProblems(data).map(({ path, message }) => `${path}: ${message}`);
    expect(lines).toEqual(want.map((text) => expect.stringContaining(text)));
  });
});

test('a name of the author’s is not looked at, unless it is nearly one of ours and the policy does not know it', () => {
  expect(policyDataProblems({ teams: 1, mail_words: [] })).toEqual([]);
  expect(policyDataProblems({ tool: 1 })).toHaveLength(1);
  expect(policyDataProblems({ tool: 1 }, ['tool'])).toEqual([]);
});

test('packs and their settings are those that the rules read, that have defaults, and that are told of', () => {
  const { pack_settings: settings } = parseYaml(readFileSync('policies/data.yaml', 'utf8')) as {
    readonly pack_settings: Readonly<Record<string, object>>;
  };
  const inData = Object.entries(settings).map(([name, pack]) => [name, Object.keys(pack).toSorted()]);
  const { packs } = policyData.shape;
  const inSchema = Object.entries(packs.unwrap().shape).map(([name, pack]) => [
    name,
    Object.keys(pack.unwrap().shape).toSorted(),
  ]);
  expect(inSchema.toSorted()).toEqual(inData);
  for (const [name, names] of inData as [string, string[]][]) {
    const files = globSync(`policies/packs/${name}/*.rego`);
    const source = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const read = [...source.matchAll(/settings\.of\("(\w+)", "(\w+)"\)/g)].map(([, pack, setting]) => {
      expect(pack).toBe(name);
      return setting;
    });
    expect([...new Set(read)].toSorted()).toEqual(names);
    const told = readAnnotations(`policies/packs/${name}/${name}.rego`)[0]?.custom?.settings ?? {};
    expect(Object.keys(told).toSorted()).toEqual(names);
  }
});
