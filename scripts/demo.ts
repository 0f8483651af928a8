/**
 * What `make run` runs: the gate with config/portcullis.yaml in this process, and three calls to paste that show
 * what a policy does to a call. PORT or `--listen host:port` choose another address; Ctrl-C ends everything.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { greeting, runGate } from '../cli/serve.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** Each with what it will be answered; test/e2e/demo.test.ts runs them as printed. */
function calls(url: string): string {
  const workspace = join(ROOT, 'examples/workspace');
  const call = (tool: string, ...args: string[]) =>
    [join(ROOT, 'portcullis'), 'call', `${url}/mcp/filesystem`, tool, ...args].map(quote).join(' ');
  return [
    'Three calls to paste into another shell:',
    '',
    '# allowed: the file comes as it is',
    call('read_text_file', `path=${join(workspace, 'README.md')}`),
    '',
    '# redacted: the file comes, its AWS keys as [REDACTED:…]',
    call('read_text_file', `path=${join(workspace, 'deploy/staging.env')}`),
    '',
    '# blocked: nothing is written, and the reason says where writing is allowed',
    call('write_file', `path=${join(workspace, 'README.md')}`, 'content=Hello'),
    '',
    'Ctrl-C ends it.',
    '',
  ].join('\n');
}

/** For a POSIX shell; a checkout may lie in a folder with spaces in its name. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

try {
  process.chdir(ROOT); // the configuration names its files from here
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const { values } = parseArgs({ options: { listen: { type: 'string' } } });
  const port = process.env['PORT'];
  const listen = values.listen ?? (port ? `127.0.0.1:${port}` : undefined);
  const options = { config: 'config/portcullis.yaml', ...(listen !== undefined && { listen }) };
  const { gate, config } = await runGate(options, version);
  process.stdout.write(`${greeting(gate, config)}\n${calls(gate.url)}`);
} catch (cause) {
  const { message } = cause as Error;
  const taken = message.includes('is taken');
  process.stderr.write(`${message}\n${taken ? 'For example: make run PORT=8081\n' : ''}`);
  process.exitCode = 1;
}
