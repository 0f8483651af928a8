import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostFact, PathFact } from '../../../proxy/decide/contract.ts';
import { type ToolDeclaration, toDeclaration } from '../../../proxy/decide/facts/declaration.ts';
import { deriveFacts, type FactContext, type Facts } from '../../../proxy/decide/facts/facts.ts';
import type { JsonObject } from '../../../proxy/frame/json.ts';

const NONE: Facts = { paths: [], hosts: [], sql: [], unknown: [] };

function path(at: string, raw: string, op: PathFact['op'], more: Partial<PathFact> = {}): PathFact {
  return { at, raw, path: raw, op, suspicious: [], declared: true, ...more };
}

function host(at: string, name: string, more: Partial<HostFact> = {}): HostFact {
  return { at, host: name, private: false, scheme: 'https', ...more };
}

interface Call {
  readonly name?: string;
  readonly server?: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly want: Partial<Facts>;
  readonly declared?: ToolDeclaration;
  readonly schema?: JsonObject;
  readonly root?: string;
}

function run({ server = 'any', tool, args, want, declared, schema, root }: Call): void {
  expect(deriveFacts(args, { server, tool, declared, schema, root })).toEqual({ ...NONE, ...want });
}

const W = '/workspace/a.txt';

describe('calls of real servers', () => {
  const filesystem = (tool: string, args: JsonObject, want: Partial<Facts>): Call => ({
    server: 'filesystem',
    tool,
    args,
    want,
  });
  const git = (tool: string, args: JsonObject, want: Partial<Facts>): Call => ({
    server: 'git',
    tool,
    args: { repo_path: '/workspace', ...args },
    want,
  });
  const db = (tool: string, query: string, verbs: string[], tables: string[]): Call => ({
    server: 'sqlite',
    tool,
    args: { query },
    want: { sql: [{ at: '/args/query', verbs, tables, parsed: true }] },
  });
  test.each<Call>([
    filesystem('read_text_file', { path: W, head: 10 }, { paths: [path('/args/path', W, 'read')] }),
    filesystem(
      'read_text_file',
      { path: '/workspace/../etc/passwd' },
      {
        paths: [
          path('/args/path', '/workspace/../etc/passwd', 'read', {
            path: '/etc/passwd',
            suspicious: ['dot_segments'],
          }),
        ],
      },
    ),
    filesystem(
      'read_multiple_files',
      { paths: [W, '/workspace/b'] },
      {
        paths: [path('/args/paths/0', W, 'read'), path('/args/paths/1', '/workspace/b', 'read')],
      },
    ),
    filesystem(
      'list_directory',
      { path: '/workspace' },
      { paths: [path('/args/path', '/workspace', 'read')] },
    ),
    filesystem(
      'directory_tree',
      { path: '/workspace', excludePatterns: ['**/node_modules', '*.log'] },
      {
        paths: [path('/args/path', '/workspace', 'read')],
      },
    ),
    filesystem(
      'search_files',
      { path: '/workspace', pattern: 'src/**/*.ts' },
      { paths: [path('/args/path', '/workspace', 'read')] },
    ),
    filesystem(
      'search_files',
      { path: '/workspace', pattern: '../**' },
      {
        paths: [
          path('/args/path', '/workspace', 'read'),
          path('/args/pattern', '../**', 'read', {
            path: '/**',
            suspicious: ['relative', 'dot_segments', 'glob'],
            declared: false,
          }),
        ],
      },
    ),
    filesystem('get_file_info', { path: W }, { paths: [path('/args/path', W, 'read')] }),
    filesystem('list_allowed_directories', {}, {}),
    filesystem(
      'write_file',
      { path: W, content: '/etc/passwd' },
      { paths: [path('/args/path', W, 'write')] },
    ),
    filesystem(
      'write_file',
      { path: W, content: "import x from '../../x.ts';\nopen('/etc/passwd')" },
      {
        paths: [path('/args/path', W, 'write')],
      },
    ),
    filesystem(
      'write_file',
      { path: W, content: 'a'.repeat(100_000) },
      { paths: [path('/args/path', W, 'write')] },
    ),
    filesystem(
      'edit_file',
      { path: W, edits: [{ oldText: '/etc', newText: '../b' }], dryRun: true },
      {
        paths: [path('/args/path', W, 'write')],
      },
    ),
    filesystem(
      'edit_file',
      {
        path: W,
        edits: [{ oldText: 'http://localhost:1', newText: 'http://localhost:2' }],
        content: 'http://a.example/',
      },
      {
        paths: [path('/args/path', W, 'write')],
        hosts: [host('/args/content', 'a.example', { scheme: 'http' })],
      },
    ),
    filesystem(
      'move_file',
      { source: W, destination: '/workspace/b' },
      {
        paths: [path('/args/source', W, 'delete'), path('/args/destination', '/workspace/b', 'write')],
      },
    ),
    filesystem(
      'copy_file',
      { source: W, destination: '/workspace/b' },
      {
        paths: [path('/args/source', W, 'read'), path('/args/destination', '/workspace/b', 'write')],
      },
    ),
    filesystem(
      'create_directory',
      { path: '/workspace/d' },
      { paths: [path('/args/path', '/workspace/d', 'write')] },
    ),
    filesystem('delete_file', { path: W }, { paths: [path('/args/path', W, 'delete')] }),
    git('git_status', {}, { paths: [path('/args/repo_path', '/workspace', 'read')] }),
    git('git_diff', { target: 'feature/x' }, { paths: [path('/args/repo_path', '/workspace', 'read')] }),
    git(
      'git_diff',
      { target: 'origin/main..HEAD' },
      { paths: [path('/args/repo_path', '/workspace', 'read')] },
    ),
    git('git_log', { max_count: 5 }, { paths: [path('/args/repo_path', '/workspace', 'read')] }),
    git(
      'git_commit',
      { message: 'fix and/or /etc/passwd' },
      { paths: [path('/args/repo_path', '/workspace', 'write')] },
    ),
    git(
      'git_checkout',
      { branch_name: 'fix/a-b' },
      { paths: [path('/args/repo_path', '/workspace', 'write')] },
    ),
    {
      ...git('git_add', { files: ['.', 'src/a.ts'] }, {}),
      root: '/workspace',
      want: {
        paths: [
          path('/args/repo_path', '/workspace', 'write'),
          path('/args/files/0', '.', 'write', { path: '/workspace' }),
          path('/args/files/1', 'src/a.ts', 'write', { path: '/workspace/src/a.ts' }),
        ],
      },
    },
    {
      server: 'fetch',
      tool: 'fetch',
      args: { url: 'https://example.com/a?b', max_length: 5000, raw: false },
      want: {
        hosts: [host('/args/url', 'example.com')],
      },
    },
    {
      server: 'fetch',
      tool: 'fetch',
      args: { url: 'http://169.254.169.254/latest' },
      want: {
        hosts: [
          host('/args/url', '169.254.169.254', { ip: '169.254.169.254', private: true, scheme: 'http' }),
        ],
      },
    },
    {
      server: 'fetch',
      tool: 'fetch',
      args: { url: 'file:///etc/passwd' },
      want: {
        paths: [path('/args/url', 'file:///etc/passwd', 'unknown', { path: '/etc/passwd', declared: false })],
      },
    },
    db('read_query', 'SELECT name FROM users', ['select'], ['users']),
    db('write_query', 'insert into users values (1)', ['insert'], ['users']),
    db('create_table', 'create table t (id int)', ['create'], ['t']),
    db('read_query', 'select 1; drop table users', ['select', 'drop'], ['users']),
    {
      server: 'sqlite',
      tool: 'read_query',
      args: { query: 'frobnicate' },
      want: {
        sql: [{ at: '/args/query', verbs: [], tables: [], parsed: false }],
        unknown: ['sql'],
      },
    },
    { server: 'sqlite', tool: 'describe_table', args: { table_name: 'users' }, want: {} },
    { server: 'sqlite', tool: 'append_insight', args: { insight: 'and/or / etc' }, want: {} },
    { server: 'memory', tool: 'search_nodes', args: { query: 'a person / a place' }, want: {} },
    {
      server: 'memory',
      tool: 'create_entities',
      args: { entities: [{ name: 'a', entityType: 'person', observations: ['likes /etc'] }] },
      want: {},
    },
    {
      server: 'memory',
      tool: 'create_relations',
      args: { relations: [{ from: 'a', to: 'b', relationType: 'knows' }] },
      want: {},
    },
    { server: 'everything', tool: 'echo', args: { message: 'hello /etc/passwd and ../x' }, want: {} },
    {
      server: 'everything',
      tool: 'echo',
      args: { message: 'https://example.com/x' },
      want: { hosts: [host('/args/message', 'example.com')] },
    },
    { server: 'everything', tool: 'echo', args: { message: 'https://example.com is nice' }, want: {} },
    { server: 'everything', tool: 'get-sum', args: { a: 1, b: 2 }, want: {} },
    {
      server: 'everything',
      tool: 'gzip-file-as-resource',
      args: { name: 'a.gz', data: 'data:text/plain,hi' },
      want: {},
    },
    {
      server: 'everything',
      tool: 'gzip-file-as-resource',
      args: { data: 'https://example.com/x' },
      want: { hosts: [host('/args/data', 'example.com')] },
    },
    {
      server: 'thinking',
      tool: 'sequentialthinking',
      args: { thought: '/etc/passwd', nextThoughtNeeded: true, thoughtNumber: 1 },
      want: {},
    },
    {
      server: 'time',
      tool: 'convert_time',
      args: { source_timezone: 'Europe/Warsaw', time: '12:30', target_timezone: 'UTC' },
      want: {},
    },
    {
      server: 'github',
      tool: 'get_issue',
      args: { owner: 'acme', repo: 'acme/app', ref: 'refs/heads/main' },
      want: {},
    },
    {
      server: 'github',
      tool: 'push_files',
      args: { files: [{ path: 'src/a.ts', content: '/x' }] },
      want: {
        paths: [
          path('/args/files/0/path', 'src/a.ts', 'unknown', { path: '/src/a.ts', suspicious: ['relative'] }),
        ],
      },
    },
  ])('$server.$tool $args', run);
});

