/** The reader against a second one of another make, on frames nobody thought of. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FRAME_LIMITS, type Frame, readFrame } from '../../../proxy/frame/read-frame.ts';
import { readStrictly } from '../../support/strict-json.ts';

const encoder = new TextEncoder();
const direction = fc.constantFrom('to_server' as const, 'to_client' as const);

/** What a frame says, as one value to compare with the tree of the other reader. */
function asTree(frame: Frame): object {
  if (frame.kind === 'response') {
    const answer = frame.result === undefined ? { error: frame.error } : { result: frame.result };
    return { jsonrpc: '2.0', id: frame.id, ...answer };
  }
  return {
    jsonrpc: '2.0',
    ...(frame.kind === 'request' && { id: frame.id }),
    method: frame.method,
    ...(frame.params !== undefined && { params: frame.params }),
  };
}

const counts = { taken: 0, refused: 0 };

function agree(bytes: Uint8Array, options: Parameters<typeof readStrictly>[1]): void {
  const want = readStrictly(bytes, options);
  const frame = readFrame(bytes, options);
  if (want === 'refused') {
    counts.refused++;
    expect(frame.kind).toBe('refusal');
    return;
  }
  counts.taken++;
  if (frame.kind === 'refusal') throw new Error(`refused with ${frame.code} ${frame.detail ?? ''}`);
  const { id = null, ...rest } = want.frame as Record<string, unknown>;
  expect(asTree(frame)).toEqual(
    frame.kind === 'notification' || frame.kind === 'request' ? want.frame : { id, ...rest },
  );
  expect(JSON.parse(frame.text)).toEqual(want.frame);
}

/** Tokens that are mostly right, so that about half of the frames made of them are. */
const name = fc.constantFrom(
  ...['"a"', '"b"', '"A"', '"name"', '"arguments"', '"Name"', '"_meta"', '"\\u0061"', '"k"', '"\u212a"'],
  ...[
    '"param\u017f"',
    '"result"',
    '"id"',
    '"constructor"',
    '"__proto__"',
    '""',
    '"a b"',
    '"\u00df"',
    '"\u1e9e"',
  ],
);
const quietName = fc.constantFrom(
  '"a"',
  '"b"',
  '"name"',
  '"arguments"',
  '"c"',
  '"x\\u0079"',
  '"constructor"',
  '""',
);
const scalar = fc.constantFrom(
  ...[
    '1',
    '-0',
    '1.0',
    '1e2',
    '0.1',
    '9007199254740993',
    'true',
    'false',
    'null',
    '"x"',
    '""',
    '"\\n"',
    '"é"',
  ],
  ...['"\\ud83d\\ude00"', '":,{"', '"\\\\"', '"\\""', '"\\/"'],
);
const hostile = fc.constantFrom(
  ...[
    '1e400',
    '"\\ud800"',
    '"\\u0000"',
    'NaN',
    '01',
    '"\\x"',
    "'a'",
    '/**/1',
    'tru',
    '',
    '-',
    '"\t"',
    '1.',
    '.5',
  ],
);
const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r', '\u00a0');

interface Grammar {
  value: string;
}
const grammar = (names: fc.Arbitrary<string>, odd: number, gap: fc.Arbitrary<string>) =>
  fc.letrec<Grammar>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      { arbitrary: scalar, weight: 5 },
      { arbitrary: hostile, weight: odd },
      {
        arbitrary: fc
          .tuple(gap, fc.array(tie('value'), { maxLength: 3 }))
          .map(([s, items]) => `[${items.join(`${s},`)}${s}]`),
        weight: 2,
      },
      {
        arbitrary: fc
          .tuple(gap, fc.array(fc.tuple(names, tie('value')), { maxLength: 3 }))
          .map(([s, members]) => `{${members.map(([n, v]) => `${s}${n}:${v}`).join(',')}${s}}`),
        weight: 4,
      },
    ),
  })).value;

const quiet = grammar(quietName, 0, fc.constantFrom('', ' ', '\n'));
const wild = grammar(name, 1, space);
const body = fc.oneof({ arbitrary: quiet, weight: 3 }, { arbitrary: wild, weight: 1 });
const id = fc.constantFrom(
  '1',
  '"1"',
  '-5',
  '0',
  'null',
  '1.0',
  '-0',
  '1e1',
  '9007199254740992',
  'true',
  '{}',
  '""',
);

/** A frame of the usual members, its payload an object; what breaks it comes later. */
const tidyFrame = fc.tuple(fc.constantFrom('method', 'params', 'result'), quiet).map(([kind, value]) => {
  const object = value.startsWith('{') ? value : `{"a":${value}}`;
  if (kind === 'result') return `{"jsonrpc":"2.0","id":7,"result":${object}}`;
  return `{"jsonrpc":"2.0",${kind === 'params' ? '"id":"i",' : ''}"method":"m","params":${object}}`;
});
const oddFrame = fc
  .tuple(
    fc.subarray(['jsonrpc', 'id', 'method', 'params', 'result', 'error', 'Id'], { minLength: 2 }),
    id,
    body,
  )
  .map(([names, idText, payload]) => {
    const values: Record<string, string> = {
      jsonrpc: '"2.0"',
      id: idText,
      Id: '1',
      method: '"m"',
      params: payload,
      result: payload,
      error: '{"code":-1,"message":"no"}',
    };
    return `{${names.map((each) => `"${each}":${values[each]}`).join(',')}}`;
  });
