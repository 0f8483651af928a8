/**
 * Which hosts a URL or a host name leads to. Comes in: one string. Goes out: a host fact for every host that some
 * parser in use would connect to, and whether a doubt remains. The WHATWG parser gives the first reading; where
 * others are known to differ (backslash, control characters, several `@`, octal addresses) their readings are
 * facts too, so an allow-list that accepts every fact accepts every reading. Names are never resolved.
 */
import ipaddr from 'ipaddr.js';
import type { HostFact } from '../contract.ts';

export interface HostReading {
  readonly facts: readonly HostFact[];
  /** Some reader of this text may reach a host that is not among the facts. */
  readonly unknown: boolean;
}

/** Schemes of URIs that name no host at all. */
const HOSTLESS = new Set(['data', 'mailto', 'urn', 'tel', 'about', 'cid', 'mid', 'tag']);
const SPECIAL = new Set(['http', 'https', 'ws', 'wss', 'ftp']);
/** Schemes that clients open connections for. Others (`memo:`, `demo:`) name things inside a server. */
const NETWORK = new Set([
  ...SPECIAL,
  ...[
    '',
    'ftps',
    'sftp',
    'ssh',
    'git',
    'smb',
    'file',
    'ldap',
    'ldaps',
    'gopher',
    'dict',
    'tftp',
    'telnet',
    'imap',
  ],
  ...[
    'imaps',
    'redis',
    'rediss',
    'postgres',
    'postgresql',
    'mysql',
    'mongodb',
    'amqp',
    'amqps',
    'mqtt',
    'grpc',
  ],
]);
const NO_HOST: HostReading = { facts: [], unknown: false };
const UNREADABLE: HostReading = { facts: [], unknown: true };
/** Longer than any URL that servers accept; what is longer is refused, not parsed. */
const MAX_URL = 8192;
/** A name of 253 characters, a port, and room for escapes; parsing a longer one costs milliseconds. */
const MAX_HOST = 512;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const SCP_LIKE = /^[\w.-]+@([\w.-]+):(?![0-9]+(?:\/|$))/;
/** `jar:https://…`, `view-source:http://…`: what is inside is what gets fetched. */
const WRAPPED = /^(?:[a-z][a-z0-9+.-]*:)+(?=[a-z][a-z0-9+.-]*:\/\/)/i;

/** @param text a URL, or a host and path without a scheme (`example.com/x`), then read as one. */
export function hostsOfUrl(text: string, at: string): HostReading {
  if (text.length > MAX_URL) return UNREADABLE;
  const url = unwrap(text);
  const scheme = schemeOf(url);
  if (scheme === '') return readAuthority(url.replace(/^[\\/]{2}/, ''), '', at, false);
  if (HOSTLESS.has(scheme)) return NO_HOST;
  const rest = url.slice(scheme.length + 1);
  const slashes = /^[\\/]*/.exec(rest)?.[0] ?? '';
  if (!SPECIAL.has(scheme) && !slashes.startsWith('//')) return UNREADABLE;
  if (!isOfNetwork(scheme) && NO_AUTHORITY.test(rest)) return NO_HOST;
  if (scheme === 'file') return readFileAuthority(rest.slice(2), at);
  return readAuthority(rest.slice(slashes.length), scheme, at, slashes !== '//');
}

/**
 * `gdrive:///1kLm`, `at://did:plc:q7k2/…`: of a thing inside the server, or of somebody who has a name there.
 *
 * @see W3C DID 1.0 section 3.1
 */
