/**
 * Whether the engine can read a pattern that stands in policy data. One it cannot read matches nothing where it should
 * open, and everything where it should close, and says so to nobody; here it is found before it is loaded.
 */
import { RE2JS } from 're2js';

/**
 * As OPA's `glob.match` reads it: what opens a bracket has to close it, around at least one character or one range. Brackets
 * inside brackets are left to nobody's guess: the engine reads some of them, this reads none.
 */
export function isReadableGlob(glob: string): boolean {
  for (let at = 0; at < glob.length; at++) {
    if (glob[at] === '\\') at++;
    else if (glob[at] === '[') {
      const end = closing(glob, at + 1);
      if (end === -1 || !isReadableSet(glob.slice(at + 1, end).replace(/^!/, ''))) return false;
      at = end;
    }
  }
  return true;
}

function closing(glob: string, from: number): number {
  for (let at = from; at < glob.length; at++) {
    if (glob[at] === '\\') at++;
    else if (glob[at] === ']') return at;
  }
  return -1;
}

/** `a-z`, or characters; further in, the engine's own regular expression finds ranges again, and may not read them. */
function isReadableSet(inside: string): boolean {
  if (inside === '') return false;
  const [first, dash, ...rest] = inside;
  if (dash !== '-') return rangesAscend(inside);
  const [last] = rest;
  return rest.length === 1 && (last as string) >= (first as string);
}

function rangesAscend(inside: string): boolean {
  const characters = [...inside.replaceAll(/\\(.)/gs, '$1')];
  for (let at = 0; at + 2 < characters.length; at++) {
    if (characters[at + 1] !== '-') continue;
    if ((characters[at + 2] as string) < (characters[at] as string)) return false;
    at += 2;
  }
  return true;
}

export function isReadableRegex(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}
