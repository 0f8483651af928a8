/** `portcullis call`: one tool call from the shell, as an agent would make it; for trying a policy out. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Command, InvalidArgumentError } from 'commander';

interface CallOptions {
  readonly json?: boolean;
  readonly header: Record<string, string>;
}

export function callCommand(version: string): Command {
  return new Command('call')
    .description('call one tool and print what it answers')
    .argument('<url>', 'e.g. http://127.0.0.1:8080/mcp/filesystem')
    .argument('<tool>', 'name of the tool')
    .argument('[arguments...]', 'key=text, or key:=JSON for anything that is not text')
    .option('-H, --header <name:value>', 'send a header, e.g. "Authorization: Bearer …"', collectHeader, {})
    .option('--json', 'print the whole result as JSON')
    .action((url: string, tool: string, words: string[], options: CallOptions) =>
      call(new URL(url), tool, Object.fromEntries(words.map(toArgument)), options, version),
    );
}

async function call(
  url: URL,
  name: string,
  args: Record<string, unknown>,
  options: CallOptions,
  version: string,
): Promise<void> {
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers: options.header } });
  const client = new Client({ name: 'portcullis-call', version }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(transport);
  try {
    const result = await client.callTool({ name, arguments: args });
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${textOf(result.content)}\n`);
    if (result.isError) process.exitCode = 1;
  } finally {
    await transport.terminateSession().catch(() => {}); // a server without sessions has none to end
    await client.close();
  }
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content
    .map((block: { type?: string; text?: string }) =>
      block.type === 'text' ? block.text : `[${block.type}]`,
    )
    .join('\n');
}

/** @example toArgument('path=/tmp/a') // ['path', '/tmp/a'];  toArgument('head:=20') // ['head', 20] */
function toArgument(word: string): [string, unknown] {
  const [, name, json, value] = /^([^=:]+)(:?)=([\s\S]*)$/.exec(word) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError(`${word}: write key=text or key:=JSON`);
  if (json === '') return [name, value];
  try {
    return [name, JSON.parse(value)];
  } catch {
    throw new InvalidArgumentError(`${name}: what follows := is not JSON`);
  }
}

function collectHeader(line: string, before: Record<string, string>): Record<string, string> {
  const at = line.indexOf(':');
  if (at < 1) throw new InvalidArgumentError('write name:value');
  return { ...before, [line.slice(0, at).trim()]: line.slice(at + 1).trim() };
}
