/** semver.compare and semver.is_valid with the leniency topdown has: a leading `v` passes, metadata does not count. */
import { type Builtin, ofStrings } from './builtin.ts';

interface Version {
  readonly numbers: readonly bigint[];
  readonly preRelease: string;
}

export const semverIsValid: Builtin = (_context, text) =>
  typeof text === 'string' && parse(text) !== undefined;

export const semverCompare: Builtin = ofStrings(2, (a = '', b = '') => {
  const left = parse(a);
  const right = parse(b);
  if (left === undefined || right === undefined) return undefined;
  for (const [at, number] of left.numbers.entries()) {
    const other = right.numbers[at] ?? 0n;
    if (number !== other) return number > other ? 1 : -1;
  }
  return comparePreRelease(left.preRelease, right.preRelease);
});

const IDENTIFIERS = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/;
const INT64_MAX = 2n ** 63n - 1n;

function parse(text: string): Version | undefined {
  const [version = '', metadata] = cut(text.startsWith('v') ? text.slice(1) : text, '+');
  if (metadata !== undefined && !IDENTIFIERS.test(metadata)) return undefined;
  const [core = '', preRelease] = cut(version, '-');
  if (preRelease !== undefined && !isPreRelease(preRelease)) return undefined;
  const parts = core.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^(?:0|[1-9][0-9]*)$/.test(part))) return undefined;
  const numbers = parts.map(BigInt);
  return numbers.every((number) => number <= INT64_MAX)
    ? { numbers, preRelease: preRelease ?? '' }
    : undefined;
}

function isPreRelease(text: string): boolean {
  return IDENTIFIERS.test(text) && !text.split('.').some((part) => /^0[0-9]+$/.test(part));
}

function cut(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Numeric identifiers rank below others; of two equal beginnings the longer is greater; none at all is greatest. */
function comparePreRelease(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const left = a.split('.');
  const right = b.split('.');
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const order = compareIdentifiers(part, other);
    if (order !== 0) return order;
  }
  return -1;
}

function compareIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  if (aIsNumber) return Math.sign(Number(BigInt(a) - BigInt(b)));
  return a === b ? 0 : a < b ? -1 : 1;
}
