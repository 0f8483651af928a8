/** `portcullis call`: one tool call from the shell, as an agent would make it; for trying a policy out. */
import { Command, InvalidArgumentError } from 'commander';
import { collectHeader, connect, toUrl } from './connect.ts';

interface CallOptions {
  readonly json?: boolean;
  readonly header: Record<string, string>;
}

export function callCommand(version: string): Command {
  return new Command('call')
    .description('call one tool and print what it answers')
    .argument('<url>', 'e.g. http://127.0.0.1:8080/mcp/filesystem', toUrl)
    .argument('<tool>', 'name of the tool')
    .argument('[arguments...]', 'key=text, or key:=JSON for anything that is not text', collectArgument, {})
    .option('-H, --header <name:value>', 'send a header, e.g. "Authorization: Bearer …"', collectHeader, {})
    .option('--json', 'print the whole result as JSON')
    .action((url: URL, tool: string, args: Record<string, unknown>, options: CallOptions) =>
      call(url, tool, args, options, version),
    );
}

async function call(
  url: URL,
  name: string,
  args: Record<string, unknown>,
  options: CallOptions,
  version: string,
): Promise<void> {
  const { client, close } = await connect(url, options.header, version);
  try {
    // Which arguments go into headers as well stands in the list; who may not see it may still call.
    if (client.getProtocolEra() === 'modern') await client.listTools().catch(() => {});
    const result = await client.callTool({ name, arguments: args });
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${textOf(result.content)}\n`);
    if (result.isError) process.exitCode = 1;
  } finally {
    await close();
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

function collectArgument(word: string, before: Record<string, unknown>): Record<string, unknown> {
  const [name, value] = toArgument(word);
  return { ...before, [name]: value };
}
