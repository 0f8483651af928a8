/** Files that come with Portcullis: beside the sources in a checkout, one level further up in the installed package. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** @param name relative to the package, e.g. `policies/mcp`. @returns its path, or undefined where it did not come along. */
export function projectFile(name: string): string | undefined {
  return ['../..', '../../..']
    .map((up) => resolve(import.meta.dirname, up))
    .filter((root) => existsSync(resolve(root, 'package.json')))
    .map((root) => resolve(root, name))
    .find((path) => existsSync(path));
}

/** @throws Error when the installation is not whole. */
export function requireProjectFile(name: string): string {
  const path = projectFile(name);
  if (path === undefined)
    throw new Error(`${name} is missing from this installation of Portcullis; install it again`);
  return path;
}
