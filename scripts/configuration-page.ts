/** `docs/configuration.md`, from the zod schema in proxy/config/schema.ts. */
import { z } from 'zod';
import { configSchema } from '../proxy/config/schema.ts';

interface Node {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

export function configurationPage(): string {
  const rows = settingRows(configSchema);
  return [
    '<!-- Generated from proxy/config/schema.ts by `make generate`; do not edit. -->',
    '# Configuration',
    '',
    '`portcullis.yaml`, in YAML or JSON. `portcullis validate FILE` checks one; an unknown key is an error, with a',
    'suggestion. Files clients already have (`.mcp.json` and others with `mcpServers`, VS Code’s `mcp.json` with',
    '`servers` and `inputs`) are read as they are. The JSON Schema for editors is `config/portcullis.schema.json`.',
    '',
    'Strings may hold `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${file:/path}` and `${cwd}`; what cannot be filled',
    'in is an error. Relative paths start from the folder the gate is started in. A changed file, or SIGHUP, reloads:',
    'the new configuration is built beside the old one and swapped in whole, and a bad one changes nothing. `listen`,',
    '`audit`, `state` and `provenance` need a restart.',
    '',
    'A server whose `command` is given is started without a shell, with PATH, HOME, LANG, TMPDIR and its own `env`.',
    'Each legacy session gets a process of its own; modern calls share one for each caller. The same goes for the',
    'connections to servers of `type: ws` and `type: sse`. `instance` lets more of them share one.',
    '',
    '| setting | default | what it is |',
    '|---|---|---|',
    ...rows,
    '',
    '## Several gates',
    '',
    'Gates with the same `state.url` know the same callers: a label one has given, a call one has let through and a value',
    'one has shown count for all.',
    '',
    '```yaml',
    'servers:',
    '  mail: { url: "http://127.0.0.1:3000/mcp" }',
    'state: { kind: redis, url: "redis://127.0.0.1:6379", password_env: REDIS_PASSWORD }',
    '```',
    '',
    'Redis has to keep what it is given: `maxmemory-policy noeviction`, and a persistence of your choice. When it cannot be',
    'asked, or has come back empty, nothing goes through (`GW_STATE_FAILED`) and `/readyz` answers 503; gates that are started',
    'anew then start with callers of whom nothing is known. Give all gates the same configuration, and sessions to the gate',
    'that opened them. [Why so, and what it costs](decisions/016-shared-state-in-turns.md).',
    '',
  ].join('\n');
}

/** A row of `| name | default | what it is |` for every setting of a schema. */
export function settingRows(of: z.ZodType): readonly string[] {
  const schema = z.toJSONSchema(of, { io: 'input', unrepresentable: 'any' }) as Node;
  const rows: string[] = [];
  describe(schema, '', new Set(), rows);
  return rows;
}

function describe(node: Node, path: string, required: ReadonlySet<string>, rows: string[]): void {
  const alternatives = node.anyOf ?? node.oneOf;
  if (alternatives?.some((each) => each.properties || each.anyOf || each.oneOf)) {
    for (const each of alternatives) if (each.type !== 'array') describe(each, path, required, rows);
    return;
  }
  const item = node.type === 'array' ? node.items : undefined;
  if (item?.properties || item?.anyOf?.some(({ properties }) => properties)) {
    return describe(item, `${path}[]`, required, rows);
  }
  if (node.properties) {
    const needed = new Set(node.required ?? []);
    for (const [name, member] of Object.entries(node.properties)) {
      describe(member, path === '' ? name : `${path}.${name}`, needed, rows);
    }
    return;
  }
  if (typeof node.additionalProperties === 'object' && node.additionalProperties.type !== 'string') {
    return describe(node.additionalProperties, `${path}.<name>`, required, rows);
  }
  const fallback = node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;
  const said = [typeText(node), node.description].filter(Boolean).join('; ');
  const needs = required.has(path.split('.').at(-1) ?? '') && fallback === '' ? '**required**' : fallback;
  const row = `| \`${path}\` | ${needs} | ${said.replaceAll('|', '\\|')} |`;
  if (!rows.includes(row)) rows.push(row);
}

function typeText(node: Node): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array') return `list of ${node.items ? typeText(node.items) : 'values'}`;
  if (node.type === 'object') return 'map of names to text';
  return [node.type ?? (node.anyOf ?? node.oneOf ?? []).map(typeText)].flat().join(' or ');
}
