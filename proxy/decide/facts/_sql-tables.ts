/**
 * Which tables tokens of SQL name. Comes in: the tokens of one text. Goes out: names in lower case, qualified as
 * written. On doubt a name is in: an alias too many makes an allow-list refuse, a table too few would let one pass.
 */
import type { SqlToken } from './_sql-lexer.ts';

export interface SqlTables {
  readonly tables: readonly string[];
  /** False when data is read from something that is no table, such as a file named in a string. */
  readonly clean: boolean;
}

/** Words between a keyword and the table it governs. */
const FILLERS = words(
  'only lateral if not exists ignore low_priority high_priority delayed quick concurrently into from overwrite top ' +
    'temp temporary unlogged local global external or replace rollback abort fail analyze verbose full freeze',
);
/** Opening parentheses and fillers before a table: more than anyone writes, few enough to look ahead for each FROM. */
const MAX_FILLERS = 12;
/** Words that end a list of tables. */
const ENDS_LIST = words(
  'where group order having limit offset union except intersect window returning set values select fetch for',
);
/** Statements whose first operand is a table even without FROM, INTO or TABLE. */
const TABLE_STATEMENTS = words(
  'insert replace update delete merge upsert truncate copy lock analyze vacuum reindex cluster describe desc explain table',
);
/** Functions whose arguments are parted by FROM. */
const FROM_FUNCTIONS = words('extract trim substring overlay position');
/** In these statements ON names a table; elsewhere it starts a condition. */
const ON_STATEMENTS = words('create grant revoke drop comment deny');
/** After FROM these hold a file, a user or a program, which is what their verb is about. */
const STRING_SOURCES = words('copy prepare load import restore backup revoke create');
/** A bare word in a table's place that is never one. */
const NOT_A_TABLE = words(
  'select insert update delete merge replace with values set where on using as tables table view index all when then outfile dumpfile',
);

interface Level {
  listing: boolean;
  readonly fromFunction: boolean;
}

/** @param keepAliases also report the names of WITH queries: for dialects in which a statement may end unmarked. */
export function readTables(tokens: readonly SqlToken[], keepAliases: boolean): SqlTables {
  const found: { name: string; index: number }[] = [];
  const tables = new Set<string>();
  const levels: Level[] = [{ listing: false, fromFunction: false }];
  let aliases = new Map<string, number>();
  let clean = true;
  let first = '';
  let verb = '';

  const settle = (): void => {
    for (const { name, index } of found) {
      const bodyEnd = aliases.get(name);
      if (keepAliases || bodyEnd === undefined || index < bodyEnd) tables.add(name);
    }
    found.length = 0;
    aliases = new Map();
    first = '';
  };
  const take = (from: number, callable: boolean): void => {
    let at = from;
    while (isFiller(tokens[at])) {
      at += 1;
      if (at - from > MAX_FILLERS) {
        clean = false;
        return;
      }
    }
    const token = tokens[at];
    if (token?.kind === 'string' && !STRING_SOURCES.has(first)) clean = false;
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) return;
    if (token.kind === 'word' && NOT_A_TABLE.has(token.text)) return;
    let name = token.text;
    for (; isMark(tokens[at + 1], '.') && !isMark(tokens[at + 2], '*'); at += 2) {
      const part = tokens[at + 2];
      if (part?.kind !== 'word' && part?.kind !== 'name') {
        clean = false;
        return;
      }
      name += `.${part.text}`;
    }
    if (callable && isMark(tokens[at + 1], '(')) return;
    found.push({ name, index: at });
  };

  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as SqlToken;
    const level = levels.at(-1) as Level;
    if (token.kind === 'mark') {
      if (token.text === '(') levels.push(openLevel(level, tokens[at - 1]));
      else if (token.text === ')' && levels.length > 1) levels.pop();
      else if (token.text === ',' && level.listing) take(at + 1, true);
      else if (token.text === ';' && levels.length === 1) {
        settle();
        level.listing = false;
      }
      continue;
    }
    if (token.kind !== 'word' || isMark(tokens[at - 1], '.')) continue;
    const word = token.text;
    if (first === '') {
      first = word;
      if (TABLE_STATEMENTS.has(word)) {
        take(at + 1, false);
        level.listing = word === 'truncate' || word === 'lock' || word === 'update';
      }
    }
    if (word === 'delete' || word === 'merge' || word === 'select' || word === 'insert') verb = word;
    if (ENDS_LIST.has(word)) level.listing = false;
    if (word === 'with' && levels.length === 1) readAliases(tokens, at, aliases);
    else if (word === 'from' && !level.fromFunction && !isDistinctFrom(tokens, at)) {
      take(at + 1, true);
      level.listing = true;
    } else if (word === 'join' || word === 'straight_join' || word === 'apply') {
      take(at + 1, true);
      level.listing = true;
    } else if (word === 'into' || word === 'references' || word === 'view') take(at + 1, false);
    else if (word === 'update' && !isWord(tokens[at - 1], 'do', 'key', 'for', 'on', 'then')) {
      take(at + 1, false);
      level.listing = true;
    } else if (word === 'table' || (word === 'tables' && first === 'lock')) {
      take(at + 1, false);
      level.listing = first === 'drop' || first === 'lock' || first === 'truncate';
    } else if (word === 'using' && (verb === 'delete' || verb === 'merge')) {
      take(at + 1, true);
      level.listing = true;
    } else if (word === 'on' && !level.listing && ON_STATEMENTS.has(first)) {
      if (!isWord(tokens[at + 1], 'delete', 'update', 'commit', 'conflict')) take(at + 1, false);
    }
  }
  settle();
  return { tables: [...tables], clean };
}

