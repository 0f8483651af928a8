/**
 * What SQL text would do: the verbs of every statement and nested statement, and the tables it names. Comes in:
 * one string, hostile. Goes out: one SQL fact; `parsed: false` when no dialect has a clean reading.
 *
 * A token scanner, not a grammar, and on purpose. A gate needs every verb a database could find in the text, and
 * needs it in linear time; the grammars to be had reject common statements (CTEs that write, EXPLAIN ANALYZE,
 * PRAGMA, COPY), skip MySQL's code comments, and take exponential time on open parentheses. So a verb counts
 * wherever a statement can stand, under the lexical rules of every dialect in question, and the readings are
 * joined: verbs are a superset. The price is a verb too many for an unquoted column called `delete`.
 *
 * Words a policy meets in `verbs`, besides the statements' own first words: `create` for SELECT … INTO a table,
 * `copy` for INTO OUTFILE, `lock` for FOR UPDATE, `select` for VALUES and TABLE, and `function:<name>` for each
 * function that writes, reads files, sleeps, or reaches other machines. What is only read says `select` and
 * nothing else. `do`, `call`, `execute` and `prepare` run code that is not looked into.
 */
import type { SqlFact } from '../contract.ts';
import { lexSql, readsAlike, type SqlToken } from './_sql-lexer.ts';
import { isMark, isWord, readTables, words } from './_sql-tables.ts';
import type { SqlDialect } from './declaration.ts';

/** Longer text is not read at all: the policy could not see it whole either. */
const MAX_SQL = 16_384;
const UNDECLARED: readonly SqlDialect[] = ['postgresql', 'sqlite', 'mysql'];

/** First words of statements. A text with any other first word is not parsed. */
const STATEMENTS = words(
  'select insert update delete merge upsert replace drop alter create truncate grant revoke rename copy call exec ' +
    'execute attach detach pragma vacuum reindex analyze explain describe desc show with values table begin start ' +
    'commit end rollback abort savepoint release set reset use lock unlock comment refresh reassign discard do ' +
    'prepare deallocate declare fetch move close open load import export checkpoint cluster listen unlisten notify ' +
    'optimize repair flush kill handler install uninstall purge shutdown restore backup dbcc bulk deny reconfigure ' +
    'unload cache check',
);
const SAME_AS: ReadonlyMap<string, string> = new Map([
  ['values', 'select'],
  ['table', 'select'],
  ['desc', 'describe'],
  ['exec', 'execute'],
]);
/** Verbs that count wherever they stand bare: in CTEs, subqueries, EXPLAIN, trigger bodies, unmarked T-SQL batches. */
const ANYWHERE = words(
  'select insert update delete merge upsert drop alter create truncate grant revoke replace exec execute',
);
const ANYWHERE_TSQL = words('backup restore shutdown kill bulk dbcc reconfigure deny');
/** Other statements that count after a word which a statement may follow. */
const AFTER_BLOCK_WORD = words('call pragma attach detach copy load vacuum rename lock import prepare');
const BLOCK_WORDS = words('begin then else loop explain analyze verbose do');
const STRING_FUNCTIONS = words('replace insert truncate');
/** INTO after one of these belongs to its statement; otherwise SELECT … INTO writes. */
const OWNS_INTO = words(
  'insert ignore replace merge overwrite low_priority high_priority delayed upsert copy rollback abort fail bulk table',
);

const REACHING = new RegExp(
  '^(?:' +
    [
      'pg_(?:read|write|ls|file|stat_file|logdir|rotate|reload|terminate|cancel|sleep|advisory|try_advisory|create|drop|switch|start|stop|backup|promote|import|export|execute|replication|logical|copy|log_backend|notify|wal_replay).*',
      'lo_.*|dblink.*|set_config|setval|nextval|(?:query|table|cursor|schema|database)_to_xml.*|postgres_fdw.*|file_fdw.*',
      'load_extension|readfile|writefile|edit|fsdir|zipfile|fts3_tokenizer|eval|sqlite_.*|sqlar_.*',
      'load_file|sys_exec|sys_eval|sys_get|sys_set|sleep|benchmark|get_lock|release_lock|release_all_locks|master_pos_wait',
      'xp_.*|sp_.*|openrowset|opendatasource|openquery|openxml|fn_get_audit_file|fn_trace_gettable|fn_xe_file.*',
      'utl_.*|dbms_.*|httpuritype|csvread|csvwrite|file_read|file_write|link_schema|read_(?:csv|json|parquet|text|blob|ndjson).*|parquet_scan|glob|url|s3|remote|http_get|http_post|http|net_http.*|system.*',
    ].join('|') +
    ')$',
);

export interface SqlReading {
  readonly fact: SqlFact;
  readonly unknown: boolean;
}

