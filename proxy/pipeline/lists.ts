/**
 * Shows a caller only what it may use: each entry of a list result is put before the rule that guards its use.
 * Order and cursors stay, nothing is invented; a cacheable list that lost entries is marked private, because it
 * is no longer everybody's.
 *
 * @see MCP 2026-07-28, server/tools ("list … MAY vary by authorization"); basic/patterns/caching
 */
import { createHash } from 'node:crypto';
import { isObject, type Json } from '../frame/json.ts';
import type { ResponseFrame } from '../frame/read-frame.ts';
import { locate, removeElements } from '../frame/spans.ts';
import { judgeItem } from './judge.ts';
import type { PolicyHandle } from './ports.ts';
import type { Walk } from './walk.ts';

export interface FilteredList {
  /** Undefined when every entry may be shown. */
  readonly text: string | undefined;
  /** Names or URIs of the entries left out, for the record. */
  readonly hidden: readonly string[];
}

/** Verdicts on entries: their inputs hold no clock and no history, so the whole input is the key. */
const shownCache = new WeakMap<PolicyHandle, Map<string, boolean>>();
const MAX_CACHED = 20_000;

/** What needs a person's yes may be seen; what is blocked, or could not be judged, may not. */
const SHOWN: ReadonlySet<string> = new Set(['allow', 'redact', 'require_approval']);

/**
 * @param member the result member that holds the list, e.g. `tools`.
 * @param continued this is not the first page.
 */
export function filterList(
  walk: Walk,
  method: string,
  member: string,
  frame: ResponseFrame,
  continued: boolean,
): FilteredList {
  const entries = frame.result?.[member] as readonly Json[] | undefined;
  if (!Array.isArray(entries)) return { text: undefined, hidden: [] };
  if (member === 'tools') for (const entry of entries) walk.server.catalogue.learn(entry);
  const texts = entries.map((entry) => JSON.stringify(entry));
  const shown = entries.map((entry, index) => mayShow(walk, method, entry, texts[index] as string));
  const page = continued || frame.result?.['nextCursor'] !== undefined;
  walk.gate.views.saw(walk, method, { entries: texts, shown, continued });
  // Pages of one list have one scope, and a page that is whole may follow one that was cut.
  if (shown.every(Boolean))
    return { text: page ? changed(makePrivate(frame.text, frame), frame) : undefined, hidden: [] };
  const hidden = entries.filter((_, index) => !shown[index]).map(nameOf);
  const text = removeElements(frame.text, `/result/${member}`, (index) => shown[index] === true);
  if (text === undefined) throw new Error(`result.${member} is not where it was read`);
  return { text: makePrivate(text, frame), hidden };
}

function changed(text: string, frame: ResponseFrame): string | undefined {
  return text === frame.text ? undefined : text;
}

/** Tasks of other callers are theirs: a server that cannot tell callers apart lists everybody's. */
export function dropForeignTasks(walk: Walk, frame: ResponseFrame): FilteredList {
  const entries = frame.result?.['tasks'];
  if (!Array.isArray(entries)) return { text: undefined, hidden: [] };
  const foreign = (entries as readonly Json[]).map((entry) => {
    const id = isObject(entry) ? entry['taskId'] : undefined;
    const task = typeof id === 'string' ? walk.gate.tasks.find(walk.server.name, id) : undefined;
    return task !== undefined && task.callerKey !== walk.callerKey;
  });
  const hidden = foreign.filter(Boolean).map(() => '(a task of somebody else)');
  if (hidden.length === 0) return { text: undefined, hidden };
  return { text: removeElements(frame.text, '/result/tasks', (index) => !foreign[index]), hidden };
}

/** What the policy of now says of an entry that was listed before. */
export function showsNow(walk: Walk, method: string, entryText: string): boolean {
  return mayShow(walk, method, JSON.parse(entryText) as Json, entryText);
}

function mayShow(walk: Walk, method: string, entry: Json, entryText: string): boolean {
  if (!isObject(entry)) return false;
  const policy = walk.gate.policy.current();
  const key = createHash('sha256')
    .update(`${walk.callerKey}\n${walk.protocol}\n${walk.server.name}\n${method}\n`)
    .update(entryText)
    .digest('base64');
  const cache = policy && cacheOf(policy);
  const known = cache?.get(key);
  if (known !== undefined) return known;
  const judged = judgeItem(walk, method, entry, entryText);
  const show = judged.kind === 'judged' && SHOWN.has(judged.verdict.kind);
  // A failure of the engine hides the entry this time and is not remembered as the policy's word.
  if (judged.kind === 'judged' && judged.evaluation.kind === 'value') cache?.set(key, show);
  return show;
}

function cacheOf(policy: PolicyHandle): Map<string, boolean> {
  let cache = shownCache.get(policy);
  if (cache === undefined || cache.size >= MAX_CACHED) {
    cache = new Map();
    shownCache.set(policy, cache);
  }
  return cache;
}

function nameOf(entry: Json): string {
  if (!isObject(entry)) return '(not an object)';
  const name = entry['name'] ?? entry['uri'] ?? entry['uriTemplate'];
  return typeof name === 'string' ? name.slice(0, 256) : '(unnamed)';
}

/** Rewrites `"cacheScope": "public"` of a result that is no longer the same for everybody. */
export function makePrivate(text: string, frame: ResponseFrame): string {
  if (frame.result?.['cacheScope'] !== 'public') return text;
  const at = locate(text, '/result/cacheScope');
  return at === undefined ? text : `${text.slice(0, at.start)}"private"${text.slice(at.end)}`;
}
