/** `docs/errors.md`, from the table in proxy/errors.ts. */
import { ERRORS, type ErrorCode, rpcNumber } from '../proxy/errors.ts';

const RETRY = { no: 'no', later: 'later', after_change: 'after a change' } as const;

export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(([code, row]) => {
    const number = rpcNumber(code as ErrorCode);
    return `| \`${code}\` | ${row.status} | ${number} | ${RETRY[row.retry]} | ${row.message} | ${row.help} |`;
  });
  return [
    '<!-- Generated from proxy/errors.ts by `make generate`; do not edit. -->',
    '# Errors',
    '',
    'Everything Portcullis itself may answer with. Before a JSON-RPC id is known the HTTP status says it, with an',
    'id-less JSON-RPC error as the body. Once the id is known the answer is HTTP 200 and JSON-RPC: a refused',
    '`tools/call` is a result with `isError: true`, because that is where models read; every other method gets an',
    'error with the number below, −(31000 + status), outside what MCP reserves. `error.data.code` holds the code.',
    '',
    'What the policy said stands beside it: the codes and messages of its reasons. A refusal by the engine, the',
    'record or the gate never carries reasons, so it cannot be mistaken for the policy.',
    '',
    'Where MCP itself has a number that clients act on, that one is used: −32020 for headers that differ from the',
    'message, −32022 for a revision nobody speaks, −32602 for a missing envelope member, −32601 for a method the',
    'gate does not know and the policy does not grant.',
    '',
    '| code | HTTP | JSON-RPC | again? | it says | what to do |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
