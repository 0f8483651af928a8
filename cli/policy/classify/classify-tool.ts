/**
 * Proposes what the policy data may say of a tool. Comes in: the definition as a server listed it, hostile. Goes out: a
 * class with its reasons, for a person to correct. What the server says of a tool can make the class worse; a tool that
 * cannot be told has none, which the policy takes for the worst.
 */
import { isObject, type Json, type JsonObject } from '../../../proxy/frame/json.ts';
import { PRODUCTS } from './_things.ts';
import { type Arguments, readArguments } from './read-arguments.ts';
import { readName, type SaidByName } from './read-name.ts';
import { toEffects } from './to-effects.ts';
import { aboutSinks, knowArguments, toSinks } from './to-sinks.ts';
import { toSource } from './to-source.ts';
import type { Effect, Proposal } from './tool-class.ts';
import { toWords } from './words.ts';

const MAX_NAME = 128;
const MAX_DESCRIPTION = 10_000;

/** @param server its name in the configuration. */
export function classifyTools(tools: readonly JsonObject[], server: string): readonly Proposal[] {
  const ofServer = new Set([...PRODUCTS, ...toWords(server)]);
  const proposals = new Map<string, Proposal>();
  for (const tool of tools) {
    const proposal = classifyTool(tool, ofServer);
    const twice = proposals.has(proposal.name);
    proposals.set(
      proposal.name,
      twice && proposal.told ? untold(proposal, 'it is listed more than once') : proposal,
    );
  }
  return [...proposals.values()];
}

function classifyTool(tool: JsonObject, ofServer: ReadonlySet<string>): Proposal {
  const name = String(tool['name']);
  const annotations: JsonObject = isObject(tool['annotations']) ? tool['annotations'] : {};
  const said = [tool['title'], annotations['title'], tool['description']].map(textOf);
  const description = said.filter(Boolean).join('\n').slice(0, MAX_DESCRIPTION);
  const words = toWords(name.slice(0, MAX_NAME));
  const byName = readName(words, ofServer);
  const given = readArguments(tool['inputSchema']);
  const list = knowArguments(given, words);
  const { effects, reasons } = toEffects({ name: byName, description, annotations, list });
  const { source, why } = toSource({ words, ofServer, name: byName, effects, description, annotations });
  const doubt = whatIsUnclear(name, byName, annotations, effects, given);
  const acts = effects.length > 0 || doubt !== undefined;
  const proposal: Proposal = {
    name,
    description: textOf(tool['description']),
    reasons: [
      `effects: ${effects.length > 0 ? reasons.join('; ') : `none, it reads by its name, "${words.join(' ')}"`}`,
      `source: ${source}: ${why}`,
      ...(acts ? aboutSinks(list, given) : []),
    ],
    told: true,
    class: { effects, source, sinks: acts ? toSinks(list) : {} },
  };
  return doubt === undefined ? proposal : untold(proposal, doubt);
}

/** What was found out serves as a beginning; what it shows is from outside until somebody says otherwise. */
function untold(proposal: Proposal, why: string): Proposal {
  const known = proposal.class.effects.length > 0;
  const others = proposal.reasons.filter(
    (reason) => !reason.startsWith('source:') && (known || !reason.startsWith('effects:')),
  );
  const effects: readonly Effect[] = known ? proposal.class.effects : ['execute'];
  return {
    ...proposal,
    reasons: [`cannot be told: ${why}`, ...others],
    told: false,
    class: { ...proposal.class, effects, source: 'outside' },
  };
}

function whatIsUnclear(
  name: string,
  byName: SaidByName,
  annotations: JsonObject,
  effects: readonly Effect[],
  given: Arguments,
): string | undefined {
  // Letters that look like others would make a name say what it does not.
  if (!/^[\x20-\x7e]+$/.test(name)) return 'its name holds more than plain letters, digits and signs';
  if (name.length > MAX_NAME) return `its name is longer than ${MAX_NAME} characters`;
  if (name === '__proto__') return 'its name is no name for a member';
  if (byName.unclear !== undefined) return `its name says "and ${byName.unclear}", which could be anything`;
  const confirmed =
    byName.reads === 'yes' || (byName.reads === 'perhaps' && annotations['readOnlyHint'] === true);
  if (byName.effects.size === 0 && !confirmed) return 'its name does not say what it does';
  if (effects.length === 0) return undefined;
  if (!given.whole) return 'its schema is larger or deeper than is looked at';
  if (given.unknown) return 'its schema does not name its arguments';
  const hidden = given.list.some(({ place }) => /[^\P{C}]|\p{Default_Ignorable_Code_Point}/u.test(place));
  return hidden ? "an argument's name holds characters that cannot be seen" : undefined;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
