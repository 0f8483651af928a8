/**
 * Many at once: open streams while calls pass, clients that read slowly, servers that die at each step of an exchange.
 * Nobody gets another's answer, and afterwards nothing is left over.
 */
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../requirements.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { modern } from '../support/modern.ts';
import {
  type ScriptedUpstream,
  type SseWriter,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { Client, type Stream, textOf, toolCall } from './_client.ts';
import { sayBundle } from './_policies.ts';

describe('500 open streams while 5,000 calls pass', () => {
  const STREAMS = 500;
  const CALLS = 5_000;
  const LANES = 32;
  let upstream: ScriptedUpstream;
  let gate: TestGate;
  const clients: Client[] = [];

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    upstream.on('tools/call echo', (call) => {
      const args = call.message.params?.['arguments'] as { value: string };
      call.result({ content: [{ type: 'text', text: args.value }] });
    });
    gate = await startGate({
      bundle: sayBundle(),
      config: { servers: { rec: { url: upstream.url, connections: 1_000 } }, limits: { maxInFlight: 2_000 } },
    });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await gate.close();
    await upstream.close();
  });

  test('each gets its own, in order, and nothing is left over', { timeout: 90_000 }, async () => {
    verifies('R26', 'http');
    verifies('R30', 'http');
    const writers = new Map<string, SseWriter>();
    upstream.on('tools/call held', (call) => {
      const args = call.message.params?.['arguments'] as { value: string };
      writers.set(args.value, call.sse());
    });
    upstream.on('GET', (get) => writers.set(String(get.headers['mcp-session-id']), get.sse()));
    upstream.on('subscriptions/listen', (listen) => {
      const sse = listen.sse();
      sse.event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: {} });
      writers.set(String(listen.message.id), sse);
    });
    const streams = new Map<string, Stream>();
    const opening = Array.from({ length: STREAMS }, async (_, at) => {
      const client = new Client(gate.server('rec'));
      clients.push(client);
      if (at % 3 === 0) {
        await client.open();
        streams.set(client.session as string, await client.listen());
      } else if (at % 3 === 1) {
        const { body, headers } = modern(`sub-${at}`, 'subscriptions/listen', {
          notifications: { toolsListChanged: true },
        });
        streams.set(`sub-${at}`, await client.stream(body, headers));
      } else streams.set(`call-${at}`, await client.stream(toolCall(1, 'held', { value: `call-${at}` })));
    });
    await Promise.all(opening);
    expect({ streams: streams.size, writers: writers.size }).toEqual({ streams: STREAMS, writers: STREAMS });

    const wrong: string[] = [];
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const client = new Client(gate.server('rec'));
      clients.push(client);
      // The same ids on every lane: only the connection tells them apart.
      for (let id = 0; id < CALLS / LANES; id++) {
        const value = `${lane}/${id}`;
        const answer = await client.post(toolCall(id, 'echo', { value }));
        if (textOf(answer) !== value || answer.json.id !== id) wrong.push(`${value}: ${answer.text}`);
        if (id % 50 === 0) {
          for (const [name, writer] of writers)
            if (name.endsWith(String(lane % 10))) writer.event(note(name, id));
        }
      }
    });
    await Promise.all(lanes);
    expect(wrong).toEqual([]);

    for (const [name, writer] of writers) writer.event(note(name, -1));
    const odd: string[] = [];
    await Promise.all(
      [...streams].map(async ([name, stream]) => {
        for (let last = 0; last !== -1; ) {
          const { json } = (await stream.next()) ?? { json: undefined };
          if (json?.method === 'notifications/subscriptions/acknowledged') continue;
          if (json?.params?.data?.name !== name) odd.push(`${name}: ${JSON.stringify(json)}`);
          last = json?.params?.data?.at ?? -1;
        }
        stream.abort();
      }),
    );
    expect(odd).toEqual([]);
    for (const writer of writers.values()) writer.end();
    await expect.poll(() => gate.inFlight()).toBe(0);
  });
});

const note = (name: string, at: number) => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { level: 'info', data: { name, at } },
});

