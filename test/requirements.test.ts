/** Every promise is cited by a test on every edge it is made for, and the page says which. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { citations, conformancePage, uncited } from '../scripts/conformance-page.ts';
import { REQUIREMENTS, verifies } from './requirements.ts';

test('no promise is without a test on any of its edges', () => {
  expect(uncited()).toEqual([]);
});

test('citations name promises that exist, in tests that have a name', () => {
  const odd = citations().filter(({ id, test: title }) => !Object.hasOwn(REQUIREMENTS, id) || title === '');
  expect(odd).toEqual([]);
  expect(citations().length).toBeGreaterThan(80);
  expect(() => verifies('R99' as never)).toThrow('R99 is no requirement');
});

test('docs/conformance.md is what the tests say', () => {
  const page = join(import.meta.dirname, '../docs/conformance.md');
  expect(readFileSync(page, 'utf8')).toBe(conformancePage());
});
