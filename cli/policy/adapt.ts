/** `portcullis policy adapt`: Rego that was written for another runtime, asked by the library beside everything else. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { requireProjectFile } from './project.ts';

interface AdaptOptions {
  readonly decision: string;
  readonly output: string;
}

const DEFAULT = 'agent/call/decision';

export function adaptCommand(): Command {
  return new Command('adapt')
    .description('have Rego that was written for another runtime asked as it is')
    .addArgument(new Argument('<runtime>', 'where it comes from').choices(['ai-sdk']))
    .option('--decision <path>', 'the decision it answers with, as `path` of opaPolicy()', toPath, DEFAULT)
    .option('-o, --output <folder>', 'your folder of Rego, with that policy in it', 'policies')
    .action((_: string, { decision, output }: AdaptOptions) => {
      const file = join(output, 'ai_sdk.rego');
      if (!existsSync(output)) throw new Error(`${output}: there is no such folder`);
      if (existsSync(file)) throw new Error(`${file} is there already; remove it first`);
      const text = readFileSync(requireProjectFile('policies/adapters/ai_sdk/ai_sdk.rego'), 'utf8');
      const own = text.replaceAll(
        `data.${DEFAULT.replaceAll('/', '.')}`,
        `data.${decision.replaceAll('/', '.')}`,
      );
      writeFileSync(file, own.replace(`decision: ${DEFAULT}`, `decision: ${decision}`));
      process.stdout.write(`${file} asks data.${decision.replaceAll('/', '.')} about every tool call.\n`);
    });
}

function toPath(text: string): string {
  if (/^[A-Za-z_]\w*(\/[A-Za-z_]\w*)+$/.test(text)) return text;
  throw new InvalidArgumentError(`write the path of a rule, e.g. ${DEFAULT}`);
}
