/** The head of a request: one value for each header, no hop’s private business, and media types read as types. */
import { describe, expect, test } from 'vitest';
import { checkAccept, checkMediaType, readHead } from '../../../proxy/edge/http-headers.ts';

const head = (method: string, ...raw: string[]) => readHead(method, ['Host', 'localhost', ...raw]);
const code = (outcome: object | undefined) => (outcome as { code?: string } | undefined)?.code;

describe('a head', () => {
  test('keeps what the gate reads and every Mcp header, in lower case and trimmed', () => {
    const read = head(
      'POST',
      'Mcp-Session-Id',
      ' s ',
      'MCP-Anything',
      '1',
      'Cookie',
      'x',
      'Accept',
      '*/*',
      'X-Y',
      'z',
    );
    expect(read).toMatchObject({ kind: 'head' });
    expect({ ...(read as { headers: object }).headers }).toEqual({
      host: 'localhost',
      'mcp-session-id': 's',
      'mcp-anything': '1',
      accept: '*/*',
    });
  });

  test('is no object with a prototype', () => {
    const { headers } = head('POST', 'mcp-x', '1') as { headers: Record<string, string> };
    expect('constructor' in headers).toBe(false);
    expect(code(head('POST', '__proto__', 'x'))).toBeUndefined();
  });

  test.each([
    { name: 'Host twice', raw: ['HOST', 'localhost'] },
    { name: 'X-API-Key twice', raw: ['x-api-key', 'a', 'X-Api-Key', 'a'] },
    { name: 'Last-Event-ID twice', raw: ['last-event-id', '1', 'last-event-id', '2'] },
    { name: 'Content-Encoding twice', raw: ['content-encoding', 'identity', 'content-encoding', 'gzip'] },
    { name: 'Upgrade', raw: ['Upgrade', 'h2c'] },
    { name: 'an empty Upgrade', raw: ['Upgrade', ''] },
    { name: 'Connection: upgrade', raw: ['Connection', 'upgrade'] },
    { name: 'Connection: close, x', raw: ['Connection', 'close, x'] },
    { name: 'an empty Connection', raw: ['Connection', ''] },
  ])('is refused with $name', ({ raw }) => {
    expect(code(head('POST', ...raw))).toBe('GW_HEADERS');
  });

  test.each(['keep-alive', 'Keep-Alive', 'CLOSE'])('may say Connection: %s', (value) => {
    expect(code(head('GET', 'Connection', value))).toBeUndefined();
  });

  test.each([
    { method: 'POST', raw: ['content-length', '5'], want: undefined },
    { method: 'GET', raw: ['content-length', '0'], want: undefined },
    { method: 'GET', raw: ['content-length', '5'], want: 'GW_HEADERS' },
    { method: 'DELETE', raw: ['transfer-encoding', 'chunked'], want: 'GW_HEADERS' },
    { method: 'HEAD', raw: ['content-length', '00'], want: 'GW_HEADERS' },
  ])('$method with $raw: $want', ({ method, raw, want }) => {
    expect(code(head(method, ...raw))).toBe(want);
  });

  test('needs a Host', () => {
    expect(code(readHead('GET', []))).toBe('GW_HEADERS');
  });
});

describe('media types', () => {
  test.each([
    { type: 'application/json', want: undefined },
    { type: ' APPLICATION/JSON ; charset = "UTF8"', want: undefined },
    { type: 'application/json;profile=x', want: undefined },
    { type: 'application/json;charset=utf-16', want: 'GW_MEDIA_TYPE' },
    { type: 'application/json;charset=utf-8x', want: 'GW_MEDIA_TYPE' },
    { type: 'application/json;charset', want: 'GW_MEDIA_TYPE' },
    { type: 'application/json-rpc', want: 'GW_MEDIA_TYPE' },
    { type: 'text/json', want: 'GW_MEDIA_TYPE' },
    { type: undefined, want: 'GW_MEDIA_TYPE' },
  ])('$type: $want', ({ type, want }) => {
    expect(code(checkMediaType({ 'content-type': type }))).toBe(want);
  });
});

describe('Accept', () => {
  const wanted = ['application/json', 'text/event-stream'];
  test.each([
    { accept: undefined, want: undefined },
    { accept: '*/*', want: undefined },
    { accept: 'TEXT/*;q=0.1', want: undefined },
    { accept: 'image/png, text/event-stream', want: undefined },
    { accept: '', want: 'GW_ACCEPT' },
    { accept: 'text/event-streams', want: 'GW_ACCEPT' },
    { accept: '*', want: 'GW_ACCEPT' },
    { accept: 'image/*', want: 'GW_ACCEPT' },
  ])('$accept: $want', ({ accept, want }) => {
    expect(code(checkAccept({ accept }, wanted))).toBe(want);
  });
});
