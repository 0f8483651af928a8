import { expect, test } from 'vitest';
import { foldName } from '../../../proxy/frame/check-tree.ts';

test('every pair of characters that Unicode folds to one comes out as one', () => {
  const apart: string[] = [];
  for (let point = 0; point < 0x11_0000; point++) {
    const char = String.fromCodePoint(point);
    const near = new Set([
      char.toLowerCase(),
      char.toUpperCase(),
      char.toLowerCase().toUpperCase(),
      char.toUpperCase().toLowerCase(),
    ]);
    near.delete(char);
    if (near.size === 0 || (point >= 0xd800 && point < 0xe000)) continue;
    const folds = new RegExp(`^${char}$`, 'iu');
    for (const other of near)
      if (folds.test(other) && foldName(char) !== foldName(other)) apart.push(char + other);
  }
  expect(apart).toEqual([]);
});

test.each([
  ['\u017f', 's'],
  ['\u212a', 'k'],
  ['\u212b', '\u00e5'],
  ['\u03c2', '\u03a3'],
  ['\u1e9e', '\u00df'],
  ['\u01c5', '\u01c4'],
  ['\u1c80', '\u0432'],
  ['\u{10400}', '\u{10428}'],
])('%j and %j are one name', (one, other) => {
  expect(foldName(`a${one}b`)).toBe(foldName(`A${other}B`));
});

test.each([
  ['a', '\u0430', 'a Cyrillic letter is another letter, not another case'],
  ['name', '\uff4e\uff41\uff4d\uff45', 'full width is a compatibility form'],
  ['a b', 'ab', 'spaces count'],
])('%j and %j are two: %s', (one, other) => {
  expect(foldName(one)).not.toBe(foldName(other));
});
