/**
 * What a line for a shell is made of: the commands in it, of which each may have been dictated, and the names of what they
 * fetch and run. Good enough to look them up; what a shell really does is for nobody to say who has only the line.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Characters: what is longer is no line somebody dictated. */
const MAX_LINE = 1_024;
const MAX_SPANS = 8;
const BETWEEN = /&&|\|\||[;|&\n]/;
const PARTS = /(?:&&|\|\||[;|&\n])|(?:(?!&&|\|\||[;|&\n])[\s\S])+/g;
const BEFORE = /^\s*(?:(?:sudo|env|time|nohup|exec|command)\s+|[A-Za-z_]\w*=\S*\s+)*/;
const INSTALLS =
  /^(?:npx|bunx|uvx|pipx\s+run|(?:pnpm|yarn)\s+dlx|npm\s+exec|(?:npm|pnpm|yarn|bun|pip3?|uv\s+pip|uv|gem|cargo|brew|apt|apt-get|apk|dnf|yum|go)\s+(?:i|install|add|get)|go\s+run|git\s+clone|(?:docker|podman)\s+(?:pull|run))\s/;
/** Of these, what follows the first name is for the program that is run. */
const RUNS = /^(?:npx|bunx|uvx|pipx\s+run|(?:pnpm|yarn)\s+dlx|npm\s+exec)\s/;
const CALLS = /(?:^|\s)(?:-c|--call)(?=[\s=])/;
const RUN = /^(?:(?:-p|--package|--from|--with|--spec)(?:\s+|=)\S+\s+|-\S*\s+)*(?:\S+|$)/;
const NAME = /\S+/g;
/** With a mark inside: `left-pad-pro`, `@evil/pad`, `evil/image:2`. Plain words stand in any text. */
const TELLING = /[^\W_][^\s\w]+[^\W_]/;

/** @returns each command of several, in order; none where the text is one, or no line. */
export function commandsIn(text: string): readonly Span[] {
  if (text.length > MAX_LINE || !BETWEEN.test(text)) return [];
  const spans: Span[] = [];
  for (const { 0: part, index } of text.matchAll(PARTS)) {
    if (BETWEEN.test(part)) continue;
    const start = index + (BEFORE.exec(part)?.[0].length ?? 0);
    const end = index + part.trimEnd().length;
    if (end > start) spans.push({ start, end });
  }
  return spans.slice(0, MAX_SPANS);
}

/**
 * @param commands of it, see {@link commandsIn}.
 * @returns names of packages, images and repositories that a line would fetch and run.
 */
export function fetchedIn(text: string, commands: readonly Span[]): readonly Span[] {
  if (text.length > MAX_LINE) return [];
  const spans: Span[] = [];
  const only = { start: BEFORE.exec(text)?.[0].length ?? 0, end: text.length };
  for (const { start, end } of commands.length > 0 ? commands : [only]) {
    const command = text.slice(start, end);
    const verb = INSTALLS.exec(command)?.[0].length;
    if (verb === undefined) continue;
    const named = command.slice(verb);
    const names = RUNS.test(command) && !CALLS.test(named) ? (RUN.exec(named)?.[0] ?? '') : named;
    for (const { 0: name, index } of names.matchAll(NAME)) {
      const from = start + verb + index;
      if (!name.startsWith('-') && TELLING.test(name)) spans.push({ start: from, end: from + name.length });
    }
  }
  return spans.slice(0, MAX_SPANS);
}
