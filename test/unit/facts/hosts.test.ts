import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostsOfName, hostsOfUrl, isNetworkUri, looksLikeUrl } from '../../../proxy/decide/facts/hosts.ts';

/** host, private, scheme, then ip and port where there are any. */
type Row = readonly [
  host: string,
  isPrivate: boolean,
  scheme: string,
  ip?: string | undefined,
  port?: number,
];

function short(reading: ReturnType<typeof hostsOfUrl>): readonly Row[] {
  return reading.facts.map((fact) => {
    expect(fact.at).toBe('/args/url');
    if (fact.port !== undefined) return [fact.host, fact.private, fact.scheme, fact.ip, fact.port];
    return fact.ip === undefined
      ? [fact.host, fact.private, fact.scheme]
      : [fact.host, fact.private, fact.scheme, fact.ip];
  });
}

const META = '169.254.169.254';

describe('the host of a URL', () => {
  const clear: readonly { name: string; input: string; want: readonly Row[] }[] = [
    { name: 'a public name', input: 'https://example.com/a?b#c', want: [['example.com', false, 'https']] },
    {
      name: 'upper case and a trailing dot',
      input: 'HTTPS://EXAMPLE.com./',
      want: [['example.com', false, 'https']],
    },
    {
      name: 'a port',
      input: 'http://example.com:8080/',
      want: [['example.com', false, 'http', undefined, 8080]],
    },
    {
      name: 'a default port written out',
      input: 'http://example.com:80/',
      want: [['example.com', false, 'http', undefined, 80]],
    },
    { name: 'user and password', input: 'http://good.com:x@evil.com/', want: [['evil.com', false, 'http']] },
    {
      name: 'an at sign in the path',
      input: 'https://example.com/@user',
      want: [['example.com', false, 'https']],
    },
    {
      name: 'an international name',
      input: 'http://b\u00fccher.de',
      want: [['xn--bcher-kva.de', false, 'http']],
    },
    { name: 'fullwidth letters', input: 'http://\uff45xample.com', want: [['example.com', false, 'http']] },
    {
      name: 'circled digits',
      input: 'http://\u2460\u2461\u2466.0.0.1',
      want: [['127.0.0.1', true, 'http', '127.0.0.1']],
    },
    {
      name: 'an ideographic full stop',
      input: 'http://169\u3002254\u3002169\u3002254',
      want: [[META, true, 'http', META]],
    },
    {
      name: 'a percent-encoded address',
      input: 'http://%31%36%39.254.169.254/',
      want: [[META, true, 'http', META]],
    },
    { name: 'the metadata address', input: `http://${META}/latest`, want: [[META, true, 'http', META]] },
    { name: 'one decimal number', input: 'http://2852039166/', want: [[META, true, 'http', META]] },
    { name: 'one hex number', input: 'http://0xA9FEA9FE/', want: [[META, true, 'http', META]] },
    { name: 'a short address', input: 'http://127.1/', want: [['127.0.0.1', true, 'http', '127.0.0.1']] },
    { name: 'zero', input: 'http://0/', want: [['0.0.0.0', true, 'http', '0.0.0.0']] },
    {
      name: 'octal, which others read as decimal',
      input: 'http://010.8.8.8/',
      want: [
        ['8.8.8.8', false, 'http', '8.8.8.8'],
        ['10.8.8.8', true, 'http', '10.8.8.8'],
      ],
    },
    { name: 'private', input: 'http://10.1.2.3', want: [['10.1.2.3', true, 'http', '10.1.2.3']] },
    {
      name: 'carrier-grade NAT',
      input: 'http://100.100.100.200',
      want: [['100.100.100.200', true, 'http', '100.100.100.200']],
    },
    {
      name: 'a platform service on a public address',
      input: 'http://168.63.129.16',
      want: [['168.63.129.16', true, 'http', '168.63.129.16']],
    },
    {
      name: 'broadcast',
      input: 'http://255.255.255.255',
      want: [['255.255.255.255', true, 'http', '255.255.255.255']],
    },
    { name: 'a public address', input: 'http://8.8.8.8', want: [['8.8.8.8', false, 'http', '8.8.8.8']] },
    { name: 'IPv6 loopback', input: 'http://[::1]:3000/', want: [['::1', true, 'http', '::1', 3000]] },
    {
      name: 'IPv6 with a zone',
      input: 'http://[fe80::1%25eth0]/',
      want: [['fe80::1', true, 'http', 'fe80::1']],
    },
    {
      name: 'IPv6 unique local',
      input: 'http://[fd00:ec2::254]/',
      want: [['fd00:ec2::254', true, 'http', 'fd00:ec2::254']],
    },
    { name: 'a mapped address', input: `http://[::ffff:${META}]/`, want: [[META, true, 'http', META]] },
    {
      name: 'a mapped public address',
      input: 'http://[::ffff:8.8.8.8]/',
      want: [['8.8.8.8', false, 'http', '8.8.8.8']],
    },
    {
      name: 'a compatible address',
      input: 'http://[::127.0.0.1]/',
      want: [['::7f00:1', true, 'http', '::7f00:1']],
    },
    {
      name: 'a NAT64 address',
      input: 'http://[64:ff9b::a9fe:a9fe]/',
      want: [['64:ff9b::a9fe:a9fe', true, 'http', '64:ff9b::a9fe:a9fe']],
    },
    {
      name: 'a 6to4 address',
      input: 'http://[2002:a9fe:a9fe::]/',
      want: [['2002:a9fe:a9fe::', true, 'http', '2002:a9fe:a9fe::']],
    },
    {
      name: 'an ISATAP address',
      input: 'http://[2606::5efe:a9fe:a9fe]/',
      want: [['2606::5efe:a9fe:a9fe', true, 'http', '2606::5efe:a9fe:a9fe']],
    },
    {
      name: 'space nobody was given',
      input: 'http://[4000::1]/',
      want: [['4000::1', true, 'http', '4000::1']],
    },
    {
      name: 'a public IPv6 address',
      input: 'http://[2606:4700::1111]/',
      want: [['2606:4700::1111', false, 'http', '2606:4700::1111']],
    },
    { name: 'localhost', input: 'http://localhost', want: [['localhost', true, 'http']] },
    { name: 'under localhost', input: 'http://a.localhost', want: [['a.localhost', true, 'http']] },
    {
      name: 'the metadata name',
      input: 'http://metadata.google.internal/',
      want: [['metadata.google.internal', true, 'http']],
    },
    { name: 'mDNS', input: 'http://printer.local', want: [['printer.local', true, 'http']] },
    { name: 'a name without a dot', input: 'http://kubernetes/', want: [['kubernetes', true, 'http']] },
    {
      name: 'a dotted address in a name',
      input: 'http://127.0.0.1.nip.io',
      want: [['127.0.0.1.nip.io', true, 'http']],
    },
    {
      name: 'a dashed address in a name',
      input: 'http://app-10-0-0-1.sslip.io',
      want: [['app-10-0-0-1.sslip.io', true, 'http']],
    },
    {
      name: 'a hex address in a name',
      input: 'http://7f000001.nip.io',
      want: [['7f000001.nip.io', true, 'http']],
    },
    {
      name: 'an IPv6 address in a name',
      input: 'http://--1.sslip.io',
      want: [['--1.sslip.io', true, 'http']],
    },
    {
      name: 'a public address in a name',
      input: 'http://8-8-8-8.sslip.io',
      want: [['8-8-8-8.sslip.io', false, 'http']],
    },
    {
      name: 'a name that is always loopback',
      input: 'http://x.localtest.me',
      want: [['x.localtest.me', true, 'http']],
    },
    {
      name: 'a name that only ends alike',
      input: 'http://notlocalhost.com',
      want: [['notlocalhost.com', false, 'http']],
    },
    { name: 'no scheme', input: 'example.com/x', want: [['example.com', false, '']] },
    {
      name: 'no scheme but a port',
      input: 'localhost:3000/x',
      want: [['localhost', true, '', undefined, 3000]],
    },
    { name: 'scheme-relative', input: '//evil.com/x', want: [['evil.com', false, '']] },
    { name: 'a git remote', input: 'git@github.com:acme/app.git', want: [['github.com', false, 'ssh']] },
    {
      name: 'another network scheme',
      input: 'gopher://0x7f.1:70/_x',
      want: [['127.0.0.1', true, 'gopher', '127.0.0.1', 70]],
    },
    {
      name: 'a URL inside a URL',
      input: 'jar:http://10.0.0.1/x!/y',
      want: [['10.0.0.1', true, 'http', '10.0.0.1']],
    },
    {
      name: 'a number in a URI inside a server',
      input: 'rgs://30417/2/2025-10-24/21:00',
      want: [['30417', false, 'rgs']],
    },
    {
      name: 'a number that is an address',
      input: 'redis://2130706433/0',
      want: [['127.0.0.1', true, 'redis', '127.0.0.1']],
    },
    {
      name: 'a number that is an address, for git',
      input: 'git+https://2130706433/a',
      want: [['127.0.0.1', true, 'git+https', '127.0.0.1']],
    },
    {
      name: 'an address in a URI inside a server',
      input: 'rgs://10.0.0.1/2',
      want: [['10.0.0.1', true, 'rgs', '10.0.0.1']],
    },
    { name: 'a URI inside a server', input: 'memo://insights', want: [['insights', false, 'memo']] },
    { name: 'a URI of a thing that names no host', input: 'gdrive:///1kLmNoPq', want: [] },
    { name: 'a URI of somebody', input: 'at://did:plc:q7k2vd5x/app.bsky.feed.post/3m3k', want: [] },
    { name: 'a name before a host', input: 'at://did:plc:a@b.example/x', want: [['b.example', false, 'at']] },
    {
      name: 'a file on another host',
      input: 'file://10.0.0.1/share',
      want: [['10.0.0.1', true, 'file', '10.0.0.1']],
    },
    { name: 'a local file', input: 'file:///etc/passwd', want: [] },
    { name: 'a data URL', input: 'data:text/plain,http://x', want: [] },
    { name: 'a mail address', input: 'mailto:a@b.c', want: [] },
  ];
  test.each(clear)('$name', ({ input, want }) => {
    const reading = hostsOfUrl(input, '/args/url');
    expect(short(reading)).toEqual(want);
    expect(reading.unknown).toBe(false);
  });

  test.each([
    'redis:///0',
    'git+ssh:///x',
    'gdrive:////evil.com',
    'gdrive:///\\evil.com',
    'gdrive:///\tevil.com',
    'gdrive:/1kLm',
    'https://did:plc:q7k2/x',
  ])('a doubt where another reader may find a host: %s', (input) => {
    expect(hostsOfUrl(input, '/args/url').unknown).toBe(true);
  });

  const doubtful: readonly { name: string; input: string; want: readonly string[] }[] = [
    {
      name: 'a backslash before the at sign',
      input: 'http://good.com\\@evil.com/',
      want: ['good.com', 'evil.com'],
    },
    { name: 'two at signs', input: 'http://a.com@b.com@c.com/', want: ['c.com', 'a.com', 'b.com'] },
    { name: 'an at sign after a hash', input: 'http://good.com#@evil.com/', want: ['good.com', 'evil.com'] },
    {
      name: 'an at sign after a question mark',
      input: 'http://good.com?@evil.com/',
      want: ['good.com', 'evil.com'],
    },
    {
      name: 'a tab in the host',
      input: 'http://evil.com\t.good.com/',
      want: ['evil.com.good.com', 'evil.com', 'good.com'],
    },
    {
      name: 'a newline in the host',
      input: 'http://127.0.0.1\n.good.com/',
      want: ['127.0.0.1.good.com', '127.0.0.1', 'good.com'],
    },
    { name: 'one slash', input: 'http:/evil.com/', want: ['evil.com'] },
    { name: 'three slashes', input: 'http:///evil.com/', want: ['evil.com'] },
    { name: 'backslashes for slashes', input: 'http:\\\\evil.com/', want: ['evil.com'] },
    { name: 'an unclosed bracket', input: 'http://[::1', want: [] },
    { name: 'a path', input: '/etc/passwd', want: [] },
    { name: 'a script', input: 'javascript:alert(1)', want: [] },
    { name: 'a number too big', input: 'http://99999999999/', want: [] },
    { name: 'JSON', input: '["http://169.254.169.254/"]', want: [] },
    { name: 'nothing', input: '', want: [] },
    { name: 'a name too long', input: `http://${'a.'.repeat(400)}com/`, want: [] },
    { name: 'a URL too long', input: `http://a.com/${'a'.repeat(8192)}`, want: [] },
  ];
  test.each(doubtful)('is in doubt: $name', ({ input, want }) => {
    const { facts, unknown } = hostsOfUrl(input, '');
    expect(facts.map((fact) => fact.host)).toEqual(want);
    expect(unknown).toBe(true);
  });
});

