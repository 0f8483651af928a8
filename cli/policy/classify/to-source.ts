/**
 * What a tool's results are worth. The words of its name say what they are about, and of several the worst counts; what
 * only changes something shows nothing but that it did. Description and annotations make it worse. Nothing known is
 * `outside`.
 */
import type { JsonObject } from '../../../proxy/frame/json.ts';
import { OF_A_LISTING, QUALIFIERS, THING_WORDS, THINGS } from './_things.ts';
import { LIKE_READING, READING, VERBS } from './_verbs.ts';
import type { SaidByName } from './read-name.ts';
import { type Effect, type Source, worse } from './tool-class.ts';
import { has, wordSet } from './words.ts';

export interface Worth {
  readonly source: Source;
  readonly why: string;
}

interface Evidence {
  readonly words: readonly string[];
  /** Words that say whose tool it is and nothing else. */
  readonly ofServer: ReadonlySet<string>;
  readonly name: SaidByName;
  readonly effects: readonly Effect[];
  readonly description: string;
  readonly annotations: JsonObject;
}

type Found = readonly [source: Source, why: string];

export function toSource(evidence: Evidence): Worth {
  const { words, ofServer, name, effects, description, annotations } = evidence;
  const shows = name.shows || name.effects.size === 0 || effects.some((effect) => SHOWING.has(effect));
  const first: Found = shows ? byWords(words, ofServer, effects) : ['record', 'it confirms what was done'];
  const found: Found[] = [first];
  const described = shows ? byDescription(description) : byReturns(description);
  if (described !== undefined) found.push(described);
  if (annotations['openWorldHint'] === true) found.push(['mixed', 'its annotations say openWorldHint: true']);
  const [source, why] = found.reduce((one, other) => (worse(one[0], other[0]) === one[0] ? one : other));
  return { source, why };
}

const SHOWING: ReadonlySet<Effect> = new Set(['fetch', 'download', 'execute']);
const FILES = wordSet('file');
const SEARCHING = wordSet('search find grep');

function byWords(words: readonly string[], ofServer: ReadonlySet<string>, effects: readonly Effect[]): Found {
  if (effects.includes('fetch')) return ['outside', 'what it fetches'];
  if (effects.includes('download')) return ['outside', 'what it downloads'];
  if (words.some((word) => has(FILES, word)) && !words.some((word) => has(OF_A_LISTING, word))) {
    const searches = words.some((word) => SEARCHING.has(word));
    return searches ? ['mixed', 'files that it finds may be shown'] : ['outside', 'what is in a file'];
  }
  for (const [source, things] of THINGS) {
    const thing = words.find((word) => has(things, word));
    if (thing === undefined) continue;
    const unknown = words.find((word) => !ofServer.has(word) && !isKnown(word));
    if (unknown === undefined || source === 'mixed' || source === 'outside')
      return [source, `"${thing}" in its name`];
    return ['mixed', `"${unknown}" in its name could be anything`];
  }
  return ['outside', 'nothing in its name says what it shows'];
}

function isKnown(word: string): boolean {
  return VERBS.has(word) || [THING_WORDS, QUALIFIERS, READING, LIKE_READING].some((set) => has(set, word));
}

const OF_THE_WEB = /\b(?:web ?pages?|web ?sites?|internet|(?:the|from) web|search engine)\b/i;
const BY_OTHERS =
  /\b(?:messages?|comments?|reviews?|threads?|replies|inbox|invitations?|feedback|user-generated|free[- ]text)\b/i;
const RETURNS =
  /\breturn(?:s|ing)?\b[^.\n]{0,80}\b(contents?|body|bodies|pages?|messages?|comments?|replies|diff|text|reviews?|results? of|output|response)\b/i;

function byDescription(description: string): Found | undefined {
  const web = OF_THE_WEB.exec(description)?.[0];
  if (web !== undefined) return ['outside', `its description says "${web}"`];
  const others = BY_OTHERS.exec(description)?.[0];
  return others === undefined ? undefined : ['mixed', `its description says "${others}"`];
}

function byReturns(description: string): Found | undefined {
  const said = RETURNS.exec(description)?.[1];
  return said === undefined ? undefined : ['mixed', `its description says that it returns "${said}"`];
}
