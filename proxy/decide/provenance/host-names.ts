/** Names of hosts: what is one, how the network writes it, which domain it is of, and what it looks like. */
import { domainToASCII, domainToUnicode } from 'node:url';
import { toLatin } from '../lookalikes.ts';

const HOST =
  /^(?:[a-z0-9\u0080-\uffff](?:[a-z0-9_\u0080-\uffff-]*[a-z0-9\u0080-\uffff])?\.)+[a-z\u0080-\uffff][a-z0-9\u0080-\uffff-]*$/;
const ADDRESS_HOST = /^(?:\d{1,3}\.){3}\d{1,3}$|^\[[0-9a-f:.]+\]$/;

/** An address of the network in one number, in hexadecimal, or with parts left out. @see URL Standard section 3.5 */
const NUMERIC = /^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}$/;

/** The host of a URL. */
export function toNetworkName(host: string): string {
  return NUMERIC.test(host) ? domainToASCII(host) || host : toAscii(host);
}

/** A name in other letters, as the network has it; as it is where that is none. @see RFC 5891 */
export function toAscii(host: string): string {
  return /[^\x00-\x7f]/.test(host) ? domainToASCII(host) || host : host;
}

/** Letters and digits of a mailbox's name, without its tag, and all of it in the Latin letters it prints like. */
export function likenessOf(local: string, host: string): string {
  const name = local.replace(/(?<=.)\+.*$/, '').replaceAll(/[._-]/g, '');
  return `${toLatinText(name === '' ? local : name)}@${likenessOfHost(host)}`;
}

export function likenessOfHost(host: string): string {
  return host.includes('xn--') ? toLatinText(domainToUnicode(host)) : host;
}

function toLatinText(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? Array.from(text, toLatin).join('') : text;
}

export function isHost(name: string): boolean {
  if (name.length > 253) return false;
  return HOST.test(name) ? !FILES.has(name.slice(name.lastIndexOf('.') + 1)) : ADDRESS_HOST.test(name);
}

/** What names of files end with, and names of hosts hardly ever. */
const FILES: ReadonlySet<string> = new Set(
  `7z avi bak bat bib bin bmp bz2 c cer cfg cjs class conf cpp crt csl css csv dat db deb dll doc docx drawio dxf eml env eps
  epub exe flac geojson gif go gpx gradle graphql gz h hcl heic hpp htm html ico ics ini ipynb iso jar java jpeg jpg js json
  jsonl jsx kdbx key kml kt lock log lua md mjs mkv mp3 mp4 msg msi ndjson numbers odp ods odt ogg opus pages parquet patch
  pdf pem pfx php pkl png ppt pptx proto psd py qmd rar rb rmd rpm rst rtf scss sh shp sql sqlite srt svg svelte tar tex
  tfvars tgz tif tiff toml ts tsv tsx ttf txt vcf vtt vue wasm wav webm webp whl woff woff2 xls xlsm xlsx xml yaml yml
  zip zst`.split(/\s+/),
);

/** The last labels of a host: all that one owner usually has. Good enough to see that two hosts belong together. */
export function siteOf(host: string): string {
  const last = host.lastIndexOf('.');
  const second = host.lastIndexOf('.', last - 1);
  if (second < 0 || /\d$/.test(host)) return host;
  const isCountry = host.length - last === 3 && last - second <= 4;
  return host.slice((isCountry ? host.lastIndexOf('.', second - 1) : second) + 1);
}