describe('which arguments are looked at', () => {
  const E = '/etc/passwd';
  test.each<Call>([
    {
      name: 'a name deep inside',
      tool: 'x',
      args: { options: { path: E } },
      want: { paths: [path('/args/options/path', E, 'unknown')] },
    },
    {
      name: 'a name inside a list',
      tool: 'edit',
      args: { edits: [{ path: E }] },
      want: { paths: [path('/args/edits/0/path', E, 'write')] },
    },
    {
      name: 'the last word of a name',
      tool: 'x',
      args: { notebookPath: E, 'log-file': '/l' },
      want: { paths: [path('/args/notebookPath', E, 'unknown'), path('/args/log-file', '/l', 'unknown')] },
    },
    {
      name: 'a domain that is none of the network',
      tool: 'x',
      args: { domain: 'climate', domains: ['switch', 'light'], idOrUrl: 'dpl_Bw-4', id_or_url: 'ab12' },
      want: {},
    },
    {
      name: 'a domain that is a filter',
      tool: 'x',
      args: {
        domain: ['|', ['name', '=', 'BILL/2025/10/0044'], ['state', 'in', ['posted', 'sent']]],
        domains: "[('name', 'ilike', 'x')]",
      },
      want: {},
    },
    {
      name: 'a URL inside a filter',
      tool: 'x',
      args: { domain: [['website', '=', 'http://10.0.0.1/']] },
      want: {
        hosts: [host('/args/domain/0/2', '10.0.0.1', { ip: '10.0.0.1', private: true, scheme: 'http' })],
      },
    },
    {
      name: 'hosts that are made to look like a filter',
      tool: 'x',
      args: { domain: ['169.254.169.254', []], domains: '["169.254.169.254"]' },
      want: {
        hosts: [
          host('/args/domain/0', '169.254.169.254', { ip: '169.254.169.254', private: true, scheme: '' }),
        ],
        unknown: ['hosts'],
      },
    },
    {
      name: 'a domain that is an address in brackets, or hosts in a list',
      tool: 'x',
      args: { domain: '[::1]', domains: ['localhost', 'b.example', 'light'] },
      want: {
        hosts: [
          host('/args/domain', '::1', { ip: '::1', private: true, scheme: '' }),
          host('/args/domains/0', 'localhost', { private: true, scheme: '' }),
          host('/args/domains/1', 'b.example', { scheme: '' }),
        ],
      },
    },
    {
      name: 'a domain of the network, where it could be another',
      tool: 'x',
      args: { domain: 'localhost', idOrUrl: '2130706433', id_or_url: 'a.example/x' },
      want: {
        hosts: [
          host('/args/domain', 'localhost', { private: true, scheme: '' }),
          host('/args/idOrUrl', '127.0.0.1', { ip: '127.0.0.1', private: true, scheme: '' }),
          host('/args/id_or_url', 'a.example', { scheme: '' }),
        ],
      },
    },
    {
      name: 'a link within the server',
      tool: 'x',
      args: { href: '/cal/trip.ics' },
      want: { paths: [path('/args/href', '/cal/trip.ics', 'unknown', { declared: false })] },
    },
    {
      name: 'a calendar within the server, and one that a server may decode to lead elsewhere',
      tool: 'x',
      args: { calendar_url: '/dav/ann/trips/', collectionUrl: '/%2Fb.example/x' },
      want: {
        paths: [
          path('/args/calendar_url', '/dav/ann/trips/', 'unknown', {
            declared: false,
            path: '/dav/ann/trips',
          }),
          path('/args/collectionUrl', '/%2Fb.example/x', 'unknown', {
            declared: false,
            path: '/b.example/x',
            suspicious: ['encoded', 'unc', 'empty_segments'],
          }),
        ],
        unknown: ['hosts'],
      },
    },
    {
      name: 'a link that leads out of the server',
      tool: 'x',
      args: { href: '//b.example/x', homeHref: '/\t/b.example' },
      want: {
        hosts: [host('/args/href', 'b.example', { scheme: '' })],
        paths: [
          path('/args/href', '//b.example/x', 'unknown', {
            declared: false,
            path: '/b.example/x',
            suspicious: ['unc', 'empty_segments'],
          }),
          path('/args/homeHref', '/\t/b.example', 'unknown', {
            declared: false,
            path: '/\ufffd/b.example',
            suspicious: ['control'],
          }),
        ],
        unknown: ['hosts'],
      },
    },
    {
      name: 'a host without a dot',
      tool: 'x',
      args: { host: 'climate' },
      want: { hosts: [host('/args/host', 'climate', { private: true, scheme: '' })] },
    },
    {
      name: 'a pointer is escaped',
      tool: 'x',
      args: { 'a/b~c': { path: E } },
      want: { paths: [path('/args/a~1b~0c/path', E, 'unknown')] },
    },
    {
      name: 'another case',
      tool: 'x',
      args: { Path: E },
      want: { paths: [path('/args/Path', E, 'unknown', { suspicious: ['name_lookalike'] })] },
    },
    {
      name: 'another case, the server\u2019s own',
      tool: 'x',
      args: { Path: E },
      schema: { properties: { Path: { type: 'string' } } },
      want: { paths: [path('/args/Path', E, 'unknown')] },
    },
    {
      name: 'a Cyrillic letter',
      tool: 'x',
      args: { 'p\u0430th': 'notes' },
      want: {
        paths: [
          path('/args/p\u0430th', 'notes', 'unknown', {
            path: '/notes',
            suspicious: ['relative', 'name_lookalike'],
          }),
        ],
      },
    },
    {
      name: 'a Cyrillic letter, the server\u2019s own',
      tool: 'x',
      args: { 'p\u0430th': E },
      schema: { properties: { 'p\u0430th': {} } },
      want: { paths: [path('/args/p\u0430th', E, 'unknown', { suspicious: ['name_lookalike'] })] },
    },
    {
      name: 'fullwidth letters',
      tool: 'x',
      args: { '\uff50\uff41\uff54\uff48': E },
      want: {
        paths: [path('/args/\uff50\uff41\uff54\uff48', E, 'unknown', { suspicious: ['name_lookalike'] })],
      },
    },
    {
      name: 'an invisible character',
      tool: 'x',
      args: { 'pa\u200bth': E },
      want: { paths: [path('/args/pa\u200bth', E, 'unknown', { suspicious: ['name_lookalike'] })] },
    },
    {
      name: 'a blank',
      tool: 'x',
      args: { 'path ': E },
      want: { paths: [path('/args/path ', E, 'unknown', { suspicious: ['name_lookalike'] })] },
    },
    {
      name: 'a url alias is a doubt',
      tool: 'x',
      args: { URL: 'https://example.com' },
      want: { hosts: [host('/args/URL', 'example.com')], unknown: ['hosts'] },
    },
    {
      name: 'an absolute path nobody declared',
      tool: 'x',
      args: { thing: E },
      want: { paths: [path('/args/thing', E, 'unknown', { declared: false })] },
    },
    {
      name: 'a home path nobody declared',
      tool: 'x',
      args: { thing: '~/.ssh/id' },
      want: {
        paths: [
          path('/args/thing', '~/.ssh/id', 'unknown', {
            path: '/~/.ssh/id',
            suspicious: ['home'],
            declared: false,
          }),
        ],
      },
    },
    {
      name: 'a climbing path nobody declared',
      tool: 'x',
      args: { thing: 'a/../../b' },
      want: {
        paths: [
          path('/args/thing', 'a/../../b', 'unknown', {
            path: '/b',
            suspicious: ['relative', 'dot_segments'],
            declared: false,
          }),
        ],
      },
    },
    {
      name: 'a climb behind a word',
      tool: 'x',
      args: { thing: 'cat ../b' },
      want: {
        paths: [
          path('/args/thing', 'cat ../b', 'unknown', {
            path: '/cat/b',
            suspicious: ['relative', 'trailing_dot_or_space'],
            declared: false,
          }),
        ],
      },
    },
    {
      name: 'an encoded climb',
      tool: 'x',
      args: { thing: 'a%2f%2e%2e%2fb' },
      want: {
        paths: [
          path('/args/thing', 'a%2f%2e%2e%2fb', 'unknown', {
            path: '/b',
            suspicious: ['encoded', 'relative', 'dot_segments'],
            declared: false,
          }),
        ],
      },
    },
    {
      name: 'a fullwidth climb',
      tool: 'x',
      args: { thing: 'a\uff0f\uff0e\uff0e\uff0fb' },
      want: {
        paths: [
          path('/args/thing', 'a\uff0f\uff0e\uff0e\uff0fb', 'unknown', {
            path: '/b',
            suspicious: ['compatibility', 'relative', 'dot_segments'],
            declared: false,
          }),
        ],
      },
    },
    {
      name: 'a drive',
      tool: 'x',
      args: { thing: 'C:\\x' },
      want: {
        paths: [
          path('/args/thing', 'C:\\x', 'unknown', {
            path: '/C:/x',
            suspicious: ['backslash', 'drive'],
            declared: false,
          }),
        ],
      },
    },
    {
      name: 'a UNC path',
      tool: 'x',
      args: { thing: '\\\\h\\s' },
      want: {
        paths: [
          path('/args/thing', '\\\\h\\s', 'unknown', {
            path: '/h/s',
            suspicious: ['unc', 'backslash', 'empty_segments'],
            declared: false,
          }),
        ],
      },
    },
    {
      name: 'a path for a key',
      tool: 'x',
      args: { map: { '/etc/passwd': 'x' } },
      want: { paths: [path('/args/map/~1etc~1passwd', E, 'unknown', { declared: false })] },
    },
    {
      name: 'a URL where a path belongs is both',
      tool: 'read',
      args: { path: 'http://10.0.0.1/x' },
      want: {
        paths: [
          path('/args/path', 'http://10.0.0.1/x', 'read', {
            path: '/http:/10.0.0.1/x',
            suspicious: ['uri', 'relative', 'stream', 'empty_segments'],
          }),
        ],
        hosts: [host('/args/path', '10.0.0.1', { ip: '10.0.0.1', private: true, scheme: 'http' })],
      },
    },
    {
      name: 'a path where a URL belongs is a path and a doubt',
      tool: 'read',
      args: { url: E },
      want: { paths: [path('/args/url', E, 'read', { declared: false })], unknown: ['hosts'] },
    },
    {
      name: 'a URL before other words',
      tool: 'x',
      args: { thing: 'http://10.0.0.1/ now' },
      want: { hosts: [host('/args/thing', '10.0.0.1', { ip: '10.0.0.1', private: true, scheme: 'http' })] },
    },
    {
      name: 'a search that starts like SQL',
      tool: 'search',
      args: { query: 'drop table x' },
      want: { sql: [{ at: '/args/query', verbs: ['drop'], tables: ['x'], parsed: true }] },
    },
    {
      name: 'prose with slashes',
      tool: 'x',
      args: {
        a: 'and/or',
        b: 'a / b',
        c: '2024/01/02',
        d: 'text/html',
        e: 'owner/repo',
        f: '1/2',
        g: 'wait...',
        h: '50% / 60%',
        i: '~5 minutes',
        j: 'v1..v2',
      },
      want: {},
    },
    {
      name: 'JSON in a string',
      tool: 'x',
      args: { options: '{"path":"/etc/passwd"}' },
      want: { paths: [path('/args/options/path', E, 'unknown', { suspicious: ['json_in_string'] })] },
    },
    {
      name: 'JSON in a path',
      tool: 'read',
      args: { paths: '["/x"]' },
      want: {
        paths: [
          path('/args/paths', '["/x"]', 'read', {
            path: '/["/x"]',
            suspicious: ['relative', 'glob', 'json_in_string'],
          }),
        ],
        unknown: ['paths'],
      },
    },
    {
      name: 'brackets that are no JSON',
      tool: 'read',
      args: { path: '/app/[id]' },
      want: { paths: [path('/args/path', '/app/[id]', 'read', { suspicious: ['glob'] })] },
    },
  ])('$name', run);
});

