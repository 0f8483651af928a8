/**
 * A number that is dictated piece by piece: `begin with ES79, add 2100, then 61`, or `four four zero nine`. For every place
 * in it, the hashes of what may come next: the next characters, as many as there are, or the next digit or letter in words.
 */
import { lowered } from './characters.ts';
import { finish, type Hash, type HashKey, hashOf, stepA, stepB } from './hash.ts';

/**
 * What stands for a digit or a letter in words. Digits in English, German, French, Spanish, Italian, Portuguese and Dutch, as
 * plain text has them; letters by the spelling alphabet, with its own words for digits.
 *
 * @see ICAO Annex 10 volume II section 5.2.1.3
 */
const IN_WORDS: ReadonlyMap<string, readonly string[]> = new Map(
  `0 zero oh nought null zéro cero nul
   1 one eins ein un une uno uma um een
   2 two zwei zwo deux dos due dois duas twee
   3 three drei trois tres tre três drie tree
   4 four vier quatre cuatro quattro quatro fower
   5 five fünf fuenf cinq cinco cinque vijf fife
   6 six sechs seis sei zes
   7 seven sieben sept siete sette sete zeven
   8 eight acht huit ocho otto oito
   9 nine neun neuf nueve nove negen niner
   a alfa alpha
   b bravo
   c charlie
   d delta
   e echo
   f foxtrot
   g golf
   h hotel
   i india
   j juliett juliet
   k kilo
   l lima
   m mike
   n november
   o oscar
   p papa
   q quebec
   r romeo
   s sierra
   t tango
   u uniform
   v victor
   w whiskey whisky
   x xray
   y yankee
   z zulu`
    .split('\n')
    .map((line) => line.trim().split(' '))
    .map(([unit = '', ...words]) => [unit, words]),
);
/** In English, by their first digit: `sixty-two`, or `sixty` and then `two`. */
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
/** From ten on. */
const TEENS = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ');
/** `four zeros` */
const ZEROS = ['zeros', 'zeroes'];
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
    const unit = this.#text[done] as string;
    for (const word of IN_WORDS.get(unit) ?? []) {
      const hash = hashOf(word, this.#key);
      for (let times = MAX_TIMES; times > 0; times--) {
        if (this.#text.startsWith(unit.repeat(times), done)) nexts.push({ ...hash, length: times });
      }
    }
    for (const { word, length } of largerAt(this.#text, done))
      nexts.push({ ...hashOf(word, this.#key), length });
    return nexts;
  }
}

/** Words for more than one digit. */
function largerAt(text: string, done: number): readonly { readonly word: string; readonly length: number }[] {
  const zeros = /^0{2,}/.exec(text.slice(done))?.[0].length ?? 0;
  if (zeros > 0) return ZEROS.map((word) => ({ word, length: zeros }));
  const [, ten = '', one = ''] = /^(\d)(\d)/.exec(text.slice(done)) ?? [];
  if (ten === '1') return [{ word: TEENS[Number(one)] as string, length: 2 }];
  const word = TENS[Number(ten)] ?? '';
  if (word === '') return [];
  if (one === '0') return [{ word, length: 2 }];
  const ones = IN_WORDS.get(one) ?? [];
  return [{ word, length: 1 }, ...ones.map((unit) => ({ word: `${word}-${unit}`, length: 2 }))];
}
