import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SqlDialect } from '../../../proxy/decide/facts/declaration.ts';
import { readSql } from '../../../proxy/decide/facts/sql.ts';

interface Row {
  readonly name: string;
  readonly input: string;
  readonly verbs: readonly string[];
  readonly tables: readonly string[];
  readonly dialect?: SqlDialect;
}

const rows: readonly Row[] = [
  { name: 'a query', input: 'SELECT a FROM Users WHERE id = 1', verbs: ['select'], tables: ['users'] },
  {
    name: 'a list of tables',
    input: 'select * from a, b c, (select * from d) e join f on f.x in (1,2), g',
    verbs: ['select'],
    tables: ['a', 'b', 'd', 'f', 'g'],
  },
  {
    name: 'a qualified, quoted table',
    input: 'select "a" from public."B"',
    verbs: ['select'],
    tables: ['public.b'],
  },
  { name: 'backticks', input: 'select `from` from `a`.`b`', verbs: ['select'], tables: ['a.b'] },
  {
    name: 'brackets',
    input: 'select [a b] from [dbo].[T 1]',
    verbs: ['select'],
    tables: ['dbo.t 1'],
    dialect: 'transactsql',
  },
  {
    name: 'a table in parentheses',
    input: 'select * from (a cross join b)',
    verbs: ['select'],
    tables: ['a', 'b'],
  },
  {
    name: 'a function that parts its arguments by FROM',
    input: 'select extract(year from d) from t',
    verbs: ['select'],
    tables: ['t'],
  },
  {
    name: 'IS DISTINCT FROM',
    input: 'select a is not distinct from b from t',
    verbs: ['select'],
    tables: ['t'],
  },
  { name: 'a table function', input: 'select * from generate_series(1, 2) g', verbs: ['select'], tables: [] },
  {
    name: 'a union',
    input: 'select a from t union all select b from u',
    verbs: ['select'],
    tables: ['t', 'u'],
  },
  { name: 'VALUES', input: 'values (1), (2)', verbs: ['select'], tables: [] },
  { name: 'TABLE', input: 'table x', verbs: ['select'], tables: ['x'] },
  { name: 'two statements', input: 'select 1; drop table x', verbs: ['select', 'drop'], tables: ['x'] },
  {
    name: 'a query that a CTE writes in',
    input: 'with d as (delete from t returning *) select * from d',
    verbs: ['delete', 'select'],
    tables: ['t'],
  },
  {
    name: 'a CTE that hides a table of its name',
    input: 'with users as (select * from users) select * from users',
    verbs: ['select'],
    tables: ['users'],
  },
  {
    name: 'a CTE in a subquery, a table outside',
    input: 'select * from (with users as (select 1) select * from users) a, users',
    verbs: ['select'],
    tables: ['users'],
  },
  {
    name: 'a CTE before a delete',
    input: 'with q as (select id from a) delete from b using q where b.id = q.id',
    verbs: ['select', 'delete'],
    tables: ['a', 'b'],
  },
  {
    name: 'a recursive CTE',
    input: 'with recursive r as (select 1 union select n from r) select * from r',
    verbs: ['select'],
    tables: [],
  },
  {
    name: 'EXPLAIN ANALYZE runs it',
    input: 'explain analyze delete from t',
    verbs: ['explain', 'delete'],
    tables: ['t'],
  },
  {
    name: 'SELECT INTO makes a table',
    input: 'select * into y from x',
    verbs: ['select', 'create'],
    tables: ['y', 'x'],
  },
  {
    name: 'INTO OUTFILE writes a file',
    input: "select * from a into outfile '/x'",
    verbs: ['select', 'copy'],
    tables: ['a'],
  },
  { name: 'FOR UPDATE locks', input: 'select * from a for update', verbs: ['select', 'lock'], tables: ['a'] },
  {
    name: 'an insert from a query',
    input: 'insert into a (x) select y from b',
    verbs: ['insert', 'select'],
    tables: ['a', 'b'],
  },
  {
    name: 'an upsert',
    input: 'insert into a values (1) on conflict (x) do update set x = 2',
    verbs: ['insert', 'update'],
    tables: ['a'],
  },
  {
    name: 'insert or replace',
    input: 'insert or replace into a values (1)',
    verbs: ['insert', 'replace'],
    tables: ['a'],
  },
  {
    name: 'an update from a query',
    input: 'update a set b = (select c from d)',
    verbs: ['update', 'select'],
    tables: ['a', 'd'],
  },
  { name: 'a delete', input: 'delete from a using b where a.x = b.x', verbs: ['delete'], tables: ['a', 'b'] },
  {
    name: 'a merge',
    input: 'merge into a using b on a.x = b.x when matched then delete',
    verbs: ['merge', 'delete'],
    tables: ['a', 'b'],
  },
  {
    name: 'a table with references',
    input: 'create table a (id int references b(id) on delete cascade on update set null)',
    verbs: ['create'],
    tables: ['a', 'b'],
  },
  {
    name: 'create or replace',
    input: 'create or replace view v as select * from t',
    verbs: ['create', 'select'],
    tables: ['v', 't'],
  },
  {
    name: 'a trigger',
    input: 'create trigger g after insert on x begin delete from y; end',
    verbs: ['create', 'insert', 'delete', 'end'],
    tables: ['x', 'y'],
  },
  { name: 'an index', input: 'create index i on t(x)', verbs: ['create'], tables: ['t'] },
  { name: 'a drop of several', input: 'drop table if exists a, b', verbs: ['drop'], tables: ['a', 'b'] },
  { name: 'an alter', input: 'alter table a drop column b', verbs: ['alter', 'drop'], tables: ['a'] },
  { name: 'a truncate', input: 'truncate a, b', verbs: ['truncate'], tables: ['a', 'b'] },
  { name: 'a grant', input: 'grant select on a to b', verbs: ['grant', 'select'], tables: ['a'] },
  { name: 'a pragma', input: 'pragma table_info(x)', verbs: ['pragma'], tables: [] },
  { name: 'an attach', input: "attach database '/etc/x' as y", verbs: ['attach'], tables: [] },
  { name: 'a copy to a program', input: "copy t to program 'sh'", verbs: ['copy'], tables: ['t'] },
  {
    name: 'a copy of a delete',
    input: "copy (delete from t returning *) to '/x'",
    verbs: ['copy', 'delete'],
    tables: ['t'],
  },
  { name: 'a call', input: 'call wipe()', verbs: ['call'], tables: [] },
  {
    name: 'an anonymous block',
    input: 'do $$ begin drop table x; end $$',
    verbs: ['do', 'drop', 'end'],
    tables: ['x'],
  },
  {
    name: 'the body of a function',
    input: 'do $$ begin drop table x; end $$',
    verbs: ['do'],
    tables: [],
    dialect: 'postgresql',
  },
  { name: 'show create', input: 'show create table x', verbs: ['show'], tables: ['x'] },
  {
    name: 'a string function called like a verb',
    input: "select replace(a, 'x', 'y') from t",
    verbs: ['select'],
    tables: ['t'],
  },
  {
    name: 'a column called like a verb, behind a dot',
    input: 'select t.delete, t.update from t',
    verbs: ['select'],
    tables: ['t'],
  },
  { name: 'a verb in a string', input: "select 'drop table x' from t", verbs: ['select'], tables: ['t'] },
  { name: 'a doubled quote', input: "select 'it''s; drop table x' from t", verbs: ['select'], tables: ['t'] },
  { name: 'a number that runs into a keyword', input: 'select 1from t', verbs: ['select'], tables: ['t'] },
  {
    name: 'a file is read',
    input: "select pg_read_file('/etc/passwd')",
    verbs: ['select', 'function:pg_read_file'],
    tables: [],
  },
  {
    name: 'a function under its schema and in quotes',
    input: 'select pg_catalog."pg_read_file"(\'x\')',
    verbs: ['select', 'function:pg_read_file'],
    tables: [],
    dialect: 'postgresql',
  },
  {
    name: 'a large object is written',
    input: "select lo_export(1, '/x')",
    verbs: ['select', 'function:lo_export'],
    tables: [],
  },
  {
    name: 'an extension is loaded',
    input: "select load_extension('x')",
    verbs: ['select', 'function:load_extension'],
    tables: [],
  },
  {
    name: 'another machine is reached',
    input: "select * from dblink('h', 'q') as t(a int)",
    verbs: ['select', 'function:dblink'],
    tables: [],
  },
  {
    name: 'a shell',
    input: "exec xp_cmdshell 'dir'",
    verbs: ['execute', 'function:xp_cmdshell'],
    tables: [],
  },
  { name: 'a plain function', input: 'select count(*), lower(a) from t', verbs: ['select'], tables: ['t'] },
  {
    name: 'a T-SQL batch without semicolons',
    input: 'set nocount on delete from t',
    verbs: ['set', 'delete'],
    tables: ['t'],
  },
  {
    name: 'a T-SQL backup',
    input: "select 1 backup database x to disk = 'y'",
    verbs: ['select', 'backup'],
    tables: [],
    dialect: 'transactsql',
  },
];