describe('what cannot be derived is named', () => {
  test.each<Call>([
    {
      name: 'a list where one path belongs',
      tool: 'read',
      args: { path: ['/a'] },
      want: { paths: [path('/args/path/0', '/a', 'read')], unknown: ['paths'] },
    },
    {
      name: 'a list the schema allows',
      tool: 'read',
      args: { path: ['/a'] },
      schema: { properties: { path: { type: 'array' } } },
      want: { paths: [path('/args/path/0', '/a', 'read')] },
    },
    {
      name: 'an object for a path',
      tool: 'read',
      args: { path: { value: 'x' } },
      want: { unknown: ['paths'] },
    },
    {
      name: 'a number for a file, which is a descriptor',
      tool: 'read',
      args: { file: 3 },
      want: { unknown: ['paths'] },
    },
    { name: 'null leaves an argument out', tool: 'read', args: { path: null }, want: {} },
    { name: 'a flag', tool: 'read', args: { files: true, is_file: true, max_files: 3 }, want: {} },
    {
      name: 'null for a declared path',
      tool: 'read',
      args: { thing: null },
      declared: { args: { thing: 'path' } },
      want: { unknown: ['paths'] },
    },
    {
      name: 'a number in a declared list',
      tool: 'read',
      args: { things: ['/a', 1] },
      declared: { args: { things: 'path' } },
      want: { paths: [path('/args/things/0', '/a', 'read')], unknown: ['paths'] },
    },
    {
      name: 'an object for a declared URL',
      tool: 'x',
      args: { u: {} },
      declared: { args: { u: 'url' } },
      want: { unknown: ['hosts'] },
    },
    {
      name: 'a number for declared SQL',
      tool: 'x',
      args: { q: 1 },
      declared: { args: { q: 'sql' } },
      want: { unknown: ['sql'] },
    },
    {
      name: 'a path too long',
      tool: 'read',
      args: { path: `/${'a'.repeat(4096)}` },
      want: { unknown: ['paths'] },
    },
    {
      name: 'a long string of no kind',
      tool: 'x',
      args: { blob: 'a'.repeat(16_385) },
      want: { unknown: ['paths', 'hosts'] },
    },
    {
      name: 'too much to look at',
      tool: 'x',
      args: { a: Array.from({ length: 5 }, () => 'a'.repeat(16_384)) },
      want: { unknown: ['paths', 'hosts', 'sql'] },
    },
    {
      name: 'too many values',
      tool: 'x',
      args: { a: Array.from({ length: 2001 }, () => 'a') },
      want: { unknown: ['paths', 'hosts', 'sql'] },
    },
    {
      name: 'too many objects',
      tool: 'x',
      args: { a: Array.from({ length: 2001 }, () => ({})) },
      want: { unknown: ['paths', 'hosts', 'sql'] },
    },
    { name: 'too deep', tool: 'x', args: deep(70), want: { unknown: ['paths', 'hosts', 'sql'] } },
    {
      name: 'a kind nobody knows',
      tool: 'x',
      args: { a: 'b' },
      declared: { args: { a: 'folder' as 'path' } },
      want: { unknown: ['paths', 'hosts', 'sql'] },
    },
    {
      name: 'a dialect nobody knows',
      tool: 'x',
      args: { a: 'b' },
      declared: { args: { a: 'sql:oracle' as 'sql' } },
      want: { unknown: ['paths', 'hosts', 'sql'] },
    },
    {
      name: 'a broken declaration',
      tool: 'x',
      args: {},
      declared: { broken: true },
      want: { unknown: ['paths', 'hosts', 'sql'] },
    },
  ])('$name', run);
});

