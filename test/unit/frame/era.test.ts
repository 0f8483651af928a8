/** Which revision a message speaks: every cell of what its headers and its body may say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeHeaderValue,
  type EraOutcome,
  encodeHeaderValue,
  eraOf,
  subjectMember,
} from '../../../proxy/frame/era.ts';
import { METHODS, methodRow } from '../../../proxy/frame/methods.ts';
import { FRAME_LIMITS, readFrameText } from '../../../proxy/frame/read-frame.ts';
import { verifies } from '../../requirements.ts';

const MODERN = '2026-07-28';
const CLAIM = 'io.modelcontextprotocol/protocolVersion';

type Headers = Readonly<Record<string, string>>;

function frameOf(message: object) {
  const frame = readFrameText(JSON.stringify({ jsonrpc: '2.0', ...message }), {
    ...FRAME_LIMITS,
    direction: 'to_server',
  });
  if (frame.kind === 'refusal') throw new Error(frame.code);
  return frame;
}
const meta = (claim: unknown) => ({ _meta: { [CLAIM]: claim } });
const request = (method: string, params?: object) => frameOf({ id: 1, method, ...(params && { params }) });
const notification = (method: string, params?: object) => frameOf({ method, ...(params && { params }) });

const legacy = (protocol: string): EraOutcome => ({ kind: 'era', era: 'legacy', protocol });
const modern: EraOutcome = { kind: 'era', era: 'modern', protocol: MODERN };
const wrong = (code: number, message: string): EraOutcome => ({
  kind: 'mismatch',
  status: 400,
  code,
  message,
});
const differs = wrong(-32020, 'MCP-Protocol-Version and the message name different revisions');
const noHeader = wrong(-32020, 'MCP-Protocol-Version is missing');
const noClaim = wrong(-32602, `params._meta["${CLAIM}"] is missing`);
const oddClaim = wrong(-32602, `params._meta["${CLAIM}"] is not a string`);
const unknown = (requested: string): EraOutcome => ({
  kind: 'mismatch',
  status: 400,
  code: -32022,
  message: 'Unsupported protocol version',
  data: { supported: [MODERN], requested },
});

describe('header by body', () => {
  const HEADERS = [undefined, '2025-11-25', '2025-03-26', MODERN, '2027-01-01', ''] as const;
  /** For each claim of the body, what comes of each header above. */
  const SHEET: readonly { claim: unknown; name: string; want: readonly EraOutcome[] }[] = [
    {
      name: 'no claim',
      claim: undefined,
      want: [
        legacy('2025-03-26'),
        legacy('2025-11-25'),
        legacy('2025-03-26'),
        noClaim,
        unknown('2027-01-01'),
        unknown(''),
      ],
    },
    {
      name: 'a modern claim',
      claim: MODERN,
      want: [noHeader, differs, differs, modern, differs, differs],
    },
    {
      name: 'a legacy claim',
      claim: '2025-11-25',
      want: [legacy('2025-11-25'), legacy('2025-11-25'), differs, differs, differs, differs],
    },
    {
      name: 'a claim nobody speaks',
      claim: '2027-01-01',
      want: [unknown('2027-01-01'), differs, differs, differs, unknown('2027-01-01'), differs],
    },
    {
      name: 'an empty claim',
      claim: '',
      want: [unknown(''), differs, differs, differs, differs, unknown('')],
    },
    { name: 'a claim of null', claim: null, want: HEADERS.map(() => oddClaim) },
    { name: 'a claim in a list', claim: [MODERN], want: HEADERS.map(() => oddClaim) },
    { name: 'a numeric claim', claim: 20260728, want: HEADERS.map(() => oddClaim) },
  ];
  const rows = SHEET.flatMap(({ name, claim, want }) =>
    HEADERS.map((header, at) => ({ name, claim, header, want: want[at] as EraOutcome })),
  );

  test.each(rows)('$name, header $header', ({ claim, header, want }) => {
    verifies('R04', 'http');
    const frame = request('tools/list', claim === undefined ? {} : meta(claim));
    const headers = {
      'mcp-method': 'tools/list',
      ...(header !== undefined && { 'mcp-protocol-version': header }),
    };
    expect(eraOf(frame, headers)).toEqual(want);
  });

  test.each([
    ['no params', request('tools/list')],
    ['_meta as a list', request('tools/list', { _meta: [MODERN] })],
    ['_meta as text', request('tools/list', { _meta: MODERN })],
    ['_meta null', request('tools/list', { _meta: null })],
    ['the claim beside _meta', request('tools/list', { [CLAIM]: MODERN })],
    ['the claim under another key', request('tools/list', { _meta: { protocolVersion: MODERN } })],
  ])('%s makes no claim', (_, frame) => {
    expect(eraOf(frame, {})).toEqual(legacy('2025-03-26'));
    expect(eraOf(frame, { 'mcp-protocol-version': MODERN })).toEqual(noClaim);
  });

  test('what was asked for is repeated at most 64 characters long', () => {
    expect(eraOf(request('tools/list'), { 'mcp-protocol-version': 'x'.repeat(300) })).toEqual(
      unknown('x'.repeat(64)),
    );
    expect(eraOf(request('tools/list', meta('y'.repeat(300))), {})).toEqual(unknown('y'.repeat(64)));
  });

  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    '%s is legacy in either place',
    (version) => {
      expect(eraOf(request('ping'), { 'mcp-protocol-version': version })).toEqual(legacy(version));
      expect(eraOf(request('ping', meta(version)), {})).toEqual(legacy(version));
    },
  );
});

