/**
 * Where values came from: what leaves towards a server and what a caller gets are handed to the index here, and a call that
 * is judged is told of it. The user's words, where a trusted host passes them, go no further than the policy.
 *
 * @see docs/policy/provenance.md
 */
import { MAX_LEAVES } from '../decide/provenance/facts.ts';
import type { Json, JsonObject } from '../frame/json.ts';
import { isObject } from '../frame/json.ts';
import { FRAME_LIMITS, type RequestFrame, type ResponseFrame, readFrameText } from '../frame/read-frame.ts';
import { locate, splice } from '../frame/spans.ts';
import type { OpenRequest } from './sessions.ts';
import type { Walk } from './walk.ts';

export const INTENT_KEY = 'io.portcullis/intent';
const INTENT_AT = '/params/_meta/io.portcullis~1intent';
/** Characters of the user's words; more are taken for none. */
const MAX_INTENT = 16_384;

/** `input.provenance`, written out when the policy asks for it. */
export function provenanceText(walk: Walk, args: Json | undefined, at: string): (() => string) | undefined {
  const { provenance, clock } = walk.gate;
  if (provenance === undefined || args === undefined) return undefined;
  const nowMs = clock.now();
  return () => JSON.stringify(provenance.tell(walk.callerKey, { args, at, nowMs, intent: walk.intent }));
}

/** Whether the policy can rely on what it is told of these arguments. */
export function isTraced(walk: Walk, leaves: number): boolean {
  const { provenance, clock } = walk.gate;
  if (provenance === undefined) return true;
  return leaves <= MAX_LEAVES && provenance.isComplete(walk.callerKey, clock.now());
}

/**
 * The arguments of a request that is let through, as it leaves.
 * @param labels those the caller carried before this request left its own.
 */
export function learnUsed(
  walk: Walk,
  frame: RequestFrame,
  edited: string | undefined,
  labels: readonly string[],
): void {
  const { provenance, clock } = walk.gate;
  if (provenance === undefined) return;
  const params = edited === undefined ? frame.params : (JSON.parse(edited) as { params?: JsonObject }).params;
  const args = params?.['arguments'] ?? params?.['uri'];
  if (args === undefined) return;
  provenance.used(walk.callerKey, { atMs: clock.now(), labels, args });
}

/** An answer as the caller gets it. */
export function learnShown(walk: Walk, frame: ResponseFrame, text: string, asked: OpenRequest): void {
  const { provenance, clock } = walk.gate;
  if (provenance === undefined) return;
  const message = text === frame.text ? frame : (JSON.parse(text) as Partial<ResponseFrame>);
  const payload = isGreeting(asked) ? instructionsIn(message.result) : (message.result ?? message.error);
  if (payload === undefined) return;
  provenance.shown(walk.callerKey, {
    source: { server: walk.server.name, tool: asked.tool, method: asked.method },
    atMs: clock.now(),
    labels: carriedLabels(walk),
    payload,
    args: asked.args,
  });
}

function isGreeting({ method }: OpenRequest): boolean {
  return method === 'initialize' || method === 'server/discover';
}

/** The rest of a greeting is for programs, and its versions and names would be met in any call. */
function instructionsIn(greeting: JsonObject | undefined): Json | undefined {
  const instructions = greeting?.['instructions'];
  return instructions === undefined ? undefined : { instructions };
}

const NO_LABELS: readonly string[] = [];

/** Names of the labels the caller carries now; none where nobody asks. */
export function carriedLabels(walk: Walk): readonly string[] {
  if (walk.gate.provenance === undefined) return NO_LABELS;
  const { labels } = walk.gate.state.read(walk.callerKey, walk.gate.clock.now());
  return labels === '{}' ? NO_LABELS : Object.keys(JSON.parse(labels) as object);
}

/**
 * Takes the user's words out of a request: they are for the policy alone, and from others than those who may pass them
 * they are for nobody.
 */
export function takeIntent(
  walk: Walk,
  frame: RequestFrame,
): { readonly walk: Walk; readonly frame: RequestFrame } {
  const meta = frame.params?.['_meta'];
  if (!isObject(meta) || !Object.hasOwn(meta, INTENT_KEY)) return { walk, frame };
  const words = meta[INTENT_KEY];
  const span = locate(frame.text, INTENT_AT);
  const text = span && splice(frame.text, [{ ...span, insert: '""' }]);
  const without =
    text === undefined
      ? undefined
      : readFrameText(text, { ...FRAME_LIMITS, ...walk.gate.limits, direction: 'to_server' });
  if (without?.kind !== 'request')
    throw new Error('a request could not be read without the words of its user');
  const trusted = walk.gate.intentFrom.has(walk.caller.subject) && typeof words === 'string';
  if (!trusted || words.length === 0 || words.length > MAX_INTENT) return { walk, frame: without };
  return { walk: { ...walk, intent: words }, frame: without };
}
