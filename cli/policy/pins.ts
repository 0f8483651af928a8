/**
 * `portcullis policy pins`: the tools of a server as they are now, for a person to look at and for the pack
 * `tool_poisoning` to hold them to.
 */
import { Command } from 'commander';
import { stringify } from 'yaml';
import type { JsonObject } from '../../proxy/frame/json.ts';
import { definitionDigest } from '../../proxy/pipeline/definition-digest.ts';
import { collectHeader, toUrl } from '../connect.ts';
import { listTools } from './list-tools.ts';
import { visible } from './visible.ts';

interface PinsOptions {
  readonly server?: string;
  readonly header: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

export function pinsCommand(version: string): Command {
  return new Command('pins')
    .description('print the definitions of a server and their digests, to look at and to pin')
    .argument('<url>', 'of the server, or at a gate, e.g. http://127.0.0.1:8080/mcp/filesystem', toUrl)
    .option('--server <name>', "the server's name in the configuration; by default the last part of the URL")
    .option('-H, --header <name:value>', 'send a header, e.g. "Authorization: Bearer …"', collectHeader, {})
    .option('--json', 'print the pins as JSON')
    .action(async (url: URL, options: PinsOptions) => {
      const server = options.server ?? url.pathname.split('/').filter(Boolean).at(-1) ?? '';
      const tools = await listTools(url, options.header, version);
      const pins = Object.fromEntries(
        tools.map((tool) => [`${server}__${String(tool['name'])}`, definitionDigest(tool)]),
      );
      const data = { packs: { tool_poisoning: { pins } } };
      process.stdout.write(options.json ? `${JSON.stringify(data)}\n` : toText(tools, data));
    });
}

/** What a person has to read stands above what they sign, and is shown so that nothing in it can hide. */
function toText(tools: readonly JsonObject[], data: object): string {
  const lines = tools.flatMap((tool) => `${visible(stringify(tool)).trimEnd()}\n`.split('\n'));
  return `${lines.map((line) => `# ${line}`.trimEnd()).join('\n')}\n${stringify(data)}`;
}
