/** A session answers to its own caller at its own server; to anybody else it does not exist. */
import { expect, test } from 'vitest';
import {
  createSessions,
  remember,
  type Session,
  type SessionLimits,
} from '../../../proxy/pipeline/sessions.ts';

function open(limits: Partial<SessionLimits> = {}) {
  const evicted: string[] = [];
  const sessions = createSessions({ maxSessions: 4, maxSessionsPerCaller: 2, ...limits }, (session) =>
    evicted.push(session.id),
  );
  const start = (server: string, id: string, caller: string) => {
    const session = sessions.open(server, id, caller, '2025-11-25', 1_000);
    if ('code' in session) throw new Error(session.code);
    return session;
  };
  return { sessions, evicted, start };
}

test('is found by its caller at its server and nobody else', () => {
  const { sessions, start } = open();
  const session = start('fs', 's1', 'alice');
  expect(session).toEqual({
    id: 's1',
    server: 'fs',
    callerKey: 'alice',
    openedAt: 1_000,
    protocol: '2025-11-25',
    asked: new Map(),
    toAnswer: new Map(),
  });
  expect(sessions.find('fs', 's1', 'alice')).toBe(session);
  expect(sessions.find('fs', 's1', 'bob')).toBeUndefined();
  expect(sessions.find('db', 's1', 'alice')).toBeUndefined();
  expect(sessions.find('fs', 'S1', 'alice')).toBeUndefined();
  expect(sessions.find('fs', '', 'alice')).toBeUndefined();
});

test.each(['bob', 'alice'])('an id given out twice is refused, also to %s', (caller) => {
  const { sessions, start } = open();
  const session = start('fs', 's1', 'alice');
  expect(sessions.open('fs', 's1', caller, '2025-11-25', 2_000)).toEqual({
    kind: 'refusal',
    code: 'GW_UPSTREAM_ANSWER',
    detail: 'the server reused a session id',
  });
  expect(sessions.find('fs', 's1', 'alice')).toBe(session);
  expect(sessions.open('db', 's1', caller, '2025-11-25', 2_000)).toMatchObject({ server: 'db' });
});

test("a caller's oldest makes room for its newest, and nobody else's does", () => {
  const { sessions, evicted, start } = open();
  start('fs', 'b1', 'bob');
  start('fs', 'a1', 'alice');
  start('db', 'a2', 'alice');
  start('fs', 'a3', 'alice');
  expect(evicted).toEqual(['a1']);
  expect(sessions.find('fs', 'a1', 'alice')).toBeUndefined();
  expect(sessions.find('db', 'a2', 'alice')).toBeDefined();
  expect(sessions.find('fs', 'b1', 'bob')).toBeDefined();
  expect(sessions.size).toBe(3);
});

test('above the limit over all, new ones are refused and old ones stay', () => {
  const { sessions, evicted, start } = open();
  for (const caller of ['a', 'b', 'c', 'd']) start('fs', caller, caller);
  expect(sessions.open('fs', 'e', 'e', '2025-11-25', 0)).toEqual({
    kind: 'refusal',
    code: 'GW_SESSIONS_FULL',
  });
  expect(evicted).toEqual([]);
  expect(sessions.size).toBe(4);
  sessions.close(sessions.find('fs', 'a', 'a') as Session);
  expect(sessions.open('fs', 'e', 'e', '2025-11-25', 0)).toMatchObject({ id: 'e' });
});

test('with one session each, the new one takes the place of the old', () => {
  const { sessions, evicted, start } = open({ maxSessionsPerCaller: 1 });
  start('fs', 's1', 'alice');
  start('fs', 's2', 'alice');
  start('fs', 's3', 'alice');
  expect(evicted).toEqual(['s1', 's2']);
  expect(sessions.find('fs', 's3', 'alice')).toBeDefined();
  expect(sessions.size).toBe(1);
});

test('closed it is gone, its id may be given out again, and closing it twice takes nothing along', () => {
  const { sessions, start } = open();
  const first = start('fs', 's1', 'alice');
  sessions.close(first);
  expect(sessions.find('fs', 's1', 'alice')).toBeUndefined();
  const second = start('fs', 's1', 'bob');
  sessions.close(first);
  expect(sessions.find('fs', 's1', 'bob')).toBe(second);
  expect(sessions.size).toBe(1);
});

test('conversations without a session are kept per caller and server', () => {
  const { sessions } = open();
  const mine = sessions.sessionless('fs', 'alice');
  expect(sessions.sessionless('fs', 'alice')).toBe(mine);
  expect(sessions.sessionless('fs', 'bob')).not.toBe(mine);
  expect(sessions.sessionless('db', 'alice')).not.toBe(mine);
});

test('of those without a session the longest unused makes room', () => {
  const { sessions } = open();
  const first = sessions.sessionless('fs', 'first');
  const second = sessions.sessionless('fs', 'second');
  for (let at = 0; at < 9_998; at++) sessions.sessionless('fs', `k${at}`);
  expect(sessions.sessionless('fs', 'first')).toBe(first);
  sessions.sessionless('fs', 'one more');
  expect(sessions.sessionless('fs', 'first')).toBe(first);
  expect(sessions.sessionless('fs', 'second')).not.toBe(second);
});

test('remember keeps 1 and "1" apart and lets the oldest go', () => {
  const map = new Map<string | number, string>();
  remember(map, 1, 'number', 2);
  remember(map, '1', 'text', 2);
  remember(map, 1, 'again', 2);
  expect([...map]).toEqual([
    [1, 'again'],
    ['1', 'text'],
  ]);
  remember(map, 2, 'new', 2);
  expect([...map]).toEqual([
    ['1', 'text'],
    [2, 'new'],
  ]);
});
