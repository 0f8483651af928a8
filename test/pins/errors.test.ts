/**
 * The error table, in literals: clients, runbooks and alerts rely on these codes and numbers. A red row here asks for
 * a decision, a changelog entry and a line in the docs, not for a new literal.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode, rpcNumber } from '../../proxy/errors.ts';
import { errorsPage } from '../../scripts/errors-page.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Code, HTTP status, JSON-RPC number, whether trying again can help. */
const ROWS: readonly (readonly [string, number, number, string])[] = [
  ['GW_ROUTE', 404, -31404, 'no'],
  ['GW_SERVER_UNKNOWN', 404, -31404, 'after_change'],
  ['GW_HTTP_METHOD', 405, -31405, 'no'],
  ['GW_HOST', 403, -31403, 'after_change'],
  ['GW_ORIGIN', 403, -31403, 'after_change'],
  ['GW_HEADERS', 400, -31400, 'no'],
  ['GW_MEDIA_TYPE', 415, -31415, 'no'],
  ['GW_ACCEPT', 406, -31406, 'no'],
  ['GW_BODY_TOO_LARGE', 413, -31413, 'no'],
  ['GW_BODY_TIMEOUT', 408, -31408, 'later'],
  ['GW_AUTH', 401, -31401, 'after_change'],
  ['GW_AUTH_UNAVAILABLE', 503, -31503, 'later'],
  ['GW_SESSION', 404, -31404, 'no'],
  ['GW_SESSION_REQUIRED', 400, -31400, 'no'],
  ['GW_SESSIONS_FULL', 503, -31503, 'later'],
  ['GW_FRAME_UTF8', 400, -31400, 'no'],
  ['GW_FRAME_BOM', 400, -31400, 'no'],
  ['GW_FRAME_SYNTAX', 400, -31400, 'no'],
  ['GW_FRAME_DEPTH', 400, -31400, 'no'],
  ['GW_FRAME_COUNT', 400, -31400, 'no'],
  ['GW_FRAME_DUPLICATE', 400, -31400, 'no'],
  ['GW_FRAME_FOLD', 400, -31400, 'no'],
  ['GW_FRAME_MEMBER', 400, -31400, 'no'],
  ['GW_FRAME_STRING', 400, -31400, 'no'],
  ['GW_FRAME_NUMBER', 400, -31400, 'no'],
  ['GW_FRAME_ENVELOPE', 400, -31400, 'no'],
  ['GW_FRAME_BATCH', 400, -31400, 'no'],
  ['GW_FRAME_ID', 400, -31400, 'no'],
  ['GW_FRAME_PARAMS', 400, -31400, 'no'],
  ['GW_FRAME_DIRECTION', 400, -31400, 'no'],
  ['GW_POLICY_BLOCKED', 403, -31403, 'after_change'],
  ['GW_APPROVAL_UNAVAILABLE', 403, -31403, 'after_change'],
  ['GW_POLICY_UNDEFINED', 500, -31500, 'after_change'],
  ['GW_POLICY_FAILED', 500, -31500, 'later'],
  ['GW_POLICY_MISSING', 503, -31503, 'later'],
  ['GW_POLICY_ARGS', 413, -31413, 'no'],
  ['GW_REDACTION_FAILED', 500, -31500, 'after_change'],
  ['GW_RECORD_FAILED', 503, -31503, 'later'],
  ['GW_STATE_FAILED', 503, -31503, 'later'],
  ['GW_STATE_FULL', 503, -31503, 'later'],
  ['GW_UPSTREAM_UNREACHABLE', 502, -31502, 'later'],
  ['GW_UPSTREAM_TIMEOUT', 504, -31504, 'later'],
  ['GW_UPSTREAM_ANSWER', 502, -31502, 'later'],
  ['GW_UPSTREAM_GONE', 502, -31502, 'later'],
  ['GW_BUSY', 503, -31503, 'later'],
  ['GW_SERVER_BUSY', 503, -31503, 'later'],
  ['GW_INTERNAL', 500, -31500, 'later'],
];

test.each(ROWS)('%s is %i, %i, %s', (code, status, number, retry) => {
  const row = ERRORS[code as ErrorCode];
  expect([row?.status, row && rpcNumber(code as ErrorCode), row?.retry]).toEqual([status, number, retry]);
});

test('there are no others', () => {
  expect(Object.keys(ERRORS)).toEqual(ROWS.map(([code]) => code));
});

test('no number lies where MCP and JSON-RPC have theirs, and each is −(31000 + status)', () => {
  for (const [code, { status }] of Object.entries(ERRORS)) {
    const number = rpcNumber(code as ErrorCode);
    expect(number).toBe(-31_000 - status);
    expect(number < -32_768 || number > -32_000).toBe(true);
    expect(code).toMatch(/^GW_[A-Z0-9]+(_[A-Z0-9]+)*$/);
  }
});

test('every row says what happened and what to do, in sentences', () => {
  for (const { message, help } of Object.values(ERRORS)) {
    expect(message).toMatch(/^\S.*\.$/);
    expect(help).toMatch(/^\S.*\.$/);
  }
});

test('docs/errors.md is what the table says', () => {
  expect(readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')).toBe(errorsPage());
});

test('every code in docs/errors.md is in the table, and the other way round', () => {
  const named = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').match(/GW_[A-Z0-9_]+/g) ?? [];
  expect([...new Set(named)].sort()).toEqual(ROWS.map(([code]) => code).sort());
});
