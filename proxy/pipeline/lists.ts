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

/** @param member the result member that holds the list, e.g. `tools`. */
export function filterList(walk: Walk, method: string, member: string, frame: ResponseFrame): FilteredList {
  const entries = frame.result?.[member];
  if (!Array.isArray(entries)) return { text: undefined, hidden: [] };
  if (member === 'tools') for (const entry of entries as readonly Json[]) walk.server.catalogue.learn(entry);
  const shown = (entries as readonly Json[]).map((entry) => mayShow(walk, method, entry));
  if (shown.every(Boolean)) return { text: undefined, hidden: [] };
  const hidden = (entries as readonly Json[]).filter((_, index) => !shown[index]).map(nameOf);
  const text = removeElements(frame.text, `/result/${member}`, (index) => shown[index] === true);
  if (text === undefined) throw new Error(`result.${member} is not where it was read`);
  return { text: makePrivate(text, frame), hidden };
}

function mayShow(walk: Walk, method: string, entry: Json): boolean {
  if (!isObject(entry)) return false;
  const policy = walk.gate.policy.current();
  const entryText = JSON.stringify(entry);
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
