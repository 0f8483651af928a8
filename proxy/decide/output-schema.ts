/**
 * Whether structured content that was edited still is what its tool promised. The schema is a server's and hostile: it
 * is bounded before it is compiled, its patterns run in linear time, and nothing it refers to is fetched. What cannot be
 * checked does not fit.
 *
 * @see MCP 2026-07-28, server/tools, "Output Schema"; JSON Schema 2020-12; SEP-2106
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import type { Json, JsonObject } from '../frame/json.ts';

const MAX_SCHEMA = 64 * 1024;
/** `allOf`, `anyOf`, `oneOf`, `$ref`, …: each may multiply the work on each element. */
const MAX_COMPOSED = 100;
const COMPOSING = /"(?:allOf|anyOf|oneOf|not|if|\$ref|\$dynamicRef|dependentSchemas|contains)"\s*:/g;
const MAX_CACHED = 200;

type Check = ValidateFunction | 'not checkable';
const compiled = new Map<string, Check>();

/**
 * @param before the content as the server sent it: what broke its own promise before an edit, an edit did not break.
 * @param after the content as it would leave.
 */
export function stillFits(schema: JsonObject, before: Json, after: Json): boolean {
  const check = checkOf(schema);
  if (check === 'not checkable') return false;
  try {
    return check(after) === true || check(before) !== true;
  } catch {
    return false;
  }
}

function checkOf(schema: JsonObject): Check {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (compiled.size >= MAX_CACHED) compiled.delete(compiled.keys().next().value as string);
  const check = compile(schema, text);
  if (text.length <= MAX_SCHEMA) compiled.set(text, check);
  return check;
}

function compile(schema: JsonObject, text: string): Check {
  if (text.length > MAX_SCHEMA || (text.match(COMPOSING)?.length ?? 0) > MAX_COMPOSED) return 'not checkable';
  try {
    const { $schema: _, $id: __, ...own } = schema;
    // One instance for each schema: ids of one server's schemas must not be found by another's references.
    const ajv = new Ajv2020({
      strict: false,
      logger: false,
      validateFormats: false,
      addUsedSchema: false,
      code: { regExp: linear },
    });
    const check = ajv.compile(own);
    return '$async' in check ? 'not checkable' : check;
  } catch {
    return 'not checkable';
  }
}

/** Ajv asks for something with `test`; V8's own expressions take exponential time on a pattern made for it. */
const linear = Object.assign(
  (pattern: string) => {
    const expression = RE2JS.compile(pattern);
    const test = (text: string) => expression.matcher(text).find();
    // Ajv keeps one compiled pattern for each text of one.
    return { test, toString: () => `linear ${pattern}` } as RegExp;
  },
  { code: 'linear' },
);
