import { describe, expect, test } from 'vitest';
import type { Detector } from '../../../proxy/decide/contract.ts';
import { FINDERS } from '../../../proxy/decide/redact/detectors.ts';
import { fold } from '../../../proxy/decide/redact/fold.ts';
import { type Match, merge } from '../../../proxy/decide/redact/match.ts';
import { AWS_ID, GITHUB, JWT, PEM, PEM_OPEN, TOKENS } from './_samples.ts';

/** What a detector takes out of a text, as text. */
function found(detector: Detector, text: string, key?: string): string[] {
  const matches: Match[] = [];
  FINDERS[detector].find(fold(text)?.text ?? text, matches, key);
  const folded = fold(text)?.text ?? text;
  return merge(matches, (a, b) => ({ ...a, end: Math.max(a.end, b.end) })).map(({ start, end }) =>
    folded.slice(start, end),
  );
}

function classes(detector: Detector, text: string, key?: string): string[] {
  const matches: Match[] = [];
  FINDERS[detector].find(fold(text)?.text ?? text, matches, key);
  return [...new Set(matches.map((match) => match.class))];
}

describe('a secret detector finds the tokens of each issuer', () => {
  test.each(TOKENS)('%s is a %s', (token, name) => {
    expect(classes('secret', `before ${token} after`)).toContain(name);
    expect(found('secret', `before "${token}", after`).join('')).toContain(token.slice(-12));
  });

  test.each(TOKENS)('a place in the text announces %s', (token) => {
    const text = JSON.stringify({ a: `x ${token} y` });
    const at = FINDERS.secret.places(text)(0);
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(text.length - 4);
  });
});

describe('a secret detector finds values called like secrets, and them alone', () => {
  test.each([
    ['password=hunter2', 'hunter2', 'generic_password'],
    ['DB_PASSWORD="correct horse battery staple"', 'correct horse battery staple', 'generic_password'],
    ['"password": "hunter2"', 'hunter2', 'generic_password'],
    ['{\\"password\\":\\"hunter2\\"}', 'hunter2', 'generic_password'],
    ["password => 'pa$$word'", 'pa$$word', 'generic_password'],
    ['Password: hunter2!', 'hunter2!', 'generic_password'],
    ['Server=db;Pwd=s3cretpw99;', 's3cretpw99', 'generic_password'],
    ['Server=db;Password=s3cret;', 's3cret', 'generic_password'],
    ['api_key: "a1B2c3D4e5F6g7H8"', 'a1B2c3D4e5F6g7H8', 'generic_secret'],
    ['apikey=a1B2c3D4e5F6g7H8&x=1', 'a1B2c3D4e5F6g7H8', 'generic_secret'],
    ['client_secret: a1B2c3D4e5F6g7H8', 'a1B2c3D4e5F6g7H8', 'generic_secret'],
    ['?access_token=a1B2c3D4e5F6g7H8', 'a1B2c3D4e5F6g7H8', 'generic_secret'],
    [
      'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'aws_secret_key',
    ],
    ['Authorization: Basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA==', 'authorization'],
    ['Authorization: Bearer abc.def-123456', 'abc.def-123456', 'authorization'],
    ['curl -H "bearer a1B2c3D4e5F6g7H8i9"', 'a1B2c3D4e5F6g7H8i9', 'bearer_token'],
    ['postgres://app:s3cr3t@db.local/x', 's3cr3t', 'connection_string'],
    ['postgres:\\/\\/app:s3cr3t@db.local', 's3cr3t', 'connection_string'],
    ['redis://:p@ss@host:6379', 'p@ss', 'connection_string'],
  ])('%s', (text, value, name) => {
    expect(found('secret', text)).toEqual([value]);
    expect(classes('secret', text)).toEqual([name]);
  });

  test.each([
    ['password', 'hunter2', 'generic_password'],
    ['userPassword', 'correct horse', 'generic_password'],
    ['client_secret', 'abcdef', 'generic_secret'],
    ['X-Api-Key', 'a1b2c3d4', 'generic_secret'],
    ['token', 'a1B2c3D4e5F6g7H8', 'generic_secret'],
    ['SecretAccessKey', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'aws_secret_key'],
  ])('the member %s', (key, value, name) => {
    expect(found('secret', value, key)).toEqual([value]);
    expect(classes('secret', value, key)).toEqual([name]);
  });
});