describe('verbs and tables', () => {
  test.each(rows)('$name', ({ input, verbs, tables, dialect }) => {
    expect(readSql(input, '/args/query', dialect)).toEqual({
      fact: { at: '/args/query', verbs, tables, parsed: true },
      unknown: false,
    });
  });
});

describe('where dialects differ about strings and comments, every reading counts', () => {
  test.each<Row>([
    {
      name: 'a backslash ends the string or not',
      input: "select 'a\\'; drop table x; -- '",
      verbs: ['select', 'drop'],
      tables: ['x'],
    },
    {
      name: 'E strings',
      input: "select e'a\\'; drop table x; -- '",
      verbs: ['select', 'drop'],
      tables: ['x'],
    },
    {
      name: 'double quotes are names or strings',
      input: 'select "a\\"; drop table x; -- "',
      verbs: ['select', 'drop'],
      tables: ['x'],
    },
    {
      name: 'comments nest, so the second end counts',
      input: "select 1 /* /* */ ' */ ; drop table x -- '",
      verbs: ['select', 'drop'],
      tables: ['x'],
    },
    {
      name: 'comments do not nest, so the first end counts',
      input: 'select 1 /* /* */ ; drop table x -- */',
      verbs: ['select', 'drop'],
      tables: ['x'],
    },
    {
      name: 'two dashes need a blank or not',
      input: 'select 1 --1; drop table x\n',
      verbs: ['select', 'drop'],
      tables: ['x'],
    },
    { name: 'a hash', input: 'select 1 #; drop table x', verbs: ['select', 'drop'], tables: ['x'] },
    {
      name: 'dollar quotes',
      input: "select $$'$$; drop table x -- '",
      verbs: ['select', 'drop'],
      tables: ['x'],
    },
    { name: 'brackets', input: "select a[';']; drop table x", verbs: ['select', 'drop'], tables: ['x'] },
  ])('$name', ({ input, verbs, tables }) => {
    const { fact } = readSql(input, '');
    expect({ verbs: fact.verbs, tables: fact.tables, parsed: fact.parsed }).toEqual({
      verbs,
      tables,
      parsed: true,
    });
  });

  test('a declared dialect decides', () => {
    expect(readSql("select 'a\\'; drop table x; -- '", '', 'mysql').fact.verbs).toEqual(['select']);
    expect(readSql("select 'a\\'; drop table x; -- '", '', 'sqlite').fact.verbs).toEqual(['select', 'drop']);
  });
});

