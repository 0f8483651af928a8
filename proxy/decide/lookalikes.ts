/** Cyrillic and Greek letters that print like Latin ones. Letters with marks fall to their base by NFKD. @see UTS #39 */

const LATIN: Readonly<Record<string, string>> = Object.fromEntries(
  [...'аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwӏlгrпnтtкkмmвbнhαaοoρpιiυuνvκkτtηnϲcɩiıiɑaɡgℓl'.matchAll(/(.)(.)/gu)].map(
    ([, from, to]) => [from, to],
  ),
);

/** @param character one, in lower case. */
export function toLatin(character: string): string {
  return LATIN[character] ?? character;
}
