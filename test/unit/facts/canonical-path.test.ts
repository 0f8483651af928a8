import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalPath } from '../../../proxy/decide/facts/canonical-path.ts';

const rows: readonly { name: string; input: string; want: string; odd: readonly string[] }[] = [
  { name: 'a plain path', input: '/workspace/src/a-b_c.ts', want: '/workspace/src/a-b_c.ts', odd: [] },
  { name: 'a hidden file', input: '/workspace/.env', want: '/workspace/.env', odd: [] },
  { name: 'a trailing slash', input: '/workspace/src/', want: '/workspace/src', odd: [] },
  { name: 'the root', input: '/', want: '/', odd: [] },
  { name: 'a space inside a name', input: '/workspace/my file.txt', want: '/workspace/my file.txt', odd: [] },
  { name: 'upper case is kept', input: '/Workspace/SECRET', want: '/Workspace/SECRET', odd: [] },
  { name: 'decomposed letters', input: '/cafe\u0301', want: '/caf\u00e9', odd: [] },
  { name: 'a percent sign that escapes nothing', input: '/x/100%.txt', want: '/x/100%.txt', odd: [] },
  { name: 'dot-dot', input: '/workspace/../etc/passwd', want: '/etc/passwd', odd: ['dot_segments'] },
  { name: 'dot-dot at the end', input: '/workspace/a/..', want: '/workspace', odd: ['dot_segments'] },
  { name: 'dot-dot above the root', input: '/../../etc', want: '/etc', odd: ['dot_segments'] },
  { name: 'a dot segment inside', input: '/srv/./secret', want: '/srv/secret', odd: ['dot_segments'] },
  {
    name: 'an empty segment',
    input: '/srv/data//secret/k',
    want: '/srv/data/secret/k',
    odd: ['empty_segments'],
  },
  { name: 'two leading slashes', input: '//srv/x', want: '/srv/x', odd: ['unc', 'empty_segments'] },
  { name: 'encoded dots', input: '/a/%2e%2E/b', want: '/b', odd: ['encoded', 'dot_segments'] },
  { name: 'an encoded slash', input: '/a/..%2fb', want: '/b', odd: ['encoded', 'dot_segments'] },
  {
    name: 'double encoding',
    input: '/a/%252e%252e/b',
    want: '/b',
    odd: ['encoded', 'double_encoded', 'dot_segments'],
  },
  {
    name: 'an escape built of escapes',
    input: '/a/%%32%65./b',
    want: '/b',
    odd: ['encoded', 'double_encoded', 'dot_segments'],
  },
  { name: 'an overlong slash', input: '/a/..%c0%afb', want: '/b', odd: ['encoded', 'dot_segments'] },
  { name: 'a %u escape', input: '/a/%u002e%u002e/b', want: '/b', odd: ['encoded', 'dot_segments'] },
  { name: 'an encoded NUL', input: '/a/k%00.png', want: '/a/k\ufffd.png', odd: ['encoded', 'control'] },
  {
    name: 'encoding without end',
    input: `/a/%${'25'.repeat(9)}2e`,
    want: '/a/\ufffd25252525252e',
    odd: ['encoded', 'double_encoded'],
  },
  { name: 'backslashes', input: '/workspace\\..\\etc', want: '/etc', odd: ['backslash', 'dot_segments'] },
  {
    name: 'a newline, which no glob of the engine crosses',
    input: '/workspace/a\nb/.env',
    want: '/workspace/a\ufffdb/.env',
    odd: ['control'],
  },
  { name: 'a NUL', input: '/workspace/ok\u0000.txt', want: '/workspace/ok\ufffd.txt', odd: ['control'] },
  { name: 'a line separator', input: '/a\u2028b', want: '/a\ufffdb', odd: ['control'] },
  { name: 'a lone surrogate', input: '/a\ud800b', want: '/a\ufffdb', odd: ['control'] },
  { name: 'a trailing newline', input: '/etc/passwd\n', want: '/etc/passwd', odd: ['control'] },
  { name: 'surrounding blanks', input: '  /etc/passwd ', want: '/etc/passwd', odd: ['whitespace'] },
  { name: 'surrounding quotes', input: '"/etc/passwd"', want: '/etc/passwd', odd: ['quoted'] },
  { name: 'a trailing dot', input: '/a/secret./k', want: '/a/secret/k', odd: ['trailing_dot_or_space'] },
  {
    name: 'a trailing blank in a name',
    input: '/a/secret /k',
    want: '/a/secret/k',
    odd: ['trailing_dot_or_space'],
  },
  { name: 'dots and blanks', input: '/a/.. /b', want: '/b', odd: ['trailing_dot_or_space'] },
  { name: 'three dots', input: '/a/.../b', want: '/b', odd: ['trailing_dot_or_space'] },
  {
    name: 'a UNC path',
    input: '\\\\srv\\share\\x',
    want: '/srv/share/x',
    odd: ['unc', 'backslash', 'empty_segments'],
  },
  {
    name: 'a device path',
    input: '\\\\?\\C:\\x',
    want: '/?/C:/x',
    odd: ['unc', 'backslash', 'empty_segments', 'stream', 'glob'],
  },
  { name: 'a drive', input: 'C:\\x', want: '/C:/x', odd: ['backslash', 'drive'] },
  { name: 'a path on the current directory of a drive', input: 'C:x', want: '/C:/x', odd: ['drive'] },
  { name: 'an alternate stream', input: '/a/f.txt:hidden', want: '/a/f.txt:hidden', odd: ['stream'] },
  { name: 'a short name', input: '/PROGRA~1/x', want: '/PROGRA~1/x', odd: ['short_name'] },
  { name: 'a file URI', input: 'file:///etc/passwd', want: '/etc/passwd', odd: ['file_uri'] },
  {
    name: 'a file URI on localhost',
    input: 'FILE://localhost/etc/passwd',
    want: '/etc/passwd',
    odd: ['file_uri'],
  },
  {
    name: 'a file URI on another host',
    input: 'file://evil/share',
    want: '/evil/share',
    odd: ['file_uri', 'file_host'],
  },
  { name: 'a file URI without slashes', input: 'file:etc/passwd', want: '/etc/passwd', odd: ['file_uri'] },
  {
    name: 'a file URI with a query',
    input: 'file:///etc/passwd?x=.txt',
    want: '/etc/passwd',
    odd: ['file_uri', 'uri_suffix'],
  },
  {
    name: 'an encoded file URI',
    input: '%66ile:///etc/passwd',
    want: '/etc/passwd',
    odd: ['encoded', 'file_uri'],
  },
  {
    name: 'another URI',
    input: 'http://h/x',
    want: '/http:/h/x',
    odd: ['uri', 'relative', 'stream', 'empty_segments'],
  },
  { name: 'fullwidth dots', input: '/a/\uff0e\uff0e/b', want: '/b', odd: ['compatibility', 'dot_segments'] },
  { name: 'a two dot leader', input: '/a/\u2025/b', want: '/b', odd: ['compatibility', 'dot_segments'] },
  {
    name: 'a fullwidth slash',
    input: '/a\uff0f..\uff0fb',
    want: '/b',
    odd: ['compatibility', 'dot_segments'],
  },
  { name: 'a division slash', input: '/a\u2215b', want: '/a/b', odd: ['compatibility'] },
  {
    name: 'a fullwidth escape',
    input: '/a/\uff052e\uff052e/b',
    want: '/b',
    odd: ['compatibility', 'encoded', 'dot_segments'],
  },
  { name: 'a zero width space', input: '/a/.e\u200bnv', want: '/a/.env', odd: ['invisible'] },
  { name: 'tag characters', input: '/a/k\u{e0061}', want: '/a/k', odd: ['invisible'] },
  { name: 'a bidi override', input: '/a/\u202etxt.exe', want: '/a/txt.exe', odd: ['bidi'] },
  { name: 'a star', input: '/a/*/k', want: '/a/*/k', odd: ['glob'] },
  { name: 'brackets', input: '/a/[k]', want: '/a/[k]', odd: ['glob'] },
  { name: 'procfs', input: '/proc/self/root/etc', want: '/proc/self/root/etc', odd: ['procfs'] },
  {
    name: 'procfs reached by dots',
    input: '/a/../proc/1/environ',
    want: '/proc/1/environ',
    odd: ['dot_segments', 'procfs'],
  },
  { name: 'a descriptor', input: '/dev/fd/3', want: '/dev/fd/3', odd: ['procfs'] },
  { name: 'a name that only starts like procfs', input: '/process/x', want: '/process/x', odd: [] },
  { name: 'the home directory', input: '~/.ssh/id_rsa', want: '/~/.ssh/id_rsa', odd: ['home'] },
  { name: 'the home of another', input: '~root', want: '/~root', odd: ['home'] },
  { name: 'a variable', input: '/a/$HOME/x', want: '/a/$HOME/x', odd: ['variable'] },
  { name: 'a relative path', input: 'src/a.ts', want: '/src/a.ts', odd: ['relative'] },
  { name: 'nothing', input: '', want: '/', odd: ['empty', 'relative'] },
];

