/**
 * One case of the hostile corpus under way: its callers and sessions, the answers its upstream will give, and
 * everything that was seen. It says nothing about whether that was right; `hostile-judge.ts` does.
 */
import { type Answer, HostileClient, type Sending } from './hostile-client.ts';
import { type HostileCase, type Step, stepsOf, toBytes } from './hostile-corpus.ts';
import type { CaseClient } from './hostile-duplex.ts';
import type { Observed } from './hostile-judge.ts';
import type { AnswerAs, Lab, Profile, Target } from './hostile-lab.ts';
import { eventData } from './hostile-views.ts';
import type { Scripted } from './recording-upstream.ts';

export class CaseRun {
  readonly #clients = new Map<string, CaseClient>();
  readonly #answers: Answer[] = [];
  readonly #hostile: HostileCase;
  readonly #lab: Lab;
  readonly #target: Target;
  readonly #profile: Profile;
  readonly #answerAs: AnswerAs;
  readonly #self: string;

  constructor(hostile: HostileCase, lab: Lab, target: Target, profile: Profile, answerAs: AnswerAs) {
    this.#hostile = hostile;
    this.#lab = lab;
    this.#target = target;
    this.#profile = profile;
    this.#answerAs = answerAs;
    this.#self = profile === 'api_keys' ? lab.credentials.freshCaller() : '';
  }

