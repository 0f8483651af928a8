/**
 * Cuts SQL text into tokens under the lexical rules of one dialect. Comes in: text of at most 16 KB. Goes out:
 * the tokens, and whether every character had its place. Linear, never throws, and goes on after an illegal
 * character, because a database may run the statements before it.
 *
 * The dialects differ exactly where injections live: what ends a string, what starts a comment.
 */
import type { SqlDialect } from './declaration.ts';

export interface SqlToken {
  /** `name`: a quoted identifier, never a keyword. `text` is lower case for words and names, empty for strings. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'mark';
  readonly text: string;
}

export interface LexedSql {
  readonly tokens: readonly SqlToken[];
  /** False: this dialect would refuse the text. Another may still take it. */
  readonly clean: boolean;
  /** False: something means more than is read here. No dialect's reading can then be trusted to be whole. */
  readonly legible: boolean;
}

interface LexRules {
  readonly nestedComments: boolean;
  // Comments that open with an exclamation mark are code (MySQL).
  readonly codeComments: boolean;
  readonly hashComments: boolean;
  readonly dashNeedsBlank: boolean;
  readonly backslashEscapes: 'always' | 'after_e' | 'never';
  readonly doubleQuote: 'name' | 'string';
  readonly dollarQuotes: boolean;
  readonly brackets: boolean;
  readonly backticks: boolean;
}

const MYSQL: LexRules = {
  nestedComments: false,
  codeComments: true,
  hashComments: true,
  dashNeedsBlank: true,
  backslashEscapes: 'always',
  doubleQuote: 'string',
  dollarQuotes: false,
  brackets: false,
  backticks: true,
};
const POSTGRESQL: LexRules = {
  nestedComments: true,
  codeComments: false,
  hashComments: false,
  dashNeedsBlank: false,
  backslashEscapes: 'after_e',
  doubleQuote: 'name',
  dollarQuotes: true,
  brackets: false,
  backticks: false,
};
const RULES: Readonly<Record<SqlDialect, LexRules>> = {
  postgresql: POSTGRESQL,
  mysql: MYSQL,
  mariadb: MYSQL,
  sqlite: {
    ...POSTGRESQL,
    nestedComments: false,
    backslashEscapes: 'never',
    dollarQuotes: false,
    brackets: true,
    backticks: true,
  },
  transactsql: { ...POSTGRESQL, backslashEscapes: 'never', dollarQuotes: false, brackets: true },
};

