/** Ids on a wire that several clients share: kept where they can be, never given to two at once. */
import { describe, expect, test } from 'vitest';
import { createWireIds, withId } from '../../../proxy/upstream/wire-ids.ts';

function open() {
  let minted = 0;
  return createWireIds<string>(() => `m-${++minted}`);
}

describe('ids', () => {
  test('one that is free is kept as it is; one that is taken is replaced', () => {
    const ids = open();
    expect([ids.take(1, 'a'), ids.take(1, 'b'), ids.take('1', 'c')]).toEqual([1, 'm-1', '1']);
    expect([ids.get(1), ids.get('m-1'), ids.get('1')]).toEqual(['a', 'b', 'c']);
    expect(ids.size).toBe(3);
  });

  test('a minted one does not meet one a client chose', () => {
    const ids = open();
    ids.take('m-1', 'chosen');
    ids.take(1, 'a');
    expect(ids.take(1, 'b')).toBe('m-2');
  });

  test('one that was answered is free again', () => {
    const ids = open();
    ids.take(1, 'a');
    ids.free(1);
    expect(ids.get(1)).toBeUndefined();
    expect(ids.take(1, 'b')).toBe(1);
  });

  test('one whose answer is still out is nobody’s until it comes', () => {
    const ids = open();
    ids.take(1, 'a');
    ids.retire(1);
    expect(ids.get(1)).toBeUndefined();
    expect(ids.size).toBe(0);
    expect(ids.take(1, 'b')).toBe('m-1');
    ids.free(1);
    expect(ids.take(1, 'c')).toBe(1);
  });

  test('only so many are kept back', () => {
    const ids = open();
    for (let id = 0; id <= 10_000; id++) {
      ids.take(id, 'x');
      ids.retire(id);
    }
    expect(ids.take(0, 'the first is forgotten')).toBe(0);
    expect(ids.take(1, 'the second is not')).toBe('m-1');
  });
});

describe('an id in a text', () => {
  test.each([
    { name: 'a number', text: '{ "id" : 1 , "x":1.0}', id: 'a"b', want: '{ "id" : "a\\"b" , "x":1.0}' },
    { name: 'text', text: '{"x":{"id":5},"id":"y"}', id: 7, want: '{"x":{"id":5},"id":7}' },
    { name: 'escaped', text: '{"\\u0069d":"\\u0041"}', id: 7, want: '{"\\u0069d":7}' },
    { name: 'none', text: '{"x":1}', id: 7, want: '{"x":1}' },
  ])('$name', ({ text, id, want }) => {
    expect(withId(text, '/id', id)).toBe(want);
  });
});