  async play(): Promise<Observed> {
    const steps = stepsOf(this.#hostile);
    const { upstream } = this.#lab;
    upstream.reset();
    for (const { listen } of steps) {
      if (listen) upstream.scriptStream(listen.map((message) => `data: ${message}\n\n`));
    }
    await this.#clientOf(this.#self);
    upstream.answerAs = this.#answerAs;
    const harmless: Answer[] = [];
    let judgedFrom = 0;
    let judged: Observed['judged'] | undefined;
    for (const [at, step] of steps.entries()) {
      if (step.fault !== undefined) await this.#target.inject?.(step.fault);
      if (step.new_session) await this.#renew(this.#self);
      const scripted = this.#script(steps.slice(at + 1));
      const from = upstream.recorded.length;
      const next = await this.#take(step, scripted);
      if (step.also_passes && next !== undefined) harmless.push(next.answer);
      else if (next !== undefined) {
        judged = next;
        judgedFrom = from;
      }
    }
    if (judged === undefined) throw new Error(`${this.#hostile.id} sends nothing`);
    upstream.answerAs = 'json';
    const broken = steps.some((step) => step.fault !== undefined);
    if (!broken) harmless.push(await (await this.#clientOf(this.#self)).benign());
    const answers = [...this.#answers, ...harmless];
    return { recorded: upstream.recorded, judgedFrom, judged, answers, harmless };
  }

  async #take(step: Step, scripted: readonly string[] | undefined): Promise<Observed['judged'] | undefined> {
    if (step.parallel !== undefined) {
      const pending: Promise<Observed['judged']>[] = [];
      for (const one of step.parallel) {
        const { promise, resolve } = Promise.withResolvers<void>();
        pending.push(this.#send(one, scripted, resolve));
        await promise; // the kernel has the first before the second is written
      }
      const all = await Promise.all(pending);
      return { ...(all.at(-1) as Observed['judged']), mixed: true };
    }
    if (step.listen !== undefined) {
      const listening: Step = { http_method: 'GET' };
      return { ...(await this.#send(listening, scripted)), mixed: true };
    }
    const sends = step.send !== undefined || step.http_method !== undefined;
    return sends ? this.#send(step, scripted) : undefined;
  }

  async #send(step: Step, scripted: readonly string[] | undefined, sent?: () => void) {
    const client = await this.#clientOf(step.as ?? this.#self);
    const body = step.send === undefined ? undefined : toBytes(step.send);
    const httpMethod = step.http_method ?? 'POST';
    const headers = await this.#headersOf(step);
    if (step.token !== undefined)
      headers['authorization'] = `Bearer ${this.#lab.credentials.token(step.token)}`;
    const sending: Sending = {
      method: httpMethod,
      headers,
      // An approval may be waited for, and a stream of notifications never ends.
      patienceMs: httpMethod === 'GET' || this.#hostile.oracle?.decision !== undefined ? 500 : 5000,
      ...(body !== undefined && { body }),
      ...(step.path !== undefined && { path: step.path }),
    };
    const answer = await client.send(sending, sent);
    this.#answers.push(answer);
    return { sent: body ?? Buffer.alloc(0), httpMethod, answer, scripted, mixed: false };
  }

  async #headersOf(step: Step): Promise<Record<string, string | string[] | null>> {
    const headers: Record<string, string | string[] | null> = {};
    for (const [name, value] of Object.entries(step.headers ?? {})) {
      if (value === null) headers[name] = null;
      else if (typeof value === 'string') headers[name] = await this.#fill(value);
      else headers[name] = await Promise.all(value.map((line) => this.#fill(line)));
    }
    return headers;
  }

  /** `$dave` is the id of dave's session, `$key:dave` his key. */
  async #fill(value: string): Promise<string> {
    const key = /\$key:(\w+)/.exec(value)?.[1];
    if (key !== undefined) return value.replace(`$key:${key}`, this.#lab.credentials.keyOf(key));
    const name = /^\$(\w+)$/.exec(value)?.[1];
    return name === undefined ? value : ((await this.#clientOf(name)).sessionId ?? '');
  }

  /** Queues the answers that stand after a call in the case, and tells what messages they hold. */
  #script(rest: readonly Step[]): readonly string[] | undefined {
    const end = rest.findIndex((step) => step.send !== undefined || step.parallel !== undefined);
    const own = end < 0 ? rest : rest.slice(0, end);
    const replies = own
      .map((step) => toScripted(step, this.#answerAs))
      .filter((reply) => reply !== undefined);
    for (const reply of replies) this.#lab.upstream.script(reply);
    return replies.length === 0 ? undefined : replies.flatMap(messagesIn);
  }

  async #clientOf(name: string): Promise<CaseClient> {
    return this.#clients.get(name) ?? this.#renew(name);
  }

  async #renew(name: string): Promise<CaseClient> {
    this.#clients.get(name)?.close();
    const version = this.#hostile.policy_context.proto ?? '2025-11-25';
    const authorization = this.#authorizationOf(name);
    const client =
      this.#target.connect?.(version, authorization) ??
      new HostileClient(this.#target.url, version, authorization);
    this.#clients.set(name, client);
    await client.open();
    return client;
  }

  #authorizationOf(name: string): string | undefined {
    const { credentials } = this.#lab;
    if (this.#profile === 'api_keys') return `Bearer ${credentials.keyOf(name)}`;
    if (this.#profile === 'open') return undefined;
    const claims = {
      iss: 'https://as.example',
      aud: 'https://gw.example/mcp',
      sub: name || 'carol',
      exp: '+60',
    };
    return `Bearer ${credentials.token({ alg: 'RS256', claims })}`;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}

function toScripted(step: Step, answerAs: AnswerAs): Scripted | undefined {
  if (step.upstream !== undefined) {
    const text = toBytes(step.upstream).toString('utf8');
    const data = text.split('\n').map((line) => `data: ${line}\n`);
    return answerAs === 'json' ? { kind: 'json', text } : { kind: 'sse', chunks: [`${data.join('')}\n`] };
  }
  if (step.upstream_sse !== undefined) return { kind: 'sse', chunks: [toBytes(step.upstream_sse)] };
  if (step.upstream_sse_chunks !== undefined) return { kind: 'sse', chunks: step.upstream_sse_chunks };
  if (step.upstream_http === undefined) return undefined;
  return { kind: 'http', ...step.upstream_http, chunks: step.upstream_http.chunks.map(toBytes) };
}

function messagesIn(reply: Scripted): string[] {
  if (reply.kind === 'json') return [reply.text];
  const text = Buffer.concat(reply.chunks.map((chunk) => Buffer.from(chunk))).toString('utf8');
  return reply.kind === 'sse' ? eventData(text) : [text];
}