describe('what no dialect reads cleanly has no verbs at all', () => {
  test.each([
    { name: 'nothing', input: '' },
    { name: 'a comment only', input: '/* select 1 */' },
    { name: 'prose', input: 'please delete it' },
    { name: 'an unknown statement', input: 'select 1; frobnicate x' },
    { name: 'open parentheses', input: 'select (((1' },
    { name: 'closed parentheses', input: 'select 1))' },
    { name: 'an open string', input: "select 'a" },
    { name: 'an open comment', input: 'select 1 /* a' },
    { name: 'a file in the place of a table', input: "select * from '/etc/passwd'" },
    { name: 'a NUL', input: 'select 1\u0000; drop table x' },
    { name: 'a no-break space', input: 'select\u00a01' },
    { name: 'a carriage return that ends a comment for some', input: 'select 1 -- \rdrop table x' },
    { name: 'a comment that is code to MySQL', input: 'select 1 /*!50000 union select 2 */' },
    { name: 'a name in escapes', input: 'select * from U&"d\\0061t"' },
    { name: 'a text too long', input: `select '${'a'.repeat(16_384)}'` },
    { name: 'more marks than SQL has', input: `select ${'1,'.repeat(4000)}1` },
  ])('$name', ({ input }) => {
    expect(readSql(input, '/args/sql')).toEqual({
      fact: { at: '/args/sql', verbs: [], tables: [], parsed: false },
      unknown: true,
    });
  });
});

