/** Stops with a word of advice when the Node that npm installed is not the one that runs. Plain JavaScript: an old Node must be able to read it. */
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Node ${process.version} is running, 22.18 or newer is needed. The npm package "node" brings one; its install ` +
      'script may have been skipped: run `npm rebuild node` without --ignore-scripts.\n',
  );
  process.exitCode = 1;
}