describe('a host argument', () => {
  test.each<{ input: string; want: readonly Row[] }>([
    { input: '::1', want: [['::1', true, '', '::1']] },
    { input: '[::1]:80', want: [['::1', true, '', '::1', 80]] },
    { input: 'example.com:443', want: [['example.com', false, '', undefined, 443]] },
    { input: 'db', want: [['db', true, '']] },
    { input: 'https://example.com/x', want: [['example.com', false, 'https']] },
  ])('$input', ({ input, want }) => {
    expect(short(hostsOfName(input, '/args/url'))).toEqual(want);
  });
});

test.each([
  { input: 'https://example.com', want: true },
  { input: ' http://10.0.0.1/ and more', want: true },
  { input: 'https:example.com', want: true },
  { input: 'file:///etc/passwd', want: true },
  { input: 'see https://example.com', want: false },
  { input: 'http: the protocol', want: false },
  { input: 'note: this', want: false },
  { input: 'and/or', want: false },
])('looks like a URL: $input', ({ input, want }) => {
  expect(looksLikeUrl(input)).toBe(want);
});

test.each([
  { input: 'https://x/y', want: true },
  { input: 'view-source:http://x/y', want: true },
  { input: 'memo://insights', want: false },
  { input: 'demo://resource/static/1', want: false },
])('leads to a host: $input', ({ input, want }) => {
  expect(isNetworkUri(input)).toBe(want);
});

test('any text gives facts or a doubt, and never throws', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'http://',
      '//',
      '/',
      '\\',
      '@',
      ':',
      '#',
      '?',
      '.',
      '[',
      ']',
      '%',
      '127.0.0.1',
      '0x7f',
      'a.com',
      '\t',
      '::1',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = `http://${pieces.join('')}`;
      const { facts, unknown } = hostsOfUrl(text, '/args/url');
      expect(facts.length > 0 || unknown).toBe(true);
      // Whatever the WHATWG parser would connect to is among the facts.
      const host = URL.parse(text)?.hostname.replace(/\.+$/, '');
      if (host === undefined || host === '' || host.startsWith('[')) return;
      expect(unknown || facts.some((fact) => fact.host === host)).toBe(true);
    }),
    { numRuns: 3000, examples: [[['0x7f', '.', '.']]] },
  );
});
