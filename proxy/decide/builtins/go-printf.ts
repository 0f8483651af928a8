/**
 * Go's `fmt.Sprintf` for the four kinds of argument topdown ever hands it: int64, *big.Int, float64, string.
 * A wrong verb prints Go's `%!d(string=hi)` and never fails, because a message that came out undefined would
 * silence the rule that carries it. What is not carried over (%b, %x and %X of floats) throws: the decision fails.
 */
import { formatFloat } from './go-float.ts';
import { canBackquote, isPrintable, quote, quoteCharacter } from './go-quote.ts';

/** A float64 is boxed, so that 1.0 and 1 stay apart. Bigints beyond int64 print as *big.Int. */
export class Float64 {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
export type PrintfArgument = string | bigint | Float64;

interface Spec {
  sharp: boolean;
  zero: boolean;
  plus: boolean;
  minus: boolean;
  space: boolean;
  sharpV: boolean;
  width: number | undefined;
  precision: number | undefined;
}

/** Go refuses a width or precision that is beyond this before its last digit; and any as an argument. */
const TOO_LARGE = 1_000_000;
const FLAGS = { '#': 'sharp', '0': 'zero', '+': 'plus', '-': 'minus', ' ': 'space' } as const;

export function sprintf(format: string, args: readonly PrintfArgument[]): string {
  const state: State = { format, args, at: 0, next: 0, reordered: false, goodIndex: true, afterIndex: false };
  let out = '';
  while (state.at < format.length) {
    const percent = format.indexOf('%', state.at);
    const literalEnd = percent === -1 ? format.length : percent;
    out += format.slice(state.at, literalEnd);
    state.at = literalEnd;
    if (percent !== -1) out += verb(state);
  }
  if (!state.reordered && state.next < args.length) {
    const extra = args.slice(state.next).map((arg) => `${typeName(arg)}=${printPlain(arg)}`);
    out += `%!(EXTRA ${extra.join(', ')})`;
  }
  return out;
}

interface State {
  readonly format: string;
  readonly args: readonly PrintfArgument[];
  at: number;
  next: number;
  reordered: boolean;
  goodIndex: boolean;
  afterIndex: boolean;
}

/** One `%…x`, in the order of Go's doPrintf: flags, [index], width, .precision, [index], verb. */
function verb(state: State): string {
  const { format, args } = state;
  const spec = newSpec();
  state.at++;
  state.goodIndex = true;
  state.afterIndex = false;
  for (;;) {
    const flag = FLAGS[format[state.at] as keyof typeof FLAGS];
    if (flag === undefined) break;
    spec[flag] = true;
    state.at++;
  }
  readIndex(state);
  const trouble = readWidth(state, spec) + readPrecision(state, spec);
  if (!state.afterIndex) readIndex(state);
  const code = format.codePointAt(state.at);
  if (code === undefined) return `${trouble}%!(NOVERB)`;
  const letter = String.fromCodePoint(code);
  state.at += letter.length;
  if (letter === '%') return `${trouble}%`;
  if (!state.goodIndex) return `${trouble}%!${letter}(BADINDEX)`;
  const arg = args[state.next];
  if (arg === undefined) return `${trouble}%!${letter}(MISSING)`;
  state.next++;
  if (letter === 'v' || letter === 'w') {
    spec.sharpV = spec.sharp;
    spec.sharp = false;
    spec.plus = false;
  }
  return trouble + printArgument(arg, letter, spec);
}

function newSpec(): Spec {
  return {
    sharp: false,
    zero: false,
    plus: false,
    minus: false,
    space: false,
    sharpV: false,
    width: undefined,
    precision: undefined,
  };
}

/** `[3]`: the next argument by number. */
function readIndex(state: State): void {
  const { format, args } = state;
  if (format[state.at] !== '[') {
    state.afterIndex = false;
    return;
  }
  state.reordered = true;
  const close = format.indexOf(']', state.at);
  const inside = close === -1 ? '' : format.slice(state.at + 1, close);
  const wellFormed = format.length - state.at >= 3 && /^[0-9]{1,7}$/.test(inside);
  const index = Number(inside) - 1;
  state.at = format.length - state.at < 3 || close === -1 ? state.at + 1 : close + 1;
  state.afterIndex = wellFormed;
  if (wellFormed && index >= 0 && index < args.length) state.next = index;
  else state.goodIndex = false;
}

function readWidth(state: State, spec: Spec): string {
  if (state.format[state.at] === '*') {
    state.at++;
    const width = takeInteger(state);
    state.afterIndex = false;
    if (width === undefined) return '%!(BADWIDTH)';
    spec.width = Math.abs(width);
    if (width < 0) {
      spec.minus = true;
      spec.zero = false;
    }
    return '';
  }
  spec.width = takeNumber(state);
  if (state.afterIndex && spec.width !== undefined) state.goodIndex = false;
  return '';
}

function readPrecision(state: State, spec: Spec): string {
  if (state.format[state.at] !== '.' || state.at + 1 >= state.format.length) return '';
  state.at++;
  if (state.afterIndex) state.goodIndex = false;
  readIndex(state);
  if (state.format[state.at] !== '*') {
    spec.precision = takeNumber(state) ?? 0;
    return '';
  }
  state.at++;
  const precision = takeInteger(state);
  state.afterIndex = false;
  if (precision === undefined || precision < 0) return '%!(BADPREC)';
  spec.precision = precision;
  return '';
}

/** Digits at the cursor; none, or far too many, count as absent, as in Go. */
function takeNumber(state: State): number | undefined {
  const digits = /^[0-9]+/.exec(state.format.slice(state.at, state.at + 32))?.[0];
  if (digits === undefined) return undefined;
  if (Number(digits.slice(0, -1)) > TOO_LARGE) {
    state.at = state.format.length;
    return undefined;
  }
  state.at += digits.length;
  return Number(digits);
}

function takeInteger(state: State): number | undefined {
  const arg = state.args[state.next];
  if (arg === undefined) return undefined;
  state.next++;
  if (typeof arg !== 'bigint' || arg > BigInt(TOO_LARGE) || arg < -BigInt(TOO_LARGE)) return undefined;
  return Number(arg);
}

function printArgument(arg: PrintfArgument, letter: string, spec: Spec): string {
  if (letter === 'T') return pad(truncate(typeName(arg), spec), spec);
  if (typeof arg === 'string') return printString(arg, letter, spec);
  if (typeof arg === 'bigint') {
    return isInt64(arg) ? printInteger(arg, letter, spec) : printBig(arg, letter, spec);
  }
  return printFloat(arg, letter, spec);
}

function printPlain(arg: PrintfArgument): string {
  return printArgument(arg, 'v', newSpec());
}

function badVerb(arg: PrintfArgument, letter: string, spec: Spec): string {
  return `%!${letter}(${typeName(arg)}=${printArgument(arg, 'v', spec)})`;
}

function typeName(arg: PrintfArgument): string {
  if (typeof arg === 'string') return 'string';
  if (typeof arg === 'bigint') return isInt64(arg) ? 'int64' : '*big.Int';
  return 'float64';
}

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function printString(text: string, letter: string, spec: Spec): string {
  switch (letter) {
    case 'v':
      return spec.sharpV ? printQuoted(text, spec) : pad(truncate(text, spec), spec);
    case 's':
      return pad(truncate(text, spec), spec);
    case 'q':
      return printQuoted(text, spec);
    case 'x':
      return printHexBytes(text, spec);
    case 'X':
      return printHexBytes(text, spec).toUpperCase();
    default:
      return badVerb(text, letter, spec);
  }
}

function printQuoted(text: string, spec: Spec): string {
  const cut = truncate(text, spec);
  const raw = (spec.sharp || spec.sharpV) && canBackquote(cut);
  return pad(raw && spec.sharp ? `\`${cut}\`` : quote(cut, spec.plus), spec);
}

function printHexBytes(text: string, spec: Spec): string {
  const bytes = Buffer.from(text, 'utf8').subarray(0, spec.precision);
  if (bytes.length === 0) return pad('', spec);
  const prefix = spec.sharp ? '0x' : '';
  if (!spec.space) return pad(prefix + bytes.toString('hex'), spec);
  return pad(Array.from(bytes, (byte) => prefix + byte.toString(16).padStart(2, '0')).join(' '), spec);
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function printInteger(value: bigint, letter: string, spec: Spec): string {
  const base = BASES[letter];
  if (base !== undefined) return formatInteger(value, base, letter, spec);
  switch (letter) {
    case 'c':
      return pad(character(value), spec);
    case 'q':
      return pad(quoteCharacter(character(value), spec.plus), spec);
    case 'U':
      return printUnicode(value, spec);
    default:
      return badVerb(value, letter, spec);
  }
}

function formatInteger(value: bigint, base: number, letter: string, spec: Spec): string {
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(base);
  let room = spec.precision ?? 0;
  if (spec.precision === 0 && value === 0n) return ' '.repeat(spec.width ?? 0);
  if (spec.precision === undefined && spec.zero && !spec.minus && spec.width !== undefined) {
    room = spec.width - (negative || spec.plus || spec.space ? 1 : 0);
  }
  digits = digits.padStart(room, '0');
  if (spec.sharp && base === 2) digits = `0b${digits}`;
  if (spec.sharp && base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
  if (spec.sharp && base === 16) digits = `0x${digits}`;
  if (letter === 'X') digits = digits.toUpperCase();
  if (letter === 'O') digits = `0o${digits}`;
  return pad(signOf(negative, spec) + digits, { ...spec, zero: false });
}

function signOf(negative: boolean, spec: Spec): string {
  return negative ? '-' : spec.plus ? '+' : spec.space ? ' ' : '';
}

function character(value: bigint): string {
  const code = value < 0n || value > 0x10ffffn ? 0xfffd : Number(value);
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
}

function printUnicode(value: bigint, spec: Spec): string {
  const code = BigInt.asUintN(64, value);
  let text = `U+${code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(spec.precision ?? 0, 4), '0')}`;
  if (spec.sharp && code <= 0x10ffffn && isPrintable(character(value))) text += ` '${character(value)}'`;
  return pad(text, { ...spec, zero: false });
}

/** math/big's own Format, which differs from fmt in where zeros and signs go. */
function printBig(value: bigint, letter: string, spec: Spec): string {
  const base = letter === 's' ? 10 : BASES[letter];
  if (base === undefined) return `%!${letter}(big.Int=${value})`;
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString(base);
  const prefix =
    letter === 'O' ? '0o' : spec.sharp ? ({ b: '0b', o: '0', x: '0x', X: '0X' }[letter] ?? '') : '';
  const sign = signOf(negative, spec);
  let zeros = Math.max((spec.precision ?? 0) - digits.length, 0);
  const missing = (spec.width ?? 0) - (sign.length + prefix.length + zeros + digits.length);
  if (missing > 0 && !spec.minus && spec.zero && spec.precision === undefined) zeros = missing;
  const text = sign + prefix + '0'.repeat(zeros) + (letter === 'X' ? digits.toUpperCase() : digits);
  return pad(text, { ...spec, zero: false });
}

function printFloat(arg: Float64, letter: string, spec: Spec): string {
  const { value } = arg;
  switch (letter) {
    case 'v':
      return finishFloat(formatFloat(value, 'g', spec.precision ?? -1), 'v', spec);
    case 'g':
      return finishFloat(formatFloat(value, 'g', spec.precision ?? -1), 'g', spec);
    case 'G':
      return finishFloat(formatFloat(value, 'g', spec.precision ?? -1).toUpperCase(), 'g', spec);
    case 'e':
      return finishFloat(formatFloat(value, 'e', spec.precision ?? 6), 'e', spec);
    case 'E':
      return finishFloat(formatFloat(value, 'e', spec.precision ?? 6).toUpperCase(), 'e', spec);
    case 'f':
    case 'F':
      return finishFloat(formatFloat(value, 'f', spec.precision ?? 6), 'f', spec);
    case 'b':
    case 'x':
    case 'X':
      throw new Error(`sprintf: %${letter} of a fractional number is not supported`);
    default:
      return badVerb(arg, letter, spec);
  }
}

/** Sign, the point that # asks for, and padding that keeps the sign before leading zeros. */
function finishFloat(formatted: string, letter: string, spec: Spec): string {
  const negative = formatted.startsWith('-');
  let digits = formatted.replace(/^[+-]/, '');
  if (spec.sharp) digits = withPoint(digits, letter, spec.precision ?? -1);
  const sign = signOf(negative, spec);
  const missing = (spec.width ?? 0) - sign.length - digits.length;
  if (sign !== '' && spec.zero && !spec.minus && missing > 0) return sign + '0'.repeat(missing) + digits;
  return pad(sign + digits, spec);
}

function withPoint(text: string, letter: string, precision: number): string {
  const [mantissa = '', tail] = text.split(/(?=[eE])/);
  let out = mantissa.includes('.') ? mantissa : `${mantissa}.`;
  if (letter === 'g' || letter === 'v') {
    const wanted = precision === -1 ? 6 : precision;
    const significant = mantissa.replace('.', '').replace(/^0+/, '').length + (mantissa === '0' ? 1 : 0);
    out += '0'.repeat(Math.max(wanted - significant, 0));
  }
  return out + (tail ?? '');
}

function truncate(text: string, spec: Spec): string {
  if (spec.precision === undefined || spec.precision >= text.length) return text;
  return Array.from(text).slice(0, spec.precision).join('');
}

/** Width counts code points; zeros only ever go to the left. */
function pad(text: string, spec: Spec): string {
  if (spec.width === undefined) return text;
  const missing = spec.width - Array.from(text).length;
  if (missing <= 0) return text;
  if (spec.minus) return text + ' '.repeat(missing);
  return (spec.zero ? '0' : ' ').repeat(missing) + text;
}
