/** What a change from one policy to another can alter: which rules, in which direction, and by way of what. */
import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../../../proxy/frame/json.ts';
import { type Definition, type Definitions, readDefinitions, type Unit } from './definitions.ts';
import type { Side } from './side.ts';

/** What may come out: more passes, less passes, or it depends on the call. */
export type Direction = 'looser' | 'tighter' | 'either' | 'edits' | 'words';

export interface RuleChange {
  readonly change: 'new' | 'gone' | 'changed';
  readonly can: Direction;
  readonly rule: string;
  readonly code: string;
  readonly title: string;
  readonly phases: readonly string[];
  readonly file: string;
  readonly line: number;
  /** `its body`, `its words`, and helpers and data it stands on. */
  readonly by: readonly string[];
}
export interface DataChange {
  /** e.g. `data.scopes.demo.paths.allow` */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}
export interface Difference {
  /**
   * Everything that can be compared is the same, and the compiled modules are not: another OPA built them, or the
   * entrypoint was changed.
   */
  readonly moduleOnly: boolean;
  /** How rules are found and combined is not the same: any decision may change. */
  readonly everything: boolean;
  readonly rules: readonly RuleChange[];
  readonly data: readonly DataChange[];
  /** Changes in packs that neither side has awake. */
  readonly asleep: number;
}

/** Hands on what packs say; their own rules are told of. */
const DISPATCHER = 'mcp.rules.packs';
const ENTRYPOINT = 'data.mcp.main.decision';
const MAIN = /^data\.mcp(\.main)?\.[^.]+$/;

export function compareSides(before: Side, after: Side): Difference {
  const old = readDefinitions(before);
  const now = readDefinitions(after);
  const data = dataChanges(before.data, after.data, 'data');
  const helpers = changedHelpers(old, now);
  const ids = new Set([...old.units.keys(), ...now.units.keys()]);
  const changes = [...ids].flatMap((id) => {
    const [was, is] = [old.units.get(id), now.units.get(id)];
    const shown = is ?? was;
    if (shown === undefined) return [];
    if (shown.package === DISPATCHER && shown.code === '') return [];
    const by = reasons(was, is, [old, now], helpers, data);
    if (by.length === 0) return [];
    const [then, today] = [isAwake(was, before.data), isAwake(is, after.data)];
    const change = today && !then ? 'new' : then && !today ? 'gone' : 'changed';
    return [{ unit: shown, row: toChange(shown, change, by) }];
  });
  const told = changes.filter(({ unit }) => isAwake(unit, before.data) || isAwake(unit, after.data));
  // A folder still has the entrypoint, a bundle never.
  const bundled = before.module !== undefined || after.module !== undefined;
  const everything = [...helpers].some((name) => MAIN.test(name) && !(bundled && name === ENTRYPOINT));
  return {
    moduleOnly:
      before.module !== undefined &&
      after.module !== undefined &&
      before.module !== after.module &&
      !everything &&
      changes.length === 0 &&
      helpers.size === 0,
    everything,
    rules: told.map(({ row }) => row).toSorted((a, b) => RANK[a.can] - RANK[b.can]),
    data,
    asleep: changes.length - told.length,
  };
}

const RANK: Readonly<Record<Direction, number>> = { looser: 0, either: 1, tighter: 2, edits: 3, words: 4 };

function toChange(unit: Unit, change: RuleChange['change'], by: readonly string[]): RuleChange {
  const { package: name, set, code, title, phases, file, line } = unit;
  return {
    change,
    can: direction(set, change, by),
    rule: `${name}.${set}`,
    code,
    title,
    phases,
    file,
    line,
    by,
  };
}

function direction(set: string, change: RuleChange['change'], by: readonly string[]): Direction {
  if (by.every((reason) => reason === WORDS)) return 'words';
  if (set === 'grant' || set === 'block' || set === 'require_approval') {
    if (change === 'changed') return 'either';
    return (change === 'new') === (set === 'grant') ? 'looser' : 'tighter';
  }
  return 'edits';
}

const BODY = 'its body';
const WORDS = 'its words';

function reasons(
  was: Unit | undefined,
  is: Unit | undefined,
  sides: readonly Definitions[],
  helpers: ReadonlySet<string>,
  data: readonly DataChange[],
): readonly string[] {
  if (was === undefined || is === undefined) return [BODY];
  const below = new Set([...reach(was, sides), ...reach(is, sides)]);
  const words = was.words !== is.words ? [WORDS] : [];
  return [
    ...(was.print === is.print ? words : [BODY]),
    ...[...below].filter((name) => helpers.has(name)),
    ...data
      .map(({ path }) => path)
      .filter((path) => [...below].some((name) => touches(name, path) || touches(path, name))),
  ];
}

function touches(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`);
}

/** Every name a definition comes to, by way of helpers of either side. */
function reach(start: Definition, sides: readonly Definitions[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...start.reads];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const { helpers } of sides) {
      const found = helpers.get(name) ?? helpers.get(name.slice(0, name.lastIndexOf('.')));
      if (found !== undefined) waiting.push(...found.reads);
    }
  }
  return seen;
}

function changedHelpers(old: Definitions, now: Definitions): ReadonlySet<string> {
  const names = new Set([...old.helpers.keys(), ...now.helpers.keys()]);
  return new Set(
    [...names].filter((name) => {
      const [was, is] = [old.helpers.get(name), now.helpers.get(name)];
      return was?.print !== is?.print;
    }),
  );
}

function dataChanges(before: JsonObject, after: JsonObject, at: string): readonly DataChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    const path = `${at}.${name}`;
    if (was !== undefined && is !== undefined && isObject(was) && isObject(is))
      return dataChanges(was, is, path);
    return isDeepStrictEqual(was, is) ? [] : [{ path, before: was, after: is }];
  });
}

/** A rule that is there and, in a pack, one that the data names. */
function isAwake(unit: Unit | undefined, { packs }: JsonObject): boolean {
  if (unit === undefined) return false;
  const [, kind, name = ''] = unit.package.split('.');
  return kind !== 'packs' || (packs !== undefined && isObject(packs) && packs[name] !== undefined);
}