describe('declarations', () => {
  test.each<Call>([
    {
      name: 'a path by another name',
      tool: 'x',
      args: { thing: 'a' },
      declared: { args: { thing: 'path:delete' } },
      want: { paths: [path('/args/thing', 'a', 'delete', { path: '/a', suspicious: ['relative'] })] },
    },
    {
      name: 'the operation of the tool',
      tool: 'read_x',
      args: { path: '/a' },
      declared: { op: 'write' },
      want: { paths: [path('/args/path', '/a', 'write')] },
    },
    {
      name: 'a pointer',
      tool: 'x',
      args: { options: { where: 'a' } },
      declared: { args: { '/options/where': 'path:read' } },
      root: '/w',
      want: { paths: [path('/args/options/where', 'a', 'read', { path: '/w/a' })] },
    },
    {
      name: 'a pointer through a list',
      tool: 'x',
      args: { edits: [{ where: 'a' }] },
      declared: { args: { '/edits/*/where': 'path:read' } },
      root: '/w',
      want: { paths: [path('/args/edits/0/where', 'a', 'read', { path: '/w/a' })] },
    },
    {
      name: 'text is never a path or a URL',
      tool: 'x',
      args: { path: '/etc/passwd', url: 'http://10.0.0.1' },
      declared: { args: { path: 'text', url: 'text' } },
      want: {},
    },
    {
      name: 'opaque content may be a URL, never a path',
      tool: 'x',
      args: { a: '/etc/passwd', b: 'https://example.com/' },
      declared: { args: { a: 'opaque', b: 'opaque' } },
      want: { hosts: [host('/args/b', 'example.com')] },
    },
    {
      name: 'a host',
      tool: 'x',
      args: { peer: 'db:5432' },
      declared: { args: { peer: 'host' } },
      want: { hosts: [host('/args/peer', 'db', { private: true, scheme: '', port: 5432 })] },
    },
    {
      name: 'a dialect',
      tool: 'x',
      args: { q: "select 'a\\'; drop table x; -- '" },
      declared: { args: { q: 'sql:mysql' } },
      want: { sql: [{ at: '/args/q', verbs: ['select'], tables: [], parsed: true }] },
    },
  ])('$name', run);
});

