/** What servers have said about their tools: claims, bounded, and never an accident. */
import { expect, test } from 'vitest';
import { createCatalogue } from '../../../proxy/pipeline/catalogue.ts';
import { definitionDigest } from '../../../proxy/pipeline/definition-digest.ts';

const NOTHING_ELSE = {
  digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  params: [],
  outputSchema: undefined,
};

test.each<[string, object, object]>([
  ['nothing but a name', { name: 't' }, { schema: undefined, annotationsText: undefined }],
  [
    'a schema and annotations',
    { name: 't', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
    { schema: { type: 'object' }, annotationsText: '{"readOnlyHint":true}' },
  ],
  [
    'annotations that are none',
    { name: 't', annotations: [true] },
    { schema: undefined, annotationsText: undefined },
  ],
  [
    'a schema that is none',
    { name: 't', inputSchema: 'object' },
    { schema: undefined, annotationsText: undefined },
  ],
  [
    'null for both',
    { name: 't', inputSchema: null, annotations: null },
    { schema: undefined, annotationsText: undefined },
  ],
  [
    'annotations of 4,096',
    { name: 't', annotations: { a: 'x'.repeat(4_088) } },
    { schema: undefined, annotationsText: `{"a":"${'x'.repeat(4_088)}"}` },
  ],
  [
    'annotations of 4,097',
    { name: 't', annotations: { a: 'x'.repeat(4_089) } },
    { schema: undefined, annotationsText: undefined },
  ],
])('%s', (_, definition, want) => {
  const catalogue = createCatalogue();
  catalogue.learn(definition as never);
  expect(catalogue.get('t')).toEqual({
    ...NOTHING_ELSE,
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    ...want,
  });
});

test.each([[null], ['t'], [1], [[{ name: 't' }]], [{}], [{ name: 1 }], [{ name: null }]])(
  '%j is no definition',
  (definition) => {
    const catalogue = createCatalogue();
    catalogue.learn(definition as never);
    for (const name of ['t', 'undefined', 'null', '1', undefined, null, 1]) {
      expect(catalogue.get(name as string)).toBeUndefined();
    }
  },
);

test('the last word counts', () => {
  const catalogue = createCatalogue();
  catalogue.learn({ name: 't', inputSchema: { a: 1 }, annotations: { b: 1 } });
  catalogue.learn({ name: 't' });
  expect(catalogue.get('t')).toEqual({ ...NOTHING_ELSE, schema: undefined, annotationsText: undefined });
});

test('names of the prototype are names like others', () => {
  const catalogue = createCatalogue();
  expect(catalogue.get('constructor')).toBeUndefined();
  catalogue.learn(JSON.parse('{"name":"__proto__","inputSchema":{"a":1}}'));
  expect(catalogue.get('__proto__')).toEqual({
    ...NOTHING_ELSE,
    schema: { a: 1 },
    annotationsText: undefined,
  });
});

test('of more than 2,000 tools the oldest is forgotten', () => {
  const catalogue = createCatalogue();
  for (let at = 0; at < 2_000; at++) catalogue.learn({ name: `t${at}` });
  catalogue.learn({ name: 't0' });
  expect(catalogue.get('t0')).toBeDefined();
  catalogue.learn({ name: 'new' });
  expect(catalogue.get('t0')).toBeUndefined();
  expect(catalogue.get('t1')).toBeDefined();
  expect(catalogue.get('new')).toBeDefined();
});

test.each([
  [
    'the order of members',
    { name: 't', inputSchema: { b: 1, a: [{ y: 1, x: 2 }] } },
    { inputSchema: { a: [{ x: 2, y: 1 }], b: 1 }, name: 't' },
    true,
  ],
  ['the order of a list', { name: 't', a: [1, 2] }, { name: 't', a: [2, 1] }, false],
  ['one letter of a description', { name: 't', description: 'a' }, { name: 't', description: 'b' }, false],
  ['a member more', { name: 't' }, { name: 't', _meta: {} }, false],
  ['a member called __proto__', { name: 't' }, JSON.parse('{"name":"t","__proto__":{"a":1}}'), false],
])('%s and the digest of a definition', (_, one, other, same) => {
  expect(definitionDigest(one as never) === definitionDigest(other as never)).toBe(same);
});
