#!/usr/bin/env node
/**
 * The `portcullis` command. Looks at Node before anything is loaded that an old one cannot run, since npm installs a
 * package in spite of its `engines` and a stack trace from a dependency helps nobody.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  await import('./program.ts');
} else {
  process.stderr.write(
    `portcullis: this is Node ${process.version}, and 22.18 or newer is needed, e.g. npm install -g node@24\n`,
  );
  process.exitCode = 1;
}

export {};
