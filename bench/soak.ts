/**
 * `npm run bench:soak`: the gate as a process of its own, with the shipped policy and the record on, under 100,000 calls
 * and 1,000 sessions, some ended and some just left. Prints its resident memory along the way, and whether it is flat.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';

const CALLS = Number(process.env['SOAK_CALLS'] ?? 100_000);
const SESSIONS = 1_000;
const LANES = 16;
const LIMIT_MIB = 150;
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

const upstream = createServer(async (req, res) => {
  let body = '';
  for await (const part of req) body += String(part);
  if (req.method !== 'POST') return void res.writeHead(req.method === 'DELETE' ? 200 : 405).end();
  const { id, method } = JSON.parse(body) as { id?: unknown; method: string };
  if (id === undefined) return void res.writeHead(202).end();
  const result =
    method === 'initialize'
      ? {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'soak', version: '1' },
        }
      : { content: [{ type: 'text', text: 'x'.repeat(500) }] };
  const session = method === 'initialize' ? { 'mcp-session-id': crypto.randomUUID() } : {};
  res.writeHead(200, { 'content-type': 'application/json', ...session });
  res.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
});
await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening));

const folder = mkdtempSync(join(tmpdir(), 'portcullis-soak-'));
const config = {
  listen: '127.0.0.1:0',
  servers: { soak: { url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp` } },
  policy: { data: join(folder, 'data.json') },
  audit: { file: join(folder, 'audit.jsonl') },
};
writeFileSync(config.policy.data, JSON.stringify({ grants: [{ tools: ['soak__*'] }] }));
writeFileSync(join(folder, 'portcullis.json'), JSON.stringify(config));
const gate = spawn(
  process.execPath,
  ['cli/portcullis.ts', 'serve', '--json', '--config', join(folder, 'portcullis.json')],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const [said] = (await once(gate.stdout, 'data')) as [Buffer];
const url = (JSON.parse(String(said)) as { servers: { soak: string } }).servers.soak;
const agent = new Agent({ connections: LANES, pipelining: 1 });

async function post(message: object, headers: Record<string, string> = {}) {
  const answer = await request(url, {
    method: 'POST',
    dispatcher: agent,
    headers: { ...HEADERS, ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${text}`);
  return { headers: answer.headers, text };
}

async function openSession(): Promise<string> {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'soak', version: '1' },
  };
  const { headers } = await post({ id: 0, method: 'initialize', params });
  const session = String(headers['mcp-session-id']);
  await post({ method: 'notifications/initialized' }, { 'mcp-session-id': session });
  return session;
}

const rssMib = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gate.pid}/status`, 'utf8'))?.[1]) / 1024;
const sessions: string[] = [];
const samples: { calls: number; rss: number }[] = [{ calls: 0, rss: rssMib() }];
let calls = 0;
let next = CALLS / 10;

async function lane(): Promise<void> {
  let session = await openSession();
  sessions.push(session);
  while (calls < CALLS) {
    const id = ++calls;
    const params = { name: 'echo', arguments: { text: `call ${id}`, path: `/a/${id}` } };
    const { text } = await post({ id, method: 'tools/call', params }, { 'mcp-session-id': session });
    if (!text.includes('xxx')) throw new Error(text);
    if (id >= next) {
      samples.push({ calls: id, rss: rssMib() });
      next += CALLS / 10;
    }
    if (id % (CALLS / SESSIONS) === 0) {
      // Every other client says goodbye.
      if (sessions.length % 2 === 0)
        await request(url, {
          method: 'DELETE',
          dispatcher: agent,
          headers: { 'mcp-session-id': session },
        }).then(({ body }) => body.dump());
      session = await openSession();
      sessions.push(session);
    }
  }
}

const began = performance.now();
await Promise.all(Array.from({ length: LANES }, lane));
const seconds = (performance.now() - began) / 1000;
const peak = Math.max(...samples.map(({ rss }) => rss));
const half = samples.slice(Math.floor(samples.length / 2));
const slope = (half.at(-1) as { rss: number }).rss - (half[0] as { rss: number }).rss;
const lines = samples.map(({ calls: at, rss }) => `| ${at.toLocaleString('en')} | ${rss.toFixed(0)} |`);
process.stdout.write(
  [
    `${CALLS.toLocaleString('en')} calls, ${sessions.length.toLocaleString('en')} sessions, ${seconds.toFixed(0)} s`,
    '',
    '| calls | RSS, MiB |',
    '|---|---|',
    ...lines,
    '',
    `peak ${peak.toFixed(0)} MiB (aim: at most ${LIMIT_MIB}), ${slope >= 0 ? '+' : ''}${slope.toFixed(0)} MiB over the second half`,
    '',
  ].join('\n'),
);
gate.kill('SIGTERM');
await once(gate, 'exit');
await agent.destroy();
upstream.closeAllConnections();
upstream.close();
rmSync(folder, { recursive: true, force: true });
