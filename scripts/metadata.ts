/** METADATA of Rego files, as their pages in docs tell it. */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';

export interface Annotation {
  readonly title?: string;
  readonly description?: string;
  readonly custom?: {
    readonly code?: string;
    readonly phases?: readonly string[];
    readonly owasp?: readonly string[];
    readonly settings?: Readonly<Record<string, string>>;
  };
  /** The line it stands above, e.g. `after(label, seconds) if {`. */
  readonly above: string;
}

/** In the order of the file; that of the package is the first. */
export function readAnnotations(file: string): readonly Annotation[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^# METADATA\n((?:#.*\n)+)(.*)/gm)].map(([, comment = '', above = '']) => ({
    ...(parseYaml(comment.replaceAll(/^# ?/gm, '')) as Omit<Annotation, 'above'>),
    above,
  }));
}
