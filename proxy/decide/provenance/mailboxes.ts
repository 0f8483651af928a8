/**
 * Fields that hold mailboxes: `Ann Lee <ann@corp.example>`, `Ann Lee (ann@corp.example)`, `ann@corp.example (accepted)`, or
 * several. Each address is what such a field is there for.
 */

/** Characters: no list of recipients is told apart beyond. */
const MAX_LENGTH = 1_024;

const ADDRESS = /[^"<>\s,;@()]+@[^"<>\s,;@()]+/.source;
/** Whoever writes a name could write an address in it; then it is no name. */
const NAME = /(?:"[^"<>@]*"\s*|[^\s"<>@,;][^"<>@,;]*)?/.source;
const COMMENT = /(?: \([^"<>@()]{1,64}\))?/.source;
/** A name is not left out before brackets. */
const BRACKETED = `[^\\s"<>@,;()][^"<>@,;()]* \\(${ADDRESS}\\)`;
const MAILBOX = `(?:(?:${NAME}<${ADDRESS}>|${ADDRESS})${COMMENT}|${BRACKETED})`;
const MAILBOXES = new RegExp(`^${MAILBOX}(?:\\s*[,;]\\s*${MAILBOX})*$`);

/** @param plain all of a field. @see RFC 5322 section 3.4 */
export function areMailboxes(plain: string): boolean {
  return plain.length <= MAX_LENGTH && plain.includes('@') && MAILBOXES.test(plain.trim());
}
