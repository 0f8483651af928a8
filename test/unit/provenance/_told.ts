/** What a reader of lists found in a text, as `label=value`. */
import type { Labelled } from '../../../proxy/decide/provenance/labels.ts';

export function tellerOf(read: (text: string) => readonly Labelled[]): (text: string) => readonly string[] {
  return (text) => read(text).map(({ label, start, end }) => `${label}=${text.slice(start, end)}`);
}