describe('every spelling of a path comes down to one', () => {
  test.each(rows)('$name', ({ input, want, odd }) => {
    expect(canonicalPath(input)).toEqual({ path: want, suspicious: odd });
  });
});

describe('a root makes relative paths ordinary', () => {
  test.each([
    { input: 'src/a.ts', want: '/workspace/src/a.ts', odd: [] },
    { input: '.', want: '/workspace', odd: [] },
    { input: './src/a.ts', want: '/workspace/src/a.ts', odd: [] },
    { input: '../etc/passwd', want: '/etc/passwd', odd: ['dot_segments'] },
    { input: '~/x', want: '/~/x', odd: ['home'] },
    { input: '/etc/passwd', want: '/etc/passwd', odd: [] },
    { input: '', want: '/workspace', odd: ['empty'] },
  ])('$input', ({ input, want, odd }) => {
    expect(canonicalPath(input, { root: '/workspace' })).toEqual({ path: want, suspicious: odd });
  });
});

describe('where a URI is expected', () => {
  test.each([
    { input: 'file:///a%20b/c', want: '/a b/c', odd: [] },
    { input: 'file:///a/%2e%2e/b', want: '/b', odd: ['encoded', 'dot_segments'] },
    { input: 'file:///a%2fb', want: '/a/b', odd: ['encoded'] },
    { input: 'file://host/a', want: '/host/a', odd: ['file_host'] },
  ])('$input', ({ input, want, odd }) => {
    expect(canonicalPath(input, { uri: true })).toEqual({ path: want, suspicious: odd });
  });
});

