/**
 * The arguments as the policy gets them: their own JSON text, digit for digit, or a refusal. What the policy
 * cannot see whole it cannot judge, so a value over the limits is refused unless `data.tools` declares the
 * argument `opaque`; then its size and digest stand in its place while the host's facts come from all of it.
 */
import { createHash } from 'node:crypto';
import { type Refusal, refuse } from '../errors.ts';
import { checkTree, type TreeSize } from '../frame/check-tree.ts';
import type { Json, JsonObject } from '../frame/json.ts';
import { scan } from '../frame/scan.ts';

export interface InputLimits {
  /** Characters of the whole policy input. */
  readonly maxInput: number;
  /** Characters of one string. */
  readonly maxString: number;
  /** Members of one object: OPA's hash is unseeded, and chosen keys make it quadratic. */
  readonly maxWidth: number;
  readonly maxNodes: number;
}
export const INPUT_LIMITS: InputLimits = {
  maxInput: 65_536,
  maxString: 16_384,
  maxWidth: 256,
  maxNodes: 2_000,
};

/**
 * @param text JSON text of the arguments object, from a frame that was read.
 * @param size measured over the frame: when all of it is within the limits, nothing is walked again.
 * @param opaque names of top-level arguments the policy shall see as `{"$opaque": {"bytes", "sha256"}}`.
 */
export function judgeableArgs(
  text: string,
  args: JsonObject,
  size: Readonly<TreeSize>,
  opaque: ReadonlySet<string>,
  limits: InputLimits,
): string | Refusal {
  const withheld = opaque.size === 0 ? [] : Object.keys(args).filter((name) => opaque.has(name));
  if (withheld.length === 0) {
    return within(size, limits) || within(measure(Object.entries(args)), limits) ? text : tooLarge();
  }
  const rest = Object.entries(args).filter(([name]) => !opaque.has(name));
  if (!within(measure(rest), limits)) return tooLarge();
  return replaceOpaque(text, opaque);
}

function replaceOpaque(text: string, opaque: ReadonlySet<string>): string | Refusal {
  const scanned = scan(text, { maxDepth: Number.POSITIVE_INFINITY, maxElements: Number.POSITIVE_INFINITY });
  if (scanned.kind === 'refusal') return scanned;
  let out = '';
  let done = 0;
  for (const member of scanned.top) {
    if (!opaque.has(member.name)) continue;
    const raw = text.slice(member.start, member.end).trim();
    const value = JSON.parse(raw) as Json;
    const content = typeof value === 'string' ? value : raw;
    const sha256 = createHash('sha256').update(content).digest('hex');
    out += `${text.slice(done, member.start)}{"$opaque":{"bytes":${Buffer.byteLength(content)},"sha256":"${sha256}"}}`;
    done = member.end;
  }
  return out + text.slice(done);
}

/** Whether a value from a server has a shape the policy can judge at a known cost. */
export function isJudgeable(value: Json, limits: InputLimits): boolean {
  return within(measure([['', value]]), limits);
}

function measure(members: readonly (readonly [string, Json])[]): TreeSize {
  const size: TreeSize = { members: 0, nodes: 0, widest: members.length, longest: 0 };
  for (const [name, value] of members) {
    size.longest = Math.max(size.longest, name.length);
    checkTree(value, { escapes: true, siblings: false }, size);
  }
  return size;
}

function within(size: Readonly<TreeSize>, limits: InputLimits): boolean {
  return size.longest <= limits.maxString && size.widest <= limits.maxWidth && size.nodes <= limits.maxNodes;
}

function tooLarge(): Refusal {
  return refuse('GW_POLICY_ARGS', 'policy.args_too_large');
}
