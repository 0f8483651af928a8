/** What a service has to offer so that gates can share what it knows of callers. */

/** One part of what is known of a caller. */
export interface Field {
  readonly name: string;
  /** As long as it is the same, so is the text. */
  readonly stamp: string;
  readonly text: () => string;
}

/** Something that is known of callers, and that others can know as well. */
export interface Shareable {
  /** Names begin with this. */
  readonly prefix: string;
  fieldsOf(caller: string): readonly Field[];
  /** In place of what was known. @throws Error for what no gate wrote. */
  restore(caller: string, fields: ReadonlyMap<string, string>): void;
  drop(caller: string): void;
  /** Milliseconds for which it has to be kept from now on. */
  keepMs(caller: string): number;
  /** More is known than there is room for. */
  isFull(): boolean;
}
