/**
 * What a tool does beyond reading. Its name has to say something; then the description, the annotations and the
 * arguments may add to it, and nothing takes away: all of them are the server's word.
 */
import type { JsonObject } from '../../../proxy/frame/json.ts';
import type { SaidByName } from './read-name.ts';
import type { KnownArgument } from './to-sinks.ts';
import { EFFECTS, type Effect, type SinkKind } from './tool-class.ts';
import { toWords } from './words.ts';

export interface Effects {
  readonly effects: readonly Effect[];
  readonly reasons: readonly string[];
}

interface Evidence {
  readonly name: SaidByName;
  readonly description: string;
  readonly annotations: JsonObject;
  readonly list: readonly KnownArgument[];
}

export function toEffects({ name, description, annotations, list }: Evidence): Effects {
  const reasons: string[] = [];
  const found = new Set<Effect>();
  const add = (effect: Effect, why: string) => {
    if (!found.has(effect)) reasons.push(`${effect}: ${why}`);
    found.add(effect);
  };
  for (const [effect, word] of name.effects) add(effect, `"${word}" in its name`);
  for (const [effect, word] of claimedEffects(description)) add(effect, `its description says "${word}"`);
  for (const [effect, why] of byArguments(found, list)) add(effect, why);
  for (const [effect, why] of byAnnotations(found, annotations)) add(effect, why);
  return { effects: EFFECTS.filter((effect) => found.has(effect)), reasons };
}

const CLAIMS: readonly (readonly [Effect, string])[] = [
  ['send', 'sends? forwards? notif(?:y|ies) emails? replies'],
  ['post', 'posts? publish(?:es)? broadcasts? submits?'],
  ['share', 'shares? grants?'],
  ['invite', 'invites?'],
  ['pay', 'pays? transfers? charges? refunds? purchases? buys?'],
  ['delete', 'deletes? removes? drops? erases? wipes? destroys? truncates? cancels? revokes?'],
  ['write', 'writes? overwrites? saves? appends? uploads? commits? stores?'],
  ['create', 'creates? adds? inserts? schedules? books? reserves?'],
  ['update', 'updates? edits? modif(?:y|ies) moves? renames? replaces? merges?'],
  ['download', 'downloads?'],
  ['execute', 'executes? runs? evaluates? invokes? installs?'],
];
/** A verb counts where a clause begins, or after a word that promises one; `needed to update` promises nothing. */
const BEGINS = String.raw`(?:^|[.;:!?\n(]\s*(?:[-*]\s*)?|\b(?:and|or|then|also|will|can|may|which|that|tool to|used to|you to|you) )`;
const CLAIM_PATTERNS = CLAIMS.map(
  ([effect, list]) =>
    [effect, new RegExp(`${BEGINS}(${list.replaceAll(' ', '|')})\\b(?! only\\b)`, 'i')] as const,
);
const FETCHES =
  /\b(fetch(?:es)?|crawls?|scrapes?|navigates?)\b[^.\n]{0,60}\b(?:urls?|web|pages?|sites?|websites?|https?)\b/i;

function* claimedEffects(description: string): Generator<[Effect, string]> {
  for (const [effect, pattern] of CLAIM_PATTERNS) {
    const said = pattern.exec(description)?.[1];
    if (said !== undefined) yield [effect, said];
  }
  const said = FETCHES.exec(description)?.[1];
  if (said !== undefined) yield ['fetch', said];
}

const GUESTS = /^(?:attendees?|participants?|guests?|invitees?)$/;

/** A tool that reads by its name may be given what makes it do more. */
function* byArguments(
  found: ReadonlySet<Effect>,
  list: readonly KnownArgument[],
): Generator<[Effect, string]> {
  const holding = (...kinds: readonly SinkKind[]) => list.find(({ holds }) => holds && kinds.includes(holds));
  const named = (pattern: RegExp) =>
    list.find(({ name }) => toWords(name).some((word) => pattern.test(word)));
  const body = named(/^(?:body|message|content|html|payload|data)$/);
  const guests = list.find(({ place }) => toWords(place).some((word) => GUESTS.test(word)));
  if (found.has('create') || found.has('update')) {
    if (guests !== undefined) yield ['invite', `it takes ${guests.place}`];
  }
  if (found.has('fetch') && body !== undefined) yield ['post', `it takes ${body.pointer} along`];
  if (found.size > 0) return;
  const reached = holding('url', 'host');
  if (reached !== undefined) yield ['fetch', `it takes ${reached.pointer}`];
  const run = holding('code', 'command');
  if (run !== undefined) yield ['execute', `it takes ${run.pointer}, which says what is done`];
  const receiver = holding('address', 'user', 'channel', 'account');
  if (receiver !== undefined && body !== undefined)
    yield ['send', `it takes ${receiver.pointer} and ${body.pointer}`];
  const amount = named(/^(?:amount|sum)$/);
  if (receiver !== undefined && amount !== undefined)
    yield ['pay', `it takes ${receiver.pointer} and ${amount.pointer}`];
}

const DESTROYING: readonly Effect[] = ['delete', 'write', 'update', 'pay', 'execute'];

function* byAnnotations(found: ReadonlySet<Effect>, annotations: JsonObject): Generator<[Effect, string]> {
  if (annotations['destructiveHint'] === true && !DESTROYING.some((effect) => found.has(effect))) {
    yield ['delete', 'its annotations say destructiveHint: true'];
  }
  const onlyReaches = [...found].every((effect) => effect === 'fetch');
  if (annotations['readOnlyHint'] === false && onlyReaches && annotations['destructiveHint'] !== true) {
    yield ['update', 'its annotations say readOnlyHint: false'];
  }
}
