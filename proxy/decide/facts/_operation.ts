/**
 * What a tool does to the paths it is given, from the verbs of its name. Annotations have no say: a server may
 * claim to be read-only. When a name holds several verbs the one that destroys most wins; when it holds none the
 * answer is `unknown`, which a scope must treat as every operation at once.
 */
import { toSnake } from './_argument-names.ts';
import type { PathOp } from './declaration.ts';

const VERBS: ReadonlyMap<string, PathOp> = new Map([
  ...verbs('delete', 'delete del remove rm rmdir unlink destroy purge clear drop trash erase wipe truncate'),
  ...verbs(
    'write',
    'write create edit update append insert put save set move mv rename copy cp mkdir make touch',
  ),
  ...verbs(
    'write',
    'patch replace add commit apply init clone export store checkout reset merge modify format',
  ),
  ...verbs('write', 'chmod chown symlink extract unzip zip compress download restore rebase stash pull'),
  ...verbs(
    'read',
    'read get list ls search find view show cat head tail stat info tree describe load query diff',
  ),
  ...verbs('read', 'log status count check lookup glob grep inspect preview'),
]);
const RANK: Readonly<Record<PathOp, number>> = { unknown: 0, read: 1, write: 2, delete: 3 };

export interface ToolOperation {
  readonly op: PathOp;
  /** The source of a move is gone afterwards; the source of a copy is only read. */
  readonly source: PathOp;
}

const MAX_REMEMBERED = 4096;
const remembered = new Map<string, ToolOperation>();

export function operationOf(tool: string): ToolOperation {
  const known = remembered.get(tool);
  if (known !== undefined) return known;
  const operation = classify(tool);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(tool, operation);
  return operation;
}

/** @returns the operation on one argument: `destination` and `output` are written to whatever the tool is called. */
export function operationOn(argument: string, tool: ToolOperation): PathOp {
  const snake = toSnake(argument);
  if (/^(?:source|src|from|old)(?:_|$)/.test(snake)) return tool.source;
  if (!/^(?:destination|dest|dst|output|outputs|to|new|target)(?:_|$)/.test(snake)) return tool.op;
  return tool.op === 'delete' || (tool.op === 'read' && snake.startsWith('target')) ? tool.op : 'write';
}

function classify(tool: string): ToolOperation {
  const words = tool.length > 256 ? [] : toSnake(tool).split('_');
  let op: PathOp = 'unknown';
  for (const word of words) {
    const verb = VERBS.get(word);
    if (verb !== undefined && RANK[verb] > RANK[op]) op = verb;
  }
  const moves = words.some((word) => word === 'move' || word === 'mv' || word === 'rename');
  const copies = words.some((word) => word === 'copy' || word === 'cp');
  return { op, source: moves ? 'delete' : copies && op === 'write' ? 'read' : op };
}

function verbs(op: PathOp, list: string): [string, PathOp][] {
  return list.split(' ').map((verb) => [verb, op]);
}
