/**
 * Tasks: calls whose result is fetched later, under the id of a task. What the decision on the call asked for its
 * answer holds wherever that answer surfaces, and a task answers only to the caller whose call made it. Bounded; what
 * has been forgotten is guarded by the server's own checks and the verdict on each tasks/* request, as if it were new.
 *
 * @see MCP 2025-11-25, basic/utilities/tasks; SEP-2663 (extension io.modelcontextprotocol/tasks)
 */
import type { Obligations } from '../decide/verdict.ts';
import { isObject, type JsonObject } from '../frame/json.ts';
import { remember } from './sessions.ts';

/** A task as the gate knows it. */
export interface KnownTask {
  readonly callerKey: string;
  /** The tool whose call made it. */
  readonly tool: string | undefined;
  readonly reply: Obligations['reply'];
}

export interface Tasks {
  learn(server: string, taskId: string, task: KnownTask): void;
  find(server: string, taskId: string): KnownTask | undefined;
}

const MAX_TASKS = 10_000;

export function createTasks(): Tasks {
  const known = new Map<string, KnownTask>();
  return {
    learn(server, taskId, task) {
      const key = `${server}/${taskId}`;
      // Whose it was first it stays: a server that uses an id twice must not hand over what it stands for.
      if (!known.has(key)) remember(known, key, task, MAX_TASKS);
    },
    find: (server, taskId) => known.get(`${server}/${taskId}`),
  };
}

/** The id of the task a result creates, in either design: `{task: {taskId}}`, or `resultType: "task"`. */
export function createdTask(result: JsonObject | undefined): string | undefined {
  const task = result?.['task'];
  const id = isObject(task)
    ? task['taskId']
    : result?.['resultType'] === 'task'
      ? result['taskId']
      : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** Both what the call asked for its answer and what the request that fetches it asks. */
export function withTask(obligations: Obligations, task: KnownTask | undefined): Obligations {
  if (task === undefined) return obligations;
  const { inspect, redact } = obligations.reply;
  return {
    ...obligations,
    reply: { inspect: inspect || task.reply.inspect, redact: [...redact, ...task.reply.redact] },
  };
}