describe('50 clients that read slowly', () => {
  test('slow their servers, not each other, and not the rest', { timeout: 60_000 }, async () => {
    const upstream = await startScriptedUpstream();
    const gate = await startGate({
      bundle: sayBundle(),
      config: { servers: { rec: { url: upstream.url } } },
    });
    const chunk = note('flood', 0);
    const filler = { ...chunk, params: { level: 'info', data: 'x'.repeat(15_000) } };
    let full = 0;
    let written = 0;
    upstream.on('tools/call flood', (call) => {
      const sse = call.sse();
      const pour = () => {
        // It never ends: whoever held what nobody reads would hold more and more.
        for (;;) {
          written++;
          if (!sse.event(filler)) {
            full++;
            return void sse.drained().then(pour);
          }
        }
      };
      pour();
    });
    const before = process.memoryUsage().rss;
    const url = new URL(gate.server('rec'));
    const slow = Array.from({ length: 50 }, (_, id) => {
      const body = JSON.stringify(toolCall(id, 'flood'));
      const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
      const sent = request({
        host: url.hostname,
        port: url.port,
        path: url.pathname,
        method: 'POST',
        headers,
      });
      sent.on('response', (response) => response.pause());
      sent.on('error', () => {});
      sent.end(body);
      return sent;
    });
    await expect.poll(() => full, { timeout: 20_000 }).toBeGreaterThanOrEqual(50);
    const client = new Client(gate.server('rec'));
    for (let id = 0; id < 100; id++) expect(textOf(await client.post(toolCall(id, 'echo')))).toBe('ran echo');
    // The kernel holds some of it for each of them; then nobody takes more, however long one waits.
    let last = -1;
    const still = () => {
      const [was, now] = [last, written];
      last = now;
      return now === was;
    };
    await expect.poll(still, { timeout: 20_000, interval: 500 }).toBe(true);
    // Server, gate and clients share this process: what all their own buffers hold together.
    expect(process.memoryUsage().rss - before).toBeLessThan(600 * 1024 * 1024);
    for (const one of slow) one.destroy();
    client.close();
    await gate.close();
    await upstream.close();
  });
});

describe('a server that dies', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 60\r\n\r\n';
  const STREAM = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const NOTE = `data: ${JSON.stringify(note('n', 1))}\n\n`;

  test.each([
    ['as soon as it is connected', (socket: Socket) => socket.destroy()],
    ['after the request', (socket: Socket) => socket.once('data', () => socket.destroy())],
    [
      'in the head of its answer',
      (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncont')),
    ],
    ['after the head', (socket: Socket) => socket.once('data', () => socket.end(HEAD))],
    [
      'in the middle of its answer',
      (socket: Socket) => socket.once('data', () => socket.end(`${HEAD}{"jsonrpc":"2.0","id":1,"res`)),
    ],
    ['after the head of a stream', (socket: Socket) => socket.once('data', () => socket.end(STREAM))],
    ['after an event', (socket: Socket) => socket.once('data', () => socket.end(STREAM + chunk(NOTE)))],
    [
      'in an event',
      (socket: Socket) =>
        socket.once('data', () => socket.end(STREAM + chunk(`${NOTE}data: {"jsonrpc":"2.0","id":1,"re`))),
    ],
    [
      'by a stream that ends without an answer',
      (socket: Socket) => socket.once('data', () => socket.end(`${STREAM}${chunk(NOTE)}0\r\n\r\n`)),
    ],
  ])('%s: one error, to the right id, on record, and the next call works', async (_, die) => {
    verifies('R39', 'http');
    let dying = true;
    const sockets = new Set<Socket>();
    const healthy = await startScriptedUpstream();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      if (dying) return die(socket);
      const on = new URL(healthy.url);
      socket.once('data', (head) => {
        const through = request(
          {
            host: on.hostname,
            port: on.port,
            path: '/mcp',
            method: 'POST',
            headers: { 'content-type': 'application/json' },
          },
          async (response) => {
            let body = '';
            for await (const part of response) body += String(part);
            socket.end(
              `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
            );
          },
        );
        through.end(String(head).split('\r\n\r\n')[1]);
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const gate = await startGate({ bundle: sayBundle(), config: { servers: { rec: { url } } } });
    const client = new Client(gate.server('rec'));

    const { response } = await client.start('POST', toolCall(7, 'echo'), {});
    let text = '';
    for await (const part of response) text += String(part);
    const messages = text.startsWith('{')
      ? [text]
      : text
          .split('\n\n')
          .filter((one) => one.startsWith('data: '))
          .map((one) => one.slice(6));
    const answers = messages
      .map((one) => JSON.parse(one) as { id?: number; result?: { isError: boolean } })
      .filter(({ id }) => id !== undefined);
    expect(answers).toMatchObject([{ id: 7, result: { isError: true } }]);
    const [decision, outcome] = gate
      .record()
      .filter((line) => (line['custom'] as { record: string }).record !== 'dropped')
      .filter((line) => {
        const input = line['input'] as { phase?: string } | undefined;
        return input === undefined || input.phase === 'request';
      }) as { decision_id: string; custom: object }[];
    expect(outcome?.decision_id).toBe(decision?.decision_id);
    expect(outcome?.custom).toMatchObject({ record: 'outcome', status: 'failed' });

    dying = false;
    expect(textOf(await client.post(toolCall(8, 'echo')))).toBe('ran echo');
    expect(gate.inFlight()).toBe(0);
    client.close();
    await gate.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
    await healthy.close();
  });
});
