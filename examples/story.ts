/**
 * What the stories here are told with: the same agent is run twice, once on the servers themselves and once through
 * Portcullis, and what happened to the world is looked at both times. A story that does not come out as it says fails.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { parse as parseYaml } from 'yaml';

const ROOT = resolve(import.meta.dirname, '..');
const PATH = [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter);

/** What an agent can do: call a tool of a server and read the answer. */
export type Call = (server: string, tool: string, args: object) => Promise<Answer>;
export interface Answer {
  readonly refused: boolean;
  readonly text: string;
}
export interface World {
  /** A copy of the story's folder, in which servers and gate run; `workspace` is in it. */
  readonly folder: string;
  /** An address that answers, and writes down who asked it for what. */
  readonly collector: Collector;
}
interface Collector {
  readonly url: string;
  readonly asked: readonly string[];
}
export interface Story {
  /** The story's own folder: a configuration, data.yaml and perhaps workspace/. */
  readonly folder: string;
  /** In it; default portcullis.yaml. */
  readonly config?: string;
  readonly title: string;
  /** Everything the agent does, in order. It goes on when it is refused, as agents do. */
  act(call: Call, world: World): Promise<void>;
  /** What the world is like afterwards, in a few words: one text when it went wrong, another when not. */
  outcome(world: World): string;
  /** As `outcome` says it. */
  readonly without: string;
  readonly with: string;
  /** Codes of the reasons that an agent is given, in order. */
  readonly reasons: readonly string[];
}

/** Runs it both ways and prints it; a story that is not true ends with exit code 1. */
export async function tell(story: Story): Promise<void> {
  if (!(await isTrue(story))) process.exitCode = 1;
}

/** @returns whether everything came out as the story says, both times. */
export async function isTrue(story: Story): Promise<boolean> {
  print(`# ${story.title}`);
  const bare = await run(story, 'Without Portcullis', connectDirectly);
  const gated = await run(story, 'With Portcullis', connectThroughGate);
  const ok =
    bare.outcome === story.without &&
    gated.outcome === story.with &&
    bare.reasons.length === 0 &&
    gated.reasons.join() === story.reasons.join();
  const want = { without: story.without, with: story.with, reasons: story.reasons };
  print(ok ? '\nok' : `\nFAIL: wanted ${JSON.stringify(want)}, got ${JSON.stringify({ bare, gated })}`);
  return ok;
}

interface Connection {
  call(server: string, tool: string, args: object): Promise<Answer>;
  close(): Promise<void>;
}
interface Told {
  readonly outcome: string;
  readonly reasons: readonly string[];
}

async function run(
  story: Story,
  title: string,
  connect: (folder: string, config: string) => Promise<Connection>,
): Promise<Told> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'story-')));
  cpSync(story.folder, folder, { recursive: true });
  const { server, collector } = await startCollector();
  print(`\n## ${title}\n`);
  try {
    const connection = await connect(folder, story.config ?? 'portcullis.yaml');
    const reasons: string[] = [];
    async function call(name: string, tool: string, args: object): Promise<Answer> {
      const answer = await connection.call(name, tool, args);
      const shown = answer.text.replaceAll(folder, '').replaceAll('\n', ' ').slice(0, 120);
      print(`- ${name} ${tool} ${JSON.stringify(args).replaceAll(folder, '')}`);
      print(`  ${answer.refused ? 'refused' : 'done'}: ${shown}`);
      if (answer.refused)
        reasons.push(...[...answer.text.matchAll(/^- ([\w.]+): /gm)].map(([, code = '']) => code));
      return answer;
    }
    try {
      await story.act(call, { folder, collector });
    } finally {
      await connection.close();
    }
    const outcome = story.outcome({ folder, collector });
    print(`\n${outcome}`);
    return { outcome, reasons };
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface ServerEntry {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The servers of portcullis.yaml, each started by the agent itself. */
async function connectDirectly(folder: string, config: string): Promise<Connection> {
  const text = readFileSync(join(folder, config), 'utf8').replaceAll('${cwd}', folder);
  const { servers } = parseYaml(text) as { readonly servers: Readonly<Record<string, ServerEntry>> };
  const clients = new Map<string, Client>();
  for (const [name, { command, args = [], env = {} }] of Object.entries(servers)) {
    const parameters = { command, args: [...args], env: { ...env, PATH }, stderr: 'ignore' as const };
    clients.set(name, await connected(new StdioClientTransport(parameters)));
  }
  return toConnection(clients, async () => {});
}

/** One address a server, at a gate that was started as its README says. */
async function connectThroughGate(folder: string, config: string): Promise<Connection> {
  const args = ['serve', '--config', config, '--listen', '127.0.0.1:0', '--json'];
  const gate = spawn(process.execPath, [join(ROOT, 'cli/portcullis.ts'), ...args], {
    cwd: folder,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => gate.once('close', () => done()));
  const ready = await new Promise<string>((done, fail) => {
    let text = '';
    gate.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith('\n')) done(text);
    });
    gate.once('error', fail).once('close', () => fail(new Error('the gate did not start')));
  });
  const { servers } = JSON.parse(ready) as { readonly servers: Readonly<Record<string, string>> };
  const clients = new Map<string, Client>();
  for (const [name, url] of Object.entries(servers))
    clients.set(name, await connected(new StreamableHTTPClientTransport(new URL(url))));
  return toConnection(clients, async () => {
    gate.kill();
    await ended;
  });
}

type Transport = Parameters<Client['connect']>[0];

async function connected(transport: Transport): Promise<Client> {
  const client = new Client({ name: 'agent', version: '1' });
  await client.connect(transport);
  return client;
}

function toConnection(clients: ReadonlyMap<string, Client>, after: () => Promise<void>): Connection {
  return {
    async call(server, name, args) {
      const client = clients.get(server);
      if (client === undefined) throw new Error(`there is no server ${server}`);
      const result = await client.callTool({ name, arguments: { ...args } });
      const blocks = result.content as readonly { readonly type: string; readonly text?: string }[];
      const text = blocks.map((block) => block.text ?? `[${block.type}]`).join('\n');
      return { refused: result.isError === true && text.includes('(GW_'), text };
    },
    async close() {
      for (const client of clients.values()) await client.close();
      await after();
    },
  };
}

async function startCollector() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(decodeURIComponent(request.url ?? ''));
    response.setHeader('content-type', 'text/plain').end('The kettle boils at 100 degrees.');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, collector: { url, asked } };
}

/** Looked for on the PATH. */
export function isInstalled(command: string): boolean {
  return PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
