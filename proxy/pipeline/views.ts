/**
 * What each caller has been shown of a server's lists, kept so that after a change of policy those whose view has
 * changed are told to list again, on the streams they have open, if the server tells of changes at all. Bounded: of a
 * view that was forgotten a change is announced rather than not.
 *
 * @see MCP 2026-07-28, server/tools, "List Changed Notification"; basic/patterns/subscriptions
 */
import type { Walk } from './walk.ts';

/** Which lists a stream is told of. */
export type ListKind = 'tools' | 'prompts' | 'resources';

export interface Views {
  saw(walk: Walk, method: string, page: Page): void;
  /**
   * A stream of this caller is open.
   *
   * @param kinds what it is to be told of.
   * @param write takes one notification as JSON text.
   * @returns to be called when the stream ends.
   */
  open(walk: Walk, kinds: ReadonlySet<ListKind>, write: (kind: ListKind) => void): () => void;
  /**
   * After a change of policy. One stream at a turn: calls are served meanwhile.
   *
   * @param look what the policy of now says of an entry.
   */
  changed(look: (walk: Walk, method: string, entryText: string) => boolean): Promise<void>;
}

export interface Page {
  /** JSON text of each entry, as the server listed it. */
  readonly entries: readonly string[];
  /** For each of them, whether the caller saw it. */
  readonly shown: readonly boolean[];
  /** It follows another page. */
  readonly continued: boolean;
}

interface View {
  readonly entries: readonly string[];
  readonly shown: readonly boolean[];
  readonly size: number;
}
interface OpenStream {
  readonly walk: Walk;
  readonly kinds: ReadonlySet<ListKind>;
  write(kind: ListKind): void;
}

const MAX_VIEWS = 2_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;
const METHODS: Readonly<Record<ListKind, readonly string[]>> = {
  tools: ['tools/list'],
  prompts: ['prompts/list'],
  resources: ['resources/list', 'resources/templates/list'],
};

export function createViews(): Views {
  const views = new Map<string, View>();
  const streams = new Set<OpenStream>();
  let size = 0;
  let forgot = false;

  function forget(key: string): void {
    size -= views.get(key)?.size ?? 0;
    views.delete(key);
  }

  return {
    saw(walk, method, page) {
      const key = keyOf(walk, method);
      const before = page.continued ? views.get(key) : undefined;
      const entries = [...(before?.entries ?? []), ...page.entries];
      const shown = [...(before?.shown ?? []), ...page.shown];
      forget(key);
      const view = { entries, shown, size: entries.reduce((sum, { length }) => sum + length, 0) };
      views.set(key, view);
      size += view.size;
      while (views.size > MAX_VIEWS || size > MAX_CHARACTERS) {
        forget(views.keys().next().value as string);
        forgot = true;
      }
    },
    open(walk, kinds, write) {
      const stream = { walk, kinds, write };
      streams.add(stream);
      return () => void streams.delete(stream);
    },
    async changed(look) {
      for (const stream of [...streams]) {
        await new Promise(setImmediate);
        const { walk, kinds, write } = stream;
        if (!streams.has(stream)) continue;
        for (const kind of kinds) {
          const altered = METHODS[kind].some((method) => {
            const view = views.get(keyOf(walk, method));
            if (view === undefined) return forgot;
            return view.entries.some((entry, index) => look(walk, method, entry) !== view.shown[index]);
          });
          if (altered) write(kind);
        }
      }
    },
  };
}

function keyOf({ server, callerKey }: Walk, method: string): string {
  return `${server.name}/${method}/${callerKey}`;
}
