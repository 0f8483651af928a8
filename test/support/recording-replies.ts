/**
 * What the recording upstream answers on its own: the six tools of policy P0 with open schemas, one resource,
 * and results that say what was asked. Modern requests get `resultType` and the cache fields on top.
 */
const TOOLS = ['echo', 'search', 'calc', 'read_file', 'delete_file', 'send_message'];

interface Message {
  readonly method?: unknown;
  readonly params?: unknown;
}
type Answer =
  | { readonly result: Record<string, unknown> }
  | { readonly error: { code: number; message: string } };

export function defaultResult(message: Message, modern: boolean): Answer {
  const params = (message.params ?? {}) as Record<string, unknown>;
  const result = resultOf(String(message.method), params);
  if (result === undefined) return { error: { code: -32_601, message: 'Method not found' } };
  if (!modern) return { result };
  const cacheable = /list$|discover$|resources\/read$/.test(String(message.method));
  return {
    result: { ...result, resultType: 'complete', ...(cacheable && { ttlMs: 0, cacheScope: 'public' }) },
  };
}

function resultOf(method: string, params: Record<string, unknown>): Record<string, unknown> | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params['protocolVersion'] ?? '2025-11-25',
        capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, logging: {} },
        serverInfo: { name: 'recorder', version: '1' },
      };
    case 'server/discover':
      return { supportedVersions: ['2026-07-28'], capabilities: { tools: {}, resources: {}, prompts: {} } };
    case 'tools/list':
      return { tools: TOOLS.map((name) => ({ name, description: `${name}.`, inputSchema: schemaOf(name) })) };
    case 'tools/call':
      return { content: [{ type: 'text', text: `ran ${String(params['name'])}` }] };
    case 'resources/list':
      return { resources: [{ uri: 'file:///srv/data/p.txt', name: 'p' }] };
    case 'resources/templates/list':
      return { resourceTemplates: [] };
    case 'resources/read':
      return { contents: [{ uri: params['uri'], mimeType: 'text/plain', text: 'content' }] };
    case 'prompts/list':
      return { prompts: [] };
    case 'prompts/get':
      return { messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }] };
    case 'ping':
    case 'logging/setLevel':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return {};
    default:
      return undefined;
  }
}

function schemaOf(tool: string): Record<string, unknown> {
  const path = { path: { type: 'string' } };
  return { type: 'object', properties: tool.endsWith('_file') ? path : {}, additionalProperties: true };
}
