/** `portcullis policy`: the day of somebody who writes policy. */
import { Command } from 'commander';
import { adaptCommand } from './adapt.ts';
import { buildCommand } from './build.ts';
import { checkCommand } from './check.ts';
import { ciCommand } from './ci.ts';
import { classifyCommand } from './classify.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { fmtCommand } from './fmt.ts';
import { initCommand } from './init.ts';
import { pinsCommand } from './pins.ts';
import { replayCommand } from './replay.ts';
import { testCommand } from './test.ts';

export function policyCommand(version: string): Command {
  return new Command('policy')
    .description('write, check, test, explain and replay policy')
    .addCommand(initCommand())
    .addCommand(fmtCommand())
    .addCommand(checkCommand())
    .addCommand(testCommand())
    .addCommand(buildCommand())
    .addCommand(explainCommand())
    .addCommand(replayCommand())
    .addCommand(diffCommand())
    .addCommand(ciCommand())
    .addCommand(pinsCommand(version))
    .addCommand(classifyCommand(version))
    .addCommand(adaptCommand());
}
