/** Texts that are lists, line by line. */

/** Characters of a line that may stand above a list. */
export const MAX_TITLE = 300;

export interface Line {
  readonly line: string;
  readonly start: number;
}

/** Those that are not empty. */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    if (line.trim() !== '') lines.push({ line, start });
    start = end + 1;
  }
  return lines;
}

/** The lines at the top of a text: most texts need no further look. */
export function topOf(text: string): readonly string[] {
  return text
    .slice(0, 2 * MAX_TITLE)
    .trimStart()
    .split('\n', 3);
}

/** How many entries come, as the server says above them: `Found 2 files:`. Whoever writes one more breaks the list. */
export function countIn(title: string): number | undefined {
  const number = /^[^\d\n]{0,40}\b(\d{1,4})\b/.exec(title)?.[1];
  return number === undefined ? undefined : Number(number);
}

const NUMBER = /^\s*(\d{1,4})[.)]\s/;

/**
 * Entries that are numbered from one on, as many as the line above them says, each without what stands below it.
 *
 * @returns undefined for lines that are no such list.
 */
export function numberedIn([title, ...lines]: readonly Line[]): readonly Line[] | undefined {
  const count = title === undefined || NUMBER.test(title.line) ? undefined : countIn(title.line);
  if (count === undefined || count === 0) return undefined;
  const entries = lines.filter(({ line }) => NUMBER.test(line));
  const areInOrder = entries.every(({ line }, at) => Number(NUMBER.exec(line)?.[1]) === at + 1);
  return areInOrder && entries.length === count ? entries : undefined;
}
