/** Labels of a caller against everything that might wash them off: another session, server and transport, kill -9, parallel calls. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startGate } from '../support/gate.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../support/recording-upstream.ts';

const DATA = {
  grants: [{ tools: ['*'] }],
  tools: { files: { read: { labels: ['read_private'] } } },
  chain_rules: [{ name: 'leak', pattern: ['files__read', 'mail__send'], action: 'block' }],
};
let upstream: RecordingUpstream;
let folder: string;
beforeAll(async () => {
  upstream = await startRecordingUpstream();
  folder = mkdtempSync(join(tmpdir(), 'state-'));
});
afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true });
});

function body(id: number, name: string): string {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: {}, _meta: meta },
  });
}

async function call(
  base: string,
  server: string,
  tool: string,
  id = 1,
  signal?: AbortSignal,
): Promise<string> {
  const response = await fetch(`${base}/mcp/${server}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool,
    },
    body: body(id, tool),
    ...(signal ? { signal } : {}),
  });
  return response.text();
}

/** A gate as a process of its own, so that it can be killed as processes are. */
async function serve(): Promise<{ readonly url: string; kill(): Promise<void> }> {
  const config = join(folder, 'portcullis.yaml');
  writeFileSync(join(folder, 'data.json'), JSON.stringify(DATA));
  const servers = Object.fromEntries(
    ['files', 'mail'].map((name) => [name, { type: 'http', url: upstream.url }]),
  );
  writeFileSync(
    config,
    JSON.stringify({
      listen: '127.0.0.1:0',
      servers,
      policy: { data: join(folder, 'data.json') },
      audit: { file: join(folder, 'audit.jsonl') },
    }),
  );
  const child = spawn(process.execPath, ['cli/portcullis.ts', 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (found) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(said)));
  });
  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  onTestFinished(kill);
  return { url, kill };
}

describe('a chain', () => {
  test('is not dodged by killing the gate between its calls', { timeout: 30_000 }, async () => {
    const first = await serve();
    expect(await call(first.url, 'mail', 'send')).not.toContain('isError');
    expect(await call(first.url, 'files', 'read')).not.toContain('chains.blocked');
    await first.kill();
    const second = await serve();
    expect(await call(second.url, 'mail', 'send')).toContain('chains.blocked');
  });

  test('is not dodged by sending at the very moment the reading has been forwarded', {
    timeout: 240_000,
  }, async () => {
    upstream.reset();
    const gate = await startGate({
      config: {
        servers: Object.fromEntries(
          ['files', 'mail'].map((name) => [name, { type: 'http', url: upstream.url }]),
        ),
        limits: { maxInFlight: 10_000 },
        auth: { kind: 'none' },
      },
      data: DATA,
    });
    onTestFinished(() => gate.close());
    // The reading is given up before it is answered, and sending does not wait for it.
    const leaving = new AbortController();
    const reading = call(gate.url, 'files', 'read', 1, leaving.signal).catch(() => 'given up');
    while (!upstream.recorded.some(({ calls }) => calls.some(({ tool }) => tool === 'read')))
      await new Promise(setImmediate);
    leaving.abort();
    let slipped = 0;
    const pairs = Array.from({ length: 100 }, async (_, pair) => {
      for (let round = 0; round < 100; round++) {
        const [, sent] = await Promise.all([
          call(gate.url, 'files', 'read', pair * 1000 + round),
          call(gate.url, 'mail', 'send', pair * 1000 + round),
        ]);
        if (!sent.includes('chains.blocked')) slipped++;
      }
    });
    await Promise.all([reading, ...pairs]);
    expect(slipped).toBe(0);
    expect(upstream.recorded.flatMap(({ calls }) => calls).filter(({ tool }) => tool === 'send')).toEqual([]);
  });
});
