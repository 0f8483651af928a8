/**
 * The gate's reader beside three independent ones: Node's own, momoa and jsonc-parser, the last two with positions. What
 * the gate takes, all must read alike, values and places both; what all take as one plain object, the gate must not call
 * a mistake of syntax.
 */
import { isUtf8 } from 'node:buffer';
import {
  evaluate,
  type MemberNode,
  type ObjectNode,
  parse as parseMomoa,
  type ValueNode,
} from '@humanwhocodes/momoa';
import { getNodeValue, type Node as JsoncNode, type ParseError, parseTree } from 'jsonc-parser';
import { FRAME_LIMITS, type Frame, readFrame } from '../../proxy/frame/read-frame.ts';
import { locate } from '../../proxy/frame/spans.ts';

const OPTIONS = { ...FRAME_LIMITS, direction: 'to_client' } as const;
const SYNTAX = new Set(['GW_FRAME_SYNTAX', 'GW_FRAME_UTF8', 'GW_FRAME_BOM', 'GW_FRAME_DUPLICATE']);

/** @returns what is wrong, or undefined. Never throws, whatever the bytes. */
export function disparity(bytes: Buffer): string | undefined {
  let frame: ReturnType<typeof readFrame>;
  try {
    frame = readFrame(bytes, OPTIONS);
  } catch (cause) {
    return `the reader threw: ${(cause as Error).message}`;
  }
  return frame.kind === 'refusal' ? refusedRightly(bytes, frame.code) : readAlike(frame);
}

function readAlike(frame: Frame): string | undefined {
  const { text } = frame;
  const node = JSON.parse(text) as unknown;
  const jsonc = jsoncTree(text);
  if (jsonc === undefined) return 'jsonc-parser refuses what was taken';
  const values = JSON.stringify(node);
  if (JSON.stringify(getNodeValue(jsonc)) !== values) return 'jsonc-parser reads other values';
  let momoa: ValueNode;
  try {
    momoa = parseMomoa(text, { mode: 'json', ranges: true }).body;
  } catch {
    return 'momoa refuses what was taken';
  }
  if (momoa.type !== 'Object') return 'momoa reads no object';
  if (JSON.stringify(evaluate(momoa)) !== values) return 'momoa reads other values';
  return wrongPlaces(frame, momoa, jsonc);
}

/** Members of the envelope and of what is in it stand where the others say they stand. */
function wrongPlaces(frame: Frame, momoa: ObjectNode, jsonc: JsoncNode): string | undefined {
  const { text, top, inner } = frame;
  if (!samePlaces(text, top, momoa, jsonc)) return 'members of the envelope stand elsewhere';
  const holder = momoa.members.find((member) => ['params', 'result', 'error'].includes(nameOf(member)));
  if (holder?.value.type !== 'Object')
    return inner.length === 0 ? undefined : 'members where there is no object';
  const beside = jsonc.children?.find((child) => child.children?.[0]?.value === nameOf(holder))
    ?.children?.[1];
  if (!samePlaces(text, inner, holder.value, beside)) return `members of ${nameOf(holder)} stand elsewhere`;
  for (const member of holder.value.members) {
    const pointer = `/${nameOf(holder)}/${nameOf(member).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const at = locate(text, pointer);
    const [start, end] = member.value.range as [number, number];
    if (at?.start !== start || at.end !== end) return `${pointer} is found elsewhere`;
  }
  return undefined;
}

function samePlaces(
  text: string,
  found: Frame['top'],
  momoa: ObjectNode,
  jsonc: JsoncNode | undefined,
): boolean {
  if (found.length !== momoa.members.length || found.length !== (jsonc?.children?.length ?? 0)) return false;
  return found.every(({ name, start, end }, index) => {
    const member = momoa.members[index] as MemberNode;
    const value = jsonc?.children?.[index]?.children?.[1];
    const [from, to] = member.value.range as [number, number];
    const raw = text.slice(start, end);
    const [own, past] = [
      start + raw.length - raw.trimStart().length,
      end - (raw.length - raw.trimEnd().length),
    ];
    const alike = value !== undefined && value.offset === from && value.offset + value.length === to;
    return name === nameOf(member) && own === from && past === to && alike;
  });
}

function refusedRightly(bytes: Buffer, code: string): string | undefined {
  if (!SYNTAX.has(code) || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const jsonc = jsoncTree(text);
  // One that reads the same thing twice is what the refusal is about.
  if (jsonc === undefined || JSON.stringify(getNodeValue(jsonc)) !== JSON.stringify(value)) return undefined;
  return hasDuplicates(jsonc) ? undefined : `${code} for what every reader takes`;
}

function hasDuplicates(node: JsoncNode): boolean {
  const children = node.children ?? [];
  if (node.type === 'object') {
    const names = children.map((child) => child.children?.[0]?.value as string);
    if (new Set(names).size !== names.length) return true;
  }
  return children.some(hasDuplicates);
}

function jsoncTree(text: string): JsoncNode | undefined {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, {
    disallowComments: true,
    allowTrailingComma: false,
    allowEmptyContent: false,
  });
  return errors.length === 0 ? tree : undefined;
}

function nameOf({ name }: MemberNode): string {
  return name.type === 'String' ? name.value : name.name;
}