const oddBody = fc
  .tuple(id, body)
  .map(([idText, payload]) => `{"jsonrpc":"2.0","id":${idText},"method":"m","params":${payload}}`);
const frame = fc.oneof(tidyFrame, oddFrame, oddBody);

test('both readers take the same frames and read the same out of them', () => {
  counts.taken = 0;
  counts.refused = 0;
  fc.assert(
    fc.property(frame, direction, (text, towards) => {
      agree(encoder.encode(text), { ...FRAME_LIMITS, direction: towards });
    }),
    { numRuns: 20_000 },
  );
  expect(counts.taken).toBeGreaterThan(4_000);
  expect(counts.refused).toBeGreaterThan(4_000);
});

test('both count depth and elements alike', () => {
  fc.assert(
    fc.property(
      frame,
      direction,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 20 }),
      (text, towards, maxDepth, maxElements) => {
        agree(encoder.encode(text), { maxDepth, maxElements, direction: towards });
      },
    ),
    { numRuns: 5_000 },
  );
});

const mutation = fc.record({
  at: fc.nat(400),
  kind: fc.constantFrom('set', 'insert', 'delete', 'repeat', 'cut'),
  byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...encoder.encode('{}[]:,"\\ u0e+-.Aa'))),
});

test('frames with bytes changed, added, taken out or doubled: never thrown at, and both readers agree', () => {
  counts.taken = 0;
  counts.refused = 0;
  fc.assert(
    fc.property(
      tidyFrame,
      fc.array(mutation, { minLength: 1, maxLength: 2 }),
      direction,
      (text, mutations, towards) => {
        let bytes = [...encoder.encode(text)];
        for (const { at, kind, byte } of mutations) {
          const here = at % (bytes.length + 1);
          if (kind === 'set') bytes[here] = byte;
          else if (kind === 'insert') bytes.splice(here, 0, byte);
          else if (kind === 'delete') bytes.splice(here, 1);
          else if (kind === 'repeat') bytes.splice(here, 0, ...bytes.slice(here, here + 20));
          else bytes = bytes.slice(0, here);
        }
        agree(new Uint8Array(bytes), { ...FRAME_LIMITS, direction: towards });
      },
    ),
    { numRuns: 20_000 },
  );
  expect(counts.taken).toBeGreaterThan(500);
});

test('strings full of quotes and backslashes end where they end', () => {
  counts.taken = 0;
  const piece = fc.constantFrom('\\"', '\\"', '\\"', '\\\\', 'x', '\\u0022', '\\u005c', 'é', '{', ':');
  const dense = fc
    .array(piece, { minLength: 60, maxLength: 400, size: 'max' })
    .map((pieces) => pieces.join(''));
  const end = fc.constantFrom('"', '"', '"', '', '\\"', '\\\\"', '""');
  fc.assert(
    fc.property(dense, dense, end, direction, (one, other, close, towards) => {
      const text = `{"jsonrpc":"2.0","id":1,"result":{"a":"${one}","b":["${other}${close}],"c":1}}`;
      const options = { ...FRAME_LIMITS, direction: towards };
      agree(encoder.encode(text), options);
      const frame = readFrame(encoder.encode(text), options);
      if (frame.kind === 'refusal') return;
      const spans = frame.inner.map(({ name, start, end: last }) => [name, text.slice(start, last)]);
      const b = close.slice(0, -1);
      expect(spans).toEqual([
        ['a', `"${one}"`],
        ['b', `["${other}${b}"]`],
        ['c', '1'],
      ]);
    }),
    { numRuns: 2_000 },
  );
  expect(counts.taken).toBeGreaterThan(800);
});

test('bytes that are nothing at all are refused, not thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), direction, (bytes, towards) => {
      expect(readFrame(bytes, { ...FRAME_LIMITS, direction: towards }).kind).toBe('refusal');
    }),
    { numRuns: 5_000 },
  );
});

/** Doubles the n-th member of all objects in the text, and with `escaped` spells its name another way. */
function doubled(value: unknown, n: { left: number }, escaped: boolean): string {
  if (Array.isArray(value)) return `[${value.map((each) => doubled(each, n, escaped)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([key, each]) => {
    const again = n.left-- === 0;
    const text = `${JSON.stringify(key)}:${doubled(each, n, escaped)}`;
    if (!again) return [text];
    const other = [...key].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    return [text, `${escaped ? `"${other}"` : JSON.stringify(key)}:null`];
  });
  return `{${members.join(',')}}`;
}

const membersIn = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, each) => sum + membersIn(each), own);
};

test('a frame with any one member doubled is refused as just that', () => {
  const names = fc.stringMatching(/^[a-z]{1,4}$/);
  const tree = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(1, 'x', null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(tree, fc.nat(), fc.boolean(), direction, (value, pick, escaped, towards) => {
      const whole = { jsonrpc: '2.0', id: 1, method: 'm', params: { value } };
      const left = pick % membersIn(whole);
      const text = doubled(whole, { left }, escaped);
      const read = readFrame(encoder.encode(text), { ...FRAME_LIMITS, direction: towards });
      expect(read).toEqual({ kind: 'refusal', code: 'GW_FRAME_DUPLICATE' });
    }),
    { numRuns: 10_000 },
  );
});
