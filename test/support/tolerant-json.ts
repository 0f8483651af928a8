/**
 * The laxest JSON reader there could be, for asking what some server might understand: it takes comments,
 * trailing commas, NaN, NUL bytes, several documents and unfinished ones, keeps every duplicate member, and
 * never throws. No recursion, so depth is no limit. Used by tests only, and only to find suspects.
 */
export type Loose = LooseObject | readonly Loose[] | string | number | boolean | null;
/** Members in order, duplicates included. */
export interface LooseObject {
  readonly members: readonly (readonly [string, Loose])[];
}

type Open = { readonly members: [string, Loose][]; key: string | undefined } | { readonly items: Loose[] };

/** @returns every top-level value found in the text, in order. */
export function parseLoosely(text: string): Loose[] {
  const documents: Loose[] = [];
  const open: Open[] = [];
  const put = (value: Loose) => {
    const parent = open.at(-1);
    if (parent === undefined) documents.push(value);
    else if ('items' in parent) parent.items.push(value);
    else if (parent.key === undefined) parent.key = String(value);
    else {
      parent.members.push([parent.key, value]);
      parent.key = undefined;
    }
  };
  const close = () => {
    const done = open.pop();
    if (done !== undefined) put('items' in done ? done.items : { members: done.members });
  };

  for (let at = 0; at < text.length; ) {
    const unit = text[at] as string;
    if (unit === '{') open.push({ members: [], key: undefined });
    else if (unit === '[') open.push({ items: [] });
    else if (unit === '}' || unit === ']') close();
    else if (unit === '"') {
      const end = endOfString(text, at + 1);
      put(unescapeLoosely(text.slice(at + 1, end)));
      at = end;
    } else if (text.startsWith('/*', at)) at = indexOr(text, '*/', at, text.length) + 1;
    else if (text.startsWith('//', at)) at = indexOr(text, '\n', at, text.length);
    else if (/[\w.+-]/.test(unit)) {
      const word = /[\w.+-]+/y;
      word.lastIndex = at;
      const [found = unit] = word.exec(text) ?? [];
      put(toScalar(found));
      at += found.length - 1;
    }
    at += 1;
  }
  while (open.length > 0) close(); // a reader that answers before the end of its input
  return documents;
}

function endOfString(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}

function indexOr(text: string, mark: string, from: number, otherwise: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? otherwise : found;
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescapeLoosely(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replaceAll(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g, (_all, u, x, one: string) =>
    one === undefined ? String.fromCharCode(Number.parseInt(u ?? x, 16)) : (ESCAPES[one] ?? one),
  );
}

function toScalar(word: string): Loose {
  if (word === 'true' || word === 'false') return word === 'true';
  if (word === 'null') return null;
  const value = Number(word);
  return Number.isNaN(value) ? word : value;
}
