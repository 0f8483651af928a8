/** The origins of one block, each kept once it is needed, with numbers for those that say the same of a value. */
import { type Exposure, HOW, type Origin, PART, type Source, USED } from './origin.ts';

/** Fields told apart in one block; names of members are the server's to make up. */
const MAX_FIELDS = 2_000;
const MORE_FIELDS = '/…';

export type SavedOrigins = {
  readonly exposures: readonly Exposure[];
  readonly origins: readonly (readonly [exposure: number, field: string, how: number, sameness: number])[];
};

export class OriginList {
  readonly #kept: Origin[] = [];
  readonly #samenesses = new Map<string, number>();

  get length(): number {
    return this.#kept.length;
  }

  make(exposure: Exposure, pointer: string, how: number): Origin {
    const field = this.#samenesses.size < MAX_FIELDS ? pointer : MORE_FIELDS;
    const really = exposure.source === undefined ? USED : how;
    const sameness = this.#samenessOf(exposure.source, field, really);
    return { exposure, field: interned(field), how: really, sameness, place: -1 };
  }

  /** Text that showed a value once more says nothing new, be it in another field; a field of its own does. */
  #samenessOf(source: Source | undefined, field: string, how: number): number {
    const where = (how & HOW) === PART ? '' : field;
    const key =
      source === undefined ? '' : `${how}\n${source.server}\n${source.tool}\n${source.method}\n${where}`;
    let number = this.#samenesses.get(key);
    if (number === undefined) {
      number = this.#samenesses.size;
      this.#samenesses.set(key, number);
    }
    return number;
  }

  placeOf(origin: Origin): number {
    if (origin.place < 0) origin.place = this.#kept.push(origin) - 1;
    return origin.place;
  }

  at(place: number): Origin {
    return this.#kept[place] as Origin;
  }

  /** Nothing more will be added. */
  close(): void {
    this.#samenesses.clear();
  }

  toSaved(): SavedOrigins {
    const exposures = [...new Set(this.#kept.map(({ exposure }) => exposure))];
    const places = new Map(exposures.map((exposure, index) => [exposure, index]));
    return {
      exposures,
      origins: this.#kept.map(({ exposure, field, how, sameness }) => {
        return [places.get(exposure) as number, field, how, sameness];
      }),
    };
  }

  restore({ exposures, origins }: SavedOrigins): void {
    for (const [at, field, how, sameness] of origins) {
      const exposure = exposures[at];
      if (exposure === undefined) throw new Error('it is not a list of origins');
      this.#kept.push({ exposure, field, how, sameness, place: this.#kept.length });
    }
  }
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