describe('for any text at all', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%',
      '%2e',
      '%2f',
      '%25',
      '25',
      '2e',
      '~',
      '"',
      ' ',
      ':',
      '*',
      'C:',
      'file:',
    ),
    fc.constantFrom(
      '\uff0e',
      '\u2026',
      '\uff05',
      '\u200b',
      '\u202e',
      '\u0000',
      '\n',
      '\u0301',
      'e',
      'proc',
      '\ud800',
      '%c0%ae',
      '%u002f',
      '/@',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

  test.each([undefined, '/workspace'])('a canonical path is its own canonical path (root %s)', (root) => {
    fc.assert(
      fc.property(text, fc.boolean(), (raw, uri) => {
        const { path } = canonicalPath(raw, { root, uri });
        expect(canonicalPath(path, { root }).path).toBe(path);
      }),
      { numRuns: 3000 },
    );
  });

  test('it is absolute and has no empty, dot or control character segment', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const { path } = canonicalPath(raw);
        expect(path.startsWith('/')).toBe(true);
        expect(path.isWellFormed()).toBe(true);
        expect(path).not.toMatch(/[\u0000-\u001f\\]|%[0-9a-f]{2}/i);
        const segments = path === '/' ? [] : path.slice(1).split('/');
        expect(segments.filter((segment) => ['', '.', '..'].includes(segment))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test('what is not flagged reads the same as it was written', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const { path, suspicious } = canonicalPath(`/${raw}`);
        const written = `/${raw}`.normalize('NFC').replace(/(?<=.)\/$/, '');
        if (suspicious.length === 0) expect(path).toBe(written);
      }),
      { numRuns: 3000 },
    );
  });
});
