/** Imports go one way; this reads every source and proves it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/** What each layer may import besides itself; the longest prefix that fits a file is its layer. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'proxy/errors.ts': [],
  'proxy/frame': ['proxy/errors.ts'],
  'proxy/decide': ['proxy/errors.ts', 'proxy/frame'],
  'proxy/pipeline': ['proxy/errors.ts', 'proxy/frame', 'proxy/decide'],
  'proxy/edge': ['proxy/errors.ts', 'proxy/frame', 'proxy/decide', 'proxy/pipeline'],
  'proxy/upstream': ['proxy/errors.ts', 'proxy/frame', 'proxy/decide', 'proxy/pipeline'],
  'proxy/services/audit': ['proxy/errors.ts', 'proxy/frame', 'proxy/decide', 'proxy/pipeline'],
  'proxy/services/identity': ['proxy/errors.ts', 'proxy/frame', 'proxy/decide', 'proxy/pipeline'],
  'proxy/services/policy': [
    'proxy/errors.ts',
    'proxy/frame',
    'proxy/decide',
    'proxy/pipeline',
    'proxy/config/policy-data.ts',
  ],
  'proxy/services/provenance': [
    'proxy/errors.ts',
    'proxy/frame',
    'proxy/decide',
    'proxy/pipeline',
    'proxy/services/shared',
  ],
  'proxy/services/shared': ['proxy/errors.ts', 'proxy/pipeline'],
  'proxy/services/state': [
    'proxy/errors.ts',
    'proxy/frame',
    'proxy/decide',
    'proxy/pipeline',
    'proxy/services/shared',
  ],
  'proxy/admin': ['proxy/errors.ts', 'proxy/frame', 'proxy/decide', 'proxy/pipeline'],
  'proxy/config': ['proxy/errors.ts', 'proxy/frame', 'proxy/decide', 'proxy/pipeline'],
  'proxy/known-callers.ts': ['proxy/config', 'proxy/pipeline', 'proxy/services'],
  'proxy/main.ts': ['proxy'],
  cli: [
    'proxy/config',
    'proxy/decide',
    'proxy/services',
    'proxy/main.ts',
    'proxy/pipeline/definition-digest.ts',
    'proxy/pipeline/ports.ts',
    'proxy/frame/json.ts',
    'proxy/frame/methods.ts',
  ],
};

/** Built-in modules that reach the clock, the disk, the network or other processes. */
const IMPURE =
  /^node:(fs|net|http|https|http2|tls|dns|dgram|child_process|worker_threads|cluster|process|os|timers)/;
/** Globals that do the same. */
const IMPURE_GLOBALS =
  /\b(process\.(env|cwd|argv|hrtime)|Date\.now|performance\.now|setTimeout|setInterval|setImmediate|Math\.random|fetch)\s*[(.[]/;

const sources = ['proxy', 'cli'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
);

function layerOf(file: string): string {
  const fitting = Object.keys(MAY_IMPORT).filter((layer) => file === layer || file.startsWith(`${layer}/`));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? '';
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);
}

describe('layers', () => {
  test('every source belongs to one', () => {
    expect(sources.filter((file) => layerOf(file) === '')).toEqual([]);
    expect(sources.length).toBeGreaterThan(50);
  });

  test.each(sources)('%s imports only what its layer may', (file) => {
    const layer = layerOf(file);
    const allowed = [layer, ...(MAY_IMPORT[layer] ?? [])];
    const wrong = importsOf(file)
      .filter((target) => target.startsWith('.'))
      .map((target) => relative(ROOT, resolve(ROOT, dirname(file), target)))
      .filter((target) => !allowed.some((one) => target === one || target.startsWith(`${one}/`)));
    expect(wrong).toEqual([]);
  });

  test.each(sources.filter((file) => /^proxy\/(frame|decide)\//.test(file)))('%s is pure', (file) => {
    expect(importsOf(file).filter((target) => IMPURE.test(target))).toEqual([]);
    const code = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect(code.match(IMPURE_GLOBALS)?.[0]).toBeUndefined();
  });

  test.each(sources)('%s imports no file that is private to another folder', (file) => {
    const foreign = importsOf(file)
      .filter((target) => /\/_[^/]+$/.test(target))
      .filter((target) => resolve(ROOT, dirname(file), target, '..') !== resolve(ROOT, dirname(file)));
    expect(foreign).toEqual([]);
  });
});