describe('a schema adds kinds and takes none away', () => {
  test.each<Call>([
    {
      name: 'a format',
      tool: 'read',
      args: { thing: 'a.txt', page: 'https://example.com' },
      schema: { properties: { thing: { format: 'path' }, page: { format: 'uri' } } },
      want: {
        paths: [path('/args/thing', 'a.txt', 'read', { path: '/a.txt', suspicious: ['relative'] })],
        hosts: [host('/args/page', 'example.com')],
      },
    },
    {
      name: 'a format for elements',
      tool: 'read',
      args: { things: ['a'] },
      schema: { properties: { things: { type: 'array', items: { format: 'path' } } } },
      root: '/w',
      want: { paths: [path('/args/things/0', 'a', 'read', { path: '/w/a' })] },
    },
    {
      name: 'a format in a choice',
      tool: 'read',
      args: { thing: 'a' },
      schema: { properties: { thing: { anyOf: [{ type: 'null' }, { format: 'path' }] } } },
      root: '/w',
      want: { paths: [path('/args/thing', 'a', 'read', { path: '/w/a' })] },
    },
    {
      name: 'a lie about path',
      tool: 'read',
      args: { path: '/etc/passwd' },
      schema: { properties: { path: { format: 'uri' } } },
      want: { paths: [path('/args/path', '/etc/passwd', 'read')] },
    },
    {
      name: 'a lie about the elements of paths',
      tool: 'read',
      args: { paths: ['/etc/passwd'] },
      schema: { properties: { paths: { items: { format: 'uri' }, properties: { 0: {} } } } },
      want: { paths: [path('/args/paths/0', '/etc/passwd', 'read')] },
    },
    {
      name: 'a lie about members of any name',
      tool: 'read',
      args: { path: 'a' },
      schema: { additionalProperties: { format: 'sql' } },
      root: '/w',
      want: { paths: [path('/args/path', 'a', 'read', { path: '/w/a' })] },
    },
    {
      name: 'a declaration outranks it',
      tool: 'read',
      args: { thing: 'a' },
      declared: { args: { thing: 'text' } },
      schema: { properties: { thing: { format: 'path' } } },
      want: {},
    },
    {
      name: 'nonsense',
      tool: 'read',
      args: { a: 'b' },
      schema: { properties: [1], items: 3, anyOf: 'x', format: {}, type: [null] },
      want: {},
    },
    { name: 'no end', tool: 'read', args: { a: 'b' }, schema: deep(5000), want: {} },
  ])('$name', run);
});

