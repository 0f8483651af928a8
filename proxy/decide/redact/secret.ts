/**
 * The `secret` detector: vendor tokens, private keys, JWTs and values called like secrets, in one scan.
 */
import {
  ASSIGNED_WORDS,
  isSecretMember,
  matchAssigned,
  matchAuthorization,
  matchBearer,
  matchMember,
  matchUserInfo,
} from './assigned-secret.ts';
import { matchJwt } from './jwt.ts';
import { defineScanner, type Literal } from './literal-scan.ts';
import type { Finder, Match } from './match.ts';
import { matchPem, matchPutty, PEM_LABEL, PUTTY_LABEL } from './private-key.ts';
import { VENDOR_TOKENS, type VendorToken } from './vendor-tokens.ts';

/** A literal and what to do where it stands; `match` answers where the scan goes on. */
interface Rule extends Literal {
  match(text: string, at: number, out: Match[]): number;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ANY = Array.from({ length: 32 }, (_, code) => String.fromCharCode(0x40 + code)).join('');

const scanner = defineScanner<Rule>([
  ...VENDOR_TOKENS.flatMap(vendorRules),
  ...ASSIGNED_WORDS.map((word) => loose(word, (text, at, out) => matchAssigned(text, at, word, out))),
  {
    text: 'pwd',
    follow: '=:"\' _',
    exact: false,
    match: (text, at, out) => matchAssigned(text, at, 'pwd', out),
  },
  loose('authorization', matchAuthorization),
  loose('bearer', matchBearer),
  { text: PEM_LABEL, exact: true, match: matchPem },
  { text: PUTTY_LABEL, exact: true, match: matchPutty },
  { text: 'eyJ', follow: BASE64URL, exact: true, match: matchJwt },
  // Slashes may be escaped, by this JSON text or by one inside it.
  { text: '://', follow: ANY, exact: true, match: (text, at, out) => matchUserInfo(text, at + 3, out) },
  { text: ':\\/\\/', exact: true, match: (text, at, out) => matchUserInfo(text, at + 5, out) },
]);

export const secretFinder: Finder = {
  places: (text) => (from) => scanner.next(text, from),
  find(text, out, key) {
    scanner.scan(text, (rule, at) => Math.max(at + 1, rule.match(text, at, out)));
    if (key !== undefined && isSecretMember(key)) matchMember(text, key, out);
  },
};

function loose(text: string, match: Rule['match']): Rule {
  return { text, exact: false, match };
}

function vendorRules(token: VendorToken): readonly Rule[] {
  const body = new RegExp(token.body, 'y');
  const before = token.notAfter === undefined ? undefined : new RegExp(`[${token.notAfter}]`);
  return token.prefixes.map((prefix) => ({
    text: prefix,
    exact: true,
    ...(token.follow === undefined ? {} : { follow: token.follow }),
    match(text, at, out) {
      const from = at + prefix.length;
      if (before?.test(text.charAt(at - 1))) return from;
      body.lastIndex = from;
      if (!body.test(text)) return from;
      const sub = Object.keys(token.sub ?? {}).find((start) => text.startsWith(start, from));
      out.push({ start: at, end: body.lastIndex, class: sub === undefined ? token.class : token.sub![sub]! });
      return body.lastIndex;
    },
  }));
}
