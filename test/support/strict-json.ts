/**
 * A second strict reader, slow and plain, to hold the gate's against: JSON text in, and either the value or the word
 * "refused". It shares no code with `proxy/frame/` and works the other way round: one recursive descent that looks at
 * every character, a set of names for every object, and the rules of JSON-RPC over what comes out.
 */
export type StrictValue = null | boolean | number | string | StrictValue[] | { [name: string]: StrictValue };

export interface StrictOptions {
  readonly maxDepth: number;
  readonly maxElements: number;
  readonly direction: 'to_server' | 'to_client';
}

export type Read = { readonly frame: StrictValue } | 'refused';

class Refused extends Error {}

const ENVELOPE = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];
const MEANINGFUL = [
  ...ENVELOPE,
  ...['_meta', 'name', 'arguments', 'uri', 'cursor', 'ref', 'argument', 'context', 'level', 'task', 'taskId'],
  ...['inputResponses', 'requestState', 'protocolVersion', 'capabilities', 'clientInfo', 'serverInfo'],
  ...['requestId', 'reason', 'progressToken', 'notifications', 'content', 'structuredContent', 'isError'],
  ...[
    'resultType',
    'inputRequests',
    'tools',
    'resources',
    'resourceTemplates',
    'prompts',
    'contents',
    'messages',
  ],
  ...['nextCursor', 'instructions', 'completion', 'code', 'message', 'data', 'ttlMs', 'cacheScope'],
];

export function readStrictly(bytes: Uint8Array, options: StrictOptions): Read {
  try {
    return { frame: frameOf(bytes, options) };
  } catch (cause) {
    if (cause instanceof Refused || cause instanceof TypeError) return 'refused';
    throw cause;
  }
}

function frameOf(bytes: Uint8Array, options: StrictOptions): StrictValue {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const { value, idText } = new Parser(text, options).document();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused('not an object');
  checkEnvelope(value, idText);
  return value;
}

function checkEnvelope(value: { [name: string]: StrictValue }, idText: string | undefined): void {
  const has = (name: string) => Object.hasOwn(value, name);
  must(Object.keys(value).every((name) => ENVELOPE.includes(name)));
  must(value['jsonrpc'] === '2.0');
  const goodId =
    typeof value['id'] === 'string' ? value['id'].length <= 256 : /^(0|-?[1-9]\d{0,15})$/.test(idText ?? '');
  must(typeof value['id'] !== 'number' || Math.abs(value['id']) < 2 ** 53);
  if (has('method')) {
    must(!has('result') && !has('error'));
    const { method } = value;
    must(typeof method === 'string' && method.length > 0 && method.length <= 256);
    must(!has('id') || goodId);
    if (has('params')) checkNames(value['params']);
    return;
  }
  must(has('result') !== has('error') && !has('params'));
  const payload = has('result') ? value['result'] : value['error'];
  checkNames(payload);
  if (has('error')) {
    const { code, message } = payload as { [name: string]: StrictValue };
    must(Number.isSafeInteger(code) && typeof message === 'string');
    must(!has('id') || value['id'] === null || goodId);
  } else must(goodId);
}

function checkNames(value: StrictValue | undefined): void {
  must(typeof value === 'object' && value !== null && !Array.isArray(value));
  for (const name of Object.keys(value as object)) {
    must(MEANINGFUL.includes(name) || !MEANINGFUL.some((known) => sameFolded(name, known)));
  }
}

/** One upper case, or one by Unicode's simple case folding as regular expressions have it. */
function sameFolded(one: string, other: string): boolean {
  if (one.toUpperCase() === other.toUpperCase()) return true;
  return new RegExp(`^${one.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`, 'iu').test(other);
}

function must(condition: boolean): void {
  if (!condition) throw new Refused();
}

class Parser {
  readonly #text: string;
  readonly #options: StrictOptions;
  #at = 0;
  #elements = 0;
  #idText: string | undefined;

  constructor(text: string, options: StrictOptions) {
    this.#text = text;
    this.#options = options;
  }

  document(): { value: StrictValue; idText: string | undefined } {
    const value = this.#value(1, undefined);
    must(this.#peek() === '');
    return { value, idText: this.#idText };
  }

  /** The next character that is not white space; empty at the end. */
  #peek(): string {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
    return this.#text[this.#at] ?? '';
  }

  #count(): void {
    must(++this.#elements <= this.#options.maxElements);
  }

  #value(depth: number, name: string | undefined): StrictValue {
    const first = this.#peek();
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const [number = ''] = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(this.#text.slice(this.#at)) ?? [];
    must(number !== '' && Number.isFinite(Number(number)));
    this.#at += number.length;
    if (depth === 2 && name === 'id') this.#idText = number;
    return Number(number);
  }

  #object(depth: number): StrictValue {
    must(depth <= this.#options.maxDepth);
    this.#count();
    this.#at++;
    const members: [string, StrictValue][] = [];
    if (this.#peek() === '}') {
      this.#at++;
      return {};
    }
    for (;;) {
      must(this.#peek() === '"');
      const name = this.#string();
      must(this.#peek() === ':' && name !== '__proto__' && !members.some(([other]) => other === name));
      must(this.#options.direction !== 'to_server' || !members.some(([other]) => sameFolded(other, name)));
      this.#at++;
      members.push([name, this.#value(depth + 1, name)]);
      const next = this.#peek();
      this.#at++;
      if (next === '}') return Object.fromEntries(members);
      must(next === ',');
      this.#count();
    }
  }

  #array(depth: number): StrictValue {
    must(depth <= this.#options.maxDepth);
    this.#count();
    this.#at++;
    const items: StrictValue[] = [];
    if (this.#peek() === ']') {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#value(depth + 1, undefined));
      const next = this.#peek();
      this.#at++;
      if (next === ']') return items;
      must(next === ',');
      this.#count();
    }
  }

  #string(): string {
    let out = '';
    for (this.#at++; ; ) {
      const unit = this.#text[this.#at++] ?? '';
      if (unit === '"') break;
      must(unit >= ' ');
      if (unit !== '\\') {
        out += unit;
        continue;
      }
      const mark = this.#text[this.#at++] ?? '';
      if (mark === 'u') {
        const [hex = ''] = /^[0-9a-fA-F]{4}/.exec(this.#text.slice(this.#at)) ?? [];
        must(hex !== '');
        this.#at += 4;
        out += String.fromCharCode(Number.parseInt(hex, 16));
      } else {
        must('"\\/bfnrt'.includes(mark) && mark !== '');
        out += { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[mark] ?? mark;
      }
    }
    must(out.isWellFormed() && !out.includes('\0'));
    return out;
  }
}
