/** Mirrored arguments (SEP-2243): which a schema declares, what a call must say in headers, and what is written anew. */
import { describe, expect, test } from 'vitest';
import {
  isMirrored,
  mirrorArguments,
  type ParamHeader,
  paramHeadersOf,
  paramMismatch,
} from '../../../proxy/frame/param-headers.ts';
import { verifies } from '../../requirements.ts';

const at = (header: string, path: string[], numeric = false): ParamHeader => ({ header, path, numeric });
const text = (name: unknown, type: unknown = 'string') => ({ type, 'x-mcp-header': name });

describe('declarations', () => {
  test.each([
    ['none', { properties: { a: { type: 'string' } } }, []],
    ['one', { properties: { a: text('Region') } }, [at('mcp-param-region', ['a'])]],
    [
      'a nested one',
      { properties: { a: { properties: { b: text('N', 'integer') } } } },
      [at('mcp-param-n', ['a', 'b'], true)],
    ],
    ['a truth', { properties: { a: text('B', 'boolean') } }, [at('mcp-param-b', ['a'])]],
    ['two of one name, however written', { properties: { a: text('X'), b: text('x') } }, undefined],
    ['a name that is none', { properties: { a: text('a b') } }, undefined],
    ['a name with a line break', { properties: { a: text('a\r\nauthorization: x') } }, undefined],
    ['a name that is no text', { properties: { a: text(1) } }, undefined],
    ['an object', { properties: { a: text('X', 'object') } }, undefined],
    ['no type', { properties: { a: { 'x-mcp-header': 'X' } } }, undefined],
    ['the whole', text('X', 'object'), undefined],
    [
      'too many',
      { properties: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [i, text(`h${i}`)])) },
      undefined,
    ],
  ])('%s', (_, schema, want) => {
    expect(paramHeadersOf(schema as never)).toEqual(want);
  });
});

describe('a call', () => {
  const REGION = at('mcp-param-region', ['region']);
  const COUNT = at('mcp-param-count', ['deep', 'count'], true);
  test.each([
    ['says the same', { 'mcp-param-region': 'eu' }, { region: 'eu' }, undefined],
    ['says it in Base64', { 'mcp-param-region': '=?base64?w6k=?=' }, { region: 'é' }, undefined],
    [
      'says another',
      { 'mcp-param-region': 'us' },
      { region: 'eu' },
      'mcp-param-region and the message say different things',
    ],
    [
      'says it in other case',
      { 'mcp-param-region': 'EU' },
      { region: 'eu' },
      'mcp-param-region and the message say different things',
    ],
    ['says nothing', {}, { region: 'eu' }, 'mcp-param-region is missing'],
    ['has nothing to say', {}, {}, undefined],
    ['says what the body has as null', { 'mcp-param-region': 'eu' }, { region: null }, undefined],
    [
      'says what is no Base64',
      { 'mcp-param-region': '=?base64?w6k?=' },
      { region: 'é' },
      'mcp-param-region is not UTF-8 in Base64',
    ],
    ['counts the same otherwise', { 'mcp-param-count': '42.0' }, { deep: { count: 42 } }, undefined],
    [
      'counts more',
      { 'mcp-param-count': '43' },
      { deep: { count: 42 } },
      'mcp-param-count and the message say different things',
    ],
    [
      'counts in other digits',
      { 'mcp-param-count': '0x2a' },
      { deep: { count: 42 } },
      'mcp-param-count and the message say different things',
    ],
    ['inherits nothing', {}, JSON.parse('{"deep":{}}'), undefined],
  ])('%s', (_, headers, args, want) => {
    verifies('R06', 'http');
    expect(paramMismatch(headers, args as never, [REGION, COUNT])).toBe(want);
  });

  test('is mirrored anew', () => {
    verifies('R07', 'http');
    const args = { region: ' é\n', deep: { count: 7 }, other: 'x' };
    expect(mirrorArguments(args, [REGION, COUNT])).toEqual({
      'mcp-param-region': '=?base64?IMOpCg==?=',
      'mcp-param-count': '7',
    });
    expect(mirrorArguments({ region: {}, deep: { count: 2 ** 60 } }, [REGION, COUNT])).toEqual({});
  });

  test.each([
    ['what still stands there', 'b', true],
    ['what stands there deeper', '7', true],
    ['what was taken out', 'secret', false],
    ['what is no Base64', '=?base64?*?=', false],
  ])('knows %s', (_, value, want) => {
    expect(isMirrored(value, { a: 'b', deep: [{ n: 7 }] })).toBe(want);
  });
});
