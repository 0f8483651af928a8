/** What the documents show works: Rego compiles against the schemas, configurations load, links lead somewhere. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parseConfig } from '../../proxy/config/load.ts';
import { opa } from '../support/opa.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'portcullis-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PAGES = [
  'README.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

interface Block {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

function blocks(language: string): readonly Block[] {
  return PAGES.flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => ({
      page,
      line: text.slice(0, match.index).split('\n').length + 1,
      text: match[1] as string,
    }));
  });
}

describe('examples', () => {
  test.each(blocks('rego'))(
    'Rego at $page:$line compiles, strictly, against the schemas',
    ({ line, text }) => {
      const file = join(folder, `example-${line}.rego`);
      writeFileSync(file, text);
      const checks = [
        '--strict',
        '--schema',
        'config/schema',
        '--capabilities',
        'config/opa-capabilities.json',
      ];
      expect(() => opa(['check', ...checks, 'policies', file], ROOT)).not.toThrow();
      expect(opa(['fmt', '--list', file], ROOT)).toBe('');
    },
  );

  const SOURCES = { env: { GITHUB_MCP_TOKEN: 'x' }, cwd: '/', readFile: () => '' };
  test.each(blocks('yaml'))('YAML at $page:$line is a configuration or policy data', ({ text }) => {
    const value = parseYaml(text) as Record<string, unknown>;
    if ('servers' in value) {
      expect(parseConfig(text, SOURCES)).toMatchObject({ kind: 'config' });
    } else {
      const known = Object.keys(parseYaml(readFileSync(join(ROOT, 'policies/data.yaml'), 'utf8')) as object);
      expect(Object.keys(value).filter((key) => !known.includes(key))).toEqual([]);
    }
  });

  test.each(blocks('sh'))('commands at $page:$line are targets of the Makefile', ({ text }) => {
    const targets = [...text.matchAll(/^make ([a-z-]+)/gm)].map((match) => match[1] as string);
    const makefile = readFileSync(join(ROOT, 'Makefile'), 'utf8');
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !new RegExp(`^${target}:.*##`, 'm').test(makefile))).toEqual([]);
  });
});

test.each(PAGES)('links in %s lead somewhere', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] as string);
  const dead = links.filter((link) => {
    try {
      readdirSync(resolve(ROOT, dirname(page), link));
      return false;
    } catch (cause) {
      return (cause as NodeJS.ErrnoException).code !== 'ENOTDIR';
    }
  });
  expect(dead).toEqual([]);
});
