/** Where nothing was granted: the entries of `data.grants` that would have, but for one thing; found in policies/explain. */
import { readFileSync } from 'node:fs';
import { runOpa } from '../opa.ts';
import { requireProjectFile } from '../project.ts';

export interface NearGrant {
  /** Its place in the list, from 0. */
  readonly at: number;
  readonly grant: Readonly<Record<string, unknown>>;
  /** The member that did not hold, e.g. `roles` or `tools`. */
  readonly lacks: string;
  /** What stood in its place, in words. */
  readonly because: string;
}

interface Asking {
  readonly name?: string;
  readonly prompt?: string;
  readonly uri?: string;
  readonly method: string;
  readonly server: string;
  readonly caller: { readonly subject: string; readonly roles: readonly string[]; readonly org?: string };
}

/** @param paths everything the policy is built on, its data too. @param inputFile a file that holds the input. */
export async function nearGrants(
  opa: string,
  paths: readonly string[],
  inputFile: string,
): Promise<readonly NearGrant[]> {
  const loaded = [...paths, requireProjectFile('policies/explain')].flatMap((path) => ['-d', path]);
  const query = 'data.portcullis.explain.near_grants';
  const ran = await runOpa(opa, ['eval', '--format', 'raw', '-i', inputFile, ...loaded, query]);
  if (ran.status !== 0) throw new Error(`the grants could not be looked at:\n${ran.stderr || ran.stdout}`);
  const asking = JSON.parse(readFileSync(inputFile, 'utf8')) as Asking;
  const found = JSON.parse(ran.stdout) as readonly Omit<NearGrant, 'because'>[];
  return found
    .map((near) => ({ ...near, because: because(near.lacks, asking) }))
    .toSorted((a, b) => a.at - b.at);
}

function because(lacks: string, { caller, server, ...asked }: Asking): string {
  switch (lacks) {
    case 'roles':
      return `the caller's roles are ${JSON.stringify(caller.roles)}`;
    case 'subjects':
      return `the caller is ${caller.subject}`;
    case 'orgs':
      return caller.org === undefined ? 'the caller has no org' : `the caller's org is ${caller.org}`;
    case 'servers':
      return `the server is ${server}`;
    default:
      return `none of these is ${asked.name ?? asked.prompt ?? asked.uri ?? asked.method}`;
  }
}

const TO = ['roles', 'subjects', 'orgs', 'servers'];

export function tellGrant({ at, grant, because }: NearGrant): string {
  const members = Object.entries(grant).map(([name, value]) => ({
    to: TO.includes(name),
    text: `${name} ${JSON.stringify(value)}`,
  }));
  const given = members.filter(({ to }) => !to).map(({ text }) => text);
  const receivers = members.filter(({ to }) => to).map(({ text }) => `to ${text}`);
  return `  grants[${at}] gives ${[...given, ...receivers].join(', ')}\n    but ${because}\n`;
}
