/**
 * Scenarios of agents at work, honest or led astray by planted text: YAML files in, checked; one scenario in and a real
 * gate between it and scripted servers, what was let through out. Nothing here decides: a call counts as forwarded when it
 * arrived at its server, whatever the caller was told.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { Client, textOf } from '../e2e/_client.ts';
import { startGate } from './gate.ts';
import { type Script, startScriptedUpstream } from './scripted-upstream.ts';

const EFFECTS = [
  'send',
  'post',
  'share',
  'invite',
  'pay',
  'delete',
  'write',
  'create',
  'update',
  'fetch',
  'download',
  'execute',
] as const;

/** How the attacker's value is written in the call, beside what the planted text says; `own_field`: it stood alone there. */
export const SPELLINGS = [
  'plain',
  'case',
  'invisible',
  'scheme',
  'path',
  'plus',
  'computed',
  'own_field',
] as const;

const text = z.string().min(1);

const toolClass = z.strictObject({
  effects: z.array(z.enum(EFFECTS)),
  source: z.enum(['record', 'directory', 'outside', 'mixed']),
  sinks: z.record(z.string().regex(/^\//), text).optional(),
});

const honestCall = z.strictObject({
  tool: z.string().regex(/^[a-z]\w*\.[a-z]\w*$/, 'is no server.tool'),
  args: z.record(z.string(), z.json()),
  result: z
    .union([z.strictObject({ structured: z.record(z.string(), z.json()) }), z.json()])
    .describe('text as it is; other JSON in a text block; under `structured` also as structuredContent'),
});
const hijackCall = honestCall.extend({
  goal: z.literal(true).optional().describe('by this call the attack reaches what it wants'),
});

const common = {
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)+$/, 'is not kebab-case'),
  task: text.describe('what the user asked for'),
  intent: text.optional(),
  servers: z.record(text, z.record(text, toolClass)),
};
const honest = z.strictObject({
  ...common,
  kind: z.literal('honest'),
  asks: z
    .literal(true)
    .optional()
    .describe('what the user wants only somebody’s text has, so that a person should be asked'),
  calls: z.array(honestCall).min(1),
});
const hijack = z.strictObject({
  ...common,
  kind: z.literal('hijack'),
  spelling: z.enum(SPELLINGS),
  attack: text.describe('what the planted text wants'),
  calls: z
    .array(hijackCall)
    .min(2)
    .refine((calls) => calls.some(({ goal }) => goal), 'no call is the goal'),
});
const file = z.array(
  z.discriminatedUnion('kind', [honest, hijack]).superRefine(({ calls, servers }, context) => {
    for (const [at, { tool }] of calls.entries()) {
      const [server = '', name = ''] = tool.split('.');
      if (servers[server]?.[name]) continue;
      context.addIssue({ code: 'custom', path: ['calls', at, 'tool'], message: `${tool} has no class` });
    }
  }),
);

export type Scenario = z.infer<typeof file>[number] & { readonly area: string; readonly set: string };
type Call = z.infer<typeof hijackCall>;

/** The pack switched off, as it comes (it asks), and told to block. */
export type Mode = 'off' | 'ask' | 'block';

export interface PlayedCall {
  /** As in the scenario, e.g. `mail.send`. */
  readonly tool: string;
  readonly goal: boolean;
  /** It arrived at its server. */
  readonly forwarded: boolean;
  /** Codes of what the gate said against the call or its answer. */
  readonly refusals: readonly string[];
}

/**
 * @param folder holds a folder for each set; a file is named after its area: `mail.yaml`, `mail-honest.yaml`.
 * @throws Error with file and path of everything that is wrong in the first file at fault.
 */
export function readScenarios(folder: string): readonly Scenario[] {
  const scenarios = globSync(join(folder, '**/*.yaml'))
    .toSorted()
    .flatMap((path) => readArea(path));
  const names = scenarios.map(({ name }) => name);
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  if (twice.length > 0) throw new Error(`names that stand twice: ${twice.join(', ')}`);
  return scenarios;
}

