/** What `opa test` says, read: results, rows of tables one by one, and which lines of the author's own files were reached. */
import { resolve } from 'node:path';
import { runOpa } from './opa.ts';

export interface TestResult {
  /** `data.mail_test.test_refused`, and the row where the test is a table. */
  readonly name: string;
  /** `mail_test/test_refused`, as an entrypoint. */
  readonly entrypoint: string;
  /** Labels that lead to this row; none where the test is no table. */
  readonly row: readonly string[];
  readonly file: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
}

export interface Coverage {
  /** 0 to 100; 100 for nothing to cover. */
  readonly percent: number;
  readonly unreached: readonly { readonly file: string; readonly lines: readonly string[] }[];
  readonly wanted?: number;
}

interface Reported {
  readonly name: string;
  readonly package?: string;
  readonly location?: { readonly file: string };
  readonly fail?: boolean;
  readonly error?: unknown;
  readonly skip?: boolean;
  readonly sub_results?: Readonly<Record<string, Reported>>;
}

/** @returns undefined when the text is no report. */
export function readResults(stdout: string): readonly TestResult[] | undefined {
  try {
    return (JSON.parse(stdout || '[]') as readonly Reported[]).flatMap((result) => rows(result, result, []));
  } catch {
    return undefined;
  }
}

function rows(test: Reported, result: Reported, row: readonly string[]): readonly TestResult[] {
  const inner = Object.entries(result.sub_results ?? {});
  if (inner.length > 0) return inner.flatMap(([label, sub]) => rows(test, sub, [...row, label]));
  const path = `${test.package ?? ''}.${test.name}`;
  return [
    {
      name: [path, ...row].join(': '),
      entrypoint: path.replace(/^data\./, '').replaceAll('.', '/'),
      row,
      file: test.location?.file ?? '',
      outcome: result.fail || result.error ? 'failed' : result.skip ? 'skipped' : 'passed',
    },
  ];
}

interface FileCoverage {
  readonly covered?: readonly Range[];
  readonly not_covered?: readonly Range[];
}
interface Range {
  readonly start: { readonly row: number };
  readonly end: { readonly row: number };
}

/** Of the files under `own` only: the library is tested where it is made. Tests themselves do not count. */
export async function coverageOf(
  opa: string,
  all: readonly string[],
  own: readonly string[],
): Promise<Coverage> {
  const ran = await runOpa(opa, ['test', '--timeout', '60s', '--coverage', '--format', 'json', ...all]);
  const files = readCoverage(ran.stdout);
  // Where a test fails OPA says which, and nothing of coverage.
  if (files === undefined) return { percent: 0, unreached: [] };
  const roots = own.map((path) => resolve(path));
  const counted = Object.entries(files).filter(
    ([file]) => !file.endsWith('_test.rego') && roots.some((root) => resolve(file).startsWith(root)),
  );
  const reached = counted.reduce((sum, [, file]) => sum + lineCount(file.covered), 0);
  const missed = counted.reduce((sum, [, file]) => sum + lineCount(file.not_covered), 0);
  return {
    percent: reached + missed === 0 ? 100 : (100 * reached) / (reached + missed),
    unreached: counted
      .filter(([, file]) => lineCount(file.not_covered) > 0)
      .map(([file, { not_covered: ranges = [] }]) => ({ file, lines: ranges.map(rangeText) })),
  };
}

function readCoverage(stdout: string): Readonly<Record<string, FileCoverage>> | undefined {
  try {
    return (JSON.parse(stdout || '{}') as { files?: Readonly<Record<string, FileCoverage>> }).files ?? {};
  } catch {
    return undefined;
  }
}

function lineCount(ranges: readonly Range[] = []): number {
  return ranges.reduce((sum, { start, end }) => sum + end.row - start.row + 1, 0);
}

function rangeText({ start, end }: Range): string {
  return start.row === end.row ? String(start.row) : `${start.row}-${end.row}`;
}
