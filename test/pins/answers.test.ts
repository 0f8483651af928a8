/** The gate's own words on the wire, to the byte: agents and clients act on them. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../proxy/decide/act.ts';
import { ERRORS, type ErrorCode } from '../../proxy/errors.ts';
import {
  type AnswerTo,
  speakAnswer,
  speakEarly,
  speakProtocolError,
  speakRefusal,
  speakToServer,
} from '../../proxy/pipeline/answers.ts';

const reason = { code: 'paths.outside', message: 'Outside the workspace.', rule: 'mcp.rules.paths' };
const noGrant = { code: 'policy.no_grant', message: 'Nothing grants this.', rule: 'mcp.main' };
const SECRET = 'secret-cause-of-the-engine';

const answer = (code: ErrorCode, more: Partial<Answer> = {}): Answer => ({
  kind: 'answer',
  code,
  reasons: [],
  show: 'explain',
  cause: SECRET,
  permit: { decisionId: 'd1' } as never,
  ...more,
});
const to = (method: string, more: Partial<AnswerTo> = {}): AnswerTo => ({
  id: 1,
  method,
  era: 'legacy',
  tool: method === 'tools/call' ? 'read_file' : undefined,
  ...more,
});

describe('a request that a verdict stopped', () => {
  const blocked = answer('GW_POLICY_BLOCKED', { reasons: [reason] });
  const hidden = answer('GW_POLICY_BLOCKED', { reasons: [reason], show: 'hide' });
  const ungranted = answer('GW_POLICY_BLOCKED', { reasons: [noGrant] });
  const error = (code: number, message: string, data?: object) => ({
    jsonrpc: '2.0',
    id: 1,
    error: { code, message, ...(data && { data }) },
  });
  const toolText = (text: string, more: object = {}) => ({
    jsonrpc: '2.0',
    id: 1,
    result: { ...more, content: [{ type: 'text', text }], isError: true },
  });
  const BLOCKED = 'Blocked by policy. (GW_POLICY_BLOCKED)\n- paths.outside: Outside the workspace.';

  test.each<[string, Answer, AnswerTo, number, object]>([
    ['tools/call', blocked, to('tools/call'), 200, toolText(BLOCKED)],
    [
      'a modern tools/call is complete',
      blocked,
      to('tools/call', { era: 'modern' }),
      200,
      toolText(BLOCKED, { resultType: 'complete' }),
    ],
    [
      'tools/call that failed',
      answer('GW_POLICY_FAILED'),
      to('tools/call'),
      200,
      toolText(
        'The policy could not be evaluated. (GW_POLICY_FAILED)\nThe record names the cause; nothing was forwarded.',
      ),
    ],
    [
      'another method',
      blocked,
      to('resources/read'),
      200,
      error(-31403, 'Blocked by policy. Outside the workspace.', {
        code: 'GW_POLICY_BLOCKED',
        reasons: [{ code: 'paths.outside', message: 'Outside the workspace.' }],
        help: 'The reasons name the rule; change the call or ask the owner of the policy.',
      }),
    ],
    [
      'another method that failed',
      answer('GW_POLICY_UNDEFINED'),
      to('prompts/get'),
      200,
      error(-31500, 'The policy gave no decision.', {
        code: 'GW_POLICY_UNDEFINED',
        reasons: [],
        help: 'The operator should check that the bundle defines mcp/main/decision.',
      }),
    ],
    ['a hidden tool', hidden, to('tools/call'), 200, error(-32602, 'Unknown tool: read_file')],
    ['a hidden prompt', hidden, to('prompts/get'), 200, error(-32602, 'Unknown prompt')],
    ['a hidden resource', hidden, to('resources/read'), 200, error(-32002, 'Resource not found')],
    [
      'a hidden resource, modern',
      hidden,
      to('resources/read', { era: 'modern' }),
      200,
      error(-32602, 'Resource not found'),
    ],
    ['a hidden method', hidden, to('completion/complete'), 200, error(-32601, 'Method not found')],
    [
      'a hidden method, modern',
      hidden,
      to('completion/complete', { era: 'modern' }),
      404,
      error(-32601, 'Method not found'),
    ],
    ['an unknown method nobody grants', ungranted, to('acme/do'), 200, error(-32601, 'Method not found')],
    [
      'an unknown method nobody grants, modern',
      ungranted,
      to('acme/do', { era: 'modern' }),
      404,
      error(-32601, 'Method not found'),
    ],
    [
      'a known method nobody grants is blocked',
      ungranted,
      to('tools/list'),
      200,
      error(-31403, 'Blocked by policy. Nothing grants this.', {
        code: 'GW_POLICY_BLOCKED',
        reasons: [{ code: 'policy.no_grant', message: 'Nothing grants this.' }],
        help: 'The reasons name the rule; change the call or ask the owner of the policy.',
      }),
    ],
    [
      'an unknown method somebody blocks is blocked',
      blocked,
      to('acme/do'),
      200,
      error(-31403, 'Blocked by policy. Outside the workspace.', {
        code: 'GW_POLICY_BLOCKED',
        reasons: [{ code: 'paths.outside', message: 'Outside the workspace.' }],
        help: 'The reasons name the rule; change the call or ask the owner of the policy.',
      }),
    ],
    [
      'only a block can hide',
      answer('GW_POLICY_FAILED', { show: 'hide' }),
      to('ping'),
      200,
      error(-31500, 'The policy could not be evaluated.', {
        code: 'GW_POLICY_FAILED',
        reasons: [],
        help: 'The record names the cause; nothing was forwarded.',
      }),
    ],
  ])('%s', (_, said, asked, status, want) => {
    const spoken = speakAnswer(said, asked);
    expect([spoken.status, JSON.parse(spoken.text)]).toEqual([status, want]);
  });
});

const METHODS = ['tools/call', 'prompts/get', 'resources/read', 'ping', 'acme/do'] as const;

test.each(Object.keys(ERRORS) as ErrorCode[])(
  '%s never tells its cause, and keeps the id as it came',
  (code) => {
    for (const method of METHODS) {
      for (const id of [0, 1, '1', '', 'é"\n'] as const) {
        for (const era of ['legacy', 'modern'] as const) {
          for (const show of ['explain', 'hide'] as const) {
            const { text } = speakAnswer(answer(code, { show }), to(method, { id, era }));
            expect(text).not.toContain(SECRET);
            expect(text).not.toContain('\n');
            expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', id });
          }
        }
      }
      expect(speakToServer(answer(code), 7)).not.toContain(SECRET);
    }
  },
);

test('rule names stay inside: the caller reads codes and messages', () => {
  const said = answer('GW_POLICY_BLOCKED', { reasons: [reason] });
  for (const method of METHODS) expect(speakAnswer(said, to(method)).text).not.toContain('mcp.rules.paths');
});

test.each<[string, ErrorCode, string | undefined, string, object]>([
  [
    'tools/call',
    'GW_BUSY',
    undefined,
    'tools/call',
    {
      result: {
        content: [
          {
            type: 'text',
            text: 'Too many calls are in flight. (GW_BUSY)\nTry again shortly, or raise limits.maxInFlight.',
          },
        ],
        isError: true,
      },
    },
  ],
  [
    'tools/call with a detail',
    'GW_POLICY_ARGS',
    'policy.args_too_large',
    'tools/call',
    {
      result: {
        content: [
          {
            type: 'text',
            text: 'The arguments are larger than the policy can judge whole. (policy.args_too_large) (GW_POLICY_ARGS)\nSend less, or declare the argument opaque in data.tools.',
          },
        ],
        isError: true,
      },
    },
  ],
  [
    'tools/call that is malformed',
    'GW_FRAME_PARAMS',
    'name is not a string',
    'tools/call',
    {
      error: {
        code: -31400,
        message:
          'params must be an object, and its members of the types the method asks for. (name is not a string)',
        data: {
          code: 'GW_FRAME_PARAMS',
          help: 'Send params by name, with name as a string and arguments as an object.',
        },
      },
    },
  ],
  [
    'another method',
    'GW_UPSTREAM_TIMEOUT',
    undefined,
    'tools/list',
    {
      error: {
        code: -31504,
        message: 'The MCP server did not answer in time.',
        data: { code: 'GW_UPSTREAM_TIMEOUT', help: 'Try again, or raise limits.requestDeadlineMs.' },
      },
    },
  ],
])('refused: %s', (_, code, detail, method, want) => {
  const refusal =
    detail === undefined ? { kind: 'refusal' as const, code } : { kind: 'refusal' as const, code, detail };
  const spoken = speakRefusal(refusal, to(method));
  expect([spoken.status, JSON.parse(spoken.text)]).toEqual([200, { jsonrpc: '2.0', id: 1, ...want }]);
});

test('before an id is known', () => {
  expect(speakEarly('GW_FRAME_DEPTH', 'more than 64 levels')).toBe(
    '{"jsonrpc":"2.0","id":null,"error":{"code":-31400,"message":"The message is nested too deeply. (more than 64 levels)","data":{"code":"GW_FRAME_DEPTH","help":"Nest at most limits.maxDepth levels."}}}',
  );
  expect(JSON.parse(speakEarly('GW_ROUTE'))).toMatchObject({
    id: null,
    error: { code: -31404, message: 'No such path.' },
  });
});

test('what a server is told of its own request', () => {
  expect(speakToServer(answer('GW_POLICY_BLOCKED', { reasons: [reason] }), 's-1')).toBe(
    '{"jsonrpc":"2.0","id":"s-1","error":{"code":-31403,"message":"Blocked by policy.","data":{"code":"GW_POLICY_BLOCKED"}}}',
  );
});

test("the specification's own errors", () => {
  expect(speakProtocolError(null, -32020, 'm')).toBe(
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"m"}}',
  );
  expect(speakProtocolError(1, -32022, 'm', { supported: ['2026-07-28'] })).toBe(
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"m","data":{"supported":["2026-07-28"]}}}',
  );
});