const NO_AUTHORITY = /^\/\/(?:\/[^/\\\s]|did:[a-z0-9]+:[A-Za-z0-9._:-]+(?:[/?#]|$))/;

/** True for a URI with a scheme that leads to a host; `file:` does when it names one. */
export function isNetworkUri(text: string): boolean {
  const scheme = schemeOf(unwrap(text));
  return scheme !== '' && NETWORK.has(scheme);
}

/** @param text a host name or address, with or without a port, as in an argument called `host`. */
export function hostsOfName(text: string, at: string): HostReading {
  if (text.length > MAX_URL) return UNREADABLE;
  if (text.includes('/')) return hostsOfUrl(text, at);
  return readAuthority(trimControls(text), '', at, false);
}

/** True for text that starts as a URL does, so that its host is worth a fact even in an argument nobody declared. */
export function looksLikeUrl(text: string): boolean {
  return /^[\u0000-\u0020"']*(?:(?:https?|wss?|ftps?):[^\s]|[a-z][a-z0-9+.-]{0,31}:\/\/[^\s])/i.test(text);
}

function unwrap(text: string): string {
  const url = trimControls(text);
  const wrapper = WRAPPED.exec(url);
  return wrapper === null ? url : url.slice(wrapper[0].length);
}

function schemeOf(url: string): string {
  const scp = SCP_LIKE.test(url) ? '' : undefined;
  const scheme = scp ?? SCHEME.exec(url)?.[1]?.toLowerCase() ?? '';
  // `example.com:8080/x` has a port, not a scheme.
  if (scheme !== '' && !SPECIAL.has(scheme) && /^[0-9]{1,5}(?:[/?#]|$)/.test(url.slice(scheme.length + 1)))
    return '';
  return scheme;
}

function readFileAuthority(afterSlashes: string, at: string): HostReading {
  const host = afterSlashes.split(/[\\/?#]/, 1)[0] as string;
  return host === '' || host.toLowerCase() === 'localhost' ? NO_HOST : readAuthority(host, 'file', at, false);
}

const ODD = /[\\\s\u0000-\u001f\u007f]/;

/** @param text from the first character after the slashes. @param oddSlashes parsers already differ on where it starts. */
function readAuthority(text: string, scheme: string, at: string, oddSlashes: boolean): HostReading {
  const scp = scheme === '' ? SCP_LIKE.exec(text) : null;
  if (scp !== null) return toReading([toFact(scp[1] as string, 'ssh', at)], false);
  const slash = text.indexOf('/');
  const reach = slash === -1 ? text : text.slice(0, slash);
  const authority = reach.split(/[?#]/, 1)[0] as string;
  const at1 = authority.lastIndexOf('@');
  const twisted =
    oddSlashes || ODD.test(reach) || reach.indexOf('@') !== at1 || reach.lastIndexOf('@') > authority.length;
  if (!twisted) return toReading(readHost(authority.slice(at1 + 1), scheme, at), false);
  // Each piece between the characters parsers disagree about is a host to one of them.
  const pieces = reach.split(/[@\\?#\s\u0000-\u001f\u007f]+/).filter((piece) => piece !== '');
  const facts = pieces.slice(0, 6).flatMap((piece) => readHost(piece.replace(/^\.+/, ''), scheme, at));
  const whatwg = URL.parse(`http://${reach}`)?.host;
  return toReading(whatwg === undefined ? facts : [toFact(whatwg, scheme, at), ...facts], true);
}

function toReading(found: readonly (HostFact | undefined)[], doubt: boolean): HostReading {
  const facts: HostFact[] = [];
  let unknown = doubt || found.length === 0;
  for (const fact of found) {
    if (fact === undefined) unknown = true;
    else if (!facts.some((known) => known.host === fact.host && known.port === fact.port)) facts.push(fact);
  }
  return { facts, unknown };
}

function readHost(hostAndPort: string, scheme: string, at: string): (HostFact | undefined)[] {
  const fact = toFact(hostAndPort, scheme, at);
  // 010.8.8.8 is 8.8.8.8 in octal and 10.8.8.8 to a reader that drops the zero.
  const octets = /^([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)(:[0-9]+)?$/.exec(hostAndPort);
  if (octets === null || !/(?:^|\.)0[0-9]/.test(hostAndPort)) return [fact];
  const decimal = octets.slice(1, 5).map((octet) => Number.parseInt(octet, 10));
  return [fact, toFact(`${decimal.join('.')}${octets[5] ?? ''}`, scheme, at)];
}

function toFact(hostAndPort: string, scheme: string, at: string): HostFact | undefined {
  const bare = hostAndPort.indexOf(':') !== hostAndPort.lastIndexOf(':') && !hostAndPort.startsWith('[');
  // A zone names an interface of the server and is no part of the address.
  const host = (bare ? `[${hostAndPort}]` : hostAndPort).replace(/%[^\]]*\]/, ']');
  const url = host === '' || host.length > MAX_HOST ? null : URL.parse(`http://${host}/`);
  if (url === null || url.username !== '' || url.pathname !== '/') return undefined;
  const name = url.hostname.replace(/\.+$/, '');
  if (name === '') return undefined;
  const explicitPort = /:([0-9]{1,5})$/.exec(host)?.[1];
  // `rgs://30417/2`: only for schemes of the network is a number an address.
  const isNumber = !isOfNetwork(scheme) && /^\d+(?::\d+)?$/.test(host);
  const address = isNumber ? undefined : toAddress(name);
  const fact: HostFact =
    address === undefined
      ? { at, host: isNumber ? host : name, private: !isNumber && isPrivateName(name, scheme), scheme }
      : { at, host: address.text, ip: address.text, private: address.private, scheme };
  if (explicitPort !== undefined) fact.port = Number(explicitPort);
  return fact;
}

/** `git+https` as well. */
function isOfNetwork(scheme: string): boolean {
  return scheme.split('+').some((part) => NETWORK.has(part));
}

/** Platform services that live on addresses anyone could route to. */
const PLATFORM_ADDRESSES = new Set(['168.63.129.16']);

/** @param name a host as WHATWG serialises it. @returns undefined when it is a name. */
function toAddress(name: string): { text: string; private: boolean } | undefined {
  if (name.startsWith('[')) return readV6(name.slice(1, -1));
  if (!/^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/.test(name)) return undefined;
  return {
    text: name,
    private: ipaddr.IPv4.parse(name).range() !== 'unicast' || PLATFORM_ADDRESSES.has(name),
  };
}

function readV6(text: string): { text: string; private: boolean } {
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    const inner = address.toIPv4Address();
    const v4 = inner.toString();
    return { text: v4, private: inner.range() !== 'unicast' || PLATFORM_ADDRESSES.has(v4) };
  }
  // Only 2000::/3 is given out. Translated and tunnelled addresses (64:ff9b::, 2002::, 2001::/32) have ranges of
  // their own, and ISATAP hides a v4 address behind 5efe.
  const [first = 0] = address.parts;
  const isatap = address.parts[5] === 0x5efe;
  return { text: address.toString(), private: first >> 13 !== 1 || address.range() !== 'unicast' || isatap };
}

const PRIVATE_SUFFIX =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa|svc|test|invalid)$/;
/** Public names that anyone can use and that always lead to loopback. */
const LOOPBACK_NAMES =
  /(?:^|\.)(?:localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|localho\.st|fuf\.me|localhost\.direct)$/;
/** Wildcard services: the address is written in the name, dotted, dashed or in hex. */
const WILDCARD_DNS = /(?:^|\.)(?:nip\.io|sslip\.io|xip\.io|traefik\.me|backname\.io)$/;

function isPrivateName(name: string, scheme: string): boolean {
  // A name without a dot is looked up in the local search list, never in public DNS.
  if (!name.includes('.')) return NETWORK.has(scheme);
  if (PRIVATE_SUFFIX.test(name) || LOOPBACK_NAMES.test(name)) return true;
  const embedded = embeddedAddress(name);
  return embedded !== undefined && toAddress(embedded)?.private === true;
}

function embeddedAddress(name: string): string | undefined {
  const octets = /(?:^|[.-])([0-9]{1,3})[.-]([0-9]{1,3})[.-]([0-9]{1,3})[.-]([0-9]{1,3})(?=[.-])/.exec(name);
  const quad = octets?.slice(1).map(Number);
  if (quad?.every((octet) => octet < 256)) return quad.join('.');
  if (!WILDCARD_DNS.test(name)) return undefined;
  const hex = /(?:^|[.-])([0-9a-f]{8})(?=\.)/.exec(name)?.[1];
  if (hex !== undefined)
    return (hex.match(/../g) as string[]).map((pair) => Number.parseInt(pair, 16)).join('.');
  const v6 = /(?:^|\.)([0-9a-f]{0,4}(?:-[0-9a-f]{0,4}){2,7})(?=\.)/.exec(name)?.[1]?.replaceAll('-', ':');
  return v6 !== undefined && ipaddr.IPv6.isValid(v6) ? `[${v6}]` : undefined;
}

/** WHATWG drops leading and trailing C0 controls and blanks. */
function trimControls(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) <= 32) from += 1;
  while (to > from && text.charCodeAt(to - 1) <= 32) to -= 1;
  return text.slice(from, to);
}
