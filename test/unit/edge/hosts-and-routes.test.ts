/** Names of this machine, and paths a listed route covers: both to the letter. */
import { describe, expect, test } from 'vitest';
import { checkHost, checkOrigin, isLoopback } from '../../../proxy/edge/http-hosts.ts';
import { covers } from '../../../proxy/edge/pass-through.ts';

describe('addresses only this machine can reach', () => {
  test.each([
    { host: '127.0.0.1', want: true },
    { host: '127.1.2.3', want: true },
    { host: '::1', want: true },
    { host: 'localhost', want: true },
    { host: '0.0.0.0', want: false },
    { host: '::', want: false },
    { host: '127.0.0.1.evil.com', want: false },
    { host: '10.0.0.1', want: false },
    { host: '127.1', want: false, why: 'not spelt as an address' },
  ])('$host: $want', ({ host, want }) => {
    expect(isLoopback(host)).toBe(want);
  });
});

describe('a gate beyond this machine', () => {
  const rules = {
    loopback: false,
    hosts: new Set(['gate.example.com']),
    origins: new Set(['https://app.example.com']),
  };
  test.each([
    { host: 'gate.example.com', want: true },
    { host: 'Gate.Example.Com:443', want: true },
    { host: 'localhost', want: false, why: 'a name only loopback may use' },
    { host: '127.0.0.1', want: false },
    { host: '[::1]', want: false },
    { host: 'gate.example.com:', want: false },
    { host: 'gate.example.com:123456', want: false },
    { host: '[::1', want: false },
    { host: 'gate.example.com#', want: false },
  ])('Host $host: $want', ({ host, want }) => {
    expect(checkHost({ host }, rules) === undefined).toBe(want);
  });

  test.each([
    { origin: undefined, want: true },
    { origin: 'https://app.example.com', want: true },
    { origin: 'https://APP.example.com', want: false },
    { origin: 'https://app.example.com:443', want: false },
    { origin: 'http://localhost', want: false },
  ])('Origin $origin: $want', ({ origin, want }) => {
    expect(checkOrigin({ origin }, rules) === undefined).toBe(want);
  });

  test('without named origins takes no page at all', () => {
    expect(checkOrigin({ origin: 'http://localhost' }, { ...rules, origins: new Set() })).toMatchObject({
      code: 'GW_ORIGIN',
    });
  });
});

describe('routes', () => {
  test.each([
    { route: '/a', path: '/a', want: true },
    { route: '/a', path: '/a/', want: false },
    { route: '/a', path: '/A', want: false },
    { route: '/a/*', path: '/a/b', want: true },
    { route: '/a/*', path: '/a/b/c', want: true },
    { route: '/a/*', path: '/a', want: false },
    { route: '/a/*', path: '/a/', want: false },
    { route: '/a/*', path: '/ab', want: false },
    { route: '/a/*', path: '/a/..', want: false },
    { route: '/a/*', path: '/a/../b', want: false },
    { route: '/a/*', path: '/a/...', want: true, why: 'a name like another' },
    { route: '/a/*', path: '/a/.hidden', want: true },
    { route: '/a/*', path: '/a//b', want: false },
    { route: '/a/*', path: '/a/%2e', want: false },
    { route: '/a/*', path: '/a/b\n', want: false },
  ])('$route covers $path: $want', ({ route, path, want }) => {
    expect(covers(route, path)).toBe(want);
  });
});
