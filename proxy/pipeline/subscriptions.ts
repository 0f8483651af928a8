/**
 * `subscriptions/listen`: which resources and kinds of change a client hears of. Each URI is put before the policy as if
 * it had been asked for alone; one that is refused is cut out of the request, and the rest goes on. On the stream only
 * what was asked for and let through passes, and nothing before the server has acknowledged.
 *
 * @see MCP 2026-07-28, basic/patterns/subscriptions
 */
import { type Action, act } from '../decide/act.ts';
import { type Refusal, refuse } from '../errors.ts';
import { isObject } from '../frame/json.ts';
import {
  FRAME_LIMITS,
  type NotificationFrame,
  type RequestFrame,
  readFrameText,
} from '../frame/read-frame.ts';
import { removeElements } from '../frame/spans.ts';
import { type Judged, judgeParams } from './judge.ts';
import type { ListKind } from './views.ts';
import type { Walk } from './walk.ts';

/** What a stream may deliver. */
export interface Subscription {
  readonly methods: ReadonlySet<string>;
  readonly uris: readonly string[];
  acknowledged: boolean;
}

export interface Cut {
  readonly kind: 'cut';
  /** The request without what was refused; the same one when nothing was. */
  readonly frame: RequestFrame;
  readonly decisions: readonly (readonly [Judged, Action])[];
}

const LISTEN = 'subscriptions/listen';
const URIS = '/params/notifications/resourceSubscriptions';
const MAX_URIS = 200;
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
const UPDATED = 'notifications/resources/updated';

/** Members of the filter and the notifications they ask for. */
const KINDS = {
  toolsListChanged: 'notifications/tools/list_changed',
  promptsListChanged: 'notifications/prompts/list_changed',
  resourcesListChanged: 'notifications/resources/list_changed',
} as const;

/** Cuts refused URIs out of a request; one of which nothing would be left stays whole, to be refused as a whole. */
export function cutSubscriptions(walk: Walk, frame: RequestFrame): Cut | Refusal {
  if (frame.method !== LISTEN) return { kind: 'cut', frame, decisions: [] };
  const wanted = urisOf(frame);
  // One that is no text would hide the others from being asked about one by one.
  const named = filterOf(frame)['resourceSubscriptions'] ?? [];
  if (!Array.isArray(named) || named.length !== wanted.length)
    return refuse('GW_FRAME_PARAMS', 'resourceSubscriptions is not a list of URIs');
  if (wanted.length === 0) return { kind: 'cut', frame, decisions: [] };
  if (wanted.length > MAX_URIS) return refuse('GW_POLICY_ARGS', `more than ${MAX_URIS} resources`);
  const decisions: [Judged, Action][] = [];
  const refused = new Set<string>();
  for (const uri of new Set(wanted)) {
    const alone = `{"notifications":{"resourceSubscriptions":[${JSON.stringify(uri)}]}}`;
    const judged = judgeParams(walk, LISTEN, alone);
    if (judged.kind === 'refusal') return judged;
    const action = act(judged.verdict, frame.text, judged.decisionId, walk.gate);
    if (action.kind === 'forward') continue;
    refused.add(uri);
    decisions.push([judged, action]);
  }
  const left = wanted.some((uri) => !refused.has(uri)) || methodsOf(frame).size > 0;
  if (refused.size === 0 || !left) return { kind: 'cut', frame, decisions: [] };
  const text = removeElements(frame.text, URIS, (index) => !refused.has(wanted[index] as string));
  const cut = readFrameText(text ?? '', { ...FRAME_LIMITS, direction: 'to_server' });
  return cut.kind === 'request'
    ? { kind: 'cut', frame: cut, decisions }
    : refuse('GW_REDACTION_FAILED', 'resourceSubscriptions');
}

/** @returns undefined for any other request. */
export function subscriptionOf(frame: RequestFrame): Subscription | undefined {
  if (frame.method !== LISTEN) return undefined;
  return { methods: methodsOf(frame), uris: urisOf(frame), acknowledged: false };
}

/** Which lists a stream is told of, for whoever announces that one has changed. */
export function listsOf({ methods }: Subscription): ReadonlySet<ListKind> {
  const kinds = Object.entries(KINDS).filter(([, method]) => methods.has(method));
  return new Set(kinds.map(([member]) => member.replace('ListChanged', '') as ListKind));
}

/** Whether a notification on the stream is one that was asked for. */
export function delivers(subscription: Subscription, frame: NotificationFrame): boolean {
  if (frame.method === ACKNOWLEDGED) {
    subscription.acknowledged = true;
    return true;
  }
  if (!subscription.acknowledged) return false;
  if (frame.method !== UPDATED) return subscription.methods.has(frame.method) || !isOfAFilter(frame.method);
  const uri = frame.params?.['uri'];
  // What is below a resource counts as the resource (resources/updated may name a part).
  return (
    typeof uri === 'string' &&
    subscription.uris.some((one) => uri === one || uri.startsWith(one.endsWith('/') ? one : `${one}/`))
  );
}

function isOfAFilter(method: string): boolean {
  return Object.values<string>(KINDS).includes(method);
}

function filterOf(frame: RequestFrame) {
  const filter = frame.params?.['notifications'];
  return isObject(filter) ? filter : {};
}

function methodsOf(frame: RequestFrame): ReadonlySet<string> {
  const filter = filterOf(frame);
  return new Set(
    Object.entries(KINDS).flatMap(([member, method]) => (filter[member] === true ? [method] : [])),
  );
}

function urisOf(frame: RequestFrame): readonly string[] {
  const uris = filterOf(frame)['resourceSubscriptions'];
  return Array.isArray(uris) && uris.every((uri) => typeof uri === 'string') ? (uris as string[]) : [];
}