describe('a secret detector leaves alone', () => {
  test.each([
    'AKIA is a prefix; mail us @support',
    'AKIAshort',
    'task-abcdefghijklmnopqrstuvwxyz0123',
    'the sk- prefix, the ghp_ prefix, npm_config_registry',
    'password: required',
    `password=$${'{DB_PASSWORD}'}`,
    'password: <your password>',
    'password=********',
    'password = getPassword()',
    'password: process.env.PASSWORD',
    'Password must be at least 8 characters: see below',
    'the secret of success is patience',
    'secretName: tls-cert-2024-prod',
    'nextToken: abcdefgh12345678',
    '"next_page_token": "abcdefgh12345678"',
    'token_count: 123456789012',
    'tokenizer: gpt2-large-v2-final',
    'https://example.com:8080/a@b',
    'https://user@example.com/',
    'Authorization: Bearer <token>',
    `Authorization: Bearer $${'{TOKEN}'}`,
    'the bearer of this letter',
    'eyJ is how a token begins; eyJabc.def',
    '-----BEGIN CERTIFICATE-----',
    'store the PRIVATE KEY safely',
    'commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    '550e8400-e29b-41d4-a716-446655440000',
  ])('%s', (text) => {
    expect(found('secret', text)).toEqual([]);
  });

  test.each([
    ['password', 'Enter the password you chose when you signed up for this'],
    ['password', '****'],
    ['token', 'next-page'],
    ['secretName', 'a1B2c3D4e5F6g7H8'],
    ['description', 'a1B2c3D4e5F6g7H8'],
  ])('the member %s: %s', (key, value) => {
    expect(found('secret', value, key)).toEqual([]);
  });
});

describe('hidden spellings', () => {
  const [head, tail] = [AWS_ID.slice(0, 7), AWS_ID.slice(7)];
  test.each([
    ['zero-width space', `${head}\u200b${tail}`],
    ['zero-width joiner in the prefix', `AK\u200dIA${AWS_ID.slice(4)}`],
    ['soft hyphen', `${head}\u00ad${tail}`],
    ['variation selector', `${head}\ufe0f${tail}`],
    ['tag characters', `${head}\u{e0041}${tail}`],
    ['byte order mark', `${head}\ufeff${tail}`],
    ['fullwidth', [...AWS_ID].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join('')],
    [
      'mathematical capitals',
      `${[...'AKIA'].map((c) => String.fromCodePoint(0x1d400 + c.charCodeAt(0) - 65)).join('')}${AWS_ID.slice(4)}`,
    ],
    ['an escape of JSON inside the string', `\\u0041${AWS_ID.slice(1)}`],
    ['an escape two layers down', `\\\\u0041${AWS_ID.slice(1)}`],
  ])('%s', (_name, text) => {
    expect(found('secret', `x ${text} y`)).toEqual([AWS_ID]);
  });

  test.each([
    ['fullwidth at sign', 'bob\uff20example.com'],
    ['percent-encoded at sign', 'bob%40example.com'],
    ['HTML at sign', 'bob&#64;example.com'],
    ['zero-width in the domain', 'bob@exa\u200bmple.com'],
    ['fullwidth dot', 'bob@example\uff0ecom'],
  ])('%s in an address', (_name, text) => {
    expect(found('email', `mail ${text} now`)).toHaveLength(1);
  });

  test('no-break spaces in a card number', () => {
    expect(found('card', '4111\u00a01111\u00a01111\u00a01111')).toEqual(['4111 1111 1111 1111']);
  });
});

describe('private keys', () => {
  test.each([
    ['a whole block', PEM, PEM],
    ['line breaks as escapes', PEM.replaceAll('\n', '\\n'), PEM.replaceAll('\n', '\\n')],
    ['escapes two layers down', PEM.replaceAll('\n', '\\\\n'), PEM.replaceAll('\n', '\\\\n')],
    ['without its end', PEM_OPEN, PEM_OPEN],
    ['an encrypted one', PEM.replaceAll('RSA', 'ENCRYPTED'), PEM.replaceAll('RSA', 'ENCRYPTED')],
    [
      'with headers',
      PEM.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n'),
      undefined,
    ],
  ])('%s', (_name, text, want) => {
    expect(found('private_key', `see ${text}`)).toEqual([want ?? text]);
    expect(found('secret', `see ${text}`)).toEqual([want ?? text]);
  });

  test('prose behind an unterminated block stays', () => {
    expect(found('private_key', `${PEM_OPEN}\nand then some words`)).toEqual([PEM_OPEN]);
  });

  test('an OpenPGP block', () => {
    const text = PEM.replace('BEGIN RSA PRIVATE KEY', 'BEGIN PGP PRIVATE KEY BLOCK').replace(
      'END RSA PRIVATE KEY',
      'END PGP PRIVATE KEY BLOCK',
    );
    expect(found('private_key', text)).toEqual([text]);
  });
});

