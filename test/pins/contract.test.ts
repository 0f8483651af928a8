/**
 * The policy contract, version 1, in literals: every policy in the field is written against these names. What is added
 * here is an addition to the contract; what is taken away or renamed is version 2.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { HOST_BUILTINS } from '../../proxy/decide/builtins/table.ts';
import { DETECTORS, PHASES, policyDecision, policyInput, REPLACEMENTS } from '../../proxy/decide/contract.ts';
import { ENGINE_FAILURES } from '../../proxy/decide/evaluation.ts';
import { FINDERS } from '../../proxy/decide/redact/detectors.ts';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly additionalProperties?: Node | boolean;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly type?: string;
}

/** One line for each member, e.g. `paths[].at string`, optional ones with a question mark. */
function membersOf(node: Node, path = ''): string[] {
  if (node.anyOf) return node.anyOf.flatMap((each) => membersOf(each, path));
  if (node.items && node.items.type !== 'string') return membersOf(node.items, `${path}[]`);
  if (node.properties) {
    expect(node.additionalProperties).toBe(false);
    const required = new Set(node.required);
    const start = path === '' ? '' : `${path}.`;
    return Object.entries(node.properties).flatMap(([name, each]) =>
      membersOf(each, `${start}${name}${required.has(name) ? '' : '?'}`),
    );
  }
  if (typeof node.additionalProperties === 'object' && node.additionalProperties.type) {
    return membersOf(node.additionalProperties, `${path}.*`);
  }
  const kind = node.enum?.join(' | ') ?? (node.const !== undefined ? JSON.stringify(node.const) : undefined);
  return [`${path} ${kind ?? (node.items ? 'strings' : (node.type ?? 'any'))}`];
}

const shapeOf = (schema: z.ZodType) => membersOf(z.toJSONSchema(schema) as Node);

test('the policy input', () => {
  expect(shapeOf(policyInput)).toEqual(INPUT);
});

test('the policy decision', () => {
  expect(shapeOf(policyDecision)).toEqual(DECISION);
});

test('phases, detectors and replacements', () => {
  expect(PHASES).toEqual([
    'request',
    'response',
    'list',
    'server_request',
    'client_response',
    'notification',
  ]);
  expect(DETECTORS).toEqual(['secret', 'private_key', 'jwt', 'email', 'card', 'iban', 'phone']);
  expect(Object.keys(FINDERS)).toEqual([...DETECTORS]);
  expect(REPLACEMENTS).toEqual(['mask', 'hash', 'drop']);
});

test('what the record may say of an engine that broke', () => {
  expect(Object.keys(ENGINE_FAILURES)).toEqual([
    'engine.threw',
    'engine.trap',
    'engine.timeout',
    'engine.memory',
    'engine.patterns',
    'engine.input',
    'engine.output',
    'engine.missing',
  ]);
});

/** What a policy may call beyond what OPA compiles into the module. */
const BUILTINS = [
  'crypto.hmac.sha256',
  'crypto.sha256',
  'glob.quote_meta',
  'hex.decode',
  'hex.encode',
  'net.cidr_is_valid',
  'object.subset',
  'regex.find_n',
  'regex.replace',
  'regex.split',
  'semver.compare',
  'semver.is_valid',
  'sprintf',
  'strings.any_prefix_match',
  'strings.any_suffix_match',
  'strings.count',
  'time.add_date',
  'time.clock',
  'time.date',
  'time.now_ns',
  'time.parse_rfc3339_ns',
  'time.weekday',
  'urlquery.decode',
  'urlquery.encode',
];

test('the built-ins of the host, each named to OPA', () => {
  expect(Object.keys(HOST_BUILTINS)).toEqual(BUILTINS);
  const file = join(import.meta.dirname, '../../config/opa-capabilities.json');
  const named = (JSON.parse(readFileSync(file, 'utf8')) as { builtins: { name: string }[] }).builtins;
  expect(named.map(({ name }) => name)).toEqual(expect.arrayContaining(BUILTINS));
});

test('nothing a policy may call reaches the network, the disk or the environment', () => {
  const file = join(import.meta.dirname, '../../config/opa-capabilities.json');
  const { builtins, allow_net } = JSON.parse(readFileSync(file, 'utf8')) as {
    builtins: { name: string }[];
    allow_net: string[];
  };
  const reaching =
    /^(http\.|net\.lookup|opa\.runtime|rego\.parse_module|io\.|providers\.|trace|rand\.|uuid\.)/;
  expect(builtins.map(({ name }) => name).filter((name) => reaching.test(name))).toEqual([]);
  expect(allow_net).toEqual([]);
});

