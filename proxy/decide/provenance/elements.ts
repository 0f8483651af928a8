/**
 * Names of the elements of a page, as browsers driven by agents list them: `- button "Book" [ref=e8]`, `uid=1_5 link`. The
 * browser made them up for this answer, whatever else is of the page.
 */
import type { Labelled } from './labels.ts';

const ELEMENT =
  /^[ \t]*(?:- [a-z]+(?: "(?:[^"\\\n]|\\.)*")?(?: \[(?!ref=)[^\]\n]*\])* \[(ref)=(\w+)\]|(uid)=(\w+) )/gm;

/** @returns what follows `ref` or `uid`, in order. */
export function elementsIn(text: string): readonly Labelled[] {
  // One character is found sooner than four.
  if (!text.includes('=') || (!text.includes('[ref=') && !text.includes('uid='))) return [];
  return Array.from(text.matchAll(ELEMENT), ({ 0: whole, 1: ref, 2: ofRef, 4: ofUid, index }) => {
    const name = ofRef ?? ofUid ?? '';
    const end = index + whole.length - 1;
    return { label: ref ?? 'uid', start: end - name.length, end };
  });
}
