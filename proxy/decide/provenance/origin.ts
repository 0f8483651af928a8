/** Where values were met: who said something, when, in which field of it, and how a value stood there. */

/** Inside longer text. */
export const PART = 0;
/** Inside text, but alone in its line or cell. */
export const ALONE = 1;
/** A field of its own. */
export const WHOLE = 2;
/** In the caller's own arguments. */
export const USED = 3;
/** Those above, without what may stand beside them. */
export const HOW = 3;
/** Beside one of the above: the call that was answered had the value in its own arguments. */
export const ECHO = 4;
/** Beside PART: the line, cell or field has a few words and no more. Beside USED: inside longer text. */
export const BRIEF = 8;
/** Beside one of the above: the address of a mailbox that is all of its field. */
export const MAILBOX = 16;

/** The field says something of the value, and is not only a text in which it stands. */
export function ownsField(how: number): boolean {
  return (how & HOW) !== PART || (how & MAILBOX) !== 0;
}

/** Who said something. A resource or a prompt has no tool. */
export interface Source {
  readonly server: string;
  readonly tool: string | undefined;
  readonly method: string;
}

/** One message: who said it, when, and what the caller carried then. */
export interface Exposure {
  /** Undefined for the caller's own arguments. */
  readonly source: Source | undefined;
  readonly atMs: number;
  /** Names of labels. */
  readonly labels: readonly string[];
  /** Messages are numbered as they come. */
  readonly order: number;
  /** First lanes of arguments of several words in the call that was answered. */
  readonly echoed?: readonly number[];
}

/** A field, or what follows a label in the text of one. */
export interface Place {
  readonly pointer: string;
  readonly label: string | undefined;
}

/** One way in which one message showed values: a field of it, and how they stood there. */
export interface Origin {
  readonly exposure: Exposure;
  /** A pointer, e.g. `/messages/*\/body`. */
  readonly field: string;
  readonly label: string | undefined;
  readonly how: number;
  /** Two origins with the same number say the same of a value. */
  readonly sameness: number;
  /** Where its block has it; -1 until a value needs it. */
  place: number;
}

/** Ways in which values stand in one text. */
export interface Origins {
  readonly part: Origin;
  readonly alone: Origin;
  readonly brief: Origin;
}

/** Whether the same tool, or the same method of a server, said both. */
export function isSameSource({ source: one }: Exposure, { source: other }: Exposure): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.tool === other.tool && one.server === other.server && one.method === other.method;
}
