/**
 * Rego values on the host's side of a built-in call. In comes the text that OPA's `opa_value_dump` writes
 * (JSON, plus set literals and keys of any type), out come values that keep what JSON.parse would lose: sets
 * stay sets, and a number keeps its digits, so that 9007199254740993 and 1.0 print as Go prints them.
 * Nothing here guesses: text of another shape throws, and the evaluation fails.
 */

/** A number as the policy wrote or computed it, e.g. `1.0`, `-3`, `1763720000123456789`. */
export class RegoNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
export class RegoSet {
  readonly items: readonly RegoValue[];
  constructor(items: readonly RegoValue[]) {
    this.items = items;
  }
}
/** Keys may be any value, as in Rego: `{1: "a", ["x"]: "b"}`. */
export class RegoObject {
  readonly entries: readonly (readonly [RegoValue, RegoValue])[];
  constructor(entries: readonly (readonly [RegoValue, RegoValue])[]) {
    this.entries = entries;
  }
}
export type RegoValue = null | boolean | string | RegoNumber | RegoSet | RegoObject | readonly RegoValue[];

export function isArray(value: RegoValue): value is readonly RegoValue[] {
  return Array.isArray(value);
}

/** @param text one value as `opa_value_dump` writes it, e.g. `{"a": {1, 2}, "b": set()}`. */
export function parseValue(text: string): RegoValue {
  const reader = { text, at: 0 };
  const value = readValue(reader);
  if (reader.at !== text.length) throw new Error(`trailing text after a Rego value at ${reader.at}`);
  return value;
}

interface Reader {
  readonly text: string;
  at: number;
}

const NUMBER = /-?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?/y;
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

function readValue(reader: Reader): RegoValue {
  const { text, at } = reader;
  switch (text[at]) {
    case '"':
      return readString(reader);
    case '[':
      return readItems(reader, ']');
    case '{':
      return readBraces(reader);
  }
  if (text.startsWith('set()', at)) {
    reader.at += 5;
    return new RegoSet([]);
  }
  for (const [word, value] of WORDS) {
    if (text.startsWith(word, at)) {
      reader.at += word.length;
      return value;
    }
  }
  NUMBER.lastIndex = at;
  const number = NUMBER.exec(text)?.[0];
  if (number === undefined) throw new Error(`not a Rego value at ${at}`);
  reader.at += number.length;
  return new RegoNumber(number);
}

function readString(reader: Reader): string {
  const { text, at } = reader;
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = end;
    while (text[slashes - 1] === '\\') slashes--;
    if ((end - slashes) % 2 === 0) {
      reader.at = end + 1;
      return JSON.parse(text.slice(at, end + 1)) as string;
    }
  }
  throw new Error(`unterminated string at ${at}`);
}

function readItems(reader: Reader, close: string): RegoValue[] {
  const items: RegoValue[] = [];
  reader.at++;
  while (!skip(reader, close)) {
    if (items.length > 0) expect(reader, ', ');
    items.push(readValue(reader));
  }
  return items;
}

/** `{}` and `{k: v}` are objects, `{v, w}` is a set; the first member tells. */
function readBraces(reader: Reader): RegoSet | RegoObject {
  reader.at++;
  if (skip(reader, '}')) return new RegoObject([]);
  const first = readValue(reader);
  if (!skip(reader, ': ')) {
    const items = [first];
    while (!skip(reader, '}')) {
      expect(reader, ', ');
      items.push(readValue(reader));
    }
    return new RegoSet(items);
  }
  const entries: [RegoValue, RegoValue][] = [[first, readValue(reader)]];
  while (!skip(reader, '}')) {
    expect(reader, ', ');
    const key = readValue(reader);
    expect(reader, ': ');
    entries.push([key, readValue(reader)]);
  }
  return new RegoObject(entries);
}

function skip(reader: Reader, token: string): boolean {
  if (!reader.text.startsWith(token, reader.at)) return false;
  reader.at += token.length;
  return true;
}

function expect(reader: Reader, token: string): void {
  if (!skip(reader, token)) throw new Error(`expected ${JSON.stringify(token)} at ${reader.at}`);
}
