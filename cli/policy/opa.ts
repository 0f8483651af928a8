/**
 * The OPA that builds, checks and tests policies. It is looked for, never fetched: `--opa`, `$OPA`, the PATH, and in a
 * checkout the one that the project made for itself. What the gate runs needs none.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectFile } from './project.ts';

export interface Ran {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const HOW =
  'install it (https://www.openpolicyagent.org/docs#1-download-opa) or say where it is with --opa or $OPA';

/** @throws Error that says how to get one. */
export function findOpa(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const named = given ?? (env['OPA'] || undefined);
  if (named !== undefined) {
    if (isExecutable(named)) return named;
    throw new Error(`${named} is not an OPA that can be run; ${HOW}`);
  }
  const onPath = (env['PATH'] ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'opa'));
  const made = projectFile('.cache/opa');
  const found = [...onPath, ...(made ? globSync(join(made, '*', 'opa')) : [])].find(isExecutable);
  if (found === undefined)
    throw new Error(`policies are built and tested by OPA 1.0 or later, and none was found; ${HOW}`);
  return found;
}

/** Runs it to its end. @throws Error when it cannot be started. */
export function runOpa(opa: string, args: readonly string[], cwd = process.cwd()): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(opa, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', (cause) => reject(new Error(`${opa}: ${cause.message}`, { cause })));
    child.once('close', (status) =>
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
