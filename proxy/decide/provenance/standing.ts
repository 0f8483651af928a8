/** How the tokens and values of one text stand in it, and in which place: its field, or what follows a label in that. */
import type { Field } from './fields.ts';
import type { Labelled } from './labels.ts';
import { areMailboxes } from './mailboxes.ts';
import { ALONE, BRIEF, MAILBOX, type Origin, PART, WHOLE } from './origin.ts';
import { AT_SIGN, BRIEF_TOKENS, type Tokens } from './read-tokens.ts';
import type { Value } from './values.ts';
import type { Stretch } from './word-order.ts';

/** What a text is of its field. */
export interface Shape {
  /** All of it. */
  readonly entire: boolean;
  /** A text by itself, whose lines and cells are entries. */
  readonly isDocument: boolean;
  /** In order. */
  readonly labelled: readonly Labelled[];
}

export const INSIDE: Shape = { entire: false, isDocument: false, labelled: [] };

export class Standing {
  /** Tokens need not be asked one by one. */
  readonly areAlike: boolean;
  readonly #field: Field<Origin>;
  readonly #plain: string;
  readonly #tokens: Tokens;
  readonly #shape: Shape;
  readonly #isMailboxes: boolean;
  #label = 0;
  /** The offset that was asked for last. */
  #asked = 0;

  constructor(field: Field<Origin>, plain: string, tokens: Tokens, shape: Shape) {
    this.#field = field;
    this.#plain = plain;
    this.#tokens = tokens;
    this.#shape = shape;
    this.#isMailboxes = shape.entire && areMailboxes(plain);
    this.areAlike = shape.labelled.length === 0 && !this.#isMailboxes;
  }

  /** Where the character at this offset stands. */
  fieldAt(offset: number): Field<Origin> {
    const labelled = this.#labelAt(offset);
    return labelled === undefined ? this.#field : this.#field.labelled(labelled.label);
  }

  /** What labels have that begins inside a token: `b/src/a.ts` is `src/a.ts`. */
  cutByLabels(): readonly Labelled[] {
    const { start: starts, end: ends } = this.#tokens;
    return this.#shape.labelled.filter(({ start, end }) => {
      const at = this.#tokens.from(start);
      return (starts[at] as number) < start && ends[at] === end;
    });
  }

  /** What labels have of several tokens, in order. */
  severalAfterLabels(): readonly { readonly label: string; readonly stretch: Stretch }[] {
    const { count, start: starts } = this.#tokens;
    return this.#shape.labelled.flatMap(({ label, start, end }) => {
      const from = this.#tokens.from(start);
      let until = from;
      while (until < count && until - from <= BRIEF_TOKENS && (starts[until] as number) < end) until++;
      const size = until - from;
      const isCut = (starts[from] as number) < start;
      return size > 1 && size <= BRIEF_TOKENS && !isCut ? [{ label, stretch: [from, until] as const }] : [];
    });
  }

  howOfToken(at: number): number {
    const isAddress = ((this.#tokens.flags[at] as number) & AT_SIGN) !== 0;
    return this.#how(at, at, isAddress);
  }

  howOfValue({ kind, start, end }: Value): number {
    const { count, start: starts, end: ends } = this.#tokens;
    const first = this.#tokens.from(start);
    const last = this.#tokens.from(end - 1);
    const isCut = (starts[first] as number) < start || (ends[last] as number) > end;
    if (this.#shape.entire && first === 0 && last === count - 1 && !isCut) return WHOLE;
    return isCut ? PART : this.#how(first, last, kind === 'address');
  }

  /** Tokens of a longer text, from the first to the last. */
  #how(first: number, last: number, isAddress: boolean): number {
    const labelled = this.#labelAt(this.#tokens.start[first] as number);
    if (labelled !== undefined) return this.#howAfter(labelled, first, last, isAddress);
    const how = this.#howInText(first, last);
    return isAddress && this.#isMailboxes ? how | MAILBOX : how;
  }

  #howAfter({ start, end }: Labelled, first: number, last: number, isAddress: boolean): number {
    const tokens = this.#tokens;
    const before = first === 0 ? -1 : (tokens.start[first - 1] as number);
    const after = last + 1 === tokens.count ? end : (tokens.start[last + 1] as number);
    if (before < start && after >= end) return ALONE;
    const how = tokens.from(end - 1) - tokens.from(start) < BRIEF_TOKENS ? PART | BRIEF : PART;
    const isMailbox = isAddress && areMailboxes(this.#plain.slice(start, end));
    return isMailbox ? how | MAILBOX : how;
  }

  #howInText(first: number, last: number): number {
    const tokens = this.#tokens;
    if (!this.#shape.isDocument) return tokens.count <= BRIEF_TOKENS ? PART | BRIEF : PART;
    if (tokens.standsAlone(first, last)) return ALONE;
    return tokens.isBrief(first, last) ? PART | BRIEF : PART;
  }

  /** Asked for one place after another, and then again from the first. */
  #labelAt(offset: number): Labelled | undefined {
    const { labelled } = this.#shape;
    if (offset < this.#asked) this.#label = 0;
    this.#asked = offset;
    while (this.#label < labelled.length && offset >= (labelled[this.#label] as Labelled).end) this.#label++;
    const found = labelled[this.#label];
    return found !== undefined && offset >= found.start ? found : undefined;
  }
}
