/** What a bundle may be, and what each kind of broken or hostile bundle is told. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BundleError, readBundle } from '../../../proxy/services/policy/bundle.ts';
import { policy } from '../../support/engine.ts';
import { buildWasm } from '../../support/opa.ts';
import { paxRecord, type TarEntry, writeTar, writeTarGz } from '../../support/tar.ts';

const MANIFEST = {
  revision: 'r1',
  roots: [''],
  wasm: [{ entrypoint: 'mcp/main/decision', module: '/policy.wasm' }],
  rego_version: 1,
};
const manifest = (change: object = {}): TarEntry => ({
  name: '/.manifest',
  content: JSON.stringify({ ...MANIFEST, ...change }),
});
const wasm: TarEntry = { name: '/policy.wasm', content: 'module' };
const data = (text: string): TarEntry => ({ name: '/data.json', content: text });

test('a bundle from `opa build` is read whole', () => {
  const bytes = buildWasm({ ...policy('decision := data.limit'), data: { limit: 7 }, revision: 'release-1' });
  const bundle = readBundle(bytes);
  expect(bundle.manifest).toEqual({
    revision: 'release-1',
    roots: [''],
    entrypoints: ['mcp/main/decision'],
  });
  expect(bundle.data).toEqual({ limit: 7 });
  expect(Buffer.from(bundle.wasm).subarray(0, 4)).toEqual(Buffer.from('\0asm'));
  expect(bundle.digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  expect([...bundle.files.keys()].sort()).toEqual(['.manifest', 'data.json', 'policy.wasm', 'src/main.rego']);
});

describe('accepted', () => {
  test.each([
    {
      name: 'names without a slash',
      entries: [
        { ...manifest(), name: '.manifest' },
        { ...wasm, name: 'policy.wasm' },
      ],
    },
    {
      name: 'names with ./ and a folder entry',
      entries: [
        { name: './', type: '5' },
        { ...manifest(), name: './.manifest' },
        { ...wasm, name: './policy.wasm' },
      ],
    },
    {
      name: 'a pax header with a long name and times',
      entries: [
        manifest(),
        wasm,
        {
          name: 'h',
          type: 'x',
          content: paxRecord('path', `/${'a'.repeat(120)}.rego`) + paxRecord('mtime', '1.5'),
        },
        { name: 'short', content: 'package a' },
      ],
    },
    {
      name: 'no data, no revision, no roots',
      entries: [{ name: '.manifest', content: JSON.stringify({ wasm: MANIFEST.wasm }) }, wasm],
    },
  ])('$name', ({ entries }) => {
    const bundle = readBundle(writeTarGz(entries));
    expect(Buffer.from(bundle.wasm).toString()).toBe('module');
    expect(bundle.data).toEqual({});
  });

  test('__proto__ in the data is a member like any other', () => {
    const bundle = readBundle(writeTarGz([manifest(), wasm, data('{"__proto__":{"admin":true}}')]));
    expect(Object.keys(bundle.data)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(bundle.data)).toBe(Object.prototype);
  });
});

describe('refused, in words for whoever built it', () => {
  const good = [manifest(), wasm];
  test.each<{ name: string; bytes: Uint8Array; says: string }>([
    { name: 'not gzip', bytes: Buffer.from('hello'), says: 'not gzip' },
    { name: 'cut short gzip', bytes: writeTarGz(good).subarray(0, 80), says: 'not gzip, or is cut short' },
    { name: 'an archive without an end', bytes: gzipSync(writeTar(good).subarray(0, -1024)), says: 'no end' },
    {
      name: 'an archive that ends in a file',
      bytes: gzipSync(writeTar([{ ...wasm, size: '00000007777\0' }])),
      says: 'ends within a file',
    },
    {
      name: 'bytes behind the end',
      bytes: gzipSync(Buffer.concat([writeTar(good), Buffer.from('x')])),
      says: 'after the end',
    },
    {
      name: 'a checksum that fails',
      bytes: writeTarGz([manifest(), { ...wasm, checksum: '000001\0 ' }]),
      says: 'fails its checksum',
    },
    {
      name: 'a size that is no octal number',
      bytes: writeTarGz([manifest(), { ...wasm, size: '-0000000001\0' }]),
      says: 'not octal',
    },
    {
      name: 'a symbolic link',
      bytes: writeTarGz([...good, { name: 'x', type: '2' }]),
      says: 'x is not a regular file',
    },
    {
      name: 'a hard link',
      bytes: writeTarGz([...good, { name: 'x', type: '1' }]),
      says: 'not a regular file',
    },
    { name: 'a device', bytes: writeTarGz([...good, { name: 'x', type: '3' }]), says: 'not a regular file' },
    {
      name: 'a global pax header',
      bytes: writeTarGz([{ name: 'g', type: 'g' }, ...good]),
      says: 'not a regular file',
    },
    {
      name: 'a pax header that sets a size',
      bytes: writeTarGz([{ name: 'h', type: 'x', content: paxRecord('size', '9') }, ...good]),
      says: 'pax header size',
    },
    {
      name: 'a pax header that lies about its length',
      bytes: writeTarGz([{ name: 'h', type: 'x', content: '99 path=a\n' }, ...good]),
      says: 'malformed',
    },
    {
      name: 'a name that climbs out',
      bytes: writeTarGz([...good, { name: '../../etc/cron.d/x' }]),
      says: 'not plain',
    },
    {
      name: 'a name that climbs out behind a slash',
      bytes: writeTarGz([...good, { name: '/a/../../x' }]),
      says: 'not plain',
    },
    {
      name: 'a name with a backslash',
      bytes: writeTarGz([...good, { name: 'a\\..\\x' }]),
      says: 'not plain',
    },
    {
      name: 'a name with an empty segment',
      bytes: writeTarGz([...good, { name: 'a//x' }]),
      says: 'not plain',
    },
    { name: 'a name with a newline', bytes: writeTarGz([...good, { name: 'a\nb' }]), says: 'not plain' },
    {
      name: 'a climbing name in a pax header',
      bytes: writeTarGz([
        ...good,
        { name: 'h', type: 'x', content: paxRecord('path', '../x') },
        { name: 'x' },
      ]),
      says: 'not plain',
    },
    { name: 'the same name twice', bytes: writeTarGz([...good, wasm]), says: 'policy.wasm is there twice' },
    {
      name: 'the same name in two spellings',
      bytes: writeTarGz([...good, { ...wasm, name: './policy.wasm' }]),
      says: 'there twice',
    },
    {
      name: 'no manifest',
      bytes: writeTarGz([wasm]),
      says: 'no .manifest; build it with `opa build -t wasm`',
    },
    {
      name: 'a manifest that is not JSON',
      bytes: writeTarGz([{ name: '.manifest', content: '{' }, wasm]),
      says: '.manifest: ',
    },
    { name: 'no module', bytes: writeTarGz([manifest()]), says: 'no module' },
    {
      name: 'two modules',
      bytes: writeTarGz([...good, { name: 'other/policy.wasm' }]),
      says: 'exactly policy.wasm',
    },
    {
      name: 'a module of another name',
      bytes: writeTarGz([
        manifest({ wasm: [{ entrypoint: 'mcp/main/decision', module: '/other.wasm' }] }),
        wasm,
      ]),
      says: 'only one module, policy.wasm',
    },
    {
      name: 'a bundle of Rego alone',
      bytes: writeTarGz([manifest({ wasm: undefined })]),
      says: 'holds no compiled policy',
    },
    {
      name: 'another entrypoint',
      bytes: writeTarGz([manifest({ wasm: [{ entrypoint: 'a/b', module: '/policy.wasm' }] }), wasm]),
      says: 'opa build -t wasm -e mcp/main/decision',
    },
    {
      name: 'an unknown rego_version',
      bytes: writeTarGz([manifest({ rego_version: 2 }), wasm]),
      says: 'rego_version 2 is not known',
    },
    {
      name: 'a revision that is no string',
      bytes: writeTarGz([manifest({ revision: 1 }), wasm]),
      says: 'revision is not a string',
    },
    {
      name: 'data in folders',
      bytes: writeTarGz([...good, { name: 'a/data.json', content: '{}' }]),
      says: 'holds a/data.json',
    },
    {
      name: 'data in YAML',
      bytes: writeTarGz([...good, { name: 'data.yaml', content: 'a: 1' }]),
      says: 'holds data.yaml',
    },
    {
      name: 'data that is a list',
      bytes: writeTarGz([...good, data('[]')]),
      says: 'data.json is not an object',
    },
    {
      name: 'data with an integer no double holds',
      bytes: writeTarGz([...good, data('{"id":9007199254740993}')]),
      says: '9007199254740993 does not fit',
    },
    {
      name: 'data with a number beyond a double',
      bytes: writeTarGz([...good, data('{"id":1e400}')]),
      says: '1e400 does not fit',
    },
    {
      name: 'data that is not UTF-8',
      bytes: writeTarGz([...good, { name: 'data.json', content: Buffer.from([0x22, 0xff, 0x22]) }]),
      says: 'data.json: ',
    },
  ])('$name', ({ bytes, says }) => {
    const read = () => readBundle(bytes);
    expect(read).toThrow(BundleError);
    expect(read).toThrow(says);
  });

  test('a bomb stops at the limit', () => {
    const bomb = writeTarGz([...good, { name: 'zeros', content: Buffer.alloc(8 * 1024 * 1024) }]);
    expect(bomb.length).toBeLessThan(50_000);
    expect(() => readBundle(bomb, { maxBytes: 1024 * 1024 })).toThrow('unpacks to more than 1048576 bytes');
  });
});
