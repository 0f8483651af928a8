/**
 * What servers written in other languages could make of the same bytes. A call counts as run when any of
 * these readings runs it: that is how a difference between two parsers becomes a bypass.
 *
 * Readings: first or last duplicate wins (Envoy, most others), case-insensitive names (Go), arrays read by
 * position (serde), names trimmed and normalised, text in other encodings (Python, Jackson), the first of
 * several documents or each of them, batches, JSON inside strings (the Python SDK), compressed bodies, and
 * servers that route by the `Mcp-*` headers alone.
 */
import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { type Loose, type LooseObject, parseLoosely } from './tolerant-json.ts';

export interface Call {
  /** Which reading understood it so; for messages of failing tests. */
  readonly reading: string;
  readonly method: string;
  readonly tool: string | undefined;
  readonly uri: string | undefined;
  readonly args: Loose | undefined;
}
type Pick = (object: LooseObject, name: string) => Loose | undefined;

const PICKS: Readonly<Record<string, Pick>> = {
  'last-wins': (object, name) => object.members.findLast(([key]) => key === name)?.[1],
  'first-wins': (object, name) => object.members.find(([key]) => key === name)?.[1],
  'fold-last': (object, name) => object.members.findLast(([key]) => fold(key) === fold(name))?.[1],
  'fold-first': (object, name) => object.members.find(([key]) => fold(key) === fold(name))?.[1],
};

/**
 * Calls that differ only in their arguments are one; the first reading's arguments are kept.
 *
 * @param headers lower-case names; `mcp-method` and `mcp-name` are a reading of their own.
 */
export function readCalls(body: Uint8Array, headers: Readonly<Record<string, unknown>> = {}): Call[] {
  const calls = new Map<string, Call>();
  const add = (call: Call) => calls.set(JSON.stringify([call.method, call.tool, call.uri]), call);
  for (const text of decodings(body)) {
    for (const document of parseLoosely(text)) {
      for (const message of messagesIn(document)) {
        for (const [reading, pick] of Object.entries(PICKS)) {
          const call = readCall(message, reading, pick);
          if (call !== undefined) add(call);
        }
      }
    }
  }
  const named = headerCall(headers);
  if (named !== undefined) add(named);
  return [...calls.values()];
}

/** Names as a forgiving server compares them. */
export function loosen(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{Cc}\s]/gu, '')
    .toUpperCase()
    .toLowerCase();
}

const fold = (name: string) => name.toUpperCase().toLowerCase();

/** Batches, batches in batches, and an envelope written as an array. */
function messagesIn(document: Loose): LooseObject[] {
  const found: LooseObject[] = [];
  const queue: { value: Loose; depth: number }[] = [{ value: document, depth: 0 }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { value, depth } = next;
    if (isLooseObject(value)) found.push(value);
    else if (typeof value === 'string' && value.includes('{')) {
      if (depth < 4) for (const inner of parseLoosely(value)) queue.push({ value: inner, depth: depth + 1 });
    } else if (Array.isArray(value) && depth < 4) {
      const [version, id, method, params] = value as Loose[];
      if (version === '2.0' && typeof method === 'string') {
        found.push({ members: Object.entries({ id: id ?? null, method, params: params ?? null }) });
      }
      for (const item of value as Loose[]) queue.push({ value: item, depth: depth + 1 });
    }
  }
  return found;
}

function readCall(message: LooseObject, reading: string, pick: Pick): Call | undefined {
  const method = pick(message, 'method');
  if (typeof method !== 'string') return undefined;
  const params = unpack(pick(message, 'params'));
  const positional = Array.isArray(params) ? (params as Loose[]) : undefined;
  const member = (name: string) => (isLooseObject(params) ? pick(params, name) : undefined);
  const nameText = (value: Loose | undefined) => {
    const one = Array.isArray(value) ? (value as Loose[])[0] : value;
    return typeof one === 'string' ? one : undefined;
  };
  return {
    reading: positional ? 'positional' : reading,
    method: loosen(method),
    tool: loosenOrNot(nameText(positional ? positional[0] : member('name'))),
    uri: nameText(member('uri')),
    args: unpack(positional ? positional[1] : member('arguments')),
  };
}

const loosenOrNot = (name: string | undefined) => (name === undefined ? undefined : loosen(name));

/** JSON text where an object was meant. */
function unpack(value: Loose | undefined): Loose | undefined {
  return typeof value === 'string' && /^\s*[[{]/.test(value) ? parseLoosely(value)[0] : value;
}

function headerCall(headers: Readonly<Record<string, unknown>>): Call | undefined {
  const method = headers['mcp-method'];
  if (typeof method !== 'string') return undefined;
  const sent = headers['mcp-name'];
  const name = typeof sent === 'string' ? decodeSentinel(sent) : undefined;
  const isUri = method.startsWith('resources/');
  return {
    reading: 'headers',
    method: loosen(method),
    tool: isUri ? undefined : loosenOrNot(name),
    uri: isUri ? name : undefined,
    args: undefined,
  };
}

/** `=?base64?…?=`, how a name that is no header value travels (SEP-2243). */
export function decodeSentinel(value: string): string {
  const encoded = /^=\?base64\?(.*)\?=$/i.exec(value)?.[1];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString('utf8');
}

/** The texts that some decoder finds in the bytes. */
function decodings(body: Uint8Array): Set<string> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const texts = new Set([bytes.toString('utf8')]);
  if (!isUtf8(bytes)) texts.add(bytes.toString('latin1'));
  if (bytes.includes(0)) {
    texts.add(bytes.toString('utf16le'));
    texts.add(
      Buffer.from(bytes.subarray(0, bytes.length & ~1))
        .swap16()
        .toString('utf16le'),
    );
    texts.add(bytes.toString('latin1').replaceAll('\0', '')); // UTF-32, and readers that skip NUL
  }
  if (bytes.includes(0xc0) || bytes.includes(0xc1)) texts.add(decodeOverlong(bytes));
  for (const inflate of [gunzipSync, inflateSync, brotliDecompressSync]) {
    try {
      texts.add(inflate(bytes, { maxOutputLength: 1 << 22 }).toString('utf8'));
    } catch {
      // not compressed that way
    }
  }
  return texts;
}

/** Two-byte forms of ASCII, which Jackson takes. */
function decodeOverlong(bytes: Buffer): string {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const lead = bytes[at] as number;
    if (lead === 0xc0 || lead === 0xc1) out.push(((lead & 1) << 6) | ((bytes[++at] ?? 0) & 0x3f));
    else out.push(lead);
  }
  return Buffer.from(out).toString('utf8');
}

export function isLooseObject(value: Loose | undefined): value is LooseObject {
  return typeof value === 'object' && value !== null && 'members' in value;
}