const INPUT: readonly string[] = [
  'v 1',
  'phase request | response | list | server_request | client_response | notification',
  'direction to_server | to_client',
  'transport http | sse | ws | stdio',
  'protocol string',
  'method string',
  'server string',
  'tool? string',
  'name? string',
  'args? object',
  'annotations? object',
  'tool_digest? string',
  'uri? string',
  'prompt? string',
  'task? string',
  'params? object',
  'item? object',
  'paths?[].at string',
  'paths?[].raw string',
  'paths?[].path string',
  'paths?[].op read | write | delete | unknown',
  'paths?[].suspicious strings',
  'paths?[].declared boolean',
  'hosts?[].at string',
  'hosts?[].host string',
  'hosts?[].ip? string',
  'hosts?[].private boolean',
  'hosts?[].scheme string',
  'hosts?[].port? integer',
  'sql?[].at string',
  'sql?[].verbs strings',
  'sql?[].tables strings',
  'sql?[].parsed boolean',
  'secrets?[].at string',
  'secrets?[].class string',
  'secrets?[].count integer',
  'unknown? strings',
  'caller.subject string',
  'caller.org? string',
  'caller.plan? string',
  'caller.roles strings',
  'caller.permissions strings',
  'caller.agent? string',
  'caller.auth none | api_key | jwt | mtls',
  'caller.claims object',
  'session?.id string',
  'session?.age_s number',
  'labels.*.age_s number',
  'labels.*.from string',
  'history?.calls[].name string',
  'history?.calls[].verdict string',
  'history?.calls[].age_s number',
  'history?.calls[].labels strings',
  'history?.counts.* integer',
  'provenance?[].at string',
  'provenance?[].kind address | url | host | account | path | number | word | text',
  'provenance?[].inside? string',
  'provenance?[].seen[].server string',
  'provenance?[].seen[].tool? string',
  'provenance?[].seen[].name? string',
  'provenance?[].seen[].method? string',
  'provenance?[].seen[].how whole | part',
  'provenance?[].seen[].field string',
  'provenance?[].seen[].label? string',
  'provenance?[].seen[].age_s number',
  'provenance?[].seen[].alone? true',
  'provenance?[].seen[].brief? true',
  'provenance?[].seen[].mailbox? true',
  'provenance?[].seen[].echo? true',
  'provenance?[].seen[].after_use? true',
  'provenance?[].more? true',
  'provenance?[].first?.in args | result',
  'provenance?[].first?.age_s number',
  'provenance?[].first?.labels strings',
  'provenance?[].used?.how whole | part',
  'provenance?[].used?.age_s number',
  'provenance?[].used?.labels strings',
  'provenance?[].pieces?[].of host | site | base | like | folder | tail | part',
  'provenance?[].pieces?[].text string',
  'provenance?[].pieces?[].apart? true',
  'provenance?[].pieces?[].seen[].server string',
  'provenance?[].pieces?[].seen[].tool? string',
  'provenance?[].pieces?[].seen[].name? string',
  'provenance?[].pieces?[].seen[].method? string',
  'provenance?[].pieces?[].seen[].how whole | part',
  'provenance?[].pieces?[].seen[].field string',
  'provenance?[].pieces?[].seen[].label? string',
  'provenance?[].pieces?[].seen[].age_s number',
  'provenance?[].pieces?[].seen[].alone? true',
  'provenance?[].pieces?[].seen[].brief? true',
  'provenance?[].pieces?[].seen[].mailbox? true',
  'provenance?[].pieces?[].seen[].echo? true',
  'provenance?[].pieces?[].seen[].after_use? true',
  'provenance?[].pieces?[].more? true',
  'provenance?[].pieces?[].first?.in args | result',
  'provenance?[].pieces?[].first?.age_s number',
  'provenance?[].pieces?[].first?.labels strings',
  'provenance?[].pieces?[].used?.how whole | part',
  'provenance?[].pieces?[].used?.age_s number',
  'provenance?[].pieces?[].used?.labels strings',
  'provenance?[].made_from?[].server string',
  'provenance?[].made_from?[].tool? string',
  'provenance?[].made_from?[].name? string',
  'provenance?[].made_from?[].method? string',
  'provenance?[].made_from?[].how whole | part',
  'provenance?[].made_from?[].field string',
  'provenance?[].made_from?[].label? string',
  'provenance?[].made_from?[].age_s number',
  'provenance?[].made_from?[].alone? true',
  'provenance?[].made_from?[].brief? true',
  'provenance?[].made_from?[].mailbox? true',
  'provenance?[].made_from?[].echo? true',
  'provenance?[].made_from?[].after_use? true',
  'provenance?[].made_from?[].as words | reversed | base64 | hex | rot13 | decimal',
  'provenance?[].intent? boolean',
  'approval?.id string',
  'approval?.approver string',
  'approval?.age_s number',
  'approval?.message string',
  'time?.epoch number',
  'time?.weekday string',
  'time?.hour integer',
  'time?.minute integer',
  'time?.tz string',
  'result?.is_error boolean',
  'result?.bytes integer',
  'result?.text_sample string',
  'result?.secrets[].at string',
  'result?.secrets[].class string',
  'result?.secrets[].count integer',
  'result?.urls strings',
  'result?.content_types strings',
  'mode enforce | shadow',
];

const DECISION: readonly string[] = [
  'verdict allow | redact | require_approval | block',
  'reasons[].code string',
  'reasons[].message string',
  'reasons[].rule string',
  'redact?[].at string',
  'redact?[].with? mask | hash | drop',
  'redact?[].detector secret | private_key | jwt | email | card | iban | phone',
  'redact?[].with? mask | hash | drop',
  'redact?[].pattern string',
  'redact?[].with? mask | hash | drop',
  'reply?.inspect? boolean',
  'reply?.redact?[].at string',
  'reply?.redact?[].with? mask | hash | drop',
  'reply?.redact?[].detector secret | private_key | jwt | email | card | iban | phone',
  'reply?.redact?[].with? mask | hash | drop',
  'reply?.redact?[].pattern string',
  'reply?.redact?[].with? mask | hash | drop',
  'labels?.add strings',
  'labels?.ttl_s? number',
  'approval?.ttl_s? number',
  'approval?.approvers? strings',
  'approval?.message? string',
  'show? explain | hide',
];
