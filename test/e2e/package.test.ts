/**
 * What `npm pack` makes, installed as `npm i -g` would, and run from a folder that holds nothing else. So that no
 * test needs the registry, the declared dependencies, and only they, are links to those of the checkout.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run, runUntil } from '../support/command.ts';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
const PATH = `${BIN}:${process.env['PATH']}`;

vi.setConfig({ testTimeout: 30_000 });

let prefix: string;
let installed: string;
let empty: string;
let files: readonly string[];

beforeAll(async () => {
  prefix = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-package-')));
  installed = join(prefix, 'lib/node_modules/portcullis');
  empty = join(prefix, 'empty');
  for (const folder of [installed, empty, join(prefix, 'bin')]) mkdirSync(folder, { recursive: true });
  const env = { ...process.env, PATH, npm_config_cache: join(prefix, 'cache') };
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', prefix], { cwd: ROOT, env });
  if (packed.exitCode !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`);
  const tarball = join(prefix, packed.stdout.trim());
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(installed, file)).isFile())
    .sort();
  linkAsNpmDoes();
}, 60_000);
afterAll(() => rmSync(prefix, { recursive: true, force: true }));

/** The command, and the dependencies that package.json declares: what it uses undeclared is not found. */
function linkAsNpmDoes(): void {
  const { bin, dependencies } = manifest();
  const command = join(installed, bin.portcullis);
  chmodSync(command, 0o755);
  symlinkSync(command, join(prefix, 'bin/portcullis'));
  for (const name of Object.keys(dependencies)) {
    const link = join(installed, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
}

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly bin: { readonly portcullis: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest;
}

function portcullis(...args: readonly string[]) {
  return run(join(prefix, 'bin/portcullis'), args, { cwd: empty, env: { PATH } });
}

describe('the tarball', () => {
  test.each([
    'LICENSE',
    'README.md',
    'package.json',
    'dist/cli/portcullis.js',
    'dist/proxy/services/policy/_worker-main.js',
    'wasm/bundle.tar.gz',
    'policies/mcp/main/main.rego',
    'config/schema/policy-input.json',
    'config/portcullis.schema.json',
  ])('holds %s', (file) => {
    expect(files).toContain(file);
  });

  test('holds nothing else: no tests, no sources, no maps, no configuration of the checkout', () => {
    const expected =
      /^(LICENSE|README\.md|package\.json|dist\/(cli|proxy)\/[\w/-]+\.js|wasm\/(bundle\.tar\.gz|manifest\.json)|policies\/[\w/-]+\.(rego|yaml)|config\/(schema\/)?[\w.-]+\.json)$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
  });

  test('names no path of the machine it was made on', () => {
    const naming = files.filter((file) => {
      const bytes = readFileSync(join(installed, file));
      return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).includes(ROOT);
    });
    expect(naming).toEqual([]);
  });

  test('declares its Node, runs nothing when it is installed, and brings no server of its own', () => {
    const { engines, bin, scripts, dependencies } = manifest();
    expect(engines).toEqual({ node: '>=22.18' });
    expect(bin).toEqual({ portcullis: 'dist/cli/portcullis.js' });
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(Object.keys(scripts).filter((name) => hooks.includes(name))).toEqual([]);
    expect(Object.keys(dependencies).filter((name) => /server-/.test(name))).toEqual([]);
  });
});

describe('the command', () => {
  test('tells the version of its package', async () => {
    expect(await portcullis('--version')).toEqual({
      exitCode: 0,
      stdout: `${manifest().version}\n`,
      stderr: '',
    });
  });

  test.each(['inline', 'worker'])(
    'serves with the policy it ships, %s, from an empty folder',
    async (isolation) => {
      writeFileSync(join(empty, 'hello.txt'), 'hello');
      writeFileSync(join(empty, 'data.yaml'), 'grants: [{ tools: [filesystem__read_text_file] }]\n');
      const server = 'servers: { filesystem: { command: mcp-server-filesystem, args: ["${cwd}"] } }';
      const config = `listen: 127.0.0.1:0\n${server}\npolicy: { data: data.yaml, isolation: ${isolation} }\n`;
      writeFileSync(join(empty, 'portcullis.yaml'), config);
      const valid = await portcullis('validate');
      expect(valid).toEqual({ exitCode: 0, stdout: 'portcullis.yaml is valid: filesystem\n', stderr: '' });

      const options = { cwd: empty, env: { PATH } };
      const served = await runUntil(/\n$/, join(prefix, 'bin/portcullis'), ['serve', '--json'], options);
      try {
        const url = JSON.parse(served.stdout).servers.filesystem;
        const read = await portcullis('call', url, 'read_text_file', `path=${empty}/hello.txt`);
        expect(read).toMatchObject({ exitCode: 0, stdout: 'hello\n' });
        const write = await portcullis('call', url, 'write_file', `path=${empty}/no.txt`, 'content=x');
        expect(write).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('- policy.no_grant: ') });
        expect(readdirSync(empty).sort()).toEqual(['data.yaml', 'hello.txt', 'portcullis.yaml', 'var']);
      } finally {
        await served.stop();
      }
    },
  );
});
