/** object.subset as topdown has it: objects recursively, sets by membership, arrays as a run, a set within an array. */
import type { Builtin } from './builtin.ts';
import { equals } from './compare.ts';
import { isArray, RegoObject, RegoSet, type RegoValue } from './value.ts';

export const objectSubset: Builtin = function objectSubset(_context, whole, part) {
  if (whole === undefined || part === undefined) return undefined;
  if (isArray(whole) && part instanceof RegoSet) return arrayHoldsSet(whole, part);
  return subset(whole, part);
};

/** `undefined` when the two are not of one kind that can be compared this way. */
function subset(whole: RegoValue, part: RegoValue): boolean | undefined {
  if (whole instanceof RegoObject && part instanceof RegoObject) return objectHolds(whole, part);
  if (whole instanceof RegoSet && part instanceof RegoSet) return holdsAll(whole.items, part.items);
  if (isArray(whole) && isArray(part)) return runOf(whole, part);
  return undefined;
}

function objectHolds(whole: RegoObject, part: RegoObject): boolean {
  return part.entries.every(([key, wanted]) => {
    const entry = whole.entries.find(([other]) => equals(key, other));
    if (entry === undefined) return false;
    return equals(entry[1], wanted) || subset(entry[1], wanted) === true;
  });
}

function holdsAll(whole: readonly RegoValue[], part: readonly RegoValue[]): boolean {
  return part.every((wanted) => whole.some((item) => equals(item, wanted)));
}

/**
 * topdown counts members of the array that are in the set, repeats included: `[1, 1]` holds `{1, 2}`, and an empty
 * array does not hold the empty set. Kept, because a policy must mean here what it means under `opa test`.
 */
function arrayHoldsSet(whole: readonly RegoValue[], part: RegoSet): boolean {
  let unmatched = part.items.length;
  return whole.some((item) => {
    if (part.items.some((wanted) => equals(item, wanted))) unmatched--;
    return unmatched === 0;
  });
}

function runOf(whole: readonly RegoValue[], part: readonly RegoValue[]): boolean {
  for (let at = 0; at + part.length <= whole.length; at++) {
    if (part.every((wanted, offset) => equals(whole[at + offset] ?? null, wanted))) return true;
  }
  return false;
}
