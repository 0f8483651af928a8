/** Text of servers, shown to a person so that nothing in it can hide. */

/** Control, invisible and direction-changing characters as escapes; line breaks stay. */
export function visible(text: string): string {
  return text.replaceAll(/[^\P{C}\n]|\p{Default_Ignorable_Code_Point}/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** The same on one line, at most so many characters long: what a comment can hold without ending. */
export function visibleLine(text: string, length: number): string {
  const line = [
    ...text
      .slice(0, 8 * length)
      .replaceAll(/\s+/g, ' ')
      .trim(),
  ];
  return visible(line.length > length ? `${line.slice(0, length - 1).join('')}…` : line.join(''));
}