/** Text without any of these reads the same in every dialect. */
const DIVIDES_DIALECTS = /[\\#`$["]|--|\/\*|e'|[^\x20-\x7e\n\t]/i;

export function readsAlike(text: string): boolean {
  return !DIVIDES_DIALECTS.test(text);
}

/** Honest SQL of 16 KB has fewer; this bounds what a text of marks alone can cost. */
const MAX_TOKENS = 4096;
const BLANK = /[ \t\n\r]+/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /0x[0-9a-f]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?/iy;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
/** Letters, digits and marks of any script, but no blank or invisible character that a database may read otherwise. */
const PLAIN_WORD = /^[\p{L}\p{N}\p{M}_$]+$/u;
const MARKS = new Set('()[]{},;.+-*/%<>=!~^&|@:?#$');

export function lexSql(text: string, dialect: SqlDialect): LexedSql {
  const rules = RULES[dialect];
  const tokens: SqlToken[] = [];
  let clean = true;
  let legible = true;
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    if (tokens.length === MAX_TOKENS) return { tokens, clean, legible: false };
    const char = text[at] as string;
    const blank = take(BLANK);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    if (startsLineComment(text, at, rules)) {
      const end = text.indexOf('\n', at);
      const comment = text.slice(at, end === -1 ? text.length : end);
      // PostgreSQL ends the comment at a bare carriage return, others do not.
      if (/\r./.test(comment)) legible = false;
      at += comment.length;
      continue;
    }
    if (char === '/' && text[at + 1] === '*') {
      if (rules.codeComments && /^\/\*(?:M?!)/i.test(text.slice(at, at + 4))) {
        // Run or skipped by the server's version: the words inside count, and nothing is sure.
        legible = false;
        at += text[at + 2] === '!' ? 3 : 4;
        continue;
      }
      const end = endOfComment(text, at, rules.nestedComments);
      if (end === -1) clean = false;
      at = end === -1 ? text.length : end;
      continue;
    }
    if (char === '*' && text[at + 1] === '/' && rules.codeComments) {
      at += 2;
      continue;
    }
    const tag = rules.dollarQuotes ? take(DOLLAR_TAG) : undefined;
    if (tag !== undefined) {
      const end = text.indexOf(tag, at + tag.length);
      if (end === -1) clean = false;
      tokens.push({ kind: 'string', text: '' });
      at = end === -1 ? text.length : end + tag.length;
      continue;
    }
    const closing = closingQuote(char, rules);
    if (closing !== undefined) {
      const isString = char === "'" || (char === '"' && rules.doubleQuote === 'string');
      const escaped = isString && (rules.backslashEscapes === 'always' || followsE(tokens, text, at, rules));
      const end = endOfQuoted(text, at, closing, escaped);
      const inner = text.slice(at + 1, end === -1 ? text.length : end - 1);
      // U&"…" spells its name in escapes, which are not read here.
      if (!isString && /u&$/i.test(text.slice(Math.max(0, at - 2), at))) legible = false;
      if (end === -1) clean = false;
      tokens.push(isString ? { kind: 'string', text: '' } : { kind: 'name', text: inner.toLowerCase() });
      at = end === -1 ? text.length : end;
      continue;
    }
    const word = take(WORD);
    if (word !== undefined) {
      if (!PLAIN_WORD.test(word)) legible = false;
      tokens.push({ kind: 'word', text: word.toLowerCase() });
      at += word.length;
      continue;
    }
    const number = take(NUMBER);
    if (number !== undefined) {
      tokens.push({ kind: 'number', text: '' });
      at += number.length;
      continue;
    }
    if (char < ' ') legible = false;
    else if (!MARKS.has(char)) clean = false;
    tokens.push({ kind: 'mark', text: char });
    at += 1;
  }
  return { tokens, clean, legible };
}

function startsLineComment(text: string, at: number, rules: LexRules): boolean {
  if (text[at] === '#') return rules.hashComments;
  if (text[at] !== '-' || text[at + 1] !== '-') return false;
  // To MySQL `--x` is two minus signs: what follows is code.
  const next = text[at + 2];
  return !rules.dashNeedsBlank || next === undefined || next <= ' ';
}

function endOfComment(text: string, start: number, nested: boolean): number {
  const edges = /\/\*|\*\//g;
  edges.lastIndex = start + 2;
  let depth = 1;
  for (let edge = edges.exec(text); edge !== null; edge = edges.exec(text)) {
    if (edge[0] === '*/') depth -= 1;
    else if (nested) depth += 1;
    // `/*/` closes an unnested comment: its slash is not used up by an opening that means nothing here.
    else edges.lastIndex = edge.index + 1;
    if (depth === 0) return edges.lastIndex;
  }
  return -1;
}

function closingQuote(char: string, rules: LexRules): string | undefined {
  if (char === "'" || char === '"') return char;
  if (char === '`' && rules.backticks) return '`';
  return char === '[' && rules.brackets ? ']' : undefined;
}

/** PostgreSQL's E'…' takes backslash escapes; the `e` must touch the quote and stand alone. */
function followsE(tokens: readonly SqlToken[], text: string, at: number, rules: LexRules): boolean {
  const last = tokens.at(-1);
  return (
    rules.backslashEscapes === 'after_e' &&
    last?.kind === 'word' &&
    last.text === 'e' &&
    /e/i.test(text[at - 1] ?? '')
  );
}

/** @returns the index after the closing quote, a doubled one being part of the text; -1 when it never closes. */
function endOfQuoted(text: string, start: number, closing: string, backslash: boolean): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at];
    if (backslash && char === '\\') at += 1;
    else if (char === closing) {
      if (text[at + 1] !== closing) return at + 1;
      at += 1;
    }
  }
  return -1;
}