describe('mirrored headers of a modern request', () => {
  const names = 'Mcp-Name and the message name different things';
  const methods = 'Mcp-Method and the message name different methods';
  const call = { ...meta(MODERN), name: 'read_file' };
  const rows: readonly {
    name: string;
    method: string;
    params: object;
    headers: Headers;
    want: EraOutcome;
  }[] = [
    {
      name: 'both agree',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call', 'mcp-name': 'read_file' },
      want: modern,
    },
    {
      name: 'no Mcp-Method',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-name': 'read_file' },
      want: wrong(-32020, 'Mcp-Method is missing'),
    },
    {
      name: 'another Mcp-Method',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/list', 'mcp-name': 'read_file' },
      want: wrong(-32020, methods),
    },
    {
      name: 'Mcp-Method in another case',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'Tools/Call', 'mcp-name': 'read_file' },
      want: wrong(-32020, methods),
    },
    {
      name: 'an empty Mcp-Method',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': '', 'mcp-name': 'read_file' },
      want: wrong(-32020, methods),
    },
    {
      name: 'no Mcp-Name',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call' },
      want: wrong(-32020, 'Mcp-Name is missing'),
    },
    {
      name: 'another Mcp-Name',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call', 'mcp-name': 'delete_file' },
      want: wrong(-32020, names),
    },
    {
      name: 'Mcp-Name in another case',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call', 'mcp-name': 'Read_file' },
      want: wrong(-32020, names),
    },
    {
      name: 'two names in one header',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call', 'mcp-name': 'read_file, delete_file' },
      want: wrong(-32020, names),
    },
    {
      name: 'Mcp-Name in Base64',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?cmVhZF9maWxl?=' },
      want: modern,
    },
    {
      name: 'another Mcp-Name in Base64',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?ZGVsZXRlX2ZpbGU=?=' },
      want: wrong(-32020, names),
    },
    {
      name: 'Base64 that is none',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?cmVhZF9maWxl!?=' },
      want: wrong(-32020, 'Mcp-Name is not UTF-8 in Base64'),
    },
    {
      name: 'Base64 without its padding',
      method: 'tools/call',
      params: call,
      headers: { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?ZGVsZXRlX2ZpbGU?=' },
      want: wrong(-32020, 'Mcp-Name is not UTF-8 in Base64'),
    },
    {
      name: 'no name in the message',
      method: 'tools/call',
      params: meta(MODERN),
      headers: { 'mcp-method': 'tools/call', 'mcp-name': 'read_file' },
      want: wrong(-32020, names),
    },
    {
      name: 'a name in a list',
      method: 'tools/call',
      params: { ...meta(MODERN), name: ['read_file'] },
      headers: { 'mcp-method': 'tools/call', 'mcp-name': 'read_file' },
      want: wrong(-32020, names),
    },
    {
      name: 'a name inherited from nowhere',
      method: 'tools/call',
      params: meta(MODERN),
      headers: { 'mcp-method': 'tools/call', 'mcp-name': '' },
      want: wrong(-32020, names),
    },
    {
      name: 'a prompt',
      method: 'prompts/get',
      params: { ...meta(MODERN), name: 'p' },
      headers: { 'mcp-method': 'prompts/get', 'mcp-name': 'p' },
      want: modern,
    },
    {
      name: 'a resource by its URI',
      method: 'resources/read',
      params: { ...meta(MODERN), uri: 'file:///a' },
      headers: { 'mcp-method': 'resources/read', 'mcp-name': 'file:///a' },
      want: modern,
    },
    {
      name: 'a resource by another URI',
      method: 'resources/read',
      params: { ...meta(MODERN), uri: 'file:///a', name: 'file:///b' },
      headers: { 'mcp-method': 'resources/read', 'mcp-name': 'file:///b' },
      want: wrong(-32020, names),
    },
    {
      name: 'a task',
      method: 'tasks/get',
      params: { ...meta(MODERN), taskId: 't1' },
      headers: { 'mcp-method': 'tasks/get', 'mcp-name': 't1' },
      want: modern,
    },
    {
      name: 'the update of another task',
      method: 'tasks/update',
      params: { ...meta(MODERN), taskId: 't1' },
      headers: { 'mcp-method': 'tasks/update', 'mcp-name': 't2' },
      want: wrong(-32020, names),
    },
    {
      name: 'the cancelling of a task',
      method: 'tasks/cancel',
      params: { ...meta(MODERN), taskId: 't1' },
      headers: { 'mcp-method': 'tasks/cancel' },
      want: wrong(-32020, 'Mcp-Name is missing'),
    },
    {
      name: 'a list needs no name',
      method: 'tools/list',
      params: meta(MODERN),
      headers: { 'mcp-method': 'tools/list' },
      want: modern,
    },
    {
      name: 'a completion needs no name',
      method: 'completion/complete',
      params: meta(MODERN),
      headers: { 'mcp-method': 'completion/complete' },
      want: modern,
    },
    {
      name: 'an unknown method',
      method: 'acme/do',
      params: meta(MODERN),
      headers: { 'mcp-method': 'acme/do' },
      want: modern,
    },
  ];
  test.each(rows)('$name', ({ method, params, headers, want }) => {
    verifies('R05', 'http');
    expect(eraOf(request(method, params), { 'mcp-protocol-version': MODERN, ...headers })).toEqual(want);
  });

  test('legacy requests are not held to them', () => {
    const frame = request('tools/call', { name: 'read_file' });
    const headers = {
      'mcp-protocol-version': '2025-11-25',
      'mcp-method': 'tools/list',
      'mcp-name': 'delete_file',
    };
    expect(eraOf(frame, headers)).toEqual(legacy('2025-11-25'));
  });
});

