/**
 * The methods of MCP, as data: who may send them, in which era, and what in their params the policy is shown
 * under a name of its own. A method that is not listed is still judged (extensions exist), but only the policy's
 * explicit grant lets it pass, and a refusal of it reads like a server that does not know it.
 *
 * @see schema/2025-11-25/schema.ts and schema/2026-07-28/schema.ts of the specification
 */
export type Era = 'legacy' | 'modern';

interface MethodRow {
  readonly from: 'client' | 'server' | 'both';
  /** Left out for methods of both eras. */
  readonly only?: Era;
  /** The params member that says what is acted on, and its name in the policy input. */
  readonly subject?: 'tool' | 'prompt' | 'uri' | 'task';
  /** The result member that lists things which are themselves guarded. */
  readonly lists?: 'tools' | 'prompts' | 'resources' | 'resourceTemplates';
  readonly notification?: true;
}

export const METHODS = {
  initialize: { from: 'client', only: 'legacy' },
  ping: { from: 'both', only: 'legacy' },
  'server/discover': { from: 'client', only: 'modern' },
  'tools/list': { from: 'client', lists: 'tools' },
  'tools/call': { from: 'client', subject: 'tool' },
  'prompts/list': { from: 'client', lists: 'prompts' },
  'prompts/get': { from: 'client', subject: 'prompt' },
  'resources/list': { from: 'client', lists: 'resources' },
  'resources/templates/list': { from: 'client', lists: 'resourceTemplates' },
  'resources/read': { from: 'client', subject: 'uri' },
  'resources/subscribe': { from: 'client', only: 'legacy', subject: 'uri' },
  'resources/unsubscribe': { from: 'client', only: 'legacy', subject: 'uri' },
  'completion/complete': { from: 'client' },
  'logging/setLevel': { from: 'client', only: 'legacy' },
  'subscriptions/listen': { from: 'client', only: 'modern' },
  'tasks/get': { from: 'both', subject: 'task' },
  'tasks/result': { from: 'both', only: 'legacy', subject: 'task' },
  'tasks/list': { from: 'both', only: 'legacy' },
  'tasks/cancel': { from: 'both', subject: 'task' },
  'tasks/update': { from: 'client', only: 'modern', subject: 'task' },
  'sampling/createMessage': { from: 'server' },
  'elicitation/create': { from: 'server' },
  'roots/list': { from: 'server' },
  'notifications/cancelled': { from: 'both', notification: true },
  'notifications/progress': { from: 'both', notification: true },
  'notifications/initialized': { from: 'client', only: 'legacy', notification: true },
  'notifications/roots/list_changed': { from: 'client', only: 'legacy', notification: true },
  'notifications/message': { from: 'server', notification: true },
  'notifications/tools/list_changed': { from: 'server', notification: true },
  'notifications/prompts/list_changed': { from: 'server', notification: true },
  'notifications/resources/list_changed': { from: 'server', notification: true },
  'notifications/resources/updated': { from: 'server', notification: true },
  'notifications/elicitation/complete': { from: 'server', only: 'legacy', notification: true },
  'notifications/tasks/status': { from: 'both', only: 'legacy', notification: true },
  'notifications/subscriptions/acknowledged': { from: 'server', only: 'modern', notification: true },
  'notifications/tasks': { from: 'server', only: 'modern', notification: true },
} as const satisfies Record<string, MethodRow>;

const ROWS: ReadonlyMap<string, MethodRow> = new Map(Object.entries(METHODS));

/** The row of a method, matched exactly: `Tools/Call` and `tools/call ` are other, unknown methods. */
export function methodRow(method: string): MethodRow | undefined {
  return ROWS.get(method);
}

/** Revisions of MCP this gate speaks. */
export const LEGACY_VERSIONS: readonly string[] = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
export const MODERN_VERSIONS: readonly string[] = ['2026-07-28'];

/** What a legacy request without a version header speaks (MCP 2025-06-18, transports). */
export const ASSUMED_VERSION = '2025-03-26';
