/** Requests of the modern era with the headers that mirror them, for tests that write their own frames. */
const VERSION = '2026-07-28';

export interface ModernRequest {
  readonly body: {
    readonly jsonrpc: '2.0';
    readonly id: string | number;
    readonly method: string;
    readonly params: object;
  };
  readonly headers: Record<string, string>;
}

/** @param params `_meta` is filled in; `name`, `uri` or `taskId` are mirrored. */
export function modern(
  id: string | number,
  method: string,
  params: Record<string, unknown> = {},
): ModernRequest {
  const { name, uri, taskId, _meta, ...rest } = params;
  const subject = [name, uri, taskId].find((value) => typeof value === 'string') as string | undefined;
  const own = Object.fromEntries(
    Object.entries({ name, uri, taskId }).filter(([, value]) => value !== undefined),
  );
  const meta = {
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientCapabilities': {},
    ...(_meta as object | undefined),
  };
  return {
    body: { jsonrpc: '2.0', id, method, params: { ...own, ...rest, _meta: meta } },
    headers: {
      'mcp-protocol-version': VERSION,
      'mcp-method': method,
      ...(subject === undefined ? {} : { 'mcp-name': subject }),
    },
  };
}
