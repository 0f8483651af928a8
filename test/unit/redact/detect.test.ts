import { describe, expect, test } from 'vitest';
import { detectSecrets } from '../../../proxy/decide/redact/detect.ts';
import { maskSecrets } from '../../../proxy/decide/redact/mask-secrets.ts';
import type { Json } from '../../../proxy/frame/json.ts';
import { AWS_ID, GITHUB, JWT, PEM } from './_samples.ts';

describe('facts about secrets', () => {
  test.each([
    ['none', { path: '/a', n: 1, b: true, x: null }, []],
    ['in text', { body: `x ${AWS_ID}` }, [{ at: '/args/body', class: 'aws_access_key', count: 1 }]],
    [
      'twice in one place',
      { body: `${AWS_ID} ${AWS_ID}` },
      [{ at: '/args/body', class: 'aws_access_key', count: 2 }],
    ],
    [
      'two classes',
      { a: `${GITHUB}\n${PEM}` },
      [
        { at: '/args/a', class: 'github_token', count: 1 },
        { at: '/args/a', class: 'private_key', count: 1 },
      ],
    ],
    [
      'deep, below a name to escape',
      { 'a/b~': [0, [JWT]] },
      [{ at: '/args/a~1b~0/1/0', class: 'jwt', count: 1 }],
    ],
    ['a name', { [AWS_ID]: 1 }, [{ at: `/args/${AWS_ID}`, class: 'aws_access_key', count: 1 }]],
    [
      'told by its name',
      { password: 'hunter2' },
      [{ at: '/args/password', class: 'generic_password', count: 1 }],
    ],
    ['hidden', { a: `AK\u200bIA${AWS_ID.slice(4)}` }, [{ at: '/args/a', class: 'aws_access_key', count: 1 }]],
    [
      'in base64',
      { blob: Buffer.from(AWS_ID).toString('base64') },
      [{ at: '/args/blob', class: 'aws_access_key', count: 1 }],
    ],
  ] as [string, Json, unknown][])('%s', (_name, value, want) => {
    expect(detectSecrets(value)).toEqual(want);
  });

  test('a plain string and another root', () => {
    expect(detectSecrets(AWS_ID, '/result')).toEqual([{ at: '/result', class: 'aws_access_key', count: 1 }]);
  });

  test('however many places, every class stays and the list is bounded', () => {
    const facts = detectSecrets([...Array.from({ length: 500 }, () => AWS_ID), GITHUB]);
    expect(facts.length).toBeLessThanOrEqual(64 + 30);
    expect(facts.reduce((sum, fact) => sum + fact.count, 0)).toBe(501);
    expect(facts.at(-1)).toEqual({ at: '/args', class: 'github_token', count: 1 });
  });
});

describe('a policy input on record', () => {
  test('holds digests in the place of secrets, and says where', () => {
    const masked = maskSecrets(`{"v":1,"args":{"n":1.0,"a":"x ${AWS_ID}","password":"hunter2"}}`, 'key');
    expect(masked.text).toMatch(
      /^\{"v":1,"args":\{"n":1\.0,"a":"x \[sha256:[0-9a-f]{12}\]","password":"\[sha256:[0-9a-f]{12}\]"\}\}$/,
    );
    expect(masked.pointers).toEqual(['/input/args/a', '/input/args/password']);
  });

  test('a secret in a name is not repeated in the pointer', () => {
    const masked = maskSecrets(`{"args":{"${AWS_ID}":1}}`, 'key');
    expect(JSON.stringify(masked)).not.toContain(AWS_ID);
  });

  test('without secrets is the same text', () => {
    const text = '{"v":1,"args":{"path":"/a"}}';
    expect(maskSecrets(text, 'key')).toEqual({ text, pointers: [] });
  });
});
