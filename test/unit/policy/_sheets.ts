/**
 * The sheets under `rego-tests/cases`, as the engines get them: every row becomes one input text, one data overlay
 * and what the decision must be. `rego-tests/cases_test.rego` reads the same files for `opa test`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../proxy/frame/json.ts';

const folder = fileURLToPath(new URL('../../../rego-tests/cases/', import.meta.url));

export interface Case {
  readonly sheet: string;
  readonly name: string;
  readonly input: JsonObject;
  readonly data: JsonObject;
  readonly want: Want;
}

/** `codes`: the reasons' codes in order; `says`: texts in their messages; every other member: equal. */
export interface Want extends JsonObject {
  readonly codes?: readonly string[];
  readonly says?: readonly string[];
  readonly absent?: readonly string[];
}

interface Row {
  readonly name: string;
  readonly input?: JsonObject;
  readonly without?: readonly string[];
  readonly data?: JsonObject;
  readonly want: Want;
}
interface Sheet {
  readonly given?: { readonly input?: JsonObject; readonly data?: JsonObject };
  readonly rows: readonly Row[];
}

export function readCases(): readonly Case[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) =>
      Object.entries(JSON.parse(readFileSync(folder + file, 'utf8')) as Record<string, Sheet>),
    )
    .flatMap(([sheet, { given, rows }]) => rows.map((row) => toCase(sheet, given, row)));
}

function toCase(sheet: string, given: Sheet['given'], row: Row): Case {
  const without = row.without ?? [];
  const laid = Object.entries({ ...given?.input, ...row.input });
  return {
    sheet,
    name: row.name,
    input: Object.fromEntries(laid.filter(([member]) => !without.includes(member))),
    data: { ...given?.data, ...row.data },
    want: row.want,
  };
}