describe('resource URIs', () => {
  test.each<{ uri: string; want: Partial<Facts> }>([
    {
      uri: 'file:///workspace/a%20b',
      want: { paths: [path('/uri', 'file:///workspace/a%20b', 'read', { path: '/workspace/a b' })] },
    },
    {
      uri: 'file:///workspace/..%2f..%2fetc/passwd',
      want: {
        paths: [
          path('/uri', 'file:///workspace/..%2f..%2fetc/passwd', 'read', {
            path: '/etc/passwd',
            suspicious: ['encoded', 'dot_segments'],
          }),
        ],
      },
    },
    {
      uri: 'file://10.0.0.1/share',
      want: {
        paths: [
          path('/uri', 'file://10.0.0.1/share', 'read', {
            path: '/10.0.0.1/share',
            suspicious: ['file_host'],
          }),
        ],
        hosts: [host('/uri', '10.0.0.1', { ip: '10.0.0.1', private: true, scheme: 'file' })],
      },
    },
    { uri: 'https://example.com/x', want: { hosts: [host('/uri', 'example.com')] } },
    {
      uri: 'http://169.254.169.254\\@example.com/',
      want: {
        hosts: [
          host('/uri', '169.254.169.254', { ip: '169.254.169.254', private: true, scheme: 'http' }),
          host('/uri', 'example.com', { scheme: 'http' }),
        ],
        unknown: ['hosts'],
      },
    },
    { uri: 'demo://resource/static/1', want: {} },
    { uri: '/etc/passwd', want: { paths: [path('/uri', '/etc/passwd', 'read')] } },
    { uri: `file:///${'a'.repeat(4096)}`, want: { unknown: ['paths'] } },
  ])('$uri', ({ uri, want }) => {
    expect(deriveFacts(undefined, { server: 's', tool: '', uri })).toEqual({ ...NONE, ...want });
  });
});

