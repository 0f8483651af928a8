/**
 * A number that is dictated piece by piece: `begin with ES79, add 2100, then 61`, or `four four zero nine`. For every place
 * in it, the hashes of what may come next: the next characters, as many as there are, or the next digit in words.
 */
import { lowered } from './characters.ts';
import { finish, type Hash, type HashKey, hashOf, stepA, stepB } from './hash.ts';

/** In English, German, French, Spanish, Italian, Portuguese and Dutch, as plain text has them. */
const DIGITS = [
  'zero oh nought null zéro cero nul',
  'one eins ein un une uno uma um een',
  'two zwei zwo deux dos due dois duas twee',
  'three drei trois tres tre três drie',
  'four vier quatre cuatro quattro quatro',
  'five fünf fuenf cinq cinco cinque vijf',
  'six sechs seis sei zes',
  'seven sieben sept siete sette sete zeven',
  'eight acht huit ocho otto oito',
  'nine neun neuf nueve nove negen',
].map((words) => words.split(' '));
/** `double nine` */
const MAX_TIMES = 3;

/** One way on: a token with this hash stands for so many characters. */
export interface Next extends Hash {
  readonly length: number;
}

export class Joined {
  readonly length: number;
  readonly #text: string;
  readonly #key: HashKey;
  readonly #nexts: (readonly Next[] | undefined)[] = [];

  /** @param text letters and digits only. */
  constructor(text: string, key: HashKey) {
    this.#text = text;
    this.length = text.length;
    this.#key = key;
  }

  /** The longest first; from the beginning, all but the whole. */
  after(done: number): readonly Next[] {
    let nexts = this.#nexts[done];
    if (nexts === undefined) {
      nexts = this.#toNexts(done);
      this.#nexts[done] = nexts;
    }
    return nexts;
  }

  #toNexts(done: number): readonly Next[] {
    const nexts: Next[] = [];
    let a = this.#key.startA;
    let b = this.#key.startB;
    for (let at = done; at < this.length; at++) {
      const code = lowered(this.#text.charCodeAt(at));
      a = stepA(a, code, this.#key.timesA);
      b = stepB(b, code);
      const length = at + 1 - done;
      if (length < this.length) nexts.unshift({ a: finish(a), b: finish(b), length });
    }
    const digit = this.#text[done] as string;
    for (const word of DIGITS[Number(digit)] ?? []) {
      const hash = hashOf(word, this.#key);
      for (let times = MAX_TIMES; times > 0; times--) {
        if (this.#text.startsWith(digit.repeat(times), done)) nexts.push({ ...hash, length: times });
      }
    }
    return nexts;
  }
}
