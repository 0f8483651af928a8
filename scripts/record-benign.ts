/**
 * Records honest work on real MCP servers, for measuring how often packs are in its way: `test/fixtures/benign/*.jsonl`,
 * one policy input a line. Run by hand when servers or inputs change; the Python servers are looked for on the PATH and
 * left out, and said so, where they are not.
 *
 *     node scripts/record-benign.ts
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, StreamableHTTPClientTransport, type Tool } from '@modelcontextprotocol/client';
import { readRecorded } from '../cli/policy/replay/recorded.ts';
import { configSchema } from '../proxy/config/schema.ts';
import { startGate } from '../proxy/main.ts';
import { definitionDigest } from '../proxy/pipeline/definition-digest.ts';

type Call = readonly [tool: string, args?: Record<string, unknown>];
interface Work {
  readonly server: object;
  readonly calls: readonly Call[];
}

const ROOT = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'benign-'));
const workspace = join(folder, 'workspace');
cpSync(join(ROOT, 'examples/workspace'), workspace, { recursive: true });
mkdirSync(join(workspace, 'project/src'), { recursive: true });
writeFileSync(join(workspace, 'project/src/index.ts'), 'export const answer = 42;\n');
writeFileSync(join(workspace, 'project/package.json'), '{ "name": "project" }\n');
const repository = join(workspace, 'project');
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-C', repository, ...args], { stdio: 'ignore' });
git('init', '-q', '-b', 'main');
git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '--allow-empty', '-m', 'Begin');
git('config', 'user.name', 'a');
git('config', 'user.email', 'a@example.com');

const file = (name: string) => join(workspace, name);
const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);

const WORK: Readonly<Record<string, Work>> = {
  filesystem: {
    server: { command: bin('mcp-server-filesystem'), args: [workspace] },
    calls: [
      ['list_allowed_directories'],
      ['list_directory', { path: workspace }],
      ['list_directory_with_sizes', { path: file('notes') }],
      ['directory_tree', { path: repository, excludePatterns: ['.git'] }],
      ['read_text_file', { path: file('README.md') }],
      ['read_text_file', { path: file('project/src/index.ts'), head: 10 }],
      ['read_multiple_files', { paths: [file('README.md'), file('project/package.json')] }],
      ['search_files', { path: workspace, pattern: '*.md' }],
      ['get_file_info', { path: file('README.md') }],
      ['create_directory', { path: file('drafts/tea') }],
      [
        'write_file',
        { path: file('drafts/tea/plan.md'), content: '# Plan\n\nBuy tea, see https://example.com/tea.\n' },
      ],
      [
        'edit_file',
        { path: file('drafts/tea/plan.md'), edits: [{ oldText: 'Buy', newText: 'Order' }], dryRun: true },
      ],
      ['edit_file', { path: file('drafts/tea/plan.md'), edits: [{ oldText: 'Buy', newText: 'Order' }] }],
      ['move_file', { source: file('drafts/tea/plan.md'), destination: file('drafts/tea/tea.md') }],
      ['write_file', { path: file('project/src/tea.ts'), content: 'export function brew(): void {}\n' }],
      ['write_file', { path: file('drafts/list.md'), content: '- milk\n- tea\n' }],
      ['write_file', { path: file('project/.editorconfig'), content: 'root = true\n' }],
    ],
  },
  memory: {
    server: { command: bin('mcp-server-memory'), env: { MEMORY_FILE_PATH: join(folder, 'memory.json') } },
    calls: [
      ['create_entities', { entities: [{ name: 'tea', entityType: 'drink', observations: ['is hot'] }] }],
      ['add_observations', { observations: [{ entityName: 'tea', contents: ['is green'] }] }],
      ['create_relations', { relations: [{ from: 'tea', to: 'tea', relationType: 'is' }] }],
      ['read_graph'],
      ['search_nodes', { query: 'tea' }],
      ['open_nodes', { names: ['tea'] }],
      ['delete_observations', { deletions: [{ entityName: 'tea', observations: ['is hot'] }] }],
    ],
  },
  everything: {
    server: { command: bin('mcp-server-everything'), args: ['stdio'] },
    calls: [
      ['echo', { message: 'Hello' }],
      ['get-sum', { a: 1, b: 2 }],
      ['get-structured-content', { location: 'New York' }],
      ['get-annotated-message', { messageType: 'success' }],
      ['get-resource-links', { count: 2 }],
      ['get-tiny-image'],
    ],
  },
  git: {
    server: { command: 'mcp-server-git', args: ['--repository', repository] },
    calls: [
      ['git_status', { repo_path: repository }],
      ['git_diff_unstaged', { repo_path: repository }],
      ['git_create_branch', { repo_path: repository, branch_name: 'feature/tea' }],
      ['git_checkout', { repo_path: repository, branch_name: 'feature/tea' }],
      ['git_add', { repo_path: repository, files: ['src/index.ts', 'package.json'] }],
      ['git_diff_staged', { repo_path: repository }],
      ['git_commit', { repo_path: repository, message: 'feat: add the answer' }],
      ['git_commit', { repo_path: repository, message: '- tea\n- more tea' }],
      ['git_log', { repo_path: repository, max_count: 5 }],
      ['git_show', { repo_path: repository, revision: 'HEAD' }],
      ['git_diff', { repo_path: repository, target: 'main' }],
      ['git_branch', { repo_path: repository, branch_type: 'local' }],
    ],
  },
  fetch: {
    server: { command: 'mcp-server-fetch', args: ['--ignore-robots-txt'] },
    calls: [
      ['fetch', { url: 'https://example.net/', max_length: 2000 }],
      ['fetch', { url: 'https://example.com/docs/tea?lang=en&page=2' }],
      ['fetch', { url: 'https://en.wikipedia.org/wiki/Tea', start_index: 5000 }],
      ['fetch', { url: 'https://registry.npmjs.org/express', raw: true }],
      ['fetch', { url: 'http://example.org/' }],
    ],
  },
  sqlite: {
    server: { command: 'mcp-server-sqlite', args: ['--db-path', join(folder, 'tea.db')] },
    calls: [
      ['create_table', { query: 'CREATE TABLE teas (id INTEGER PRIMARY KEY, name TEXT, price REAL)' }],
      ['write_query', { query: "INSERT INTO teas (name, price) VALUES ('Sencha', 8.5), ('Assam', 6)" }],
      ['list_tables'],
      ['describe_table', { table_name: 'teas' }],
      ['read_query', { query: 'SELECT name, price FROM teas WHERE price < 8 ORDER BY name' }],
      [
        'read_query',
        { query: 'WITH cheap AS (SELECT * FROM teas WHERE price < 7) SELECT count(*) FROM cheap' },
      ],
      ['write_query', { query: 'UPDATE teas SET price = price * 1.1 WHERE id = 1' }],
      ['append_insight', { insight: 'Green teas cost more.' }],
    ],
  },
  time: {
    server: { command: 'mcp-server-time', args: ['--local-timezone', 'UTC'] },
    calls: [
      ['get_current_time', { timezone: 'Europe/Berlin' }],
      ['convert_time', { source_timezone: 'UTC', time: '16:30', target_timezone: 'Asia/Tokyo' }],
    ],
  },
};

const data = join(folder, 'data.json');
writeFileSync(
  data,
  JSON.stringify({
    grants: [{ tools: ['*'] }],
    redaction: { detectors: [] },
  }),
);
for (const [name, { server, calls }] of Object.entries(WORK)) {
  const audit = join(folder, `${name}.jsonl`);
  const config = configSchema.parse({
    listen: '127.0.0.1:0',
    servers: { [name]: server },
    policy: { data },
    audit: { file: audit },
    state: { file: null },
  });
  const log = {
    info() {},
    warn() {},
    error: (event: string, fields?: object) => console.error(event, fields),
  };
  const gate = await startGate(config, { env: process.env, cwd: ROOT, log, version: '0' });
  const client = new Client({ name: 'record-benign', version: '1' });
  let tools: readonly Tool[] = [];
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(`${gate.url}/mcp/${name}`)));
    tools = (await client.listTools()).tools;
    // What counts is what was asked; a page that cannot be reached from here still was.
    for (const [tool, args = {}] of calls)
      await client.callTool({ name: tool, arguments: args }, { timeout: 10_000 }).catch(() => {});
  } catch (cause) {
    console.error(`${name} is left out: ${(cause as Error).message}`);
    continue;
  } finally {
    await client.close();
    await gate.close();
  }
  const inputs = readFileSync(audit, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const recorded = readRecorded(line);
      return recorded.kind === 'decision' && recorded.inputText.includes('"tools/')
        ? [recorded.inputText]
        : [];
    });
  const list = JSON.parse(inputs[0] ?? '{}') as { session?: object };
  delete list.session;
  const shown = tools.map((item) =>
    JSON.stringify({
      ...list,
      phase: 'list',
      direction: 'to_client',
      tool: item.name,
      name: `${name}__${item.name}`,
      item,
      tool_digest: definitionDigest(item as never),
    }),
  );
  // Paths of the machine it was recorded on are nobody's business.
  const lines = [...inputs, ...shown].map((line) => line.replaceAll(folder, '/home/dev'));
  writeFileSync(join(ROOT, 'test/fixtures/benign', `${name}.jsonl`), `${lines.join('\n')}\n`);
  console.log(`${name}: ${inputs.length} decisions, ${shown.length} definitions`);
}
rmSync(folder, { recursive: true });
