/**
 * What an argument's name says about its value. Comes in: one member name, hostile. Goes out: a set of kinds as
 * bits, and whether the name only resembles a well-known one (`Path`, fullwidth, Cyrillic `p\u0430th`), which
 * some servers would read as the real one. Names are remembered, in a table that is emptied when full.
 */

import { toLatin } from '../lookalikes.ts';

export const PATH = 1;
export const URL = 2;
export const HOST = 4;
export const SQL = 8;
/** Prose: never a path by its look. */
export const PROSE = 16;
/** The weak forms count only when the value looks the part: `target` may be a branch, `query` a search. */
export const MAYBE_PATH = 32;
export const MAYBE_SQL = 64;
/** Set when the whole name is well known, not only its last word: then a value of the wrong type is a doubt. */
export const EXACT = 128;

export interface NameKind {
  readonly bits: number;
  readonly lookalike: boolean;
}

const WELL_KNOWN: ReadonlyMap<string, number> = new Map([
  ...names(
    PATH | EXACT,
    'path paths file files filename filenames file_name file_names file_path file_paths',
  ),
  ...names(PATH | EXACT, 'filepath filepaths abspath abs_path absolute_path relative_path rel_path dirname'),
  ...names(PATH | EXACT, 'dir dirs directory directories folder folders cwd workdir working_dir root roots'),
  ...names(PATH | EXACT, 'source src destination dest dst repo_path'),
  ...names(MAYBE_PATH, 'target targets output outputs input inputs location from to repo repository'),
  ...names(URL | EXACT, 'url urls uri uris endpoint endpoints href hrefs link links webhook'),
  ...names(HOST | EXACT, 'host hosts hostname hostnames domain domains ip ip_address'),
  ...names(SQL | EXACT, 'sql statement statements stmt sql_query sql_text'),
  ...names(MAYBE_SQL, 'query queries'),
  ...names(
    PROSE,
    'content contents text texts message messages body thought new_text old_text new_str old_str',
  ),
  ...names(PROSE, 'new_string old_string description summary title prompt comment note notes insight'),
  ...names(
    PROSE,
    'observation observations markdown html code snippet subject caption instructions question',
  ),
  ...names(PROSE, 'answer reason explanation replacement'),
]);

/** `notebook_path`, `log_file`, `base_url`: the last word decides. */
const LAST_WORD: ReadonlyMap<string, number> = new Map([
  ...names(
    PATH,
    'path paths file files filename filenames filepath dir dirs directory directories folder folders',
  ),
  ...names(URL, 'url urls uri uris endpoint href'),
  ...names(HOST, 'host hosts hostname hostnames'),
  ...names(SQL, 'sql'),
]);

const FOLDED: ReadonlyMap<string, number> = new Map(
  [...WELL_KNOWN].map(([name, bits]) => [fold(name), bits]),
);

const NO_KIND: NameKind = { bits: 0, lookalike: false };
const MAX_REMEMBERED = 4096;
const MAX_NAME = 128;
const remembered = new Map<string, NameKind>();

export function kindOfName(name: string): NameKind {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const kind = classify(name);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(name, kind);
  return kind;
}

function classify(name: string): NameKind {
  if (name.length > MAX_NAME) return NO_KIND;
  if (/^[a-z][A-Za-z0-9_-]*$/.test(name)) {
    const snake = toSnake(name);
    const bits = WELL_KNOWN.get(snake) ?? LAST_WORD.get(snake.slice(snake.lastIndexOf('_') + 1));
    if (bits !== undefined) return { bits, lookalike: false };
  }
  const folded = FOLDED.get(fold(name));
  return folded === undefined || folded === PROSE ? NO_KIND : { bits: folded, lookalike: true };
}

/** `filePath`, `file-path` and `file_path` are one name, as the languages of servers spell it. */
export function toSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-.\s]/g, '_')
    .toLowerCase();
}

/** `domain`, `id_or_url`: a value without a mark in it may be the name of something else. */
export function mayNameOthers(name: string): boolean {
  return name.length <= MAX_NAME && /^domains?$|_or_/.test(toSnake(name));
}

/** `oldText`: what is replaced in a file, be it all of a URL. */
export function isReplaced(name: string): boolean {
  return name.length <= MAX_NAME && /^(?:old|new)_(?:text|str|string)$/.test(toSnake(name));
}

function fold(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Mn}\p{P}\p{Z}\p{C}]/gu, '')
    .replace(/[^a-z0-9]/gu, toLatin);
}

function names(bits: number, list: string): [string, number][] {
  return list.split(' ').map((name) => [name, bits]);
}
