/** The origins of one block, each kept once it is needed, with numbers for those that say the same of a value. */
import { grown } from './numbers.ts';
import { BRIEF, type Exposure, HOW, type Origin, ownsField, type Place, USED, WHOLE } from './origin.ts';

/** Fields and tools told apart in one block; names of members are the server's to make up. */
const MAX_NAMED = 2_000;
const MAX_KEPT = 40_000;
/** They are numbered with 16 bits. */
const MOST = 65_535;
/** Bytes of one origin, of one message, and of one number beside it. */
const ORIGIN = 26;
const EXPOSURE = 160;
const ECHOED = 8;
const SMALLEST = 32;

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

/** Side by side, not as objects: a caller may have hundreds. */
export class OriginList {
  readonly #exposures: Exposure[] = [];
  /** The message each is of. */
  #exposure = new Uint16Array(SMALLEST);
  readonly #fields: string[] = [];
  readonly #labels: (string | undefined)[] = [];
  #how = new Uint8Array(SMALLEST);
  #sameness = new Int32Array(SMALLEST);
  readonly #names = new Map<string, number>();
  #echoed = 0;

  /** Near enough. */
  get bytes(): number {
    return this.length * ORIGIN + this.#exposures.length * EXPOSURE + this.#echoed * ECHOED;
  }

  get length(): number {
    return this.#fields.length;
  }

  /** True when it is time for another block. */
  get isFull(): boolean {
    return this.#names.size >= MAX_NAMED || this.length > MAX_KEPT;
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
    if (origin.place < 0) origin.place = this.#keep(origin);
    return origin.place;
  }

  #keep({ exposure, field, label, how, sameness }: Omit<Origin, 'place'>): number {
    const place = this.length;
    if (place === this.#how.length) {
      this.#exposure = grown(this.#exposure);
      this.#how = grown(this.#how);
      this.#sameness = grown(this.#sameness);
    }
    // Those of one message come together.
    if (this.#exposures.at(-1) !== exposure) {
      this.#exposures.push(exposure);
      this.#echoed += exposure.echoed?.length ?? 0;
    }
    this.#exposure[place] = this.#exposures.length - 1;
    this.#fields.push(field);
    this.#labels.push(label);
    this.#how[place] = how;
    this.#sameness[place] = sameness;
    return place;
  }

  samenessAt(place: number): number {
    return this.#sameness[place] as number;
  }

  at(place: number): Origin {
    return {
      exposure: this.#exposures[this.#exposure[place] as number] as Exposure,
      field: this.#fields[place] as string,
      label: this.#labels[place],
      how: this.#how[place] as number,
      sameness: this.samenessAt(place),
      place,
    };
  }

  /** Nothing more will be added. */
  close(): void {
    this.#names.clear();
  }

  toSaved(): SavedOrigins {
    return {
      ...(this.#names.size > 0 ? { names: [...this.#names.keys()] } : {}),
      exposures: this.#exposures,
      origins: this.#fields.map((field, place) => {
        const [exposure, how] = [this.#exposure[place] as number, this.#how[place] as number];
        const saved = [exposure, field, how, this.samenessAt(place)] as const;
        const label = this.#labels[place];
        return label === undefined ? saved : [...saved, label];
      }),
    };
  }

  /** @throws Error for what is no saved list. */
  restore({ names = [], exposures, origins }: SavedOrigins): void {
    if (origins.length > MOST) throw new Error('it is not a list of origins');
    for (const name of names) this.#numberOf(name);
    for (const [at, field, how, sameness, label] of origins) {
      const exposure = exposures[at];
      if (exposure === undefined) throw new Error('it is not a list of origins');
      this.#keep({ exposure, field, label, how, sameness });
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
