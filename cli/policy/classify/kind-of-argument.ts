/**
 * What an argument holds: its format says it, or its name, or, where the name says too little, its description and the
 * tool it belongs to. Nothing when none of them does.
 */
import { BY_DESCRIPTION, BY_LAST_WORDS, BY_NAME } from './_argument-words.ts';
import type { Argument } from './read-arguments.ts';
import type { SinkKind } from './tool-class.ts';
import { toWords } from './words.ts';

export interface KindOfArgument {
  readonly kind: SinkKind | undefined;
  readonly by: 'format' | 'name' | 'description' | 'tool';
  /** The name is known, and what goes by it decides nothing: a cursor, a date. */
  readonly harmless: boolean;
}

const BY_FORMAT: ReadonlyMap<string, SinkKind> = new Map([
  ['email', 'address'],
  ['idn-email', 'address'],
  ['uri', 'url'],
  ['url', 'url'],
  ['iri', 'url'],
  ['uri-reference', 'url'],
  ['hostname', 'host'],
  ['idn-hostname', 'host'],
  ['ipv4', 'host'],
  ['ipv6', 'host'],
  ['uuid', 'id'],
  ['password', 'secret'],
]);

const OF_NUMBERS: ReadonlySet<SinkKind> = new Set(['id', 'account', 'user', 'channel', 'address', 'secret']);

/** @param words of the tool's name. */
export function kindOfArgument(argument: Argument, words: readonly string[]): KindOfArgument {
  const found = find(argument, words);
  const tooSmall = argument.kind === 'number' && found.kind !== undefined && !OF_NUMBERS.has(found.kind);
  if (tooSmall || (argument.kind === 'number' && found.kind === undefined))
    return { ...found, kind: undefined, harmless: true };
  return found;
}

function find(argument: Argument, words: readonly string[]): KindOfArgument {
  const byFormat = BY_FORMAT.get(argument.format ?? '');
  if (byFormat !== undefined) return { kind: byFormat, by: 'format', harmless: false };
  if (argument.format === 'date' || argument.format === 'date-time' || argument.format === 'time')
    return { kind: undefined, by: 'format', harmless: true };
  const byName = kindOfName(argument.name);
  if (byName === 'nothing') return { kind: undefined, by: 'name', harmless: true };
  if (byName !== 'depends' && byName !== undefined) return { kind: byName, by: 'name', harmless: false };
  const described = kindByDescription(argument);
  if (described !== undefined) return { kind: described, by: 'description', harmless: false };
  const dependent = byName === 'depends' ? kindByTool(argument.name, words) : undefined;
  return { kind: dependent, by: 'tool', harmless: false };
}

function kindOfName(name: string): SinkKind | 'nothing' | 'depends' | undefined {
  // `address2`, `url_1`: the second of something is of the same kind.
  const words = toWords(name.replaceAll(/\d+/g, ' ')).map(singular);
  const whole = BY_NAME.get(words.join('_'));
  if (whole !== undefined) return whole;
  for (let from = Math.max(0, words.length - 3); from < words.length; from += 1) {
    const kind = BY_LAST_WORDS.get(words.slice(from).join('_'));
    if (kind !== undefined) return kind;
  }
  return undefined;
}

function singular(word: string): string {
  if (/(?:ss|us|is)$|^(?:js|ts|dns|sms)$/.test(word)) return word;
  if (/(?:branch|address|box)es$/.test(word)) return word.slice(0, -2);
  return word.replace(/ies$/, 'y').replace(/s$/, '');
}

function kindByDescription({ description }: Argument): SinkKind | undefined {
  const first = description.slice(0, 400);
  const earliest = BY_DESCRIPTION.map(([kind, pattern]) => ({ kind, at: first.search(pattern) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)[0];
  return earliest?.kind;
}

/** `to` in `send_money` is an account, in `move_file` a path, in `send_mail` an address. */
function kindByTool(name: string, words: readonly string[]): SinkKind | undefined {
  const says = (list: string) => list.split(' ').some((word) => words.includes(word));
  const word = toWords(name).map(singular).at(-1) ?? '';
  if (word === 'id' || word === 'key') return 'id';
  if (word === 'owner') return 'user';
  if (word === 'data' || word === 'value' || word === 'input') return 'text';
  if (word === 'query' || word === 'q')
    return says('sql query database db table execute') ? 'code' : undefined;
  if (word === 'payee' || word === 'beneficiary') return 'account';
  if (says('money transfer pay payment payments transaction transactions funds payout')) return 'account';
  if (says('file files directory folder path upload download copy move rename')) return 'path';
  if (/^(?:to|from|recipient|destination|target)$/.test(word)) return says('channel') ? 'channel' : 'address';
  return undefined;
}
