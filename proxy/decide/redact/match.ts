/**
 * What a detector finds, and the shape every detector has.
 *
 * A finder looks at one text and knows nothing of JSON, policies or replacements.
 */

/** `text[start..end)` is a `class`, for example `github_token` or `email`. */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly class: string;
}

/**
 * Index, at or after `from`, of the next place worth a look; -1 for none. Asked with growing `from` only, so
 * that all questions about a text together cost one pass over it.
 */
export type Places = (from: number) => number;

export interface Finder {
  /**
   * Prefilter over raw JSON text. Every match holds a place, or is the value of a member whose name holds
   * one. It may rely on characters JSON escapes as `\uXXXX` only; callers look for those themselves.
   */
  places(text: string): Places;
  /** Appends the matches of `text`, in any order. `key` is the name of the member that holds the text. */
  find(text: string, out: Match[], key?: string): void;
}

/** Places of any of a few literals. */
export function literalPlaces(text: string, literals: readonly string[]): Places {
  // Each remembers its own next place: looking for an absent one again and again would cost the square.
  const next = literals.map((literal) => text.indexOf(literal));
  return (from) => {
    let first = -1;
    for (let index = 0; index < next.length; index++) {
      let at = next[index]!;
      if (at >= 0 && at < from) next[index] = at = text.indexOf(literals[index]!, from);
      if (at >= 0 && (first < 0 || at < first)) first = at;
    }
    return first;
  };
}

/** Places where a global expression matches. */
export function patternPlaces(text: string, pattern: RegExp): Places {
  // A copy, because `lastIndex` is state and the finder uses the same expression.
  const own = new RegExp(pattern);
  return (from) => {
    own.lastIndex = from;
    return own.exec(text)?.index ?? -1;
  };
}

/** Sorts matches and makes one of those that overlap; the class is that of the longest. */
export function merge<M extends Match>(matches: readonly M[], join: (a: M, b: M) => M): readonly M[] {
  if (matches.length < 2) return matches;
  const merged: M[] = [];
  for (const match of matches.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last !== undefined && match.start < last.end) merged[merged.length - 1] = join(last, match);
    else merged.push(match);
  }
  return merged;
}
