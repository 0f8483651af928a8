/**
 * What a server has said about its tools in the lists that passed by: their input schemas, which tell which
 * arguments are paths or URLs, and their annotations. Claims, never proof; bounded, newest kept.
 */
import { isObject, type Json, type JsonObject } from '../frame/json.ts';
import { type ParamHeader, paramHeadersOf } from '../frame/param-headers.ts';
import { definitionDigest } from './definition-digest.ts';

export interface KnownTool {
  readonly schema: JsonObject | undefined;
  readonly outputSchema: JsonObject | undefined;
  /** Arguments its calls mirror in headers. */
  readonly params: readonly ParamHeader[];
  /** `input.annotations` as JSON text. */
  readonly annotationsText: string | undefined;
  /** `input.tool_digest`; worked out when first asked for. */
  readonly digest: string;
}

export interface Catalogue {
  learn(definition: Json): void;
  get(tool: string): KnownTool | undefined;
  /** A resource whose digest the server has told: what an edit would break. */
  learnDigested(uri: string): void;
  isDigested(uri: string): boolean;
}

const MAX_TOOLS = 2_000;
const MAX_DIGESTED = 10_000;
const MAX_ANNOTATIONS = 4_096;

export function createCatalogue(): Catalogue {
  const tools = new Map<string, KnownTool>();
  const digested = new Set<string>();
  return {
    learn(definition) {
      if (!isObject(definition) || typeof definition['name'] !== 'string') return;
      const { name, inputSchema, outputSchema, annotations } = definition;
      const annotationsText = isObject(annotations) ? JSON.stringify(annotations) : undefined;
      const brief = annotationsText !== undefined && annotationsText.length <= MAX_ANNOTATIONS;
      if (tools.size >= MAX_TOOLS && !tools.has(name)) tools.delete(tools.keys().next().value as string);
      let digest: string | undefined;
      tools.set(name, {
        schema: isObject(inputSchema) ? inputSchema : undefined,
        params: (isObject(inputSchema) && paramHeadersOf(inputSchema)) || [],
        outputSchema: isObject(outputSchema) ? outputSchema : undefined,
        annotationsText: brief ? annotationsText : undefined,
        get digest() {
          digest ??= definitionDigest(definition);
          return digest;
        },
      });
    },
    get: (tool) => tools.get(tool),
    learnDigested(uri) {
      if (digested.size >= MAX_DIGESTED) digested.delete(digested.values().next().value as string);
      digested.add(uri);
    },
    isDigested: (uri) => uri.startsWith('skill://') || digested.has(uri),
  };
}