describe('reading data.tools', () => {
  const data: JsonObject = {
    tools: {
      fs: {
        good: {
          args: { content: 'opaque', '/body': 'opaque', path: 'path' },
          op: 'write',
          note: 'kept for people',
        },
        list: [],
        op: { op: 'run' },
        args: { args: 'path' },
      },
    },
  };
  test('a declaration is the same object each time, so that plans are kept', () => {
    const good = toDeclaration(data, 'fs', 'good');
    expect(good).toEqual({
      args: { content: 'opaque', '/body': 'opaque', path: 'path' },
      op: 'write',
      opaque: new Set(['content', 'body']),
    });
    expect(toDeclaration(data, 'fs', 'good')).toBe(good);
  });
  test.each(['list', 'op', 'args'])('%s is broken, not passed over', (tool) => {
    expect(toDeclaration(data, 'fs', tool)).toEqual({ broken: true });
  });
  test.each(['none', 'constructor', '__proto__'])('%s is not declared', (tool) => {
    expect(toDeclaration(data, 'fs', tool)).toBeUndefined();
    expect(toDeclaration(data, tool, 'good')).toBeUndefined();
  });
});

test('any arguments give facts that fit the pointers, and never throw', () => {
  const context: FactContext = { server: 's', tool: 'read_file' };
  fc.assert(
    fc.property(
      fc.dictionary(fc.oneof(fc.constantFrom('path', 'url', 'sql', 'files'), fc.string()), fc.jsonValue()),
      (args) => {
        const facts = deriveFacts(args as JsonObject, context);
        for (const fact of [...facts.paths, ...facts.hosts, ...facts.sql])
          expect(fact.at).toMatch(/^\/args\//);
      },
    ),
    { numRuns: 1000 },
  );
});

function deep(levels: number): JsonObject {
  let value: JsonObject = {};
  for (let level = 0; level < levels; level += 1) value = { properties: { a: value } };
  return value;
}
