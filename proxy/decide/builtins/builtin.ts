/**
 * What a host built-in is: a pure function of Rego values. `undefined` is how it fails where topdown makes the
 * expression undefined (a wrong type, a bad pattern); a throw means "this cannot be answered here" and fails
 * the whole decision, so it is the right answer whenever silence could open a rule.
 */
import { isArray, RegoNumber, RegoSet, type RegoValue } from './value.ts';

/** The one thing a built-in may ask of outside: the time, the same for the whole decision. */
export interface BuiltinContext {
  nowNs(): bigint;
}
/** Bigints are written digit by digit, so nanoseconds survive. */
export type BuiltinResult = boolean | string | number | bigint | readonly BuiltinResult[];
export type Builtin = (context: BuiltinContext, ...args: readonly RegoValue[]) => BuiltinResult | undefined;

/** A built-in of strings only: any other argument makes it undefined. */
export function ofStrings(count: number, apply: (...texts: string[]) => BuiltinResult | undefined): Builtin {
  return function stringBuiltin(_context, ...args) {
    const texts = args.filter((arg) => typeof arg === 'string');
    return texts.length === count && args.length === count ? apply(...texts) : undefined;
  };
}

/** The strings of an array or set; `undefined` if it is neither or holds anything else. */
export function stringItems(value: RegoValue | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const items = value instanceof RegoSet ? value.items : isArray(value) ? value : undefined;
  return items?.every((item) => typeof item === 'string') ? items : undefined;
}

/** An exact integer from any spelling of it (`12`, `1.2e1`, `12.0`); `undefined` for fractions and huge exponents. */
export function toInteger(value: RegoValue | undefined): bigint | undefined {
  if (!(value instanceof RegoNumber)) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(value.text) ?? [];
  if (whole === '') return undefined;
  const shift = Number(exponent) - fraction.length;
  if (Math.abs(shift) > 400) return undefined;
  const digits = BigInt(sign + whole + fraction);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return digits % divisor === 0n ? digits / divisor : undefined;
}

/** JSON text of a result; the WASM side parses it. */
export function toJsonText(result: BuiltinResult): string {
  if (typeof result === 'bigint') return result.toString();
  if (typeof result === 'object') return `[${result.map(toJsonText).join(',')}]`;
  return JSON.stringify(result);
}
