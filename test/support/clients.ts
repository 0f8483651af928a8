/**
 * The MCP clients people have, behind one interface: the official SDK of both generations, the newer one in both of
 * its eras. Nothing is checked here that the client itself does not check: an SDK that rejects what the gate sends
 * rejects the promise.
 */
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

export type ClientName = 'sdk-v2-auto' | 'sdk-v2-legacy' | 'sdk-v1';
export type Arguments = Record<string, unknown>;

export interface Outcome {
  readonly isError: boolean;
  /** The text blocks, joined by line breaks. */
  readonly text: string;
  readonly structured: unknown;
}

export interface Connected {
  readonly era: 'legacy' | 'modern';
  sessionId(): string | undefined;
  /** Names of the tools, in the order of the list. */
  tools(): Promise<string[]>;
  call(name: string, args?: Arguments, onProgress?: (progress: number) => void): Promise<Outcome>;
  resources(): Promise<string[]>;
  read(uri: string): Promise<string>;
  prompts(): Promise<string[]>;
  prompt(name: string, args?: Record<string, string>): Promise<string>;
  completePrompt(name: string, argument: { name: string; value: string }): Promise<string[]>;
  /** Legacy: `resources/subscribe`; modern: a stream that listens for it. */
  subscribe(uri: string): Promise<void>;
  setLogLevel(level: 'debug' | 'error'): Promise<void>;
  /** URIs of `notifications/resources/updated` so far. */
  readonly updated: readonly string[];
  /** Data of `notifications/message` so far. */
  readonly logged: readonly unknown[];
  /** As a well-behaved client leaves: the session is ended first. */
  end(): Promise<void>;
}

const INFO = { name: 'portcullis-test', version: '1.0.0' };

export function connect(name: ClientName, url: string): Promise<Connected> {
  if (name === 'sdk-v1') return connectV1(url);
  return connectV2(url, name === 'sdk-v2-auto' ? 'auto' : 'legacy');
}

async function connectV2(url: string, mode: 'auto' | 'legacy'): Promise<Connected> {
  const transport = new TransportV2(new URL(url));
  const client = new ClientV2(INFO, { versionNegotiation: { mode } });
  const { updated, logged } = { updated: [] as string[], logged: [] as unknown[] };
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    updated.push(params.uri);
  });
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logged.push(params.data);
  });
  await client.connect(transport);
  const era = client.getProtocolEra() ?? 'legacy';
  return {
    ...common(client, transport),
    era,
    updated,
    logged,
    tools: async () =>
      (await client.listTools(undefined, { cacheMode: 'bypass' })).tools.map(({ name }) => name),
    async subscribe(uri) {
      if (era === 'modern') await client.listen({ resourceSubscriptions: [uri] });
      else await client.subscribeResource({ uri });
    },
  };
}

async function connectV1(url: string): Promise<Connected> {
  const transport = new TransportV1(new URL(url));
  const client = new ClientV1(INFO);
  const { updated, logged } = { updated: [] as string[], logged: [] as unknown[] };
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    updated.push(params.uri);
  });
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    logged.push(params.data);
  });
  // The SDK's own transport declares `sessionId: string | undefined`, its interface `sessionId?: string`.
  await client.connect(transport as Transport);
  return {
    ...common(client, transport),
    era: 'legacy',
    updated,
    logged,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    async subscribe(uri) {
      await client.subscribeResource({ uri });
    },
  };
}

/** What both generations do by the same names. */
function common(client: ClientV1 | ClientV2, transport: TransportV1 | TransportV2) {
  const either = client as ClientV2;
  return {
    sessionId: () => transport.sessionId,
    async call(
      name: string,
      args: Arguments = {},
      onProgress?: (progress: number) => void,
    ): Promise<Outcome> {
      const options = onProgress && { onprogress: (note: { progress: number }) => onProgress(note.progress) };
      const result =
        client instanceof ClientV1
          ? await client.callTool({ name, arguments: args }, undefined, options)
          : await client.callTool({ name, arguments: args }, options);
      const blocks = result.content as readonly { type: string; text?: string }[];
      const text = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
      return { isError: result.isError === true, text, structured: result.structuredContent };
    },
    resources: async () => (await either.listResources()).resources.map(({ uri }) => uri),
    async read(uri: string): Promise<string> {
      const { contents } = await either.readResource({ uri });
      return contents.map((one) => ('text' in one ? one.text : `[${one.mimeType}]`)).join('\n');
    },
    prompts: async () => (await either.listPrompts()).prompts.map(({ name }) => name),
    async prompt(name: string, args: Record<string, string> = {}): Promise<string> {
      const { messages } = await either.getPrompt({ name, arguments: args });
      return messages
        .map(({ content }) => (content.type === 'text' ? content.text : `[${content.type}]`))
        .join('\n');
    },
    async completePrompt(name: string, argument: { name: string; value: string }): Promise<string[]> {
      const { completion } = await either.complete({ ref: { type: 'ref/prompt', name }, argument });
      return completion.values;
    },
    async setLogLevel(level: 'debug' | 'error'): Promise<void> {
      await either.setLoggingLevel(level);
    },
    async end(): Promise<void> {
      await transport.terminateSession();
      await client.close();
    },
  };
}
