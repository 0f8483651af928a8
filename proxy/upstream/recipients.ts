/**
 * To whom a message of a server belongs that names no call. On a link of one session that is its session. On a shared
 * one it goes to whom it must concern, or to the only one it can concern; where several could be meant it goes to
 * nobody, because the wrong one would see another's words, or answer another's question.
 */
import type { Frame, FrameId, NotificationFrame, RequestFrame } from '../frame/read-frame.ts';

/** Whose calls travel on a link: one session's (or one caller's without sessions), one caller's, or everybody's. */
export type Sharing = 'own' | 'caller' | 'shared';

export interface Present {
  /** Sessions with a call in flight, the latest last. */
  readonly asking: readonly string[];
  /** Sessions with a stream of their own. */
  readonly listening: readonly string[];
  readonly subscribers: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whom the server has asked, by its request's id. */
  readonly questions: ReadonlyMap<FrameId, string>;
}

export type Recipients =
  | { readonly kind: 'sessions'; readonly names: readonly string[] }
  /** Said to the server in their place. */
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'nobody' };

const NOBODY: Recipients = { kind: 'nobody' };
/** The name of the only session there is on a link of its own. */
export const ONLY = '';

export function recipientsOf(frame: Frame, sharing: Sharing, present: Present): Recipients {
  if (sharing === 'own') return to([ONLY]);
  if (frame.kind === 'request') return asked(frame, sharing, present);
  return frame.kind === 'notification' ? told(frame, sharing, present) : NOBODY;
}

function asked(frame: RequestFrame, sharing: Sharing, present: Present): Recipients {
  // A shared link is alive as long as anybody is: that is ours to say.
  if (frame.method === 'ping') return answer({ jsonrpc: '2.0', id: frame.id, result: {} });
  const only = onlyOne(present);
  const session =
    only ?? (sharing === 'caller' ? (present.asking.at(-1) ?? present.listening.at(-1)) : undefined);
  if (session !== undefined) return to([session]);
  const error = {
    code: -32603,
    message: 'Several clients share this connection, and none can be told apart',
  };
  return answer({ jsonrpc: '2.0', id: frame.id, error });
}

function told(frame: NotificationFrame, sharing: Sharing, present: Present): Recipients {
  const { listening, subscribers, questions } = present;
  switch (frame.method) {
    case 'notifications/tools/list_changed':
    case 'notifications/prompts/list_changed':
    case 'notifications/resources/list_changed':
      return to(listening);
    case 'notifications/resources/updated':
      return to([...(subscribers.get(String(frame.params?.['uri'])) ?? [])]);
    case 'notifications/cancelled': {
      const session = questions.get(frame.params?.['requestId'] as FrameId);
      return session === undefined ? NOBODY : to([session]);
    }
    default: {
      if (sharing === 'caller') return to(listening.length > 0 ? listening : present.asking);
      const only = onlyOne(present);
      return only === undefined ? NOBODY : to([only]);
    }
  }
}

/** The session it can only be: the only one that has asked something, or where nobody has, the only one that listens. */
function onlyOne({ asking, listening }: Present): string | undefined {
  if (asking.length > 0) return asking.length === 1 ? asking[0] : undefined;
  return listening.length === 1 ? listening[0] : undefined;
}

function to(names: readonly string[]): Recipients {
  return { kind: 'sessions', names };
}

function answer(message: object): Recipients {
  return { kind: 'answer', text: JSON.stringify(message) };
}