describe('web tokens', () => {
  test.each([
    ['alone', JWT, [JWT]],
    ['glued to a word', `x${JWT}`, [JWT]],
    ['two', `${JWT} ${JWT}`, [JWT, JWT]],
    ['unsigned', `${JWT.split('.').slice(0, 2).join('.')}.`, [`${JWT.split('.').slice(0, 2).join('.')}.`]],
    ['a cursor', Buffer.from('{"offset":10}').toString('base64url'), []],
    ['dotted words', 'eyJhbGc.eyJ', []],
  ])('%s', (_name, text, want) => {
    expect(found('jwt', text)).toEqual(want);
  });
});

describe('e-mail addresses', () => {
  test.each([
    ['bob@example.com', ['bob@example.com']],
    ['<bob.smith+x@mail.example.co.uk>.', ['bob.smith+x@mail.example.co.uk']],
    ['mailto:bob@example.com?subject=x', ['bob@example.com']],
    ["'bob@example.com'", ['bob@example.com']],
    ['jörg@münchen.de', ['jörg@münchen.de']],
    ['a@b.co,c@d.io', ['a@b.co', 'c@d.io']],
    ['bob@xn--mnchen-3ya.xn--p1ai', ['bob@xn--mnchen-3ya.xn--p1ai']],
    ['mail us @support', []],
    ['user@localhost', []],
    ['npm i left-pad@1.3.0', []],
    ['icon@2x.png', []],
    ['git@github.com:org/repo.git', []],
    ['@app.route("/")', []],
    ['a @ b.com', []],
    ['@@@@', []],
  ])('%s', (text, want) => {
    expect(found('email', text)).toEqual(want);
  });
});

describe('card numbers', () => {
  test.each([
    ['4111111111111111', ['4111111111111111']],
    ['4111 1111 1111 1111', ['4111 1111 1111 1111']],
    ['5555-5555-5555-4444', ['5555-5555-5555-4444']],
    ['3782 822463 10005', ['3782 822463 10005']],
    ['6011111111111117, 3530111333300000', ['6011111111111117', '3530111333300000']],
    ['4111 1111 1111 1111 5555 5555 5555 4444', ['4111 1111 1111 1111', '5555 5555 5555 4444']],
    ['4111 1111 1111 1111 12', ['4111 1111 1111 1111']],
    ['4111111111111112', []],
    ['9007199254740993', []],
    ['0.4111111111111111', []],
    ['a4111111111111111b', []],
    ['1795251600000', []],
    ['411 11111 1111 1111', []],
  ])('%s', (text, want) => {
    expect(found('card', text)).toEqual(want);
  });
});

describe('account numbers', () => {
  test.each([
    ['DE89370400440532013000', ['DE89370400440532013000']],
    ['DE89 3704 0044 0532 0130 00', ['DE89 3704 0044 0532 0130 00']],
    ['gb82west12345698765432', ['gb82west12345698765432']],
    ['IBAN: NL91ABNA0417164300.', ['NL91ABNA0417164300']],
    ['to FR14 2004 1010 0505 0001 3M02 606 now', ['FR14 2004 1010 0505 0001 3M02 606']],
    ['DE89370400440532013001', []],
    ['XX89370400440532013000', []],
    ['DE893704004405320130', []],
  ])('%s', (text, want) => {
    expect(found('iban', text)).toEqual(want);
  });
});

describe('phone numbers', () => {
  test.each([
    ['+14155552671', ['+14155552671']],
    ['call +49 30 123456 now', ['+49 30 123456']],
    ['+1 (415) 555-2671', ['+1 (415) 555-2671']],
    ['(415) 555-2671', ['(415) 555-2671']],
    ['415-555-2671', ['415-555-2671']],
    ['06 12 34 56 78', ['06 12 34 56 78']],
    ['020 7946 0958', ['020 7946 0958']],
    ['0049 30 123456', ['0049 30 123456']],
    ['tel: 4155552671', ['4155552671']],
    ['+1\u2011415\u2011555\u20112671', ['+1-415-555-2671']],
    ['2026-11-21T10:37:00+02:00', []],
    ['192.168.100.200', []],
    ['1795251600', []],
    ['9007199254740993', []],
    ['550e8400-e29b-41d4-a716-446655440000', []],
    ['978-3-16-148410-0', []],
    ['@@ -1,7 +1,7 @@', []],
    ['v1.2.3-4567', []],
    ['3.14159265358979', []],
    ['+99912345678', []],
    ['order 123456789', []],
  ])('%s', (text, want) => {
    expect(found('phone', text)).toEqual(want);
  });

  test('a member that names a phone', () => {
    expect(found('phone', '4155552671', 'phoneNumber')).toEqual(['4155552671']);
    expect(found('phone', '4155552671', 'orderNumber')).toEqual([]);
  });
});

test('github tokens glued to other text are still found', () => {
  expect(found('secret', `https://x:${GITHUB}@github.com/a`).join()).toContain(GITHUB);
  expect(found('secret', `token=${GITHUB}`)).toEqual([GITHUB]);
});
