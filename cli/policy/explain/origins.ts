/** Where the values of a call came from, in words: from `input.provenance`, as the gate told the policy. */
import type { PolicyDecision, ProvenanceFact, ProvenanceSighting } from '../../../proxy/decide/contract.ts';

export interface ValueOrigin {
  /** Pointer of the argument. */
  readonly at: string;
  readonly value: string;
  /** e.g. `first seen inside the text of mail__search, 3 s ago` */
  readonly told: string;
}

interface Told {
  readonly args?: unknown;
  readonly uri?: unknown;
  readonly provenance?: readonly ProvenanceFact[];
}

const SHOWN = 10;

/** Of a call that was not simply let through: those its reasons name, otherwise those that were met before. */
export function valueOrigins(input: Told, decision: PolicyDecision): readonly ValueOrigin[] {
  const { provenance = [] } = input;
  if (decision.verdict !== 'block' && decision.verdict !== 'require_approval') return [];
  const words = decision.reasons.map(({ message }) => message).join('\n');
  const named = provenance.filter(({ at }) => `${words} `.includes(`${at} `));
  const met = provenance.filter(({ first, pieces, made_from }) => first ?? pieces ?? made_from);
  return (named.length > 0 ? named : met).slice(0, SHOWN).map((fact) => ({
    at: fact.at,
    value: fact.inside ?? brief(valueAt(input, fact.at)),
    told: tell(fact),
  }));
}

export function tellOrigin({ at, value, told }: ValueOrigin): string {
  return `  ${value} (${at}) was ${told}\n`;
}

function tell(fact: ProvenanceFact): string {
  const { first, seen, pieces = [], made_from: makings = [] } = fact;
  const shown = seen.filter(({ echo }) => !echo);
  const [earliest] = shown;
  const others = shown.length > 1 ? `, and later ${shown.slice(1, 4).map(where).join(', ')}` : '';
  if (first?.in === 'args') {
    const carried = first.labels.length > 0 ? `, when it carried ${first.labels.join(', ')}` : '';
    const later = earliest === undefined ? '' : `; it was seen ${shown.slice(0, 3).map(where).join(', ')}`;
    return `first used by the caller itself, ${first.age_s} s ago${carried}${later}`;
  }
  if (earliest !== undefined) return `first seen ${where(earliest)}${others}`;
  const [making] = makings;
  if (making !== undefined) {
    const how = making.as === 'words' ? 'all it is made of stood' : `it stood in ${making.as}`;
    return `never seen like this; ${how} ${where(making)}`;
  }
  const [piece] = pieces;
  const [showing] = piece?.seen ?? [];
  return piece === undefined || showing === undefined
    ? 'never seen before'
    : `never seen before; its ${piece.of} ${piece.text} was first seen ${where(showing)}`;
}

function where({ how, name, method, server, age_s }: ProvenanceSighting): string {
  const place = how === 'whole' ? 'as a field of' : 'inside the text of';
  return `${place} ${name ?? `${method} of ${server}`}, ${age_s} s ago`;
}

function valueAt(input: Told, at: string): unknown {
  let value: unknown = input;
  for (const part of at.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  }
  return value;
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
