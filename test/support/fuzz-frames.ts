/**
 * Frames to mutate, and the mutations: bytes changed, cut, doubled, spliced, and JSON spelled in the odd ways that make
 * readers differ. Everything follows from one seed, so that a finding can be had again.
 */

/** A seeded source of numbers (mulberry32). */
export type Random = () => number;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const call = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
const result = (value: string) => `{"jsonrpc":"2.0","id":"a","result":${value}}`;

export const SEEDS: readonly string[] = [
  call('{"name":"echo","arguments":{"text":"hi"}}'),
  call('{"name":"read","arguments":{"path":"/a/b","head":20,"deep":[1,[2,{"x":null}]],"t":true,"f":false}}'),
  call('{"name":"e","arguments":{},"_meta":{"progressToken":7,"traceparent":"00-aa-bb-01"}}'),
  call('{ "name" : "x" ,\r\n\t"arguments" : { "é" : "ü\\u00fc" , "k" : "\\"\\\\\\/\\b\\f\\n\\r\\t" } } '),
  call('{"name":"n","arguments":{"a":-0,"b":1e5,"c":1.50,"d":9007199254740993,"e":-1.2E-3,"f":0.1}}'),
  call('{"name":"s","arguments":{"":"","a b":"c","😀":"\\ud83d\\ude00","z":"\u2028\u2029"}}'),
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{"listChanged":true}},"clientInfo":{"name":"c","version":"1"}}}',
  '{"method":"ping","id":"x","jsonrpc":"2.0"}',
  '{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"cursor":""}}',
  '{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"file:///a%20b"}}',
  '{"jsonrpc":"2.0","id":5,"method":"prompts/get","params":{"name":"p","arguments":{"a":"b"}}}',
  '{"jsonrpc":"2.0","id":6,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"v"}}}',
  '{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a:b","c:d"]}}}',
  '{"jsonrpc":"2.0","id":8,"method":"tasks/get","params":{"taskId":"t"}}',
  '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"r"}}',
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":0.5,"message":"m"}}',
  result(
    '{"content":[{"type":"text","text":"a\\nb"},{"type":"image","data":"aGk=","mimeType":"image/png"}]}',
  ),
  result(
    '{"tools":[{"name":"a","inputSchema":{"type":"object","properties":{"x":{"type":"string"}}}}],"nextCursor":"c"}',
  ),
  result('{"structuredContent":{"a":[[],{},[{}]],"n":123456789012345678901234567890},"isError":false}'),
  result('{"resultType":"input_required","inputRequests":{"k":{"method":"roots/list"}},"requestState":"s"}'),
  '{"jsonrpc":"2.0","id":9,"error":{"code":-32601,"message":"Method not found","data":{"d":[1]}}}',
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
  call(`{"name":"deep","arguments":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`),
  call(`{"name":"wide","arguments":{${Array.from({ length: 60 }, (_, i) => `"k${i}":${i}`).join()}}}`),
  call(`{"name":"quotes","arguments":{"q":"${'\\"'.repeat(100)}","b":"${'\\\\'.repeat(50)}"}}`),
];

/** Pieces that readers are known to differ on. */
const PIECES = [
  ...[' ', '\t', '\n', '\r', '\f', '\v', '\u00a0', '\ufeff', '\0', '\u2028', '//c\n', '/*c*/', '#'],
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    "'",
    '{}',
    '[]',
    ',,',
    '""',
    '"":',
    'null',
    'true',
    'NaN',
    'Infinity',
  ],
  ...['-0', '+1', '01', '1.', '.5', '1e', '1e999', '0x1', '1_0', '-', '9007199254740993', '1.0', '1E2'],
  ...['\\u0000', '\\ud800', '\\udc00', '\\u00', '\\x', '\\/', '\\u006e', '\\uD83D\\uDE00', '\\q'],
  ...[
    '"id":2,',
    '"method":"x",',
    '"params":{},',
    '"name":"y",',
    '"n\\u0061me":"z",',
    '"Name":1,',
    '"__proto__":{},',
  ],
  ...['"jsonrpc":"2.0",', '"result":{},', '"error":{},', '"constructor":1,', '"\u017f":1,', '"\u212a":1,'],
];
const RAW = [
  [0x80],
  [0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc3],
  [0xe2, 0x82],
];

/** One frame nobody sends, from one that somebody does. */
export function mutate(random: Random): Buffer {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  let bytes = Buffer.from(pick(SEEDS));
  for (let rounds = 1 + Math.floor(random() * 3); rounds > 0; rounds--) {
    const at = Math.floor(random() * (bytes.length + 1));
    const length = Math.floor(random() ** 3 * (bytes.length - at));
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const cut = bytes.subarray(at + length);
    const kind = Math.floor(random() * 9);
    if (kind < 3) bytes = Buffer.concat([before, Buffer.from(pick(PIECES)), after]);
    else if (kind === 3) bytes = Buffer.concat([before, cut]);
    else if (kind === 4) bytes = Buffer.concat([before, bytes.subarray(at, at + length), after]);
    else if (kind === 5) bytes = Buffer.concat([before, Buffer.from(pick(PIECES)), cut]);
    else if (kind === 6) bytes = Buffer.concat([before, Buffer.from(pick(RAW)), after]);
    else if (kind === 7)
      bytes = Buffer.concat([before, Buffer.from(pick(SEEDS)).subarray(Math.floor(random() * 40))]);
    else if (bytes.length > 0) {
      bytes = Buffer.from(bytes);
      bytes[at % bytes.length] = Math.floor(random() * 256);
    }
  }
  return bytes;
}

/** Takes away what is not needed for a finding. */
export function minimise(bytes: Buffer, still: (bytes: Buffer) => boolean): Buffer {
  let least = bytes;
  for (let size = Math.ceil(least.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < least.length; ) {
      const shorter = Buffer.concat([least.subarray(0, at), least.subarray(at + size)]);
      if (still(shorter)) least = shorter;
      else at += size;
    }
  }
  return least;
}
