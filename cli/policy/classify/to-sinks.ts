/** The arguments of a tool whose values decide where something goes or what is hit, and what was guessed about them. */
import { kindOfArgument } from './kind-of-argument.ts';
import type { Argument, Arguments } from './read-arguments.ts';
import { SINK_KINDS, type SinkKind, type ToolClass } from './tool-class.ts';

export interface KnownArgument extends Argument {
  readonly holds: SinkKind | undefined;
  readonly by: 'format' | 'name' | 'description' | 'tool';
  /** What goes by this name decides nothing: a cursor, a date. */
  readonly harmless: boolean;
}

const SHOWN = 6;
const BY = {
  format: 'its format',
  name: 'its name',
  description: 'its description',
  tool: "the tool's name",
} as const;

/** @param words of the tool's name. */
export function knowArguments(given: Arguments, words: readonly string[]): readonly KnownArgument[] {
  return given.list.map((argument) => {
    const { kind, by, harmless } = kindOfArgument(argument, words);
    return { ...argument, holds: kind, by, harmless };
  });
}

export function toSinks(known: readonly KnownArgument[]): ToolClass['sinks'] {
  return Object.fromEntries([...byPointer(known)].map(([pointer, kinds]) => [pointer, strictest(kinds)]));
}

/** An array of objects is one sink, whatever kinds of things they hold. */
function byPointer(known: readonly KnownArgument[]): ReadonlyMap<string, ReadonlySet<SinkKind>> {
  const sinks = new Map<string, Set<SinkKind>>();
  for (const { pointer, holds } of known) {
    if (holds !== undefined) sinks.set(pointer, (sinks.get(pointer) ?? new Set()).add(holds));
  }
  return sinks;
}

function strictest(kinds: ReadonlySet<SinkKind>): SinkKind {
  return SINK_KINDS.find((kind) => kinds.has(kind)) as SinkKind;
}

/** A name that says it needs no word; everything else a person should look at. */
export function aboutSinks(known: readonly KnownArgument[], given: Arguments): readonly string[] {
  const guessed = known.filter(({ holds, by }) => holds !== undefined && by !== 'name');
  const open = known.filter(({ holds, harmless }) => holds === undefined && !harmless);
  const lines = [];
  if (guessed.length > 0)
    lines.push(`sinks: ${few(guessed.map(({ place, by }) => `${place} by ${BY[by]}`))}`);
  if (open.length > 0)
    lines.push(`no sink, for nothing is known of it: ${few(open.map(({ place }) => place))}`);
  const several = [...byPointer(known)].filter(([, kinds]) => kinds.size > 1);
  const mixed = several.map(([pointer, kinds]) => `${pointer} holds ${[...kinds].join(', ')}`);
  if (mixed.length > 0) lines.push(`sinks of several kinds, judged as the strictest: ${few(mixed)}`);
  if (given.circular) lines.push('its schema holds itself: of that only the outermost is here');
  return lines;
}

function few(list: readonly string[]): string {
  const rest = list.length - SHOWN;
  return rest <= 0 ? list.join(', ') : `${list.slice(0, SHOWN).join(', ')} and ${rest} more`;
}
