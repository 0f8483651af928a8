/**
 * The built-ins the host adds to those OPA compiles into WebAssembly: the whole list, and the only place that
 * binds a name to a function. `config/opa-capabilities.json` is generated from it, so that `opa build
 * --capabilities` refuses a policy that needs more. Every one is pure; none may do I/O (no http.send, ever).
 */
import type { Builtin } from './builtin.ts';
import { hexDecode, hexEncode, hmacSha256, sha256, urlqueryDecode, urlqueryEncode } from './encoding.ts';
import { cidrIsValid } from './net.ts';
import { objectSubset } from './objects.ts';
import { regexFindN, regexReplace, regexSplit } from './regex.ts';
import { semverCompare, semverIsValid } from './semver.ts';
import { anyPrefixMatch, anySuffixMatch, globQuoteMeta, sprintfBuiltin, stringsCount } from './strings.ts';
import { addDate, clock, date, nowNs, parseRfc3339, weekday } from './time.ts';

export const HOST_BUILTINS: Readonly<Record<string, Builtin>> = {
  'crypto.hmac.sha256': hmacSha256,
  'crypto.sha256': sha256,
  'glob.quote_meta': globQuoteMeta,
  'hex.decode': hexDecode,
  'hex.encode': hexEncode,
  'net.cidr_is_valid': cidrIsValid,
  'object.subset': objectSubset,
  'regex.find_n': regexFindN,
  'regex.replace': regexReplace,
  'regex.split': regexSplit,
  'semver.compare': semverCompare,
  'semver.is_valid': semverIsValid,
  sprintf: sprintfBuiltin,
  'strings.any_prefix_match': anyPrefixMatch,
  'strings.any_suffix_match': anySuffixMatch,
  'strings.count': stringsCount,
  'time.add_date': addDate,
  'time.clock': clock,
  'time.date': date,
  'time.now_ns': nowNs,
  'time.parse_rfc3339_ns': parseRfc3339,
  'time.weekday': weekday,
  'urlquery.decode': urlqueryDecode,
  'urlquery.encode': urlqueryEncode,
};