/** `FROM (a, b)` goes on listing tables; the parentheses of a call, a column list or a condition do not. */
function openLevel(outer: Level, before: SqlToken | undefined): Level {
  const continues = isWord(before, 'from', 'join') || isMark(before, '(') || isMark(before, ',');
  return {
    listing: outer.listing && continues,
    fromFunction: before?.kind === 'word' && FROM_FUNCTIONS.has(before.text),
  };
}

/** Names of WITH queries, each with the index up to which the same name still means a real table. */
function readAliases(tokens: readonly SqlToken[], start: number, aliases: Map<string, number>): void {
  let at = start + 1;
  const recursive = isWord(tokens[at], 'recursive');
  if (recursive) at += 1;
  for (;;) {
    const name = tokens[at];
    if (name === undefined || (name.kind !== 'word' && name.kind !== 'name') || isWord(name, 'with')) return;
    let body = at + 1;
    if (isMark(tokens[body], '(')) body = endOfGroup(tokens, body);
    if (!isWord(tokens[body], 'as')) return;
    while (isWord(tokens[body], 'as', 'not', 'materialized')) body += 1;
    if (!isMark(tokens[body], '(')) return;
    const end = endOfGroup(tokens, body);
    // Two queries of one name: the later reading decides, so that fewer mentions pass for an alias.
    aliases.set(name.text, Math.max(aliases.get(name.text) ?? 0, recursive ? at : end));
    if (!isMark(tokens[end], ',')) return;
    at = end + 1;
  }
}

function endOfGroup(tokens: readonly SqlToken[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at += 1) {
    if (isMark(tokens[at], '(')) depth += 1;
    else if (isMark(tokens[at], ')')) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return tokens.length;
}

function isFiller(token: SqlToken | undefined): boolean {
  return isMark(token, '(') || (token?.kind === 'word' && FILLERS.has(token.text));
}

function isDistinctFrom(tokens: readonly SqlToken[], at: number): boolean {
  return isWord(tokens[at - 1], 'distinct') && isWord(tokens[at - 2], 'is', 'not');
}

export function isWord(token: SqlToken | undefined, ...texts: readonly string[]): boolean {
  return token?.kind === 'word' && texts.includes(token.text);
}

export function isMark(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === 'mark' && token.text === text;
}

export function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}
