/**
 * What is sent in every measurement: three kinds of call of one tool, their answers, and the data under which the
 * default policy lets them pass. A path names the kind, and is the same at the upstream and at every proxy.
 */
export const KINDS = ['small', 'large', 'sse'] as const;
export type Kind = (typeof KINDS)[number];

const PROTOCOL = '2026-07-28';
const TOOL = 'read_text_file';
const META = { 'io.modelcontextprotocol/protocolVersion': PROTOCOL };

export function pathOf(kind: Kind): string {
  return `/mcp/${kind}`;
}

/** @param call its number: arguments differ from call to call, so that nothing can be answered from a memory. */
export function requestOf(call: number): string {
  const path = `/workspace/notes/topic-${call % 9_973}.md`;
  const params = { name: TOOL, arguments: { path, head: 40 }, _meta: META };
  return JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params });
}

export const REQUEST_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': PROTOCOL,
  'mcp-method': 'tools/call',
  'mcp-name': TOOL,
} as const;

/** An operator's grants and scopes, one entry used and some that are not. */
export const POLICY_DATA = {
  grants: [
    { tools: KINDS.flatMap((kind) => [`${kind}__read_*`, `${kind}__list_*`]) },
    { roles: ['developer'], tools: ['github__get_*', 'slack__send_message'] },
  ],
  scopes: Object.fromEntries(
    KINDS.map((kind) => [kind, { read: ['/workspace/**'], deny: ['.env', 'secrets', '*.pem'] }]),
  ),
  chain_rules: [
    {
      name: 'exfiltration',
      pattern: ['*__read_*', 'slack__send_message'],
      action: 'require_approval',
      within_s: 600,
    },
  ],
} as const;

/** About 0.4 KB: a tool result of a few lines. */
const SMALL_ANSWER = result(
  'Readme\n\nNotes of the team, one file a topic. Start with "overview", then what you need.\n'.repeat(3),
);
/** About 1 MB of lines as documents and logs have them, with a few credentials in it. */
const LARGE_ANSWER = result(document(1_000_000));
const SSE_ANSWER = [
  notification({ progress: 1, total: 2 }),
  notification({ progress: 2, total: 2 }),
  SMALL_ANSWER,
]
  .map((message) => `data: ${message}\n\n`)
  .join('');

export const ANSWERS: Readonly<Record<Kind, { readonly type: string; readonly body: Buffer }>> = {
  small: { type: 'application/json', body: Buffer.from(SMALL_ANSWER) },
  large: { type: 'application/json', body: Buffer.from(LARGE_ANSWER) },
  sse: { type: 'text/event-stream', body: Buffer.from(SSE_ANSWER) },
};

export function result(text: string): string {
  const content = [{ type: 'text', text }];
  return JSON.stringify({
    jsonrpc: '2.0',
    id: 7,
    result: { resultType: 'complete', content, isError: false },
  });
}

function notification(params: object): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 'p1', ...params },
  });
}

function document(bytes: number): string {
  const words = [
    'gate',
    'policy',
    'the',
    'record',
    'of',
    'a',
    'frame',
    'answers',
    'with',
    '"quoted"',
    'path/to/file',
  ];
  const lines: string[] = [];
  let seed = 1;
  for (let length = 0; length < bytes; ) {
    const line: string[] = [];
    for (let word = 0; word < 12; word++) {
      seed = (seed * 48_271) % 2_147_483_647;
      line.push(words[seed % words.length] as string);
    }
    // Put together here, so that no scanner takes this file for a leak.
    if (lines.length % 3_000 === 1_500) line.push(`token=${'ghp'}_${'a1B2c3D4e5F6'.repeat(3)}`);
    lines.push(line.join(' '));
    length += line.join(' ').length + 2;
  }
  return lines.join('\n');
}