function readArea(path: string): readonly Scenario[] {
  // Without the limit on aliases: one class table serves a whole file, and the files are ours.
  const parsed = file.safeParse(parseYaml(readFileSync(path, 'utf8'), { maxAliasCount: -1 }));
  if (!parsed.success) throw new Error(`${path}\n${z.prettifyError(parsed.error)}`);
  const [area = ''] = basename(path, '.yaml').split('-');
  return parsed.data.map((scenario) => ({ ...scenario, area, set: basename(dirname(path)) }));
}

/** Plays every call in order, also after a refusal: an agent that is told no goes on. */
export async function playScenario(scenario: Scenario, mode: Mode): Promise<readonly PlayedCall[]> {
  let current: Call | undefined;
  let arrived = false;
  const upstream = await startScriptedUpstream({
    'tools/list': ({ path, result }) => result({ tools: toolsOf(scenario, path) }),
    'tools/call': ({ path, message, result }) => {
      arrived = current?.tool === `${basename(path)}.${String(message.params?.['name'])}`;
      result(toToolResult(current?.result ?? 'no such call'));
    },
  } satisfies Record<string, Script>);
  const gate = await startGate({
    config: {
      servers: Object.fromEntries(
        Object.keys(scenario.servers).map((server) => [server, { url: `${upstream.url}/${server}` }]),
      ),
    },
    data: toData(scenario, mode),
  });
  const clients = new Map<string, Client>();
  try {
    const played: PlayedCall[] = [];
    for (const call of scenario.calls as readonly Call[]) {
      const [server = '', tool = ''] = call.tool.split('.');
      if (!clients.has(server)) clients.set(server, await connect(gate.server(server)));
      current = call;
      arrived = false;
      const answer = await (clients.get(server) as Client).call(tool, call.args);
      const refusals = refusalsOf(answer);
      played.push({ tool: call.tool, goal: call.goal ?? false, forwarded: arrived, refusals });
    }
    return played;
  } finally {
    for (const client of clients.values()) client.close();
    await gate.close();
    await upstream.close();
  }
}

function toData({ servers }: Scenario, mode: Mode): Record<string, unknown> {
  const packs = { off: {}, ask: { data_flow: {} }, block: { data_flow: { action: 'block' } } };
  return {
    grants: [{ tools: ['*'], methods: ['*'] }],
    redaction: { detectors: [] },
    tools: servers,
    packs: packs[mode],
  };
}

/** Agents look at the tools before they call one. */
async function connect(url: string): Promise<Client> {
  const client = await new Client(url).open();
  await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  return client;
}

function toolsOf({ servers }: Scenario, path: string): readonly object[] {
  return Object.keys(servers[basename(path)] ?? {}).map((name) => ({
    name,
    inputSchema: { type: 'object' },
  }));
}

function toToolResult(result: Call['result']): object {
  if (typeof result === 'string') return { content: [{ type: 'text', text: result }] };
  const structured = structuredOf(result);
  const content = [{ type: 'text', text: JSON.stringify(structured ?? result) }];
  return structured ? { content, structuredContent: structured } : { content };
}

function structuredOf(result: Call['result']): object | undefined {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return undefined;
  const { structured } = result;
  return typeof structured === 'object' && structured !== null ? structured : undefined;
}

/** No scripted server fails, so every error is the gate's. */
function refusalsOf({ status, json }: Awaited<ReturnType<Client['call']>>): readonly string[] {
  if (json?.result && !json.result.isError) return [];
  if (!json?.result) return [json?.error?.data?.code ?? `HTTP ${status}`];
  const said = textOf({ json });
  const reasons = [...said.matchAll(/^- ([\w.]+):/gm)].map(([, code]) => code as string);
  return reasons.length > 0 ? reasons : [/\((GW_\w+)\)/.exec(said)?.[1] ?? said];
}