test('any text is read without a throw, and a clean reading has verbs', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'select ',
      'from ',
      'with a as (',
      '(',
      ')',
      "'",
      '"',
      '`',
      '[',
      '--',
      '/*',
      '*/',
      ';',
      '$$',
      '\\',
      'e',
      ',',
      '.',
      'a ',
      'into ',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const { fact, unknown } = readSql(pieces.join(''), '');
      expect(unknown).toBe(!fact.parsed);
    }),
    { numRuns: 3000 },
  );
});

/** A full grammar as the oracle: whatever verbs and tables it finds, the scanner finds too. */
describe('against a grammar', () => {
  const require = createRequire(import.meta.url);
  const oracle = (dialect: SqlDialect): { parse: (text: string) => { tableList: string[] } } => {
    const { Parser } = require(`node-sql-parser/build/${dialect}.js`);
    return new Parser();
  };
  const query = fc.letrec<{ query: string; source: string; expr: string }>((tie) => ({
    query: fc
      .tuple(
        tie('expr'),
        tie('source'),
        fc.option(tie('expr')),
        fc.constantFrom('', ' order by 1', ' limit 3'),
      )
      .map(
        ([what, source, where, tail]) =>
          `select ${what} from ${source}${where === null ? '' : ` where ${where} = 1`}${tail}`,
      ),
    source: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(
        'users',
        'public.orders o',
        'items as i',
        'a, b',
        'a join b on a.x = b.x',
        'a left join b using (x), c',
      ),
      tie('query').map((inner) => `(${inner}) q`),
    ),
    expr: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('*', 'a', 'count(*)', "'from x'", 'a.b', 'coalesce(a, b)', 'case when a then b end'),
      tie('query').map((inner) => `(${inner})`),
    ),
  })).query;
  const statement = fc.oneof(
    query,
    query.map((inner) => `insert into log (a) ${inner}`),
    query.map((inner) => `update users set a = (${inner})`),
    query.map((inner) => `delete from users where a in (${inner})`),
    query.map((inner) => `create table copy1 as ${inner}`),
    query.map((inner) => `with w as (${inner}) select * from w`),
    fc.constantFrom('drop table users', 'truncate table users', 'alter table users add column z int'),
  );
  test.each<SqlDialect>(['postgresql', 'sqlite', 'mysql'])('%s', (dialect) => {
    const parser = oracle(dialect);
    let read = 0;
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 2 }), (statements) => {
        const text = statements.join('; ');
        let found: string[];
        try {
          found = parser.parse(text).tableList;
        } catch {
          return;
        }
        read += 1;
        const { fact } = readSql(text, '', dialect);
        expect(fact.parsed).toBe(true);
        for (const entry of found) {
          const [verb = '', schema = 'null', table = ''] = entry.split('::');
          expect(fact.verbs).toContain(verb.toLowerCase());
          // The grammar reports the name of a WITH query as a table; the scanner knows it is none.
          if (table !== 'w')
            expect(fact.tables).toContain((schema === 'null' ? table : `${schema}.${table}`).toLowerCase());
        }
      }),
      { numRuns: 200 },
    );
    expect(read).toBeGreaterThan(20);
  });
});
