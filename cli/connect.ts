/** An MCP client for commands that ask a server or a gate something. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { InvalidArgumentError } from 'commander';

export interface Connected {
  readonly client: Client;
  close(): Promise<void>;
}

/** Of either era. @throws Error that names the address and why it cannot be reached. */
export async function connect(
  url: URL,
  headers: Readonly<Record<string, string>>,
  version: string,
): Promise<Connected> {
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers: { ...headers } } });
  const client = new Client({ name: 'portcullis', version }, { versionNegotiation: { mode: 'auto' } });
  try {
    await client.connect(transport);
  } catch (cause) {
    throw new Error(`${url}: ${innermost(cause as Error).message}`, { cause });
  }
  return {
    client,
    async close() {
      await transport.terminateSession().catch(() => {}); // a server without sessions has none to end
      await client.close();
    },
  };
}

export function toUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('write http://host:port/mcp/server');
  }
  return url;
}

/** `fetch failed` says nothing; what it was caused by says which address refused. */
function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

export function collectHeader(line: string, before: Record<string, string>): Record<string, string> {
  const at = line.indexOf(':');
  if (at < 1) throw new InvalidArgumentError('write name:value');
  return { ...before, [line.slice(0, at).trim()]: line.slice(at + 1).trim() };
}