export function readSql(text: string, at: string, dialect?: SqlDialect): SqlReading {
  if (text.length > MAX_SQL) return unread(at);
  const verbs = new Set<string>();
  const tables = new Set<string>();
  let parsed = false;
  for (const each of dialect !== undefined
    ? [dialect]
    : readsAlike(text)
      ? UNDECLARED.slice(0, 1)
      : UNDECLARED) {
    const { tokens, clean, legible } = lexSql(text, each);
    if (!legible) return unread(at);
    const understood = collectVerbs(tokens, each, verbs);
    const named = readTables(tokens, each === 'transactsql');
    for (const table of named.tables) tables.add(table);
    if (clean && understood && named.clean) parsed = true;
  }
  // Half a reading would look like a whole one to a rule that forgets to ask whether it was parsed.
  if (!parsed) return unread(at);
  return { fact: { at, verbs: [...verbs], tables: [...tables], parsed: true }, unknown: false };
}

function unread(at: string): SqlReading {
  return { fact: { at, verbs: [], tables: [], parsed: false }, unknown: true };
}

/** @returns true when parentheses balance and each statement starts with a known word. */
function collectVerbs(tokens: readonly SqlToken[], dialect: SqlDialect, verbs: Set<string>): boolean {
  let depth = 0;
  let first: string | undefined;
  let understood = true;
  let statements = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as SqlToken;
    if (token.kind === 'mark') {
      if (token.text === '(') depth += 1;
      else if (token.text === ')') depth -= 1;
      else if (token.text === ';') first = undefined;
      else if (first === undefined) understood = false;
      if (depth < 0) understood = false;
      continue;
    }
    const word = token.kind === 'word' ? token.text : '';
    if (first === undefined) {
      first = word;
      statements += 1;
      if (!STATEMENTS.has(word)) understood = false;
      else if (word !== 'with') verbs.add(SAME_AS.get(word) ?? word);
    } else if (word !== '' && countsAsVerb(tokens, at, first, dialect)) verbs.add(SAME_AS.get(word) ?? word);
    if (word === 'for' && isWord(tokens[at + 1], 'update', 'share', 'no', 'key')) verbs.add('lock');
    if (word === 'into') addInto(tokens, at, verbs);
    addFunction(tokens, at, verbs);
  }
  return understood && depth === 0 && statements > 0;
}

function countsAsVerb(tokens: readonly SqlToken[], at: number, first: string, dialect: SqlDialect): boolean {
  const word = (tokens[at] as SqlToken).text;
  const before = tokens[at - 1];
  const after = tokens[at + 1];
  if (isMark(before, '.') || isMark(after, '.')) return false;
  if (AFTER_BLOCK_WORD.has(word)) {
    return (
      isMark(before, ')') || isMark(before, '(') || (before?.kind === 'word' && BLOCK_WORDS.has(before.text))
    );
  }
  if (!ANYWHERE.has(word) && !(dialect === 'transactsql' && ANYWHERE_TSQL.has(word))) return false;
  if (STRING_FUNCTIONS.has(word) && isMark(after, '(')) return false;
  if (word === 'replace' && isWord(before, 'or') && isWord(tokens[at - 2], 'create')) return false;
  if (word === 'create' && first === 'show' && isWord(before, 'show')) return false;
  if (word === 'update' || word === 'delete') return !isClause(tokens, at);
  return true;
}

/** FOR UPDATE and ON DELETE CASCADE, recognised by what follows: T-SQL runs `SET NOCOUNT ON DELETE FROM t`. */
function isClause(tokens: readonly SqlToken[], at: number): boolean {
  const before = tokens[at - 1];
  const after = tokens[at + 1];
  if (isWord(before, 'for') || (isWord(before, 'key') && isWord(tokens[at - 2], 'no'))) {
    return (
      after === undefined || after.kind === 'mark' || isWord(after, 'of', 'nowait', 'skip', 'limit', 'wait')
    );
  }
  if (!isWord(before, 'on')) return false;
  return (
    isWord(after, 'cascade', 'restrict') ||
    (isWord(after, 'no') && isWord(tokens[at + 2], 'action')) ||
    (isWord(after, 'set') && isWord(tokens[at + 2], 'null', 'default'))
  );
}

function addInto(tokens: readonly SqlToken[], at: number, verbs: Set<string>): void {
  const before = tokens[at - 1];
  if (before?.kind === 'word' && OWNS_INTO.has(before.text)) return;
  const after = tokens[at + 1];
  if (isWord(after, 'outfile', 'dumpfile') || after?.kind === 'string') verbs.add('copy');
  else if (!isMark(after, '@')) verbs.add('create');
}

function addFunction(tokens: readonly SqlToken[], at: number, verbs: Set<string>): void {
  const token = tokens[at] as SqlToken;
  if (token.kind !== 'word' && token.kind !== 'name') return;
  // EXEC xp_cmdshell 'dir' has no parentheses.
  if ((isMark(tokens[at + 1], '(') && REACHING.test(token.text)) || /^(?:xp|sp)_/.test(token.text)) {
    verbs.add(`function:${token.text}`);
  }
}
