/** Names as words: `send_mail`, `send-mail`, `sendMail` and `SENDMAIL` all say `send mail`. */

const COMPOUNDS: ReadonlyMap<string, string> = new Map([
  ['pull request', 'pr'],
  ['pull requests', 'prs'],
  ['merge request', 'pr'],
  ['merge requests', 'prs'],
  ['web page', 'webpage'],
  ['web pages', 'webpages'],
  ['web site', 'website'],
  ['e mail', 'email'],
  ['e mails', 'emails'],
  ['read me', 'readme'],
  ['user name', 'username'],
  ['check out', 'checkout'],
  ['log in', 'login'],
  ['sign up', 'signup'],
]);

/** `sendmail`: a verb and what it is done to, written as one. Only what stands here is taken apart. */
const GLUED =
  /^(get|list|read|search|find|send|delete|remove|create|write|update|add|upload|download|transfer|execute|fetch|post)(mails?|emails?|messages?|files?|issues?|users?|events?|pages?|webpages?|urls?|money|funds|comments?|documents?|tickets?|orders?|invoices?|payments?|records?|contacts?|channels?|members?|sql|query|code|command|tweet)$/;

/** @returns words in lower case, in order. */
export function toWords(name: string): readonly string[] {
  const spaced = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase();
  const words = spaced.split(/[^a-z0-9]+/).filter(Boolean);
  return join(words.flatMap((word) => GLUED.exec(word)?.slice(1, 3) ?? [word]));
}

function join(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const word of words) {
    const compound = COMPOUNDS.get(`${joined.at(-1)} ${word}`);
    if (compound === undefined) joined.push(word);
    else joined[joined.length - 1] = compound;
  }
  return joined;
}

/** A table of words, written as people read it. */
export function wordSet(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}

/** `comments`, `branches` and `replies` are found where `comment`, `branch` and `reply` are. */
export function has(set: ReadonlySet<string>, word: string): boolean {
  if (set.has(word)) return true;
  const singular = /^(.*?)(?:(ie)s|([sxh]e)s|s)$/.exec(word);
  if (singular === null) return false;
  const stem = singular[1] as string;
  if (singular[2] !== undefined) return set.has(`${stem}y`) || set.has(`${stem}ie`);
  if (singular[3] !== undefined) return set.has(stem + singular[3][0]) || set.has(stem + singular[3]);
  return set.has(stem);
}
