/** net.cidr_is_valid with Go's net.ParseCIDR reading: four plain decimals or an IPv6 address without a zone, and a length. */
import ipaddr from 'ipaddr.js';
import type { Builtin } from './builtin.ts';

const FOUR_PARTS = /^(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})$/;

/** Anything but a string is `false`, not undefined, in topdown. */
export const cidrIsValid: Builtin = (_context, cidr) => {
  const parts = typeof cidr === 'string' ? /^([^/]+)\/([0-9]{1,5})$/.exec(cidr) : null;
  if (!parts) return false;
  const [, address = '', length = ''] = parts;
  const bits = addressBits(address);
  return bits !== undefined && Number(length) <= bits;
};

function addressBits(address: string): number | undefined {
  if (FOUR_PARTS.test(address)) return ipaddr.IPv4.isValid(address) ? 32 : undefined;
  const strict = address.includes(':') && !address.includes('%') && !hasOddTail(address);
  return strict && ipaddr.IPv6.isValid(address) ? 128 : undefined;
}

/** A dotted tail inside an IPv6 address follows the same rule as a plain IPv4 address. */
function hasOddTail(address: string): boolean {
  if (!address.includes('.')) return false;
  const tail = address.slice(address.lastIndexOf(':') + 1);
  return !FOUR_PARTS.test(tail) || !ipaddr.IPv4.isValid(tail);
}