describe('methods that modern MCP has removed', () => {
  const removed = Object.keys(METHODS).filter(
    (method) => methodRow(method)?.only === 'legacy' && !method.startsWith('notifications/'),
  );
  test('are these', () => {
    expect(removed).toEqual([
      'initialize',
      'ping',
      'resources/subscribe',
      'resources/unsubscribe',
      'logging/setLevel',
      'tasks/result',
      'tasks/list',
    ]);
  });
  test.each(removed)('%s is not found there, whatever the headers say, and legacy here', (method) => {
    const notFound = { kind: 'mismatch', status: 404, code: -32601, message: 'Method not found' };
    expect(eraOf(request(method, meta(MODERN)), { 'mcp-protocol-version': MODERN })).toEqual(notFound);
    expect(eraOf(request(method, meta(MODERN)), {})).toEqual(notFound);
    expect(eraOf(request(method, meta(MODERN)), { 'mcp-protocol-version': '2025-11-25' })).toEqual(differs);
    expect(eraOf(request(method), { 'mcp-protocol-version': '2025-11-25' })).toEqual(legacy('2025-11-25'));
  });
});

describe('notifications and answers', () => {
  const mirror = wrong(-32020, 'Mcp-Method and the message name different methods');
  const NAME = 'notifications/cancelled';
  const rows: readonly {
    name: string;
    frame: ReturnType<typeof frameOf>;
    headers: Headers;
    want: EraOutcome;
  }[] = [
    {
      name: 'a notification under a modern header needs no claim',
      frame: notification(NAME),
      headers: { 'mcp-protocol-version': MODERN },
      want: modern,
    },
    {
      name: 'a mirrored method that agrees',
      frame: notification(NAME),
      headers: { 'mcp-protocol-version': MODERN, 'mcp-method': NAME },
      want: modern,
    },
    {
      name: 'a mirrored method that does not',
      frame: notification(NAME),
      headers: { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call' },
      want: mirror,
    },
    {
      name: 'a modern claim without a header',
      frame: notification(NAME, meta(MODERN)),
      headers: {},
      want: modern,
    },
    {
      name: 'a modern claim and a mirrored method that differs',
      frame: notification(NAME, meta(MODERN)),
      headers: { 'mcp-method': 'tools/call' },
      want: mirror,
    },
    {
      name: 'a modern claim under a legacy header',
      frame: notification(NAME, meta(MODERN)),
      headers: { 'mcp-protocol-version': '2025-11-25' },
      want: differs,
    },
    {
      name: 'a legacy notification',
      frame: notification(NAME),
      headers: { 'mcp-protocol-version': '2025-06-18' },
      want: legacy('2025-06-18'),
    },
    {
      name: 'a notification with nothing said',
      frame: notification(NAME),
      headers: {},
      want: legacy('2025-03-26'),
    },
    {
      name: 'a notification of an unknown revision',
      frame: notification(NAME),
      headers: { 'mcp-protocol-version': '2099-01-01' },
      want: unknown('2099-01-01'),
    },
    {
      name: 'a legacy answer',
      frame: frameOf({ id: 1, result: {} }),
      headers: { 'mcp-protocol-version': '2025-11-25' },
      want: legacy('2025-11-25'),
    },
    {
      name: 'an answer under a modern header',
      frame: frameOf({ id: 1, result: {} }),
      headers: { 'mcp-protocol-version': MODERN },
      want: noClaim,
    },
    {
      name: 'a claim in an answer counts for nothing',
      frame: frameOf({ id: 1, result: meta(MODERN) }),
      headers: {},
      want: legacy('2025-03-26'),
    },
  ];
  test.each(rows)('$name', ({ frame, headers, want }) => {
    expect(eraOf(frame, headers)).toEqual(want);
  });
});

describe('header values', () => {
  test.each([
    ['plain', 'plain'],
    ['=?base64?aGk=?=', 'hi'],
    ['=?base64??=', ''],
    ['=?base64?4pyT?=', '✓'],
    ['=?base64?aGk=', '=?base64?aGk='],
    ['=?BASE64?aGk=?=', '=?BASE64?aGk=?='],
    ['=?base64?aGk?=', undefined],
    ['=?base64?aG k=?=', undefined],
    ['=?base64?aGl=?=', undefined],
    ['=?base64?_-8=?=', undefined],
    ['=?base64?/w==?=', undefined],
    ['=?base64?wK8=?=', undefined],
    ['=?base64?aGk=?=aGk=?=', undefined],
  ])('%j is read as %j', (value, want) => {
    expect(decodeHeaderValue(value)).toBe(want);
  });

  test.each([
    ['read_file', 'read_file'],
    ['a b', 'a b'],
    [' a', '=?base64?IGE=?='],
    ['a ', '=?base64?YSA=?='],
    ['', '=?base64??='],
    ['é', '=?base64?w6k=?='],
    ['a\r\nX-Evil: 1', '=?base64?YQ0KWC1FdmlsOiAx?='],
    ['=?base64?aGk=?=', '=?base64?PT9iYXNlNjQ/YUdrPT89?='],
  ])('%j is written as %j', (value, want) => {
    expect(encodeHeaderValue(value)).toBe(want);
  });

  test('what is written is visible ASCII and is read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const written = encodeHeaderValue(value);
        expect(written).toMatch(/^[\x20-\x7e]+$/);
        expect(written.trim()).toBe(written);
        expect(decodeHeaderValue(written)).toBe(value.toWellFormed());
      }),
    );
  });
});

test('which member Mcp-Name mirrors', () => {
  const mirrored = Object.keys(METHODS)
    .map((method) => [method, subjectMember(method)] as const)
    .filter(([method, member]) => member !== undefined && methodRow(method)?.only !== 'legacy');
  expect(mirrored).toEqual([
    ['tools/call', 'name'],
    ['prompts/get', 'name'],
    ['resources/read', 'uri'],
    ['tasks/get', 'taskId'],
    ['tasks/cancel', 'taskId'],
    ['tasks/update', 'taskId'],
  ]);
});
