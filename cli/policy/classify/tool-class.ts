/** What the policy data says of a tool, `tools.<server>.<tool>`, and what is proposed for it. */

/** In the order in which they are written. */
export const EFFECTS = [
  'send',
  'post',
  'share',
  'invite',
  'pay',
  'delete',
  'write',
  'create',
  'update',
  'fetch',
  'download',
  'execute',
] as const;
export type Effect = (typeof EFFECTS)[number];

/** What results are worth, from the best to the worst. */
export const SOURCES = ['record', 'directory', 'mixed', 'outside'] as const;
export type Source = (typeof SOURCES)[number];

/** Where one array holds several kinds, the first of them here counts for all of it. */
export const SINK_KINDS = [
  'secret',
  'account',
  'address',
  'command',
  'code',
  'url',
  'host',
  'user',
  'channel',
  'path',
  'repo',
  'branch',
  'id',
  'name',
  'text',
] as const;
export type SinkKind = (typeof SINK_KINDS)[number];

export interface ToolClass {
  /** None: it only reads. */
  readonly effects: readonly Effect[];
  readonly source: Source;
  /** By JSON pointer into the arguments: everything at it or beneath it. */
  readonly sinks: Readonly<Record<string, SinkKind>>;
}

export interface Proposal {
  readonly name: string;
  readonly description: string;
  /** Each one line. They may hold the server's text: show them through `visible`. */
  readonly reasons: readonly string[];
  /** False: it could not be told, and `class` is what a person may start from, as bad as can be. */
  readonly told: boolean;
  readonly class: ToolClass;
}

export function worse(one: Source, other: Source): Source {
  return SOURCES.indexOf(one) > SOURCES.indexOf(other) ? one : other;
}
