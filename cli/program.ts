/** What `portcullis` does once the Node it runs under has been checked. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { apiKeyCommand } from './api-key.ts';
import { callCommand } from './call.ts';
import { policyCommand } from './policy/policy.ts';
import { serveCommand } from './serve.ts';
import { validateCommand } from './validate.ts';
import { wrapCommand } from './wrap.ts';

const { version } = JSON.parse(readFileSync(packageFile(), 'utf8')) as { version: string };

const program = new Command('portcullis')
  .description('A policy gate for the Model Context Protocol: Rego judges every frame, both ways.')
  .version(version)
  .showHelpAfterError('(portcullis --help lists what there is)')
  .addCommand(serveCommand(version))
  .addCommand(wrapCommand(version))
  .addCommand(validateCommand())
  .addCommand(policyCommand(version))
  .addCommand(callCommand(version))
  .addCommand(apiKeyCommand());
for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)]) {
  command.exitOverride();
}

try {
  await program.parseAsync();
} catch (cause) {
  if (cause instanceof CommanderError) {
    // What a command reports itself has a code of its own; everything else commander refuses is wrong usage.
    const own = cause.code === 'commander.error' || cause.exitCode === 0;
    process.exitCode = own ? cause.exitCode : 2;
  } else {
    process.stderr.write(`portcullis: ${(cause as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** Beside the sources in a checkout, one level further up in the installed package. */
function packageFile(): URL {
  const beside = new URL('../package.json', import.meta.url);
  try {
    readFileSync(beside);
    return beside;
  } catch {
    return new URL('../../package.json', import.meta.url);
  }
}
