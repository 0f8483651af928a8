/**
 * Long text in pieces that can be read one by one. Each begins a little before the end of the last, so that what stands
 * together stands together in one of them, and none ends inside a word: half a word was never shown.
 */

/** Characters. */
export const PIECE = 16_384;
const OVERLAP = 2_048;
const NEAR = 1_024;

export function* piecesOf(text: string): Iterable<{ readonly piece: string; readonly from: number }> {
  let from = 0;
  for (;;) {
    const end = from + PIECE >= text.length ? text.length : gapBefore(text, from + PIECE);
    yield { piece: text.slice(from, end), from };
    if (end === text.length) return;
    from = gapBefore(text, end - OVERLAP);
  }
}

/** Where there is space, at this place or a little before it; where a word is that long, the place itself. */
function gapBefore(text: string, at: number): number {
  for (let place = at; place > at - NEAR; place--) if (/\s/.test(text[place] as string)) return place;
  return at;
}
