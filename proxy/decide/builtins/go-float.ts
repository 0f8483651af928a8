/**
 * Go's `strconv.FormatFloat` for the formats e, f and g on doubles. Shortest digits come from the JavaScript
 * engine, which prints the same ones; a wanted precision is rounded half to even from the exact binary value,
 * because `toFixed` and `toExponential` round ties up where Go does not (2.5 with %.0f is "2").
 */

/** `digits` without leading or trailing zeros, the decimal point before digit `point`: 0.012 is {12, -1}. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/**
 * @param precision digits after the point (e, f) or significant digits (g); -1 for the shortest that reads back.
 * @returns with a leading '-' for negative numbers and -0, no '+' otherwise.
 */
export function formatFloat(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + formatPositive(Math.abs(value), verb, precision);
}

function formatPositive(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  const shortest = precision < 0;
  const whole = shortest ? shortestDecimal(value) : exactDecimal(value);
  if (verb === 'f') {
    const places = shortest ? Math.max(whole.digits.length - whole.point, 0) : precision;
    return plain(shortest ? whole : round(whole, whole.point + places), places);
  }
  if (verb === 'e') {
    const places = shortest ? Math.max(whole.digits.length - 1, 0) : precision;
    return exponential(shortest ? whole : round(whole, places + 1), places);
  }
  const wanted = shortest ? whole.digits.length : Math.max(precision, 1);
  const decimal = shortest ? whole : round(whole, wanted);
  const nd = decimal.digits.length;
  let limit = wanted > nd && nd >= decimal.point ? nd : wanted;
  if (shortest) limit = 6;
  const exponent = nd === 0 ? 0 : decimal.point - 1;
  if (exponent < -4 || exponent >= Math.max(limit, 1)) {
    return exponential(decimal, Math.max(Math.min(wanted, nd) - 1, 0));
  }
  return plain(decimal, Math.max(nd - decimal.point, 0));
}

function plain({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (places === 0) return whole;
  const leading = '0'.repeat(Math.min(Math.max(-point, 0), places));
  const fraction = (leading + digits.slice(Math.max(point, 0))).slice(0, places);
  return `${whole}.${fraction.padEnd(places, '0')}`;
}

function exponential({ digits, point }: Decimal, places: number): string {
  const exponent = digits === '' ? 0 : point - 1;
  const mantissa = (digits[0] ?? '0') + (places > 0 ? `.${digits.slice(1).padEnd(places, '0')}` : '');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function shortestDecimal(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return { digits: trimZeros(mantissa.replace('.', '')), point: Number(exponent) + 1 };
}

/** Every digit of the binary value: a double is an integer over a power of two, hence over a power of ten. */
function exactDecimal(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const biased = Number(raw >> 52n);
  const mantissa = (raw & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n);
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  const integer = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = integer.toString();
  return { digits: trimZeros(text), point: text.length + Math.min(exponent, 0) };
}

/** Keeps `count` digits, half to even; a count of 0 or less may still round up to one digit. */
function round({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: '', point };
  const kept = digits.slice(0, count);
  const next = digits[count] ?? '0';
  const tie = next === '5' && digits.length === count + 1;
  const odd = Number(kept.at(-1) ?? '0') % 2 === 1;
  const up = tie ? odd : next >= '5';
  if (!up) return { digits: trimZeros(kept), point };
  const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString();
  const grown = raised.length > count ? 1 : 0;
  return { digits: trimZeros(raised.padStart(count, '0')), point: point + grown };
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
