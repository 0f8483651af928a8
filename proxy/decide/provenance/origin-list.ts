/** The origins of one block, each kept once it is needed, with numbers for those that say the same of a value. */
import { BRIEF, type Exposure, HOW, type Origin, ownsField, type Place, USED, WHOLE } from './origin.ts';

/** Fields and tools told apart in one block; names of members are the server's to make up. */
const MAX_NAMED = 2_000;
const MAX_KEPT = 40_000;
/** Bytes of one origin, and of one number beside it. */
const ORIGIN = 56;
const ECHOED = 8;

export type SavedOrigins = {
  /** In the order of their numbers; none when nothing more will be added. */
  readonly names?: readonly string[] | undefined;
  readonly exposures: readonly Exposure[];
  readonly origins: readonly (readonly [
    exposure: number,
    field: string,
    how: number,
    sameness: number,
    label?: string,
  ])[];
};

export class OriginList {
  readonly #kept: Origin[] = [];
  readonly #names = new Map<string, number>();
  #echoed = 0;

  /** Near enough. */
  get bytes(): number {
    return this.#kept.length * ORIGIN + this.#echoed * ECHOED;
  }

  get length(): number {
    return this.#kept.length;
  }

  /** True when it is time for another block. */
  get isFull(): boolean {
    return this.#names.size >= MAX_NAMED || this.#kept.length > MAX_KEPT;
  }

  make(exposure: Exposure, { pointer, label }: Place, how: number): Origin {
    const field = interned(pointer);
    const really = exposure.source === undefined ? howUsed(how) : how;
    return {
      exposure,
      field,
      label,
      how: really,
      sameness: this.#samenessOf(exposure, { pointer: field, label }, really),
      place: -1,
    };
  }

  /** Text that showed a value once more says nothing new, be it in another field; a field of its own does. */
  #samenessOf({ source }: Exposure, { pointer, label }: Place, how: number): number {
    if (source === undefined) return how;
    const place = label === undefined ? pointer : `${pointer}\n${label}`;
    const where = ownsField(how) || label !== undefined ? this.#numberOf(place) : 0;
    const whose = this.#numberOf(`${source.server}\n${source.tool}\n${source.method}`);
    return ((whose * 2 * MAX_NAMED + where) << 5) | how;
  }

  #numberOf(name: string): number {
    let number = this.#names.get(name);
    if (number === undefined) {
      number = this.#names.size + 1;
      this.#names.set(interned(name), number);
    }
    return number;
  }

  placeOf(origin: Origin): number {
    if (origin.place < 0) this.#keep(origin);
    return origin.place;
  }

  #keep(origin: Origin): void {
    const { exposure } = origin;
    // Those of one message come together.
    if (this.#kept.at(-1)?.exposure !== exposure) this.#echoed += exposure.echoed?.length ?? 0;
    origin.place = this.#kept.push(origin) - 1;
  }

  at(place: number): Origin {
    return this.#kept[place] as Origin;
  }

  /** Nothing more will be added. */
  close(): void {
    this.#names.clear();
  }

  toSaved(): SavedOrigins {
    const exposures = [...new Set(this.#kept.map(({ exposure }) => exposure))];
    const places = new Map(exposures.map((exposure, index) => [exposure, index]));
    return {
      ...(this.#names.size > 0 ? { names: [...this.#names.keys()] } : {}),
      exposures,
      origins: this.#kept.map(({ exposure, field, how, sameness, label }) => {
        const saved = [places.get(exposure) as number, field, how, sameness] as const;
        return label === undefined ? saved : [...saved, label];
      }),
    };
  }

  restore({ names = [], exposures, origins }: SavedOrigins): void {
    for (const name of names) this.#numberOf(name);
    for (const [at, field, how, sameness, label] of origins) {
      const exposure = exposures[at];
      if (exposure === undefined) throw new Error('it is not a list of origins');
      this.#keep({ exposure, field, label, how, sameness, place: -1 });
    }
  }
}

/** In arguments: as all of one, or inside longer text. */
function howUsed(how: number): number {
  return (how & HOW) === WHOLE ? USED : USED | BRIEF;
}

const names = new Map<string, string>();
const MAX_NAMES = 10_000;

/** One string for all pointers that read the same. */
function interned(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MAX_NAMES) names.clear();
  names.set(name, name);
  return name;
}
